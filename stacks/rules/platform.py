"""Rules on what runs and what it is called: task sizes, names and their lengths, tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws, limits
from modules.service.sizing import needed_memory_mib, workers_of
from settings.language.errors import Refusal
from settings.language.rules import NotKnownError, Rule, Violation

# workers, job_execution, MiB: as `needed_memory_mib` has it, for the reader.
MEMORY_NEEDS = (
    *((str(count), "`false`", f"{needed_memory_mib(count, False)}") for count in (1, 2, 4)),
    ("each further one", "", f"{needed_memory_mib(5, False) - needed_memory_mib(4, False)} more"),
    ("as many", "`true`", f"{needed_memory_mib(1, True) - needed_memory_mib(1, False)} more"),
)

# What is made of the full name, its form, and how long it may be.
NAMED_RESOURCES = (
    # Four characters are left for a second target group beside the first.
    ("the load balancer and the target group", "{name}-new", limits.TARGET_GROUP_NAME_CHARACTERS),
    (
        "the bucket of the artifacts",
        "{name}-artifacts-111122223333-{region}",
        limits.BUCKET_NAME_CHARACTERS,
    ),
    ("the database", "{name}", limits.DATABASE_NAME_CHARACTERS),
    ("the roles", "{name}-contributors", limits.ROLE_NAME_CHARACTERS),
)

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings
RESERVED_BEGINNINGS = {
    "internal-": "load balancers",
    "sg-": "security groups",
    "sthree-": "buckets",
    "amzn-s3-demo-": "buckets",
    "aws": "parameters",
    "ssm": "parameters",
}
OWN_TAGS = ("application", "environment", "managed_by")
# Without the platform's own, and Name.
MOST_TAGS = limits.TAGS_PER_RESOURCE.number - len(OWN_TAGS) - 1


def _needed(settings: EnvironmentSettings) -> int:
    try:
        return needed_memory_mib(workers_of(settings.service), settings.service.job_execution)
    except NotKnownError:
        return 0


def _sizes(settings: EnvironmentSettings) -> tuple[int, ...]:
    try:
        return aws.FARGATE_SIZES[settings.service.cpu_units]
    except NotKnownError:
        return ()


def fargate_size(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Fargate offers pairs of CPU and memory.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
    """
    cpu, memory = settings.service.cpu_units, settings.service.memory_mib
    sizes = aws.FARGATE_SIZES[cpu]
    if memory in sizes:
        return
    nearest = min((size for size in sizes if size >= max(memory, _needed(settings))), default=sizes[-1])
    fitting = [units for units, offered in aws.FARGATE_SIZES.items() if memory in offered]
    other = f", or service.cpu_units = {fitting[0]}" if fitting else ""
    yield Violation(
        ("service", "memory_mib"),
        Refusal(
            f"Fargate does not offer {memory} MiB with {cpu} CPU units.",
            f"with {cpu} CPU units: {', '.join(map(str, sizes))} MiB",
            f"set service.memory_mib = {nearest}{other}.",
        ),
    )


def memory_suffices(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A task that outgrows its memory is killed
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-memory.html)."""
    memory, jobs, sizes = settings.service.memory_mib, settings.service.job_execution, _sizes(settings)
    workers = workers_of(settings.service) if sizes else settings.service.workers or 1
    needed = needed_memory_mib(workers, jobs)
    if memory >= needed or (sizes and memory not in sizes):  # the latter is reported already
        return
    what = f"{workers} worker{'' if workers == 1 else 's'}{' and job execution' if jobs else ''}"
    ways = [f"service.memory_mib = {size}" for size in sizes if size >= needed][:1]
    ways += [] if ways else _larger_tasks(needed)[:1]
    fewer = [count for count in range(1, workers) if needed_memory_mib(count, jobs) <= memory]
    ways += [f"service.workers = {count}" for count in fewer[-1:]]
    ways += ["service.job_execution = false"] if jobs and needed_memory_mib(workers, False) <= memory else []
    yield Violation(
        ("service", "memory_mib"),
        Refusal(
            f"{what} need{'s' if workers == 1 and not jobs else ''} {needed} MiB; the task would be killed.",
            f"{needed} MiB or more with {what}",
            f"set {', or '.join(ways)}.",
        ),
    )


def _larger_tasks(needed: int) -> list[str]:
    return [
        f"service.cpu_units = {cpu} with service.memory_mib = {size}"
        for cpu, sizes in aws.FARGATE_SIZES.items()
        for size in sizes
        if size >= needed
    ]


def names_are_short(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Names made of <name>-<environment> keep AWS's limits.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    name, environment, region = settings.name, settings.environment, settings.region
    full_name = f"{name}-{environment}"
    # How long the full name may be for each resource; the shortest limit says it all.
    rooms = [
        (limit.number - len(form.format(name="", region=region)), what)
        for what, form, limit in NAMED_RESOURCES
    ]
    most, what = min(rooms)
    if len(full_name) > most:
        room = most - len(environment) - 1
        shorter = f"set name to at most {room} characters" if room > 0 else "give the file a shorter name"
        yield Violation(
            ("name",),
            Refusal(
                f'"{full_name}" has {len(full_name)} characters, too many for {what} in {region}.',
                f"<name>-<environment> of at most {most} characters",
                f"{shorter}, or shorten the file's name.",
            ),
        )


def names_are_free(settings: EnvironmentSettings) -> Iterator[Violation]:
    """AWS keeps some beginnings of names to itself.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html,
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html,
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    """
    full_name = f"{settings.name}-{settings.environment}"
    for beginning, whose in RESERVED_BEGINNINGS.items():
        if full_name.startswith(beginning):
            refusal = Refusal(
                f'"{full_name}" begins with {beginning}, which AWS reserves for its own {whose}.',
                f"names that do not begin with {', '.join(RESERVED_BEGINNINGS)}",
                'choose another name, such as "mlflow".',
            )
            yield Violation(("name",), refusal)


def tags_fit(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Fifty tags on a resource; IAM takes two names that differ in case only for the same one.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """
    tags = settings.tags
    own = {name: key for name in OWN_TAGS if (key := getattr(settings.tag_keys, name))}
    added = tags.keys() - set(own.values())
    if len(added) > MOST_TAGS:
        allowed = (
            f"up to {MOST_TAGS} tags besides {', '.join(own.values())}: AWS takes {limits.TAGS_PER_RESOURCE.number}, "
            "and every resource has up to four already"
        )
        problem = f"{len(added)} tags are too many."
        yield Violation(("tags",), Refusal(problem, allowed, f"remove {len(added) - MOST_TAGS}."))
    known: dict[str, str] = {}
    for name, key in own.items():
        if twin := known.get(key.casefold()):
            problem = f'Another tag of the platform has the key "{twin}", which is the same to IAM.'
            refusal = Refusal(problem, "different keys", "write another key, or remove one of the lines.")
            yield Violation(("tag_keys", name), refusal)
        known[key.casefold()] = key
    for key in tags:
        if known.setdefault(key.casefold(), key) != key:
            twin = known[key.casefold()]
            problem = f'"{key}" and "{twin}" differ in case only, and are the same to IAM.'
            yield Violation(
                ("tags", key), Refusal(problem, "names that differ otherwise", f'write it as "{twin}", once.')
            )


PLATFORM_RULES: tuple[Rule, ...] = (
    fargate_size,
    memory_suffices,
    names_are_short,
    names_are_free,
    tags_fit,
)
