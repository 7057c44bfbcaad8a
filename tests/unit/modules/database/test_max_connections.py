"""How many connections an instance class takes: at most what people read from theirs, at most AWS's limit."""

from __future__ import annotations

import pytest

from modules.database.max_connections import (
    BYTES_PER_CONNECTION,
    MOST_CONNECTIONS,
    connections_for_tasks,
    max_connections,
    next_class,
    nominal_gib,
)


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [
        ("db.t3.micro", 1),
        ("db.t4g.small", 2),
        ("db.t4g.2xlarge", 32),
        ("db.m3.medium", 3.75),
        ("db.m5.large", 8),
        ("db.m6gd.4xlarge", 64),
        ("db.m7i.24xlarge", 384),
        ("db.c6gd.medium", 2),
        ("db.r6i.xlarge", 32),
        ("db.r8g.48xlarge", 1536),
        ("db.z1d.12xlarge", 384),
        ("db.x1.16xlarge", 976),
        ("db.x1e.xlarge", 122),
        ("db.x2g.large", 32),
        ("db.x2idn.16xlarge", 1024),
        ("db.x2iedn.xlarge", 128),
    ],
)
def test_the_memory_of_a_class_is_the_one_in_aws_table(instance_class: str, gib: float) -> None:
    assert nominal_gib(instance_class) == gib


@pytest.mark.parametrize(
    ("instance_class", "read"), [("db.t4g.small", 181), ("db.t3.medium", 420), ("db.r5.large", 1700)]
)
def test_estimate_is_slightly_below_published_values(instance_class: str, read: int) -> None:
    estimate = max_connections(instance_class)

    assert estimate is not None
    assert 0.85 * read <= estimate <= read


@pytest.mark.parametrize("family", ["t4g", "m7g", "r7g", "x2g"])
def test_estimate_is_below_aws_formula_and_grows_with_the_class(family: str) -> None:
    before = 0
    for size in ("medium", "large", "xlarge", "2xlarge"):
        instance_class = f"db.{family}.{size}"
        nominal, estimate = nominal_gib(instance_class), max_connections(instance_class)
        assert nominal is not None and estimate is not None
        assert before <= estimate <= min(nominal * 2**30 / BYTES_PER_CONNECTION, MOST_CONNECTIONS)
        before = estimate


def test_a_class_that_is_not_known_is_not_judged() -> None:
    for instance_class in ("db.q9.large", "db.m7g.100xlarge"):
        assert nominal_gib(instance_class) is None
        assert max_connections(instance_class) is None


def test_some_connections_are_not_for_tasks() -> None:
    assert [connections_for_tasks(most) for most in (6, 12, 73)] == [0, 0, 61]


@pytest.mark.parametrize(
    ("instance_class", "connections", "larger"),
    [
        ("db.t4g.micro", 62, "db.t4g.small"),
        ("db.t4g.micro", 163, "db.t4g.medium"),
        ("db.t4g.xlarge", 4000, None),
        ("db.m7g.large", 4000, "db.m7g.4xlarge"),
        ("db.r7g.16xlarge", 5000, None),
        ("db.q9.large", 10, None),
    ],
)
def test_the_next_class_is_of_the_same_family(
    instance_class: str, connections: int, larger: str | None
) -> None:
    assert next_class(instance_class, connections) == larger
