"""How many requests a task runs at a time, and what memory that takes: derived from the task's size, in one place.

What is derived here is written into the container's environment, so that what is computed is what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modules.service.server_variables import WholeNumber
from settings.language.errors import Refusal
from settings.language.rules import NotKnownError

if TYPE_CHECKING:
    from modules.service.settings import ServiceSettings

WORKERS = "MLFLOW_WORKERS"
THREADS = "MLFLOW_WORKER_THREADS"
POOL_SIZE, POOL_OVERFLOW = "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"

UNITS_PER_VCPU = 1024
# With one, requests wait while it is replaced or holds Python's lock for a large body.
LEAST_WORKERS = 2
# The image's own limits and defaults (docker/tracking_server/config.py; docs/server.md, Load). Python runs one thread
# at a time in each worker, so more threads than these take memory and connections and add no speed.
MOST_WORKERS, MOST_THREADS, MOST_CONNECTIONS = 64, 64, 1000
DEFAULT_THREADS, SPARE_CONNECTIONS, DEFAULT_OVERFLOW = 3, 3, 1

# Measured, all processes together, after uploads and `log-batch` by eight clients: 252 MiB with 1 worker, 303 with 2
# and 400 with 4 (docs/server.md, Memory).
BASE_MIB, WORKER_MIB = 205, 50
# Background jobs are eight processes more: 1,250 MiB without a job.
JOBS_MIB = 1250
# Each worker takes one large body at a time. Measured (docs/server.md, Load and Memory): the largest trace exports took
# two workers to 740 MiB, 217 for each more than the above; 14 MiB of JSON with 150,000 objects took 161 in each, which
# makes about 215 at the limit of 200,000.
LARGE_BODY_MIB = 220
# Not measured: init, the health check's Python, and what allocators keep over days.
RESERVE_MIB = 50
# For the jobs that run.
JOBS_RESERVE_MIB = JOBS_MIB // 2


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """What a task runs at a time.

    Attributes:
        workers: processes that answer requests.
        threads: requests that each of them runs at a time.
        pool_size, pool_overflow: connections that each store of a worker keeps, and opens besides.
    """

    workers: int
    threads: int
    pool_size: int
    pool_overflow: int

    @property
    def pool(self) -> int:
        """Connections that each store of a worker opens at the most."""
        return self.pool_size + self.pool_overflow

    @property
    def variables(self) -> dict[str, str]:
        """The container's variables that say so."""
        return {
            WORKERS: str(self.workers),
            THREADS: str(self.threads),
            POOL_SIZE: str(self.pool_size),
            POOL_OVERFLOW: str(self.pool_overflow),
        }


def used_memory_mib(workers: int, job_execution: bool) -> int:
    """What a server uses that has answered requests, and still uses when nobody asks anything, in MiB."""
    return BASE_MIB + WORKER_MIB * workers + (JOBS_MIB if job_execution else 0)


def needed_memory_mib(workers: int, job_execution: bool) -> int:
    """What the server needs, in MiB: with less it could be killed."""
    reserve = RESERVE_MIB + LARGE_BODY_MIB * workers + (JOBS_RESERVE_MIB if job_execution else 0)
    return used_memory_mib(workers, job_execution) + reserve


def derived_workers(cpu_units: int, memory_mib: int, job_execution: bool) -> int:
    """One worker for each vCPU, two at least, as the memory allows; one in any case."""
    wanted = max(LEAST_WORKERS, -(-cpu_units // UNITS_PER_VCPU))
    fitting = [
        count for count in range(1, wanted + 1) if needed_memory_mib(count, job_execution) <= memory_mib
    ]
    return max(fitting, default=1)


def workers_of(service: ServiceSettings) -> int:
    """`service.workers`, or what follows from the task's size.

    Raises:
        NotKnownError: one of the settings it reads was not accepted.
    """
    given: int | None = service.workers
    if given is not None:
        return given
    return derived_workers(service.cpu_units, service.memory_mib, service.job_execution)


def threads_and_pool(variables: Mapping[str, str]) -> dict[str, int | Refusal]:
    """Threads, pool size and overflow as the image reads them, by variable: a number, or why it is none."""
    read = {
        THREADS: WholeNumber(name=THREADS, default=DEFAULT_THREADS, highest=MOST_THREADS).of(variables),
        POOL_OVERFLOW: WholeNumber(name=POOL_OVERFLOW, default=DEFAULT_OVERFLOW, highest=MOST_CONNECTIONS).of(
            variables
        ),
    }
    threads = read[THREADS]
    needed = needed_connections(DEFAULT_THREADS if isinstance(threads, Refusal) else threads)
    default = needed - DEFAULT_OVERFLOW
    read[POOL_SIZE] = WholeNumber(name=POOL_SIZE, default=default, highest=MOST_CONNECTIONS).of(variables)
    return read


def needed_connections(threads: int) -> int:
    """The connections that each store of a worker needs at least. With fewer, requests can hold all of them while each
    waits for another one."""
    return threads + SPARE_CONNECTIONS


def concurrency_of(service: ServiceSettings) -> Concurrency:
    """What a task runs at a time, by the settings.

    Raises:
        NotKnownError: one of the settings it reads was not accepted.
    """
    numbers: dict[str, int] = {}
    for name, number in threads_and_pool(service.environment).items():
        if isinstance(number, Refusal):
            raise NotKnownError(name)
        numbers[name] = number
    concurrency = Concurrency(
        workers=workers_of(service),
        threads=numbers[THREADS],
        pool_size=numbers[POOL_SIZE],
        pool_overflow=numbers[POOL_OVERFLOW],
    )
    if concurrency.pool < needed_connections(concurrency.threads):
        raise NotKnownError(POOL_SIZE)
    return concurrency
