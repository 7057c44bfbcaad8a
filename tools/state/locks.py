"""Who holds a state, as Terraform tells it when it is refused the lock."""

from __future__ import annotations

import datetime
import os
import pwd
import re
import socket
from dataclasses import dataclass
from typing import Self

REFUSED = "Error acquiring the state lock"
FIELD = re.compile(r"^\W*(ID|Operation|Who|Created):[ \t]+(\S.*?)\s*$", re.MULTILINE)
# Terraform takes the lock right after its start.
AFTER_START = datetime.timedelta(minutes=2)


@dataclass(frozen=True)
class Holder:
    """Who has the lock: `who` is user@machine; `created` is when, in UTC."""

    lock_id: str
    operation: str
    who: str
    created: str

    @classmethod
    def told_in(cls, output: str) -> Self | None:
        """The holder that Terraform's output names; None where it was not refused, or does not say."""
        if REFUSED not in output:
            return None
        found = dict(FIELD.findall(output))
        if "ID" not in found:
            return None
        return cls(found["ID"], found.get("Operation", "?"), found.get("Who", "?"), found.get("Created", "?"))

    def is_of_run(self, began: datetime.datetime) -> bool:
        """Whether it is the lock of the Terraform that this user started on this machine at `began`."""
        try:
            created = datetime.datetime.strptime(self.created[:19], "%Y-%m-%d %H:%M:%S")
        except ValueError:
            return False
        created = created.replace(tzinfo=datetime.UTC)
        second = datetime.timedelta(seconds=1)
        return self.who == _me() and began - second <= created <= began + AFTER_START

    def __str__(self) -> str:
        return f"{self.who} has held it since {self.created} ({self.operation}, lock {self.lock_id})"


def _me() -> str:
    return f"{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"
