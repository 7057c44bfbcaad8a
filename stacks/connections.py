"""What opens connections to the database: a row for each kind of task, counted together.

MLflow has an engine, and so a pool, for each store in each process: the stores' classes keep their engines by URI, each
class for itself (`_engine_map` in mlflow/store/{tracking,model_registry,jobs}/sqlalchemy_store.py), and the store of
workspaces makes its own. The process that the workers are forked from keeps no connection, and the health check opens
none. With passwords, each worker has a pool of two for MLflow's users.

Jobs are counted as their processes are at rest, which is an estimate and no bound: MLflow's consumers run up to 42 jobs
at a time in each task (mlflow/server/jobs), each of them a process with engines of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modules.common.task_life import DEPLOYMENT_MAXIMUM_PERCENT
from modules.database.max_connections import connections_for_tasks, max_connections
from modules.service.sizing import concurrency_of
from settings.language.rules import value_at

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

STORES = ("tracking", "model registry")
JOB_STORE, WORKSPACE_STORE = "jobs", "workspaces"
WORKSPACES = "MLFLOW_ENABLE_WORKSPACES"
# A start looks at the schema; the upgrade holds a lock with one connection while a process of its own uses up to two.
# They have ended when the workers begin.
START_CONNECTIONS = 3
# The eight processes of background jobs at rest: each looks for jobs with a connection and one more inside. Jobs that
# run come on top. MLflow's variables bound five of its six kinds; with the fewest of each, seven jobs would still open
# up to three pools each, which is more than a task's workers do.
JOB_PROCESSES, CONNECTIONS_PER_JOB_PROCESS = 8, 2
# Of each worker (docker/tracking_server/users.py).
USERS_POOL = 2
# `mlflow gc` in a shell: one thread, a connection for each of two stores and one more inside.
GC_CONNECTIONS = 4

# Of an alarm, if the limit of the instance is not known.
USUAL_ALARM = 300
# Of what the instance takes: there is time to act.
ALARM_PERCENT = 80


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """A kind of task, or of a command in one, that connects to the database.

    Attributes:
        name: what it is called in reports.
        tasks: how many there are at the same time at the most, a deployment included.
        connections: what one of them opens at the most.
    """

    name: str
    tasks: Callable[[EnvironmentSettings], int]
    connections: Callable[[EnvironmentSettings], int]


@dataclass(frozen=True, kw_only=True)
class ServiceConnections:
    """What the service's connections are counted from.

    Attributes:
        tasks: as many as there are at the most while none is deployed. Scaling takes more than its most away again, but
            not before they have begun.
        workers, stores, pool: of each task; `pool` is what each store of a worker opens at the most.
        users: connections of each task to the database of MLflow's users.
        others: connections of each task's processes beside the workers, at rest.
    """

    tasks: int
    workers: int
    stores: int
    pool: int
    users: int
    others: int

    @property
    def deployed_tasks(self) -> int:
        """How many run during a deployment."""
        return self.tasks * DEPLOYMENT_MAXIMUM_PERCENT // 100

    @property
    def connections_of_each(self) -> int:
        """What each task opens at the most."""
        return connections_of_task(
            self.workers, self.pool, stores=self.stores, others=self.users + self.others
        )

    @property
    def connections(self) -> int:
        """What all tasks open at the most, during a deployment."""
        return self.deployed_tasks * self.connections_of_each


def connections_of_task(workers: int, pool: int, *, stores: int = len(STORES), others: int = 0) -> int:
    """The connections that a task of the service opens at the most.

    Args:
        workers: processes that answer requests.
        pool: connections that each store of a worker opens at the most, its overflow included.
        stores: of each worker.
        others: beside these pools.
    """
    return max(START_CONNECTIONS, workers * stores * pool + others)


def service_of(settings: EnvironmentSettings) -> ServiceConnections:
    """The service, by the settings.

    Raises:
        NotKnownError: one of the settings it reads was not accepted.
    """
    concurrency, jobs = concurrency_of(settings.service), settings.service.job_execution
    passwords = value_at(settings, "sign_in.mode") == "password"
    return ServiceConnections(
        tasks=max(value_at(settings, path) for path in task_counts(settings)),
        workers=concurrency.workers,
        stores=len(_stores(settings)),
        pool=concurrency.pool,
        users=USERS_POOL * concurrency.workers if passwords else 0,
        others=JOB_PROCESSES * CONNECTIONS_PER_JOB_PROCESS if jobs else 0,
    )


def task_counts(settings: EnvironmentSettings) -> tuple[str, ...]:
    """The settings that say how many tasks there are: the most of them, and how many there are at first."""
    return (
        ("scaling.max_count", "service.desired_count")
        if settings.scaling.enabled
        else ("service.desired_count",)
    )


TASK_KINDS: tuple[TaskKind, ...] = (
    TaskKind(
        name="service",
        tasks=lambda settings: service_of(settings).deployed_tasks,
        connections=lambda settings: service_of(settings).connections_of_each,
    ),
    TaskKind(
        name="mlflow gc in a shell",
        tasks=lambda settings: int(settings.service.enable_execute_command),
        connections=lambda settings: GC_CONNECTIONS,
    ),
)


def most_connections(settings: EnvironmentSettings) -> int:
    """What all kinds open together at the most."""
    return sum(kind.tasks(settings) * kind.connections(settings) for kind in TASK_KINDS)


def database_connections(settings: EnvironmentSettings) -> int | None:
    """What the instance takes: `database.max_connections`, or an estimate; None where its class is not known."""
    given: int | None = settings.database.max_connections
    return max_connections(settings.database.instance_class) if given is None else given


def allowed_connections(settings: EnvironmentSettings) -> int | None:
    """What they may open; None where nobody knows what the instance takes."""
    most = database_connections(settings)
    return None if most is None else connections_for_tasks(most)


def alarm_threshold(settings: EnvironmentSettings) -> int:
    """The open connections that the alarm allows: 80 % of what the instance takes, or what the tasks may need, if that
    is more."""
    most = database_connections(settings)
    return USUAL_ALARM if most is None else max(most * ALARM_PERCENT // 100, most_connections(settings))


def _stores(settings: EnvironmentSettings) -> tuple[str, ...]:
    """The stores that each worker opens."""
    workspaces = settings.service.environment.get(WORKSPACES, "").strip().lower() in ("true", "1")
    jobs = settings.service.job_execution
    return (*STORES, *((JOB_STORE,) if jobs else ()), *((WORKSPACE_STORE,) if workspaces else ()))
