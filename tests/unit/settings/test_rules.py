"""Rules on several settings together: each is told at one of them, with what to write instead."""

from __future__ import annotations

import pytest

from stacks.settings_aws import FARGATE_SIZES
from tests.unit.settings.files import PRODUCTION, Environments, Load, Refuse

DEMO_IN = 'profile = "demo"\nregion = "{}"\n'

NETWORK: list[tuple[str, str, str, str]] = [
    # lines of [network], where it is told, the problem, the fix
    ("vpc_cidr = '10.1.0.0/16'", 'public_subnet_cidrs[0] = "10.0.1.0/24"', "not inside the VPC's 10.1.0.0/16", '"10.1.0.0/24"'),
    ("public_subnet_cidrs = ['10.0.1.0/24', '10.9.9.0/24', '10.10.2.0/24']", 'public_subnet_cidrs[2] = "10.10.2.0/24"', "not inside", '"10.0.0.0/24"'),
    ("public_subnet_cidrs = ['10.0.1.0/24', '10.0.1.128/25']", 'public_subnet_cidrs[1] = "10.0.1.128/25"', "overlaps network.public_subnet_cidrs[0], 10.0.1.0/24", '"10.0.0.0/25"'),
    ("private_subnet_cidrs = ['10.0.2.0/24', '10.0.20.0/24']", 'private_subnet_cidrs[0] = "10.0.2.0/24"', "overlaps network.public_subnet_cidrs[1]", '"10.0.0.0/24"'),
    ("public_subnet_cidrs = ['10.0.1.0/24']", 'public_subnet_cidrs = ["10.0.1.0/24"]', "1 subnet,", 'such as ["10.0.1.0/24", "10.0.2.0/24"]'),
    ("private_subnet_cidrs = ['10.0.10.0/24', '10.0.20.0/24', '10.0.30.0/24']", 'private_subnet_cidrs = ["10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"]', "3 private subnets and 2 public ones", "list 2 private subnets, or 3 public ones"),
    ("private_subnet_cidrs = ['10.0.10.0/24']", 'private_subnet_cidrs = ["10.0.10.0/24"]', "1 subnet,", 'such as ["10.0.10.0/24", "10.0.20.0/24"]'),
    ("private_subnet_cidrs = []", "private_subnet_cidrs = []", "0 subnets,", "10.0.10.0/24"),
    ("public_subnet_cidrs = ['10.0.1.0/28', '10.0.2.0/24']", 'public_subnet_cidrs[0] = "10.0.1.0/28"', "too small for the load balancer, which is in the public subnets", '"10.0.0.0/27"'),
    ("availability_zones = ['eu-west-1a', 'eu-west-2b']", 'availability_zones[1] = "eu-west-2b"', '"eu-west-2b" is not a zone of eu-west-1', 'write "eu-west-1b"'),
    ("availability_zones = ['eu-west-1a', 'eu-west-1-lon-1a']", 'availability_zones[1] = "eu-west-1-lon-1a"', "not a zone", 'write "eu-west-1a"'),
    ("availability_zones = ['eu-west-1a', 'euw1-az2']", 'availability_zones[1] = "euw1-az2"', "not a zone", 'write "eu-west-1a"'),
    ("availability_zones = ['eu-west-1a', 'eu-west-1a']", 'availability_zones[1] = "eu-west-1a"', "listed twice", "each zone once"),
    ("availability_zones = ['eu-west-1a']", 'availability_zones = ["eu-west-1a"]', "1 zones for 2 public subnets", "leave availability_zones out"),
    ("availability_zones = []", "availability_zones = []", "0 zones for 2 public subnets", "leave availability_zones out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"), NETWORK, ids=[place for _, place, *_ in NETWORK]
)
def test_a_network_that_does_not_fit(refuse: Refuse, lines: str, place: str, problem: str, fix: str) -> None:
    report = refuse(f"[network]\n{lines}")

    report.says(f"environments/test.toml: network.{place}", problem, fix)
    listed = ("_cidrs = [", "availability_zones = [")
    assert len(report.places) == 1 or not any(text in place for text in listed), "one mistake is told once"


def test_seven_zones_are_too_many(refuse: Refuse) -> None:
    cidrs = [f"10.0.{number}.0/24" for number in range(14)]

    report = refuse(f"[network]\npublic_subnet_cidrs = {cidrs[:7]}\nprivate_subnet_cidrs = {cidrs[7:]}")

    assert [place.split(" = ")[0] for place in report.places] == [
        "environments/test.toml: network.public_subnet_cidrs",
        "environments/test.toml: network.private_subnet_cidrs",
    ]
    assert "They are 7 subnets" in report.text


def test_a_full_vpc_has_no_free_network_to_offer(refuse: Refuse) -> None:
    refuse(
        "[network]\nvpc_cidr = '10.0.0.0/24'\npublic_subnet_cidrs = ['10.0.0.0/25', '10.0.0.128/25']\n"
        "private_subnet_cidrs = ['10.0.0.0/26', '10.0.0.64/26']"
    ).says(
        'environments/test.toml: network.private_subnet_cidrs[0] = "10.0.0.0/26"',
        "choose smaller subnets, or a larger network.vpc_cidr",
    )


def test_subnets_are_compared_though_the_vpcs_network_is_refused(refuse: Refuse) -> None:
    report = refuse(
        "[network]\nvpc_cidr = '10.0.0.1/16'\npublic_subnet_cidrs = ['10.0.1.0/24', '10.0.1.0/26']\n"
        "private_subnet_cidrs = ['10.0.1.0/25', '10.0.1.1/24']"
    )

    report.says(
        'environments/test.toml: network.public_subnet_cidrs[1] = "10.0.1.0/26"', "overlaps", "a free one."
    )
    assert len(report.places) == 3


def test_a_subnet_that_overlaps_several_is_told_once(refuse: Refuse) -> None:
    report = refuse("[network]\nprivate_subnet_cidrs = ['10.0.10.0/24', '10.0.0.0/20']")

    assert report.places == ['environments/test.toml: network.private_subnet_cidrs[1] = "10.0.0.0/20"']
    report.says(report.places[0], "overlaps network.public_subnet_cidrs[0], 10.0.1.0/24", '"10.0.16.0/20"')


def test_a_subnet_larger_than_the_vpc(refuse: Refuse) -> None:
    refuse("[network]\nvpc_cidr = '10.0.0.0/20'\npublic_subnet_cidrs = ['10.0.0.0/16', '10.0.2.0/24']").says(
        'environments/test.toml: network.public_subnet_cidrs[0] = "10.0.0.0/16"',
        "not inside the VPC's 10.0.0.0/20",
        "choose smaller subnets, or a larger network.vpc_cidr",
    )


def test_an_internal_load_balancers_subnets_are_the_private_ones(refuse: Refuse, load: Load) -> None:
    small = "[network]\n{}_subnet_cidrs = ['10.0.100.0/28', '10.0.101.0/28']\n[load_balancer]\ninternal = {}"

    report = refuse(small.format("private", "true"))

    report.says(
        'environments/test.toml: network.private_subnet_cidrs[1] = "10.0.101.0/28"', "the private subnets"
    )
    assert load(small.format("private", "false")).network.private_subnet_cidrs[0] == "10.0.100.0/28"
    assert load(small.format("public", "true")).network.public_subnet_cidrs[0] == "10.0.100.0/28"


def test_rules_are_not_broken_by_what_is_refused_already(refuse: Refuse) -> None:
    report = refuse(
        "[network]\nvpc_cidr = '10.0.0.0/8'\npublic_subnet_cidrs = ['10.0.1.1/24']\navailability_zones = ['x']\n"
        "[service]\ncpu_units = 1\nmemory_mib = 1"
    )

    assert report.places == [
        'environments/test.toml: network.vpc_cidr = "10.0.0.0/8"',
        'environments/test.toml: network.public_subnet_cidrs[0] = "10.0.1.1/24"',
        "environments/test.toml: service.cpu_units = 1",
        'environments/test.toml: network.availability_zones[0] = "x"',
        "environments/test.toml: service.memory_mib = 1",
    ]
    report.says("environments/test.toml: service.memory_mib = 1", "2 workers need 1024 MiB")


def test_three_zones_are_fine(load: Load) -> None:
    network = load(
        "[network]\navailability_zones = ['eu-west-1c', 'eu-west-1a', 'eu-west-1b']\n"
        "public_subnet_cidrs = ['10.0.1.0/27', '10.0.2.0/24', '10.0.3.0/24']\n"
        "private_subnet_cidrs = ['10.0.4.0/28', '10.0.5.0/24', '10.0.6.0/24']"
    ).network

    assert network.availability_zones == ("eu-west-1c", "eu-west-1a", "eu-west-1b")


@pytest.mark.parametrize(
    ("cidrs", "place"),
    [
        ("['10.0.0.0/8', '10.0.0.0/8']", '[1] = "10.0.0.0/8"'),
        ("['2001:db8::/32', '10.0.0.0/8', '2001:0db8::/32']", '[2] = "2001:0db8::/32"'),
    ],
)
def test_clients_listed_twice(refuse: Refuse, cidrs: str, place: str) -> None:
    refuse(f"[load_balancer]\nallowed_cidrs = {cidrs}").says(
        f"environments/test.toml: load_balancer.allowed_cidrs{place}", "listed twice", "remove one of the two"
    )


@pytest.mark.parametrize("cpu", FARGATE_SIZES)
def test_every_size_of_fargate_is_accepted_and_none_beside_it(load: Load, refuse: Refuse, cpu: int) -> None:
    sizes = FARGATE_SIZES[cpu]
    for memory in sizes:
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
    ("cpu_units = 256\nmemory_mib = 512", "2 workers need 1024 MiB", "set service.memory_mib = 1024, or service.workers = 1."),
    ("workers = 5", "5 workers need 1200 MiB", "set service.memory_mib = 2048, or service.workers = 4."),
    ("job_execution = true", "2 workers and job execution need 2560 MiB", "set service.memory_mib = 3072, or service.job_execution = false."),
    ("job_execution = true\nmemory_mib = 2048\nworkers = 1", "1 worker and job execution need 2560 MiB", "set service.memory_mib = 3072, or service.job_execution = false."),
    ("job_execution = true\nmemory_mib = 3072\nworkers = 7", "7 workers and job execution need 3088 MiB", "set service.memory_mib = 4096, or service.workers = 6, or service.job_execution = false."),
    ("memory_mib = 4096\nworkers = 22", "22 workers need 4192 MiB", "set service.cpu_units = 1024 with service.memory_mib = 5120, or service.workers = 21."),
    ("memory_mib = 511\ncpu_units = 256", "does not offer 511 MiB", "set service.memory_mib = 1024."),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "problem", "fix"), MEMORY)
def test_a_server_that_would_outgrow_its_memory(refuse: Refuse, lines: str, problem: str, fix: str) -> None:
    report = refuse(f"[service]\n{lines}")

    (place,) = report.places
    assert place.startswith("environments/test.toml: service.memory_mib = ")
    report.says(place, problem, fix)


@pytest.mark.parametrize(
    "lines",
    [
        "cpu_units = 256\nmemory_mib = 512\nworkers = 1",
        "workers = 4",
        "job_execution = true\nmemory_mib = 3072",
    ],
)
def test_a_server_that_fits(load: Load, lines: str) -> None:
    assert load(f"[service]\n{lines}")


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
    environments.write(f"{environment}.toml", f'name = "{fitting}"\n' + DEMO_IN.format(region))
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
    ("cn-north-1", "role_arn = 'arn:aws:iam::111122223333:role/a'", '"cn-north-1 is in "aws-cn"', 'write "arn:aws-cn:iam::111122223333:role/a"'),
    ("eu-west-1", "role_arn = 'arn:aws-us-gov:iam::111122223333:role/a'", 'eu-west-1 is in "aws"', 'write "arn:aws:iam::111122223333:role/a"'),
    ("eu-west-1", "kms_key_id = 'arn:aws-cn:kms:eu-west-1:111122223333:alias/a'", 'eu-west-1 is in "aws"', 'write "arn:aws:kms:'),
    ("eu-west-1", "kms_key_id = 'arn:aws:kms:us-east-1:111122223333:alias/a'", "in us-east-1, and the bucket in eu-west-1", "a key in eu-west-1, or set state.region"),
]  # fmt: skip


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


PRODUCTION_REFUSES: list[tuple[str, str, str, str]] = [
    ("[database]", "deletion_protection = false", "true in production", "switch its protection off in AWS, then destroy"),
    ("[database]", "backup_retention_days = 6", "7 to 35 days in production", "set it to 7 or more"),
    ("[database]", "skip_final_snapshot = true", "false in production", "remove the line"),
    ("[artifact_store]", "force_destroy = true", "false in production", "empty it first"),
    ("[image]", "force_delete = true", "false in production", "delete its images first"),
    ("[image]", 'uri = "example/mlflow:latest"', "by digest in production", "add the digest"),
    ("[image]", 'uri = "example/mlflow:1.2.3"', "by digest in production", "or leave image.uri out"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "line", "allowed", "fix"), PRODUCTION_REFUSES)
def test_production_refuses_what_the_demo_takes(
    refuse: Refuse, load: Load, table: str, line: str, allowed: str, fix: str
) -> None:
    report = refuse(f"{table}\n{line}", base=PRODUCTION)

    assert report.places == [f"environments/test.toml: {table[1:-1]}.{line}"]
    report.says(report.places[0], allowed, fix)
    assert load(f"{table}\n{line}")


OPEN = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/7", "2000::/3", "2600::/15"]


@pytest.mark.parametrize("cidr", OPEN)
def test_production_is_not_open_to_the_internet(refuse: Refuse, load: Load, cidr: str) -> None:
    production = PRODUCTION.replace('"10.0.0.0/8"', f'"10.0.0.0/8", "{cidr}"')

    report = refuse(base=production)

    assert report.places == [f'environments/test.toml: load_balancer.allowed_cidrs[1] = "{cidr}"']
    report.says(
        report.places[0], "the whole internet, or a large part of it", "networks you know", "list your own"
    )
    assert load(f"[load_balancer]\nallowed_cidrs = ['{cidr}']")


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "203.0.113.7/32", "fc00::/7", "2001::/16"])
def test_production_takes_networks_one_can_know(load: Load, cidr: str) -> None:
    assert load(base=PRODUCTION.replace("10.0.0.0/8", cidr)).load_balancer.allowed_cidrs == (cidr,)


def test_production_wants_clients_a_bucket_and_protections_all_at_once(refuse: Refuse) -> None:
    report = refuse(
        "[load_balancer]\ndeletion_protection = false\n[database]\ndeletion_protection = false\n"
        "backup_retention_days = 0\nskip_final_snapshot = true\n[artifact_store]\nforce_destroy = true\n"
        "[image]\nforce_delete = true\nuri = 'example/mlflow:1'",
        base='profile = "production"\nregion = "eu-west-1"\n',
    )

    file = "environments/test.toml:"
    assert sorted(report.places) == [
        f"{file} artifact_store.force_destroy = true",
        f"{file} database.backup_retention_days = 0",
        f"{file} database.deletion_protection = false",
        f"{file} database.skip_final_snapshot = true",
        f"{file} image.force_delete = true",
        f'{file} image.uri = "example/mlflow:1"',
        f"{file} load_balancer.allowed_cidrs",
        f"{file} load_balancer.deletion_protection = false",
        f"{file} state.bucket",
    ]
    report.says(
        f"{file} load_balancer.allowed_cidrs",
        "has to be set",
        'add it to [load_balancer]: allowed_cidrs = ["203.0.113.0/24"]',
    )
    report.says(f"{file} state.bucket", "one machine only, without a lock", 'add to [state]: bucket = "')
    report.says(f"{file} load_balancer.deletion_protection = false", "true in production", "then destroy")


def test_production_takes_an_image_by_digest(load: Load) -> None:
    uri = f"example/mlflow:1@sha256:{'0' * 64}"

    assert load(f"[image]\nuri = '{uri}'", base=PRODUCTION).image.uri == uri
