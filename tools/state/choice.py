"""Which bucket it is, and what the environment's file says once it is there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from settings.language.errors import SettingsError
from stacks.environment import EnvironmentSettings
from stacks.loading import environments_directory, load_environments
from stacks.state_buckets import managed_buckets
from tools.state import account
from tools.state.account import Account
from tools.state.bucket import Bucket
from tools.state.errors import StateError
from tools.state.settings_file import Value, read, state_in, with_state

# Stands for the bucket until the account is known, so that everything else can be checked first.
UNDECIDED = "to-be-decided"


@dataclass(frozen=True)
class Choice:
    """The bucket, as it will stand in the environment's file.

    Attributes:
        values: for the file's table `state`; empty for a bucket that is not managed here.
    """

    bucket: str
    values: Mapping[str, Value]


class Files:
    """The environments' files, and a copy of them that the bucket is tried in first.

    Attributes:
        file: the environment's.
        copies: the folder of the copies.
    """

    def __init__(self, environment: str, environ: Mapping[str, str], copies: Path) -> None:
        self._directory = environments_directory(environ)
        self._environ = environ
        self.environment = environment
        self.file = self._directory / f"{environment}.toml"
        self.copies = copies
        if not self.file.is_file():
            known = ", ".join(sorted(file.stem for file in self._directory.glob("*.toml"))) or "none"
            raise StateError(
                f"There is no {self.file}. Environments here: {known}. Name one: make state ENVIRONMENT=<environment>"
            )

    def load(self, values: Mapping[str, Value]) -> tuple[EnvironmentSettings, ...]:
        """All environments, `values` in the file's table `state`.

        Raises:
            SettingsError: the report, as of the files themselves.
        """
        shutil.rmtree(self.copies, ignore_errors=True)
        shutil.copytree(self._directory, self.copies)
        text = with_state(read(self.file), values, self.file)
        (self.copies / self.file.name).write_bytes(text.encode())
        try:
            return load_environments(self.copies, self._environ)
        except SettingsError as error:
            raise SettingsError(str(error).replace(_shown(self.copies), _shown(self._directory))) from None

    def undecided(self) -> dict[str, Value]:
        """What stands for the bucket while the file names none."""
        named = "bucket" in state_in(read(self.file), self.file)
        return {} if named else {"bucket": UNDECIDED, "managed": True}

    def of(self, environments: Sequence[EnvironmentSettings]) -> EnvironmentSettings:
        return next(one for one in environments if one.environment == self.environment)

    def says_managed(self) -> bool:
        return state_in(read(self.file), self.file).get("managed") is True


def choose(files: Files, environments: Sequence[EnvironmentSettings], owner: Account) -> Choice:
    """The bucket that is named; else the one that another environment manages in this account; else a new one."""
    settings = files.of(environments)
    state = settings.state
    if state.bucket not in (None, UNDECIDED):
        return Choice(
            str(state.bucket), {"bucket": str(state.bucket), "managed": True} if state.managed else {}
        )
    if not files.says_managed() and (other := _of_another(settings, environments, owner)):
        return Choice(str(other.state.bucket), _as_a_user(settings, other))
    name = f"{settings.name}-state-{owner.account_id}-{settings.state_region}"
    return Choice(name, {"bucket": name, "managed": True})


def _of_another(
    settings: EnvironmentSettings, environments: Sequence[EnvironmentSettings], owner: Account
) -> EnvironmentSettings | None:
    for bucket, managers in managed_buckets(environments).items():
        first = managers[0]
        if bucket == UNDECIDED or first.state.account_id not in (None, owner.account_id):
            continue
        session = account.session_in(first.state_region)
        found = Bucket(session, name=bucket, region=first.state_region, account_id=owner.account_id)
        try:
            if found.exists():
                return first
        except StateError:  # another account's
            continue
    return None


def _as_a_user(settings: EnvironmentSettings, manager: EnvironmentSettings) -> dict[str, Value]:
    values: dict[str, Value] = {"bucket": str(manager.state.bucket)}
    if manager.state_region != settings.state_region:
        values["region"] = manager.state_region
    if key := manager.state.encryption_key:
        values["kms_key_id"] = key
    return values


def _shown(path: Path) -> str:
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
