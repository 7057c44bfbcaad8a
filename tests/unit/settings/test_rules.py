"""What a rule reads of settings that are not all accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from settings.language.errors import Refusal
from settings.language.rules import (
    NotKnownError,
    Path,
    Violation,
    changed,
    known,
    value_at,
    violations,
)
from settings.language.setting import Section


class Engine(Section):
    version: str
    size: int = 1
    zones: tuple[str, ...] = ()

    @property
    def is_large(self) -> bool:
        return self.size > 10


class Root(Section):
    name: str
    region: str | None = None
    tags: Mapping[str, str]
    engine: Engine

    @property
    def full_name(self) -> str:
        return f"{self.name}-{self.engine.version}"


TREE: Mapping[str, Any] = {
    "name": "a",
    "region": None,
    "tags": {"Team": "b"},
    "engine": {"version": "16", "size": 20, "zones": ["x", "y"]},
}


def root(*refused: Path, **changes: Any) -> Root:
    return known(Root, {**TREE, **changes}, refused)


def test_values_of_each_kind_are_read() -> None:
    settings = root()

    assert (settings.name, settings.region, dict(settings.tags)) == ("a", None, {"Team": "b"})
    assert (settings.engine.size, list(settings.engine.zones)) == (20, ["x", "y"])


def test_the_models_own_properties_are_read() -> None:
    assert root().full_name == "a-16"
    assert root().engine.is_large is True


@pytest.mark.parametrize(
    "refused",
    [("engine", "version"), ("engine",), ("engine", "version", 0)],
    ids=["the value", "its table", "something in it"],
)
def test_refused_value_cannot_be_read_by_rules(refused: Path) -> None:
    settings = root(refused)

    with pytest.raises(NotKnownError):
        _ = settings.engine.version
    with pytest.raises(NotKnownError):
        _ = settings.full_name
    assert settings.name == "a"


def test_values_beside_a_refused_one_can_be_read() -> None:
    assert root(("engine", "version")).engine.size == 20


def test_a_table_that_is_no_table_is_not_known() -> None:
    with pytest.raises(NotKnownError):
        _ = root(("engine",), engine=3).engine


def test_rule_with_an_unknown_name_fails() -> None:
    with pytest.raises(AttributeError):
        _ = root().nam  # type: ignore[attr-defined]


def test_a_path_leads_to_a_value() -> None:
    assert value_at(root(), "engine.size") == 20
    assert value_at(root(), "name") == "a"


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_fix_can_be_tried(is_whole: bool) -> None:
    settings = (
        Root.model_validate({**TREE, "engine": {**TREE["engine"], "zones": ("x",)}}) if is_whole else root()
    )

    then = changed(settings, {"engine.size": 2, "name": "b"})

    assert (then.engine.size, then.engine.is_large, then.full_name) == (2, False, "b-16")
    assert (settings.engine.size, settings.name) == (20, "a")


def test_rule_that_reads_a_refused_value_is_skipped() -> None:
    def large(settings: Root) -> Iterator[Violation]:
        if settings.engine.is_large:
            yield Violation(("engine", "size"), Refusal("It is large.", "up to 10", "write 10."))

    def named(settings: Root) -> Iterator[Violation]:
        if settings.name == "a":
            yield Violation(("name",), Refusal("It is short.", "longer", "write aa."))

    def paths(settings: Root) -> list[Path]:
        return [one.path for one in violations((large, named), settings)]

    assert paths(root()) == [("engine", "size"), ("name",)]
    assert paths(root(("engine", "size"))) == [("name",)]
    assert paths(root(("name",), ("engine",))) == []
