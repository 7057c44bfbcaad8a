"""Whom something can be granted to."""

from __future__ import annotations

from typing import Protocol

from modules.common.policies import Statement


class Grantee(Protocol):
    """A role, of people or of a program."""

    def grant(self, id: str, *statements: Statement) -> None:
        """Lets the role do what `statements` say; `id` is the policy's name, its own among the role's."""
