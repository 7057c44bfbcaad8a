"""People's texts as Terraform shall take them: as they are written.

A string in Terraform's JSON is a template: `${` begins an expression and `%{` a directive, and doubled signs stand for
themselves (https://developer.hashicorp.com/terraform/language/syntax/json#expressions,
https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1). The backend is not: its
strings are taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from settings.language.setting import Section
from stacks.environment import EnvironmentSettings

_TEMPLATE = re.compile(r"([$%])\{")


def literal(settings: EnvironmentSettings) -> EnvironmentSettings:
    """The same settings, every text in them written so that Terraform's templates give back what it was."""
    copied = _literal(settings)
    assert isinstance(copied, EnvironmentSettings)
    return copied


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        return _TEMPLATE.sub(r"\1\1{", value)
    if isinstance(value, Section):
        return value.model_copy(
            update={name: _literal(getattr(value, name)) for name in type(value).model_fields}
        )
    if isinstance(value, Mapping):
        return MappingProxyType({_literal(key): _literal(inner) for key, inner in value.items()})
    return tuple(map(_literal, value)) if isinstance(value, tuple) else value
