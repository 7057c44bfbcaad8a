"""Where Terraform finds its providers: folders on this machine, else their registry.

Who decides, in this order (docs/providers.md):
1. TF_PROVIDER_MIRROR, folders laid out as a mirror (`registry.terraform.io/hashicorp/aws/...`);
2. the user's own Terraform CLI configuration, where there is one: it is neither changed nor copied;
3. the folders that Terraform itself looks in, folders under /opt, and `.tools/providers`, which `make setup` fills.
"""

from __future__ import annotations

import os
import platform
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tools.setup.progress import TOOLS, SetupError
from tools.setup.terraform_release import operating_system

REGISTRY = "registry.terraform.io"
MIRROR_VARIABLE = "TF_PROVIDER_MIRROR"
CONFIGURATION_VARIABLE = "TF_CLI_CONFIG_FILE"
# What the tests run, and `make setup` fetches.
TESTED = {"hashicorp/aws": "5.100.0", "kreuzwerker/docker": "4.5.0"}
# What fits our stacks: from, and below.
FITTING = {"hashicorp/aws": ((5, 100), (6,)), "kreuzwerker/docker": ((4, 5), (5,))}
# Where `terraform init` unpacks what it fetches is itself laid out as a mirror.
FETCHED = TOOLS / "providers" / ".terraform" / "providers"
REGISTRY_SECONDS = 5


def user_configuration(environ: Mapping[str, str]) -> Path | None:
    """The CLI configuration that Terraform would read here, if it exists; of a missing one it only warns."""
    if named := environ.get(CONFIGURATION_VARIABLE):
        return Path(named) if Path(named).is_file() else None
    if platform.system() == "Windows":
        file = Path(environ.get("APPDATA", "")) / "terraform.rc"
    else:
        file = Path(environ.get("HOME", "/nonexistent")) / ".terraformrc"
    return file if file.is_file() else None


def mirrors(
    environ: Mapping[str, str], *, opt: Path = Path("/opt"), fetched: Path = FETCHED
) -> tuple[Path, ...]:
    """The folders that hold providers for this machine and that Terraform will be pointed at, the first first."""
    if named := environ.get(MIRROR_VARIABLE):
        folders = [Path(folder) for folder in named.split(os.pathsep) if folder]
    elif configuration := user_configuration(environ):
        folders = _folders_of(configuration) or implied_folders(environ)
    else:
        opts = sorted(opt.iterdir()) if opt.is_dir() else []
        folders = [*implied_folders(environ), opt, *opts, fetched]
    return tuple(dict.fromkeys(folder.absolute() for folder in folders if providers_in(folder)))


def implied_folders(environ: Mapping[str, str]) -> list[Path]:
    """Terraform's own: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories."""
    home = Path(environ.get("HOME", "/nonexistent"))
    if platform.system() == "Windows":
        data = Path(environ.get("APPDATA", ""))
        return [data / "terraform.d" / "plugins", data / "HashiCorp" / "Terraform" / "plugins"]
    folders = [home / ".terraform.d" / "plugins"]
    if platform.system() == "Darwin":
        support = Path("Library") / "Application Support" / "io.terraform" / "plugins"
        return [*folders, home / support, Path("/") / support]
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    data_folders = [environ.get("XDG_DATA_HOME") or str(home / ".local" / "share"), *shared.split(":")]
    return [*folders, *(Path(folder) / "terraform" / "plugins" for folder in data_folders if folder)]


def providers_in(folder: Path) -> dict[str, set[str]]:
    """Address (`hashicorp/aws`) → the versions that a mirror has for this machine, unpacked or packed."""
    found: dict[str, set[str]] = {}
    for provider in sorted(folder.glob(f"{REGISTRY}/*/*")):
        address = f"{provider.parent.name}/{provider.name}"
        versions = {path.parent.name for path in provider.glob(f"*/{operating_system()}") if path.is_dir()}
        packed = f"terraform-provider-{provider.name}_*_{operating_system()}.zip"
        versions |= {path.name.split("_")[1] for path in provider.glob(packed)}
        if fitting := {version for version in versions if fits(address, version)}:
            found[address] = fitting
    return found


def fits(address: str, version: str) -> bool:
    """Whether our stacks can use this version of a provider; any of one that they do not know."""
    if address not in FITTING:
        return True
    numbers = tuple(int(number) for number in re.findall(r"\d+", version))
    lowest, below = FITTING[address]
    return lowest <= numbers < below


def configuration(environ: Mapping[str, str], folders: tuple[Path, ...]) -> str | None:
    """The CLI configuration to generate; None where the user's own stays in force, or nothing needs saying."""
    own = user_configuration(environ)
    if own and not environ.get(MIRROR_VARIABLE):
        return None
    if not folders and not environ.get(CONFIGURATION_VARIABLE):
        return None
    blocks = list(_blocks(folders))
    return "# Generated; see docs/providers.md.\nprovider_installation {\n" + "".join(blocks) + "}\n"


def _blocks(folders: tuple[Path, ...]) -> Iterator[str]:
    taken: list[str] = []
    for folder in folders:
        # A provider is taken from one mirror only, so that every machine state gives one answer.
        addresses = [f"{REGISTRY}/{name}" for name in sorted(providers_in(folder))]
        addresses = [address for address in addresses if address not in taken]
        if addresses:
            taken += addresses
            yield f"  filesystem_mirror {{\n    path    = {_quoted(folder)}\n    include = {_list(addresses)}\n  }}\n"
    yield f"  direct {{\n    exclude = {_list(taken)}\n  }}\n" if taken else "  direct {}\n"


def _list(texts: list[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str | Path) -> str:
    if "${" in str(text) and re.search(r'["\\]', str(text)):
        # What stands between ${ and } is not unescaped.
        raise SetupError(
            f"{text}: Terraform's CLI configuration cannot name a folder with ${{ and a quote or a backslash in its "
            "name. Use a folder without one of them."
        )
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folders_of(configuration: Path) -> list[Path]:
    """The `path` of each filesystem_mirror in a user's configuration."""
    text = configuration.read_text(encoding="utf-8", errors="replace")
    blocks: list[str] = re.findall(r"filesystem_mirror[\"\s:=\[]*\{([^}]*)\}", text)
    paths: list[str] = re.findall(r"\bpath\"?\s*[=:]\s*\"((?:[^\"\\]|\\.)+)\"", "\n".join(blocks))
    return [Path(re.sub(r"\\(.)", r"\1", path)).expanduser() for path in paths]


@cache
def registry_has(address: str) -> bool:
    """Whether the provider's registry answers from here; asked once per process."""
    url = f"https://{REGISTRY}/v1/providers/{address}/versions"
    try:
        with urllib.request.urlopen(url, timeout=REGISTRY_SECONDS) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False
