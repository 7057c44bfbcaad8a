"""The state that an environment has in a file so far, moved into the bucket by Terraform's own means."""

from __future__ import annotations

import fcntl
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stacks.local_states import local_state_file, moved_state_file
from tools.state.errors import StateError
from tools.state.locks import Holder
from tools.state.workspace import Done, Workspace

Document = Mapping[str, Any]
# What Terraform says of a bucket that is not there.
NO_BUCKET = "does not exist"


class LocalState:
    """`terraform.<stack>.tfstate` beside `cdktf.json`, there or not.

    Attributes:
        file: its path.
        pushed: its text when it was last found to be in the bucket.
    """

    def __init__(
        self, workspace: Workspace, stack: str, environ: Mapping[str, str], *, deployment: str
    ) -> None:
        self.file = workspace.root / local_state_file(stack)
        self._deployment = deployment
        self.pushed: bytes | None = None
        self._workspace = workspace
        self._stack = stack
        self._environ = environ
        self._folder = workspace.folder / "backend"

    def move(self) -> str:
        """Puts it into the synthesized stack's backend, unless it is there already; says what was done.

        Raises:
            StateError: an apply is under way, or the bucket has another state: neither is touched.
        """
        self._initialize()
        if not self.file.exists():
            return f"there is none in {self.file.name}{self._others()}"
        with self._locked():
            text = self.file.read_bytes()
            local, remote = self._document(text), self._pull()
            if (recorded := _deployment_of(local)) not in (None, self._deployment):
                raise StateError(
                    f"{self.file.name} is the state of {recorded}, and the settings are those of {self._deployment}: "
                    "nothing was changed. Put the file of this deployment there, or run it with the other's settings."
                )
            said = self._decide(local, remote)
            if said is None:
                copy = self._folder / "local.tfstate"
                copy.write_bytes(text)
                done = self._terraform("state", "push", "-no-color", copy)
                copy.unlink()
                self._checked(done, "write")
                if _contents(self._pull()) != _contents(local):
                    raise StateError(
                        f"{self._where()} is not what {self.file} is, after it was written there."
                    )
                said = f"moved from {self.file.name}, {_size(local)}"
            self.pushed = text
        return said

    def set_aside(self) -> str:
        """Renames the file, so that it is not taken for the current state; it stays as a backup.

        Raises:
            StateError: it was changed since it was moved.
        """
        self._forget_cached_backend()
        if self.pushed is None:
            return "nothing to keep"
        with self._locked():
            if self.file.read_bytes() != self.pushed:
                raise StateError(f"{self.file} was changed while it was moved. Run it again.")
            kept = next(name for name in self._backups() if not name.exists())
            self.file.rename(kept)
        return f"kept as {kept.name}"

    def _decide(self, local: Document, remote: Document) -> str | None:
        """What to say when nothing has to be written; None when the local state has to."""
        if _contents(local) == _contents(remote):
            return f"{self.file.name} is in the bucket already"
        if not local["resources"]:
            return f"{self.file.name} has no resources"
        if not remote.get("lineage"):
            return None
        raise StateError(
            f"There are two states of {self._stack}, and nothing was changed:\n"
            f"    {self.file}: {_size(local)}, serial {local.get('serial')}\n"
            f"    {self._where()}: {_size(remote)}, serial {remote.get('serial')}\n"
            "  Where the bucket's is the one to go on with, rename the file and run this again; where the file's is, "
            "move the bucket's object away first."
        )

    def _others(self) -> str:
        """The files that the environment's state would be in under another name."""
        pattern = f"terraform.*-{self._workspace.environment}.tfstate"
        names = sorted(file.name for file in self._workspace.root.glob(pattern))
        return f" (also here: {', '.join(names)})" if names else ""

    def _backups(self) -> Iterator[Path]:
        # Terraform itself writes to <file>.backup.
        for number in itertools.count(1):
            yield self.file.with_name(moved_state_file(self._stack, number))

    def _forget_cached_backend(self) -> None:
        """Lets the next `cdktf` or `terraform init` take the new backend without asking about the old one."""
        folder = self._workspace.root / "cdktf.out" / "stacks" / self._stack / ".terraform"
        cached = folder / "terraform.tfstate"
        try:
            backend = json.loads(cached.read_text(encoding="utf-8"))["backend"]["type"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if backend == "local":
            cached.unlink(missing_ok=True)

    def _initialize(self) -> None:
        self._folder.mkdir(exist_ok=True)
        # The backend alone: it needs no provider.
        document = {"terraform": {"backend": self._workspace.backend(self._stack)}}
        (self._folder / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
        self._checked(self._terraform("init", "-input=false", "-no-color"), "reach")

    def _pull(self) -> Document:
        done = self._checked(self._terraform("state", "pull", "-no-color", logged=False), "read")
        return self._document(done.output.encode() or b'{"resources": []}', of=self._where())

    def _terraform(self, *arguments: str | Path, logged: bool = True) -> Done:
        return self._workspace.terraform(
            *arguments, directory=self._folder, environ=self._environ, logged=logged
        )

    def _checked(self, done: Done, verb: str) -> Done:
        if holder := Holder.told_in(done.output):
            raise StateError(
                f"The state {self._where()} is locked: {holder}. Let that end, then run it again."
            )
        if done.status != 0:
            raise StateError(f"Terraform could not {verb} the state {self._where()}:\n{done.last_lines}")
        return done

    def _where(self) -> str:
        backend = self._workspace.backend(self._stack)["s3"]
        return f"s3://{backend['bucket']}/{backend['key']}"

    def _document(self, text: bytes, of: str = "") -> Document:
        try:
            document = json.loads(text)
            assert isinstance(document["resources"], list)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise StateError(
                f"{of or self.file} is no Terraform state of version 4; nothing was changed."
            ) from None
        found: Document = document
        return found

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keeps Terraform from it, with the lock that Terraform itself takes on such a file."""
        with self.file.open("r+b") as opened:
            try:
                fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StateError(
                    f"{self.file} is in use: {self._user()}. Let that end, then run it again."
                ) from None
            yield

    def _user(self) -> str:
        """What Terraform wrote beside it."""
        try:
            file = self.file.with_name(f".{self.file.name}.lock.info")
            told = json.loads(file.read_text(encoding="utf-8"))
            return f"{told['Who']} since {told['Created']} ({told['Operation']})"
        except (OSError, ValueError, KeyError):
            return "a Terraform runs"


def _deployment_of(state: Document) -> str | None:
    """What `terraform_data.identity` in it says (stacks/identity.py); None where there is no such record."""
    for resource in state["resources"]:
        if (resource.get("type"), resource.get("name")) == ("terraform_data", "identity"):
            try:
                return str(resource["instances"][0]["attributes"]["output"]["value"]["deployment"])
            except (KeyError, IndexError, TypeError):
                return None
    return None


def _size(state: Document) -> str:
    count = len(state["resources"])
    return "1 resource" if count == 1 else f"{count} resources"


def _contents(state: Document) -> tuple[str, ...]:
    """What makes two states the same: Terraform gives one that it writes anew another lineage and serial."""
    parts = (state.get("resources") or [], state.get("outputs") or {})
    return tuple(json.dumps(part, sort_keys=True) for part in parts)
