"""Connections are counted for all tasks, also during a deployment, and refused where the database has fewer."""

from __future__ import annotations

import pytest

from modules.common import task_life
from modules.database.max_connections import max_connections
from stacks.connections import (
    TASK_KINDS,
    USUAL_ALARM,
    allowed_connections,
    connections_of_task,
    most_connections,
    service_of,
)
from tests.environment_files import Load, Refuse
from tests.texts import DEMO, NO_SIGN_IN, PRODUCTION

FILE = "environments/test.toml:"
# Jobs cannot sign in.
MODE_NONE = "[sign_in]\nmode = 'none'\n"
MANY_THREADS = """\
[service]
environment = { MLFLOW_WORKER_THREADS = "64" }
[database]
instance_class = "db.t4g.2xlarge"
[scaling]
max_count = 40
"""


def test_each_worker_has_a_pool_for_each_store() -> None:
    assert connections_of_task(2, 7) == 2 * 2 * 7
    assert connections_of_task(4, 7, stores=3, others=16) == 4 * 3 * 7 + 16


def test_start_and_upgrade_use_the_same_connections() -> None:
    assert connections_of_task(1, 1) == 3


@pytest.mark.parametrize(
    ("base", "tasks", "connections", "allowed"), [(DEMO, 1, 2 * 28 + 4, 61), (PRODUCTION, 6, 12 * 28, 365)]
)
def test_both_profiles_fit_their_databases(
    load: Load, base: str, tasks: int, connections: int, allowed: int
) -> None:
    settings = load(base=base)

    assert service_of(settings).users == 4
    assert service_of(settings).tasks == tasks
    assert most_connections(settings) == connections
    assert allowed_connections(settings) == allowed


def test_deployed_tasks_follow_the_maximum_percent(load: Load) -> None:
    service = service_of(load(base=PRODUCTION))

    assert service.deployed_tasks * 100 == service.tasks * task_life.DEPLOYMENT_MAXIMUM_PERCENT


def test_without_scaling_the_desired_count_counts(load: Load) -> None:
    settings = load("[scaling]\nenabled = false\n[service]\ndesired_count = 3", base=PRODUCTION)

    assert service_of(settings).tasks == 3


@pytest.mark.parametrize(
    ("lines", "stores", "others"),
    [
        ("", 2, 0),
        (f"{NO_SIGN_IN}[service]\njob_execution = true\nmemory_mib = 4096", 3, 16),
        ("[service]\nenvironment = { MLFLOW_ENABLE_WORKSPACES = ' True' }", 3, 0),
        ("[service]\nenvironment = { MLFLOW_ENABLE_WORKSPACES = 'false' }", 2, 0),
    ],
)
def test_further_stores_and_processes_are_counted(load: Load, lines: str, stores: int, others: int) -> None:
    service = service_of(load(f'{lines}\n[database]\ninstance_class = "db.m7g.large"'))

    assert (service.stores, service.others) == (stores, others)


def test_every_kind_of_task_has_a_row(load: Load) -> None:
    open_, closed = load(), load(base=PRODUCTION)

    assert [kind.name for kind in TASK_KINDS] == ["service", "mlflow gc in a shell"]
    assert [kind.tasks(open_) * kind.connections(open_) for kind in TASK_KINDS] == [56, 4]
    assert [kind.tasks(closed) * kind.connections(closed) for kind in TASK_KINDS] == [336, 0]


REFUSED = [
    (
        DEMO,
        "[service]\ndesired_count = 2",
        "service.desired_count = 2",
        (
            "A deployment runs 4 tasks at once: 4 × (2 workers × 2 stores × 6 connections + 4 for users), and 4 "
            "for a shell, are 116. "
            "db.t4g.micro has 61 for them."
        ),
        "of 73, 5 are reserved, 4 are RDS's own and 3 are for people",
        (
            'set database.instance_class = "db.t4g.small", or service.desired_count = 1, or service.workers = 1, '
            "or database.max_connections, if SHOW max_connections shows 128 or more."
        ),
    ),
    (
        PRODUCTION,
        "[scaling]\nmax_count = 20",
        "scaling.max_count = 20",
        "40 × (2 workers × 2 stores × 6 connections + 4 for users) are 1,120. db.t4g.medium has 365 for them.",
        "up to 365 connections with db.t4g.medium",
        (
            'set database.instance_class = "db.t4g.xlarge", or scaling.max_count = 6, or database.max_connections, '
            "if SHOW max_connections shows 1,132 or more."
        ),
    ),
    (
        PRODUCTION,
        f"{MODE_NONE}[service]\nmemory_mib = 4096\njob_execution = true\nworkers = 1\n[scaling]\nmin_count = 6",
        "scaling.max_count = 6",
        "12 tasks at once: 12 × (1 worker × 3 stores × 6 connections + 16 for jobs at rest) are 408. db.t4g.medium",
        "up to 365 connections",
        'set database.instance_class = "db.t4g.large", or service.job_execution = false, or database.max_connections, ',
    ),
    (
        PRODUCTION,
        MANY_THREADS,
        "scaling.max_count = 40",
        "A deployment runs 80 tasks at once: 80 × (2 workers × 2 stores × 67 connections + 4 for users) are 21,760. ",
        "up to 3204 connections",
        'set a larger database.instance_class, or scaling.max_count = 5, or MLFLOW_WORKER_THREADS = "6", or database.',
    ),
    (
        DEMO,
        "[service.environment]\nMLFLOW_ENABLE_WORKSPACES = 'true'",
        "service.desired_count = 1",
        "2 × (2 workers × 3 stores × 6 connections + 4 for users), and 4 for a shell, are 84.",
        "up to 61 connections",
        "or service.workers = 1, or leaving out MLFLOW_ENABLE_WORKSPACES, or database.max_connections",
    ),
    (
        PRODUCTION,
        "[service]\ndesired_count = 20\n[scaling]\nmax_count = 2",
        "service.desired_count = 20",
        "A deployment runs 40 tasks at once: ",
        "up to 365 connections",
        'set database.instance_class = "db.t4g.xlarge", or service.desired_count = 6, or database.max_connections',
    ),
    (
        PRODUCTION,
        "[service]\ndesired_count = 20\n[scaling]\nmax_count = 10",
        "service.desired_count = 20",
        "A deployment runs 40 tasks at once: ",
        "up to 365 connections",
        "or service.desired_count = 6 with scaling.max_count = 6, or database.max_connections",
    ),
    (
        DEMO,
        "[database]\nmax_connections = 50",
        "service.desired_count = 1",
        "are 60. db.t4g.micro has 38 for them.",
        "up to 38 connections with db.t4g.micro: of 50, 5 are reserved",
        "set a larger database.instance_class and its database.max_connections, or service.workers = 1.",
    ),
]


@pytest.mark.parametrize(("base", "lines", "place", "problem", "allowed", "fix"), REFUSED)
def test_more_connections_than_the_database_has(
    refuse: Refuse, base: str, lines: str, place: str, problem: str, allowed: str, fix: str
) -> None:
    report = refuse(lines, base=base)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, allowed, fix)


@pytest.mark.parametrize(
    "lines",
    [
        '[database]\ninstance_class = "db.t4g.small"\n[service]\ndesired_count = 2',
        "[service]\ndesired_count = 2\nworkers = 1",
        "[service]\ndesired_count = 0",
        "[database]\nmax_connections = 128\n[service]\ndesired_count = 2",
        "[service]\nenvironment = { MLFLOW_ENABLE_WORKSPACES = 'false' }",
        '[database]\ninstance_class = "db.q9.large"\n[service]\ndesired_count = 500',
    ],
)
def test_advised_and_unknown_classes_are_accepted(load: Load, lines: str) -> None:
    assert load(lines)


@pytest.mark.parametrize(
    ("lines", "threshold"),
    [
        ("", 336),
        ("[scaling]\nmax_count = 2", 377 * 80 // 100),
        ('[database]\ninstance_class = "db.q9.large"', USUAL_ALARM),
        ("[database]\nmax_connections = 600", 480),
        ('[database]\ninstance_class = "db.q9.large"\nmax_connections = 600', 480),
    ],
)
def test_connections_alarm_is_above_the_expected_count(load: Load, lines: str, threshold: int) -> None:
    assert load(lines, base=PRODUCTION).connections_alarm == threshold


@pytest.mark.parametrize(
    ("lines", "tasks"),
    [
        ("[service]\ndesired_count = 5\n[scaling]\nmax_count = 2", 5),
        ("[service]\ndesired_count = 3", 6),
        ("[scaling]\nmin_count = 4", 6),
    ],
)
def test_initial_task_count_raises_the_estimate(load: Load, lines: str, tasks: int) -> None:
    assert service_of(load(lines, base=PRODUCTION)).tasks == tasks


def test_jobs_are_a_way_out_only_where_that_is_enough(refuse: Refuse) -> None:
    report = refuse(
        f"{MODE_NONE}[service]\nmemory_mib = 4096\njob_execution = true\n[scaling]\nmax_count = 60",
        base=PRODUCTION,
    )

    assert (
        "a larger database.instance_class" in report.text
        and "service.job_execution = false" not in report.text
    )


def test_the_real_number_can_be_less_than_the_estimate(refuse: Refuse) -> None:
    report = refuse("[database]\nmax_connections = 100", base=PRODUCTION)

    report.says(f"{FILE} scaling.max_count = 6", "db.t4g.medium has 88 for them")


def test_the_alarm_can_go_off_before_the_database_is_full(load: Load) -> None:
    for base in (DEMO, PRODUCTION):
        settings = load(base=base)
        most = max_connections(settings.database.instance_class)
        assert most is not None and settings.connections_alarm < most - 5
