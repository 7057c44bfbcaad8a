"""The rule on connections: the database takes what all tasks may open, also during a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modules.database.max_connections import (
    KEPT_CONNECTIONS,
    PEOPLES_CONNECTIONS,
    RDS_CONNECTIONS,
    RESERVED_CONNECTIONS,
    next_class,
)
from modules.service.settings import LEAST_TASKS
from modules.service.sizing import THREADS, concurrency_of
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation, changed, value_at
from stacks.connections import (
    WORKSPACES,
    ServiceConnections,
    allowed_connections,
    database_connections,
    most_connections,
    service_of,
    task_counts,
)

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def connections_suffice(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Without a free connection a request fails, and a new task does not start. Jobs count as they are at rest.

    A class that is not known is not refused
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections).
    """
    instance_class, allowed = settings.database.instance_class, allowed_connections(settings)
    service, needed = service_of(settings), most_connections(settings)
    if allowed is None or needed <= allowed:
        return
    shells = needed - service.connections
    shell = f", and {shells} for a shell," if shells else ""
    kept = (
        f"of {database_connections(settings)}, {RESERVED_CONNECTIONS} are reserved, {RDS_CONNECTIONS} are RDS's own "
        f"and {PEOPLES_CONNECTIONS} are for people"
    )
    place = max(task_counts(settings), key=lambda path: int(value_at(settings, path)))
    yield Violation(
        tuple(place.split(".")),
        Refusal(
            f"A deployment runs {service.deployed_tasks} tasks at once: {_product(service)}{shell} are {needed:,}. "
            f"{instance_class} has {allowed} for them.",
            f"up to {allowed} connections with {instance_class}: {kept}",
            f"set {', or '.join(_ways(settings, needed))}.",
        ),
    )


def _product(service: ServiceConnections) -> str:
    """The service's connections, as they are counted."""
    workers = f"{service.workers} worker{'' if service.workers == 1 else 's'}"
    each = f"{workers} × {service.stores} stores × {service.pool} connections"
    beside = [f"{service.users} for users"] if service.users else []
    beside += [f"{service.others} for jobs at rest"] if service.others else []
    if beside:
        each = f"({' + '.join([each, *beside])})"
    return f"{service.deployed_tasks} × {each}"


def _ways(settings: EnvironmentSettings, needed: int) -> Iterator[str]:
    """What would bring the sum within what is allowed, each by itself."""
    real_is_known = settings.database.max_connections is not None
    larger = None if real_is_known else next_class(settings.database.instance_class, needed)
    and_its = " and its database.max_connections" if real_is_known else ""
    yield f'database.instance_class = "{larger}"' if larger else f"a larger database.instance_class{and_its}"
    yield from _fewer_tasks(settings)
    yield from _fewer_workers(settings)
    if settings.service.job_execution and _suffices(settings, {"service.job_execution": False}):
        yield "service.job_execution = false"
    yield from _other_variables(settings)
    if not real_is_known:
        yield f"database.max_connections, if SHOW max_connections shows {needed + KEPT_CONNECTIONS:,} or more"


def _fewer_tasks(settings: EnvironmentSettings) -> Iterator[str]:
    least = LEAST_TASKS if settings.profile == "production" else 1
    if settings.scaling.enabled:
        least = max(least, settings.scaling.min_count)
    paths = task_counts(settings)
    for count in range(service_of(settings).tasks - 1, least - 1, -1):
        changes = {path: count for path in paths if value_at(settings, path) > count}
        if _suffices(settings, changes):
            yield " with ".join(sorted((f"{path} = {count}" for path in changes), reverse=True))
            return


def _fewer_workers(settings: EnvironmentSettings) -> Iterator[str]:
    for count in range(concurrency_of(settings.service).workers - 1, 0, -1):
        if _suffices(settings, {"service.workers": count}):
            yield f"service.workers = {count}"
            return


def _other_variables(settings: EnvironmentSettings) -> Iterator[str]:
    variables = settings.service.environment
    if variables.get(THREADS, "").strip():
        for threads in range(concurrency_of(settings.service).threads - 1, 0, -1):
            if _suffices(settings, {"service.environment": {**variables, THREADS: str(threads)}}):
                yield f'{THREADS} = "{threads}"'
                break
    without = {name: value for name, value in variables.items() if name != WORKSPACES}
    if WORKSPACES in variables and _suffices(settings, {"service.environment": without}):
        yield f"leaving out {WORKSPACES}"


def _suffices(settings: EnvironmentSettings, changes: Mapping[str, Any]) -> bool:
    then = changed(settings, changes)
    return most_connections(then) <= (allowed_connections(then) or 0)


CONNECTION_RULES: tuple[Rule, ...] = (connections_suffice,)
