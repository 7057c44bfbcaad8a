"""Workers follow from CPU and memory, and the memory that is asked for from what was measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modules.common.aws import FARGATE_SIZES
from modules.service.sizing import (
    LARGE_BODY_MIB,
    MOST_WORKERS,
    UNITS_PER_VCPU,
    derived_workers,
    needed_memory_mib,
    used_memory_mib,
)
from stacks.rules.platform import MEMORY_NEEDS
from tests.environment_files import Load

IMAGE_PAGE = Path(__file__).parents[4] / "docs" / "server.md"


def measured() -> dict[int, int]:
    """Workers → MiB after the start and some load, of the table in docs/server.md."""
    page = IMAGE_PAGE.read_text(encoding="utf-8").partition("\n## Memory\n")[2]
    rows = re.findall(r"^\| (\d+) \| \d+ \| (\d+) \|$", page, re.MULTILINE)
    return {int(workers): int(mib) for workers, mib in rows}


def test_used_memory_covers_the_measurements() -> None:
    assert measured().keys() == {1, 2, 4}
    for workers, mib in measured().items():
        assert mib <= used_memory_mib(workers, False) <= mib * 1.03


@pytest.mark.parametrize("jobs", [False, True])
def test_needed_memory_includes_a_large_body_per_worker(jobs: bool) -> None:
    for workers in range(1, MOST_WORKERS + 1):
        room = needed_memory_mib(workers, jobs) - used_memory_mib(workers, jobs)
        assert room > LARGE_BODY_MIB * workers


@pytest.mark.parametrize(
    ("cpu_units", "memory_mib", "workers"),
    [
        (256, 1024, 2),
        (512, 1024, 2),
        (2048, 4096, 2),
        (4096, 8192, 4),
        (8192, 16384, 8),
        (16384, 32768, 16),
    ],
)
def test_one_worker_per_vcpu_and_at_least_two_if_they_fit(
    load: Load, cpu_units: int, memory_mib: int, workers: int
) -> None:
    settings = load(
        f'[service]\ncpu_units = {cpu_units}\nmemory_mib = {memory_mib}\n[database]\ninstance_class = "db.r7g.large"'
    )

    assert settings.service.workers is None
    assert settings.concurrency.workers == workers


def test_every_task_size_runs_its_workers() -> None:
    for cpu_units, sizes in FARGATE_SIZES.items():
        for memory_mib in sizes:
            workers = derived_workers(cpu_units, memory_mib, False)
            if memory_mib == 512:
                assert needed_memory_mib(workers, False) > memory_mib, "too little for one large body"
                continue
            assert needed_memory_mib(workers, False) <= memory_mib
            assert workers >= cpu_units // UNITS_PER_VCPU


def test_large_body_memory_covers_the_measurements() -> None:
    """docs/server.md, Load and Memory: two workers that took the largest trace exports, less what they use anyway; and
    JSON with 150,000 objects of the 200,000 that are accepted."""
    page = IMAGE_PAGE.read_text(encoding="utf-8")
    exports = int(re.findall(r"took two workers to (\d+) MiB", page)[0])
    json = int(re.findall(r"JSON with 150,000 objects took (\d+) MiB in each", page)[0])

    assert (exports - used_memory_mib(2, False)) / 2 <= LARGE_BODY_MIB
    assert json * 200_000 / 150_000 <= LARGE_BODY_MIB


def test_jobs_take_memory_of_the_workers() -> None:
    assert derived_workers(512, 4096, True) == 2
    assert derived_workers(512, 2400, True) == 1
    assert derived_workers(512, 1024, True) == 1, "where nothing fits, one is what is refused"


def test_computed_concurrency_sets_the_variables(load: Load) -> None:
    assert load().concurrency.variables == {
        "MLFLOW_WORKERS": "2",
        "MLFLOW_WORKER_THREADS": "3",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "5",
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "1",
    }


def test_given_workers_threads_and_connections_are_used(load: Load) -> None:
    settings = load(
        "[service]\nworkers = 1\n[service.environment]\nMLFLOW_WORKER_THREADS = ' 6 '\n"
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW = '3'"
    )

    assert settings.concurrency.variables == {
        "MLFLOW_WORKERS": "1",
        "MLFLOW_WORKER_THREADS": "6",
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "8",
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "3",
    }


def test_documented_memory_equals_the_requirement() -> None:
    assert MEMORY_NEEDS == (
        ("1", "`false`", "525"),
        ("2", "`false`", "795"),
        ("4", "`false`", "1335"),
        ("each further one", "", "270 more"),
        ("as many", "`true`", "1875 more"),
    )
