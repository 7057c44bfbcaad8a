"""A machine made of folders."""

from __future__ import annotations

from pathlib import Path

from tools.setup import terraform_providers
from tools.setup.terraform_release import operating_system


class Machine:
    """What a search for providers sees.

    Attributes:
        root: all of it.
        environ: its environment variables.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.opt = root / "opt"
        self.fetched = root / "fetched"
        self.home.mkdir()
        self.environ = {"HOME": str(self.home), "XDG_DATA_DIRS": str(root / "share")}

    def unpacked(self, folder: Path, address: str = "hashicorp/aws", version: str = "5.100.0") -> Path:
        """A provider as `terraform init` unpacks it."""
        (folder / terraform_providers.REGISTRY / address / version / operating_system()).mkdir(parents=True)
        return folder

    def packed(self, folder: Path, address: str = "hashicorp/aws", version: str = "5.100.0") -> Path:
        """A provider as `terraform providers mirror` keeps it."""
        place = folder / terraform_providers.REGISTRY / address
        place.mkdir(parents=True)
        name = address.split("/")[1]
        (place / f"terraform-provider-{name}_{version}_{operating_system()}.zip").write_bytes(b"")
        return folder

    def mirrors(self) -> tuple[Path, ...]:
        return terraform_providers.mirrors(self.environ, opt=self.opt, fetched=self.fetched)

    def configuration(self) -> str | None:
        return terraform_providers.configuration(self.environ, self.mirrors())
