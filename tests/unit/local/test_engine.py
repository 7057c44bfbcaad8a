"""An engine that does not start: whether it is the machine or us, and a cache for each run."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from local import base_image as base_image_module
from local import docker_stack
from local import engine as engine_module
from local.base_image import base_image
from local.docker_stack import DockerStack, DockerStackUnavailable
from local.engine import CACHES, Engine, EngineError, NotHere, cache_folder

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="engines of our own run on Linux only")

Programs = Callable[..., None]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Shell scripts instead of the machine's programs; the cache is an empty one."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def find(name: str) -> str | None:
        return str(folder / name) if (folder / name).exists() else None

    monkeypatch.setattr(engine_module, "find_program", find)
    monkeypatch.setattr(base_image_module, "find_program", find)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no" / "cache" / "yet"))

    def put(**scripts: str) -> None:
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (folder / name).chmod(0o755)

    return put


@pytest.fixture
def engine(tmp_path: Path, programs: Programs) -> Engine:
    return Engine(folder=tmp_path / "engine", environment={"PATH": "/usr/bin:/bin"})


def test_machine_without_engine_reports_the_engines_message(engine: Engine, programs: Programs) -> None:
    programs(dockerd='echo starting >&2; echo "failed to start daemon: no cgroup mounted" >&2; exit 1')

    with pytest.raises(
        NotHere, match=r"^dockerd does not run here: failed to start daemon: no cgroup mounted$"
    ):
        engine.__enter__()


def test_an_engine_that_does_not_know_our_options_is_our_fault(engine: Engine, programs: Programs) -> None:
    programs(
        dockerd="""echo "unknown flag: --bridge" >&2; echo "See 'dockerd --help'., Code: 125" >&2; exit 1"""
    )

    with pytest.raises(EngineError) as raised:
        engine.__enter__()

    assert not isinstance(raised.value, NotHere)


def test_each_run_has_a_cache_of_its_own(tmp_path: Path, programs: Programs) -> None:
    engines = [Engine(folder=tmp_path / str(number), environment={}) for number in range(CACHES + 1)]
    *first, late = engines

    used = [engine._own_cache() for engine in first]
    with pytest.raises(EngineError, match=f"{CACHES} runs use all engine caches"):
        late._own_cache()
    first[0].stop()

    assert len(set(used)) == CACHES
    assert all(cache.is_relative_to(cache_folder()) for cache in used)
    assert late._own_cache() == used[0]


def test_machine_that_cannot_run_containers_reports_the_message(engine: Engine, programs: Programs) -> None:
    programs(
        docker='[ "$1" = image ] && exit 0; printf "WARNING: a\\ndocker: not permitted.\\nhint\\n" >&2; exit 125'
    )

    with pytest.raises(NotHere, match=r"^no container of python:3.12 runs here: not permitted.$"):
        base_image(engine, configured="python:3.12", report=print)


def test_unavailable_base_image_is_reported(engine: Engine, programs: Programs) -> None:
    programs(docker='echo "no such host" >&2; exit 1')

    with pytest.raises(NotHere, match="cannot be pulled, and mmdebstrap"):
        base_image(engine, configured="python:3.12", report=print)


def test_missing_machine_feature_is_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    leg = DockerStack(
        account_id="123456789012",
        region="eu-west-1",
        registry_password="eyTest",
        configured_base_image="python:3.12",
    )

    def lacking(opened: object) -> None:
        raise NotHere("dockerd does not run here: no cgroup mounted")

    monkeypatch.setattr(docker_stack, "unavailable", lambda: None)
    monkeypatch.setattr(leg, "_start", lacking)

    with pytest.raises(DockerStackUnavailable, match="no cgroup mounted"):
        leg.__enter__()
