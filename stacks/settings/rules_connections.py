"""The rule on connections: the database takes what all tasks may open, also during a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stacks.settings.connections import Service, allowed_connections, most_connections, service_of
from stacks.settings.errors import Refusal
from stacks.settings.rds_connections import (
    PEOPLES_CONNECTIONS,
    RDS_CONNECTIONS,
    RESERVED_CONNECTIONS,
    max_connections,
    next_class,
)
from stacks.settings.rules import Broken, Rule, Values
from stacks.settings.rules_production import LEAST_TASKS


def connections_suffice(values: Values) -> Iterator[Broken]:
    """Without a free connection a request fails, and a new task does not start.

    A class that is not known is not refused
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections).
    """
    instance_class, allowed = values["database.instance_class"], allowed_connections(values)
    service, needed = service_of(values), most_connections(values)
    if allowed is None or needed <= allowed:
        return
    beside = needed - service.connections
    kept = (
        f"of {max_connections(instance_class)}, {RESERVED_CONNECTIONS} are reserved, {RDS_CONNECTIONS} are RDS's own "
        f"and {PEOPLES_CONNECTIONS} are for people"
    )
    yield Broken(
        _count(values),
        Refusal(
            f"{_sum(service)}{f', and {beside} for a shell' if beside else ''} are up to {needed} connections, and "
            f"{instance_class} has {allowed} for them.",
            f"up to {allowed} connections with {instance_class}: {kept}",
            f"set {', or '.join(_ways(values, service, beside, allowed))}.",
        ),
    )


def _sum(service: Service) -> str:
    """The service's connections, as they are counted."""
    workers = f"{service.workers} worker{'' if service.workers == 1 else 's'}"
    each = f"{workers} × {service.stores} stores × {service.pool} connections"
    jobs = f" and {service.others} for jobs" if service.others else ""
    return f"During a deployment, {service.deployed_tasks} tasks, each with {each}{jobs}"


def _ways(values: Values, service: Service, beside: int, allowed: int) -> Iterator[str]:
    larger = next_class(values["database.instance_class"], service.connections + beside)
    yield f'database.instance_class = "{larger}"' if larger else "a larger database.instance_class"
    room = allowed - beside
    least = LEAST_TASKS if values["profile"] == "production" else 1
    if values["scaling.enabled"]:
        least = max(least, values["scaling.min_count"])
    tasks = [
        count for count in range(least, service.tasks) if replace(service, tasks=count).connections <= room
    ]
    yield from (f"{'.'.join(_count(values))} = {count}" for count in tasks[-1:])
    workers = [
        count for count in range(1, service.workers) if replace(service, workers=count).connections <= room
    ]
    yield from (f"service.workers = {count}" for count in workers[-1:])


def _count(values: Values) -> tuple[str, str]:
    """The setting that says how many tasks there are."""
    return ("scaling", "max_count") if values["scaling.enabled"] else ("service", "desired_count")


CONNECTION_RULES: tuple[Rule, ...] = (connections_suffice,)
