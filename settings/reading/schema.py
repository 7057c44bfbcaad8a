"""The JSON schema of a kind of settings file, for editors: they complete and check names and values by it.

The schema says less than the settings' own check: what depends on several values, and what only a program can tell, is
not in it.

https://json-schema.org/draft-07, which editors of TOML read (https://taplo.tamasfe.dev/configuration/using-schemas.html)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from settings.language.errors import as_written
from settings.language.setting import PROFILES, REQUIRED, Allowed, Section, Setting, table_of
from settings.reading.root import Field, Path, Root

TYPES: Mapping[Any, str] = {int: "integer", bool: "boolean", str: "string", tuple: "array", Mapping: "object"}


def json_schema(root: Root[Any]) -> str:
    """The schema's text."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": root.title,
        **_schema_of_table(root, root.model, ()),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema_of_table(root: Root[Any], model: type[Section], path: Path) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for name, info in model.model_fields.items():
        inner = (*path, name)
        if table := table_of(info.annotation):
            description = (table.model.__doc__ or "").split("\n\n")[0].strip()
            properties[name] = {"description": description, **_schema_of_table(root, table.model, inner)}
        elif field := root.fields.get(inner):
            properties[name] = _schema_of(field, info.annotation)
            # A profile may have the value; of a table that is optional, none does.
            if all(field.default_in(profile) is REQUIRED for profile in PROFILES):
                required.append(name)
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "required": required} if required else schema


def _schema_of(field: Field, annotation: Any) -> dict[str, Any]:
    setting = field.setting
    lines = [f"{setting.description}.", f"Allowed: {setting.allowed.text}.", _defaults(field)]
    if setting.source:
        lines.append(setting.source)
    return {
        "description": "\n".join(lines),
        "type": TYPES[field.kind],
        **setting.allowed.schema,
        **_of_annotation(annotation),
    }


def _of_annotation(annotation: Any) -> dict[str, Any]:
    """The values of a Literal, the items of a list, names and values of a table."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is UnionType or str(origin) == "typing.Union":
        found = [_of_annotation(argument) for argument in arguments if argument is not type(None)]
        return found[0] if found else {}
    if origin is Annotated:
        return _of_annotation(arguments[0])
    if origin is tuple:
        return {"items": _of_item(arguments[0])}
    if origin is not None and issubclass(origin, Mapping):
        name, value = (_of_item(argument) for argument in arguments)
        return {"propertyNames": name, "additionalProperties": value}
    return {}


def _of_item(annotation: Any) -> dict[str, Any]:
    kind, *metadata = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    schema: dict[str, Any] = {"type": TYPES.get(kind, "string")}
    for one in metadata:
        if isinstance(one, Setting):
            one = one.allowed
        if isinstance(one, Allowed):
            schema |= {"description": one.text, **one.schema}
    return schema


def _defaults(field: Field) -> str:
    defaults = {profile: field.default_in(profile) for profile in PROFILES}
    written = {
        profile: "required" if default is REQUIRED else _written(default)
        for profile, default in defaults.items()
    }
    if len(set(written.values())) == 1:
        return f"Default: {next(iter(written.values()))}."
    return "Default: " + ", ".join(f"{text} in {profile}" for profile, text in written.items()) + "."


def _written(default: Any) -> str:
    if default is None:
        return "none"
    return as_written(dict(default) if isinstance(default, Mapping) else default)
