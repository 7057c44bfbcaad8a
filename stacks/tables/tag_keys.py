"""The table `tag_keys`: what the platform's own tags are called, where an organization has its own names for them."""

from __future__ import annotations

from typing import Annotated

from modules.service.values import TAG_KEY
from settings.language.errors import Refusal
from settings.language.setting import AWS, Allowed, Section, Setting

TAGGING = f"{AWS}/whitepapers/latest/tagging-best-practices/tagging-best-practices.html"


def _refuse(key: str) -> Refusal | None:
    return TAG_KEY.refuse(key) if key else None


KEY = Allowed(f'{TAG_KEY.text}; or "", for none', _refuse)


class TagKeysSettings(Section):
    """The keys of the tags that every resource has."""

    application: Annotated[str, Setting("Key of the tag whose value is `name`", KEY, TAGGING)] = "Application"
    environment: Annotated[
        str, Setting("Key of the tag whose value is the environment's name", KEY, TAGGING)
    ] = "Environment"
    managed_by: Annotated[str, Setting("Key of the tag whose value is `terraform`", KEY, TAGGING)] = (
        "ManagedBy"
    )
