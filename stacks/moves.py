"""Resources whose address changed since a release: Terraform renames them in the state rather than replacing them.

https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """One resource that was released under another address.

    Attributes:
        old, new: addresses such as `aws_s3_bucket.artifact_store`.
        since: the version of this project that has the new one first.
    """

    old: str
    new: str
    since: str


# Entries stay: an environment may be upgraded from any earlier version.
MOVED: tuple[Move, ...] = ()
