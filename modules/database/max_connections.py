"""How many connections an instance of RDS for PostgreSQL takes, by its class.

RDS's default is `LEAST({DBInstanceClassMemory/9531392}, 5000)`
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections), which no setting
changes. `DBInstanceClassMemory` is the class's memory without what the operating system and RDS's own processes take
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html); AWS does not say how much that is.
"""

from __future__ import annotations

import re

BYTES_PER_CONNECTION = 9_531_392
MOST_CONNECTIONS = 5000
BYTES_PER_MIB = 2**20

# The class's family → GiB of its size `large`. A size twice as large has twice the memory
# (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html).
LARGE_GIB: tuple[tuple[str, float], ...] = (
    (r"t[2-9]\w*", 8),
    (r"c[5-9]\w*", 4),
    (r"m3", 7.5),
    (r"m[4-9]\w*", 8),
    (r"r[34]", 15),
    (r"r[5-9]\w*", 16),
    (r"z1d", 16),
    (r"x1", 30.5),
    (r"x1e", 61),
    (r"x[2-9]g\w*", 32),
    (r"x2idn", 32),
    (r"x2ie\w+", 64),
)
# Size → how many times `large`. `metal` is larger than what the limit of connections needs.
SIZES: dict[str, float] = {
    "micro": 1 / 8,
    "small": 1 / 4,
    "medium": 1 / 2,
    "large": 1,
    "xlarge": 2,
    **{f"{times}xlarge": 2 * times for times in (2, 4, 8, 10, 12, 16, 24, 32, 48)},
    "metal": 32,
}
# The sizes of a family that an instance can grow to, smallest first; families of T end at 2xlarge.
GROWTH = (
    "micro",
    "small",
    "medium",
    "large",
    "xlarge",
    "2xlarge",
    "4xlarge",
    "8xlarge",
    "12xlarge",
    "16xlarge",
)
BURSTABLE_GROWTH = GROWTH[:6]

# An estimate of DBInstanceClassMemory, below what people read from their instances: 181 connections on db.t4g.small
# (https://github.com/kirill-markin/flashcards-open-source-app/pull/1657), where this makes 174; about 420 on
# db.t3.medium and 1,700 on db.r5.large (https://www.pgflare.com/knowledge-base/rds-connection-pool-exhausted), where it
# makes 377 and 1,594. A small class loses a larger share.
USABLE_SHARE, SYSTEM_MIB = 0.9, 256

# superuser_reserved_connections and rds.rds_superuser_reserved_connections
# (https://repost.aws/knowledge-center/rds-postgresql-error-connection-slots).
RESERVED_CONNECTIONS = 3 + 2
# rdsadmin's, for monitoring and backups; RDS does not say how many.
RDS_CONNECTIONS = 4
# psql, and people who examine a database that has problems.
PEOPLES_CONNECTIONS = 3
KEPT_CONNECTIONS = RESERVED_CONNECTIONS + RDS_CONNECTIONS + PEOPLES_CONNECTIONS


def nominal_gib(instance_class: str) -> float | None:
    """The memory of an instance class, in GiB; None of one that is not known."""
    _, family, size = instance_class.split(".")
    large = next((gib for pattern, gib in LARGE_GIB if re.fullmatch(pattern, family)), None)
    return large * SIZES[size] if large is not None and size in SIZES else None


def max_connections(instance_class: str) -> int | None:
    """PostgreSQL's `max_connections` on an instance of the class, or fewer; None of a class that is not known."""
    nominal = nominal_gib(instance_class)
    if nominal is None:
        return None
    usable_mib = nominal * 1024 * USABLE_SHARE - SYSTEM_MIB
    return max(0, min(int(usable_mib * BYTES_PER_MIB / BYTES_PER_CONNECTION), MOST_CONNECTIONS))


def connections_for_tasks(most: int) -> int:
    """How many of an instance's connections the environment's tasks may open."""
    return max(0, most - KEPT_CONNECTIONS)


def next_class(instance_class: str, connections: int) -> str | None:
    """The next larger class of the family whose instances let tasks open so many; None where there is none."""
    kind, family, size = instance_class.split(".")
    sizes = BURSTABLE_GROWTH if family.startswith("t") else GROWTH
    larger = (f"{kind}.{family}.{one}" for one in sizes if SIZES[one] > SIZES.get(size, SIZES["metal"]))
    return next(
        (one for one in larger if connections_for_tasks(max_connections(one) or 0) >= connections), None
    )
