"""The rule on connections: the database takes what all tasks may open, also during a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modules.database.max_connections import (
    KEPT_CONNECTIONS,
    PEOPLES_CONNECTIONS,
    RDS_CONNECTIONS,
    RESERVED_CONNECTIONS,
    next_class,
)
from modules.service.sizing import THREADS, concurrency_of
from settings.language.errors import Refusal
from settings.language.rules import Broken, Rule, Values
from stacks.connections import (
    WORKSPACES,
    Service,
    allowed_connections,
    database_connections,
    most_connections,
    service_of,
    task_counts,
)
from stacks.rules.production import LEAST_TASKS


def connections_suffice(values: Values) -> Iterator[Broken]:
    """Without a free connection a request fails, and a new task does not start. Jobs count as they are at rest.

    A class that is not known is not refused
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections).
    """
    instance_class, allowed = values["database.instance_class"], allowed_connections(values)
    service, needed = service_of(values), most_connections(values)
    if allowed is None or needed <= allowed:
        return
    beside = needed - service.connections
    shell = f", and {beside} for a shell," if beside else ""
    kept = (
        f"of {database_connections(values)}, {RESERVED_CONNECTIONS} are reserved, {RDS_CONNECTIONS} are RDS's own "
        f"and {PEOPLES_CONNECTIONS} are for people"
    )
    place = max(task_counts(values), key=lambda path: int(values[path]))
    yield Broken(
        tuple(place.split(".")),
        Refusal(
            f"A deployment runs {service.deployed_tasks} tasks at once: {_product(service)}{shell} are {needed:,}. "
            f"{instance_class} has {allowed} for them.",
            f"up to {allowed} connections with {instance_class}: {kept}",
            f"set {', or '.join(_ways(values, needed))}.",
        ),
    )


def _product(service: Service) -> str:
    """The service's connections, as they are counted."""
    workers = f"{service.workers} worker{'' if service.workers == 1 else 's'}"
    each = f"{workers} × {service.stores} stores × {service.pool} connections"
    if service.others:
        each = f"({each} + {service.others} for jobs at rest)"
    return f"{service.deployed_tasks} × {each}"


def _ways(values: Values, needed: int) -> Iterator[str]:
    """What would bring the sum within what is allowed, each by itself."""
    real_is_known = values["database.max_connections"] is not None
    larger = None if real_is_known else next_class(values["database.instance_class"], needed)
    and_its = " and its database.max_connections" if real_is_known else ""
    yield f'database.instance_class = "{larger}"' if larger else f"a larger database.instance_class{and_its}"
    yield from _fewer_tasks(values)
    yield from _fewer_workers(values)
    if values["service.job_execution"] and _suffices(values, {"service.job_execution": False}):
        yield "service.job_execution = false"
    yield from _other_variables(values)
    if not real_is_known:
        yield f"database.max_connections, if SHOW max_connections shows {needed + KEPT_CONNECTIONS:,} or more"


def _fewer_tasks(values: Values) -> Iterator[str]:
    least = LEAST_TASKS if values["profile"] == "production" else 1
    if values["scaling.enabled"]:
        least = max(least, values["scaling.min_count"])
    paths = task_counts(values)
    for count in range(service_of(values).tasks - 1, least - 1, -1):
        changes = {path: count for path in paths if values[path] > count}
        if _suffices(values, changes):
            yield " with ".join(sorted((f"{path} = {count}" for path in changes), reverse=True))
            return


def _fewer_workers(values: Values) -> Iterator[str]:
    for count in range(concurrency_of(values).workers - 1, 0, -1):
        if _suffices(values, {"service.workers": count}):
            yield f"service.workers = {count}"
            return


def _other_variables(values: Values) -> Iterator[str]:
    variables = values["service.environment"]
    if variables.get(THREADS, "").strip():
        for threads in range(concurrency_of(values).threads - 1, 0, -1):
            if _suffices(values, {"service.environment": {**variables, THREADS: str(threads)}}):
                yield f'{THREADS} = "{threads}"'
                break
    without = {name: value for name, value in variables.items() if name != WORKSPACES}
    if WORKSPACES in variables and _suffices(values, {"service.environment": without}):
        yield f"leaving out {WORKSPACES}"


def _suffices(values: Values, changes: Mapping[str, Any]) -> bool:
    changed = values.changed(changes)
    return most_connections(changed) <= (allowed_connections(changed) or 0)


CONNECTION_RULES: tuple[Rule, ...] = (connections_suffice,)
