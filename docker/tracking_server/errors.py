"""What a start-up failure says: one line without a secret, and what to do about it."""

from __future__ import annotations

import re

_PASSWORD_IN_URL = re.compile(r"(://[^\s/:@]*):[^\s@]*@")
_PASSWORD_IN_DSN = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)", re.IGNORECASE)


class StartupError(Exception):
    """The server cannot start; the text is for people."""


def one_line(error: object) -> str:
    """The text of an error in one line, with the password of any URL or connection string in it hidden."""
    # SQLAlchemy wraps the driver's error and adds a link; the driver's own text is the one that helps.
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    return _PASSWORD_IN_DSN.sub(r"\1***", _PASSWORD_IN_URL.sub(r"\1:***@", text))
