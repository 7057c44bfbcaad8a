"""Rules on task sizes, names, tags and state: each is told at one setting, with what to write instead."""

from __future__ import annotations

import pytest

from modules.common.aws import FARGATE_SIZES
from tests.environment_files import LARGE_DATABASE, Environments, Load, Refuse
from tests.texts import NO_SIGN_IN

DEMO_IN = 'profile = "demo"\nregion = "{}"\n'


@pytest.mark.parametrize("cpu", FARGATE_SIZES)
def test_every_size_of_fargate_is_accepted_and_none_beside_it(load: Load, refuse: Refuse, cpu: int) -> None:
    sizes = FARGATE_SIZES[cpu]
    for memory in sizes:
        if memory == 512:
            continue  # offered, and too little for the server
        service = load(f"[service]\nworkers = 1\ncpu_units = {cpu}\nmemory_mib = {memory}").service
        assert (service.cpu_units, service.memory_mib) == (cpu, memory)
    for memory in (sizes[0] - 1, sizes[0] + 1, sizes[-1] + 1024):
        report = refuse(f"[service]\nworkers = 1\ncpu_units = {cpu}\nmemory_mib = {memory}")
        assert f"with {cpu} CPU units: {', '.join(map(str, sizes))} MiB" in report.text


def test_the_fix_for_a_size_is_one_that_is_offered(refuse: Refuse) -> None:
    place = "environments/test.toml: service.memory_mib"

    refuse("[service]\nmemory_mib = 3000").says(f"{place} = 3000", "set service.memory_mib = 3072.")
    refuse("[service]\nmemory_mib = 8192").says(
        f"{place} = 8192",
        "does not offer 8192 MiB with 512 CPU units",
        "= 4096, or service.cpu_units = 1024.",
    )


MEMORY: list[tuple[str, str, str]] = [
    (
        "cpu_units = 256\nmemory_mib = 512",
        "1 worker needs 525 MiB",
        "set service.memory_mib = 1024.",
    ),
    (
        "cpu_units = 256\nmemory_mib = 512\nworkers = 2",
        "2 workers need 795 MiB",
        "set service.memory_mib = 1024.",
    ),
    ("workers = 5", "5 workers need 1605 MiB", "set service.memory_mib = 2048, or service.workers = 2."),
    (
        "job_execution = true",
        "1 worker and job execution need 2400 MiB",
        "set service.memory_mib = 3072, or service.job_execution = false.",
    ),
    (
        "job_execution = true\nmemory_mib = 2048\nworkers = 1",
        "1 worker and job execution need 2400 MiB",
        "set service.memory_mib = 3072, or service.job_execution = false.",
    ),
    (
        "job_execution = true\nmemory_mib = 3072\nworkers = 7",
        "7 workers and job execution need 4020 MiB",
        "set service.memory_mib = 4096, or service.workers = 3, or service.job_execution = false.",
    ),
    (
        "memory_mib = 4096\nworkers = 22",
        "22 workers need 6195 MiB",
        "set service.cpu_units = 1024 with service.memory_mib = 7168, or service.workers = 14.",
    ),
    ("memory_mib = 511\ncpu_units = 256", "does not offer 511 MiB", "set service.memory_mib = 1024."),
    (
        "memory_mib = 511\ncpu_units = 256\nworkers = 2",
        "does not offer 511 MiB",
        "set service.memory_mib = 1024.",
    ),
    (
        "job_execution = true\nworkers = 4",
        "4 workers and job execution need 3210 MiB",
        "set service.memory_mib = 4096.",
    ),
]


@pytest.mark.parametrize(("lines", "problem", "fix"), MEMORY)
def test_a_server_that_would_outgrow_its_memory(refuse: Refuse, lines: str, problem: str, fix: str) -> None:
    report = refuse(f"{NO_SIGN_IN}[service]\n{lines}{LARGE_DATABASE}")

    (place,) = report.places
    assert place.startswith("environments/test.toml: service.memory_mib = ")
    report.says(place, problem, fix)


def test_one_worker_with_a_size_that_is_not_known(refuse: Refuse) -> None:
    report = refuse("[service]\ncpu_units = 1\nmemory_mib = 100\nworkers = 1")

    report.says(
        "environments/test.toml: service.memory_mib = 100",
        "1 worker needs 525 MiB",
        "set service.cpu_units = 256 with service.memory_mib = 1024.",
    )


@pytest.mark.parametrize(
    "lines",
    [
        "cpu_units = 256\nmemory_mib = 1024",
        "workers = 2",
        "job_execution = true\nmemory_mib = 3072",
    ],
)
def test_a_server_that_fits(load: Load, lines: str) -> None:
    assert load(f"{NO_SIGN_IN}[service]\n{lines}{LARGE_DATABASE}")


@pytest.mark.parametrize(
    ("name", "environment", "region", "what", "most"),
    [
        ("m" * 20, "env-9-abc", "us-east-1", "the load balancer and the target group", 28),
        ("m" * 20, "staging", "ap-southeast-1", "the bucket of the artifacts", 25),
        ("m" * 20, "stage", "us-isof-south-1", "the bucket of the artifacts", 24),
    ],
)
def test_names_keep_the_shortest_limit(
    environments: Environments, name: str, environment: str, region: str, what: str, most: int
) -> None:
    lines = f'name = "{name}"\n' + DEMO_IN.format(region)
    environments.write(f"{environment}.toml", lines)

    environments.refuse().says(
        f'environments/{environment}.toml: name = "{name}"',
        f"too many for {what} in {region}",
        f"at most {most} characters",
        f"set name to at most {most - len(environment) - 1} characters",
    )
    fitting = name[: most - len(environment) - 1]
    given = '[image]\nuri = "registry.example/mlflow:1"\n'
    environments.write(f"{environment}.toml", f'name = "{fitting}"\n' + DEMO_IN.format(region) + given)
    (settings,) = environments.load()
    assert len(settings.full_name) == most
    assert len(f"{settings.full_name}-artifacts-111122223333-{region}") <= 63
    assert len(settings.full_name) <= 32 and len(f"{settings.full_name}-execution") <= 64


def test_an_environments_name_may_be_too_long_by_itself(environments: Environments) -> None:
    environments.write(f"{'e' * 30}.toml", DEMO_IN.format("us-east-1"))

    environments.refuse().says(
        f'environments/{"e" * 30}.toml: name = "mlflow"', "give the file a shorter name"
    )


@pytest.mark.parametrize(
    ("name", "whose"), [("internal", "load balancers"), ("sg", "security groups"), ("sthree", "buckets")]
)
def test_beginnings_that_aws_reserves(refuse: Refuse, name: str, whose: str) -> None:
    refuse(f'name = "{name}"').says(
        f'environments/test.toml: name = "{name}"', f"reserves for its own {whose}", 'such as "mlflow"'
    )


def test_too_many_tags(refuse: Refuse, load: Load) -> None:
    tags = "[tags]\n" + "\n".join(f"T{number} = 'x'" for number in range(47))

    report = refuse(tags)

    (place,) = report.places
    assert place.startswith("environments/test.toml: tags = {")
    report.says(place, "47 tags are too many", "up to 46 tags", "remove 1.")
    assert len(load(tags.rsplit("\n", 1)[0]).tags) == 46


def test_tags_that_iam_takes_for_the_same(refuse: Refuse, load: Load) -> None:
    refuse("[tags]\nTeam = 'a'\nteam = 'b'\nenvironment = 'c'").says(
        'environments/test.toml: tags.environment = "c"',
        '"environment" and "Environment"',
        'write it as "Environment"',
    )
    refuse("[tags]\nTeam = 'a'\nteam = 'b'").says(
        'environments/test.toml: tags.team = "b"',
        '"team" and "Team" differ in case only',
        'write it as "Team", once',
    )
    assert load("[tags]\nEnvironment = 'c'").tags == {"Environment": "c"}


@pytest.mark.parametrize(
    "line",
    [
        "key = 'a'",
        "region = 'us-east-1'",
        "kms_key_id = 'alias/a'",
        "role_arn = 'arn:aws:iam::111122223333:role/a'",
    ],
)
def test_a_state_described_without_a_bucket(refuse: Refuse, line: str) -> None:
    key = line.split()[0]

    refuse(f"[state]\n{line}").says(
        f"environments/test.toml: state.{line.replace(chr(39), chr(34))}",
        f"state.{key} has no effect without state.bucket",
        f"set state.bucket, or remove state.{key}",
    )


ARNS = [
    (
        "cn-north-1",
        "role_arn = 'arn:aws:iam::111122223333:role/a'",
        '"cn-north-1 is in "aws-cn"',
        'write "arn:aws-cn:iam::111122223333:role/a"',
    ),
    (
        "eu-west-1",
        "role_arn = 'arn:aws-us-gov:iam::111122223333:role/a'",
        'eu-west-1 is in "aws"',
        'write "arn:aws:iam::111122223333:role/a"',
    ),
    (
        "eu-west-1",
        "kms_key_id = 'arn:aws-cn:kms:eu-west-1:111122223333:alias/a'",
        'eu-west-1 is in "aws"',
        'write "arn:aws:kms:',
    ),
    (
        "eu-west-1",
        "kms_key_id = 'arn:aws:kms:us-east-1:111122223333:alias/a'",
        "in us-east-1, and the bucket in eu-west-1",
        "a key in eu-west-1, or set state.region",
    ),
]


@pytest.mark.parametrize(("region", "line", "problem", "fix"), ARNS)
def test_arns_from_elsewhere(refuse: Refuse, region: str, line: str, problem: str, fix: str) -> None:
    report = refuse(f"[state]\nbucket = 'example-state'\n{line}", base=DEMO_IN.format(region))

    report.says(f"environments/test.toml: state.{line.replace(chr(39), chr(34))}", problem.lstrip('"'), fix)


def test_a_key_in_the_states_own_region(load: Load) -> None:
    state = load(
        "[state]\nbucket = 'example-state'\nregion = 'us-east-1'\n"
        "kms_key_id = 'arn:aws:kms:us-east-1:111122223333:alias/a'\nkey = 'a'"
    )

    assert (state.state.region, state.state_key) == ("us-east-1", "a")


@pytest.mark.parametrize(
    ("lines", "place", "problem"),
    [
        ('application = "environment"', 'tag_keys.environment = "Environment"', "the same to IAM"),
        ('managed_by = "aws:managed"', 'tag_keys.managed_by = "aws:managed"', "not of this form"),
        ('managed_by = "Name"', 'tag_keys.managed_by = "Name"', "each resource has its own"),
    ],
)
def test_keys_that_tags_cannot_have(refuse: Refuse, lines: str, place: str, problem: str) -> None:
    report = refuse(f"[tag_keys]\n{lines}")

    assert report.places == [f"environments/test.toml: {place}"]
    report.says(report.places[0], problem)
