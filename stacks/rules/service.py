"""Rules on how the service runs: how many tasks, on what, with a shell or not, and who hears of its alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from modules.service.server_variables import unusable
from modules.service.settings import HIGHEST_MEMORY_PERCENT
from modules.service.sizing import (
    POOL_OVERFLOW,
    POOL_SIZE,
    THREADS,
    needed_connections,
    threads_and_pool,
    used_memory_mib,
    workers_of,
)
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation
from stacks.rules.given import is_given
from stacks.rules.secrets import refuse_elsewhere

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

# Target tracking takes tasks away when they use less than this share of the target.
SCALE_IN_PERCENT = 90


def scaling_has_a_range(settings: EnvironmentSettings) -> Iterator[Violation]:
    """From the fewest tasks to the most."""
    fewest, most = settings.scaling.min_count, settings.scaling.max_count
    if settings.scaling.enabled and fewest > most:
        refusal = Refusal(
            f"The most tasks, {most}, are fewer than the fewest, {fewest}.",
            f"scaling.min_count, {fewest}, or more",
            f"set scaling.max_count = {fewest} or more, or lower scaling.min_count.",
        )
        yield Violation(("scaling", "max_count"), refusal)


def scaling_has_an_end(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An idle server uses memory that further tasks do not lower
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html)."""
    workers, jobs = workers_of(settings.service), settings.service.job_execution
    memory, percent = settings.service.memory_mib, settings.scaling.memory_percent
    idle = used_memory_mib(workers, jobs)
    if not settings.scaling.enabled or _least_percent(idle, memory) <= percent:
        return
    what = f"{workers} worker{'' if workers == 1 else 's'}{' and job execution' if jobs else ''}"
    needed = _least_percent(idle, percent)
    larger = next((size for size in aws.FARGATE_SIZES[settings.service.cpu_units] if size >= needed), None)
    enough = _least_percent(idle, memory)
    ways = [f"scaling.memory_percent = {enough}"] if enough <= HIGHEST_MEMORY_PERCENT else []
    ways.append(
        f"service.memory_mib = {larger}" if larger else "a larger service.cpu_units and service.memory_mib"
    )
    fewer = [
        count
        for count in range(1, workers)
        if _least_percent(used_memory_mib(count, jobs), memory) <= percent
    ]
    ways += [f"service.workers = {count}" for count in fewer[-1:]]
    yield Violation(
        ("scaling", "memory_percent"),
        Refusal(
            f"An idle task with {what} uses {idle} of its {memory} MiB: however many there are, more would be wanted.",
            f"a target of which an idle task uses less than {SCALE_IN_PERCENT} %",
            f"set {', or '.join(ways)}.",
        ),
    )


def _least_percent(idle_mib: int, other: int) -> int:
    """What target an idle task does not keep missing, with memory of `other` MiB; or what memory, with a target of
    `other` percent."""
    return -(-idle_mib * 100 * 100 // (other * SCALE_IN_PERCENT))


def a_shell_needs_a_root_to_write_to(settings: EnvironmentSettings) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations"""
    if settings.service.enable_execute_command and settings.service.readonly_root_filesystem:
        refusal = Refusal(
            "ECS Exec writes to the root file system, which is read-only.",
            "true only with service.readonly_root_filesystem = false",
            "set service.readonly_root_filesystem = false for as long as you need a shell, or "
            "service.enable_execute_command = false.",
        )
        yield Violation(("service", "enable_execute_command"), refusal)


def one_alarm_target(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Who hears of a given topic is its owner's to say; without alarms there is nothing to hear."""
    email, topic_is_given = settings.alarms.email, is_given(settings, "topic_arn")
    if not settings.alarms.enabled:
        for name in ("topic_arn", "email"):
            if getattr(settings.alarms, name) is not None:
                refusal = Refusal(
                    "There are no alarms to send.",
                    "only with alarms.enabled = true",
                    f"set alarms.enabled = true, or remove alarms.{name}.",
                )
                yield Violation(("alarms", name), refusal)
    elif email is not None and topic_is_given:
        refusal = Refusal(
            "The topic is given: who hears of it is for its owner to say.",
            "only where the topic is made here",
            "remove alarms.email and subscribe to the topic, or remove the topic.",
        )
        yield Violation(("alarms", "email"), refusal)


def topic_is_near(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Alarms publish to a topic of their own region
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html)."""
    arn, region = settings.alarms.topic_arn, settings.region
    wanted = f"arn:{aws.PARTITION_OF[region]}:sns:{region}:"
    if arn is not None and not arn.startswith(wanted):
        _, partition, _, given, *_ = arn.split(":")
        refusal = Refusal(
            f'The topic is in {given} (partition "{partition}"), and the alarms are in {region}.',
            f"a topic in {region}: {wanted}…",
            f"name a topic in {region}, or leave alarms.topic_arn out.",
        )
        yield Violation(("alarms", "topic_arn"), refusal)


def no_pool_freezes_the_server(settings: EnvironmentSettings) -> Iterator[Violation]:
    """As the image does (docker/tracking_server/config.py): with fewer connections, requests can hold all of them while
    each waits for another one."""
    read = threads_and_pool(settings.service.environment)
    for name, number in read.items():
        if isinstance(number, Refusal):
            yield Violation(("service", "environment", name), number)
    threads, size, overflow = read[THREADS], read[POOL_SIZE], read[POOL_OVERFLOW]
    if isinstance(threads, Refusal) or isinstance(size, Refusal) or isinstance(overflow, Refusal):
        return
    needed = needed_connections(threads)
    if size + overflow < needed:
        refusal = Refusal(
            f"{size} connections and {overflow} beyond them are too few for {threads} requests at a time: each could "
            "hold one and wait for another, and the server would freeze.",
            f"together {needed} or more, with {THREADS} = {threads}",
            f'set {POOL_SIZE} = "{needed - overflow}", or lower {THREADS}.',
        )
        yield Violation(("service", "environment", POOL_SIZE), refusal)


def the_server_starts(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The image refuses the same, but after the plan, in each task (docker/tracking_server/config.py)."""
    for name, refusal in unusable(settings.service.environment):
        yield Violation(("service", "environment", name), refusal)


def secrets_are_of_the_region(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECS reads a secret with the rights of a role of this partition, and private tasks through an endpoint of this
    region."""
    for name, reference in settings.service.secrets.items():
        if refusal := refuse_elsewhere(reference, region=settings.region, reader="the tasks are"):
            yield Violation(("service", "secrets", name), refusal)


def secrets_are_no_variables(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECS refuses a container with a variable that is in `environment` and in `secrets`
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)."""
    for name in settings.service.secrets:
        if name in settings.service.environment:
            refusal = Refusal(
                f"{name} is also in service.environment.",
                "each variable in one of the two",
                "remove it from service.environment.",
            )
            yield Violation(("service", "secrets", name), refusal)


SERVICE_RULES: tuple[Rule, ...] = (
    scaling_has_a_range,
    scaling_has_an_end,
    a_shell_needs_a_root_to_write_to,
    one_alarm_target,
    topic_is_near,
    no_pool_freezes_the_server,
    the_server_starts,
    secrets_are_of_the_region,
    secrets_are_no_variables,
)
