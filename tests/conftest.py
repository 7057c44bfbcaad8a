"""What holds for every test: no account but the emulated one, fast bindings, and layers that run side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local import shell
from modules.common.bindings import make_lazy

TESTS = Path(__file__).parent
# These deploy once, in fixtures of their folder, and mostly wait: they begin first, and each stays in one worker.
WAITING_LAYERS = ("emulator", "docker", "image", "contract")
# Of all folders these take the longest.
LONGEST = ("emulator/production", "emulator/second_plan", "emulator/restore", "docker", "image")


def pytest_configure() -> None:
    shell.forget(os.environ)
    # Before anything starts the jsii process.
    make_lazy()


class LayerScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """A folder of a waiting layer stays in one worker, as does a file of any other layer.

    In place of `xdist_group` marks: pytest-xdist 3.8 puts those into a test's id where pytest 9.2 no longer reads it,
    and then scatters a layer over all workers.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(TESTS.parent / nodeid.split("::", 1)[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LayerScheduling:
    # The longest wait begins first, whatever has the most tests.
    config.option.loadscopereorder = False
    return LayerScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Stable: the order within a stage stays.
    items.sort(key=lambda item: (_rank(item.path), _group(item.path), _stage(item)))


def _stage(item: pytest.Item) -> int:
    """Of a deployment's life, where the tests of a folder follow it; the second is all that needs no mark."""
    marker = item.get_closest_marker("stage")
    return int(marker.args[0]) if marker else 2


def _layer(path: Path) -> str:
    return path.relative_to(TESTS).parts[0]


def _group(path: Path) -> str:
    """A folder of a waiting layer, whose fixtures deploy once; a file of any other."""
    waits = _layer(path) in WAITING_LAYERS
    return str((path.parent if waits else path).relative_to(TESTS))


def _rank(path: Path) -> tuple[int, int]:
    group, layer = _group(path), _layer(path)
    first = LONGEST.index(group) if group in LONGEST else len(LONGEST)
    return first, WAITING_LAYERS.index(layer) if layer in WAITING_LAYERS else len(WAITING_LAYERS)
