"""Rules on the network: each is told at one setting, with what to write instead."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse

NETWORK: list[tuple[str, str, str, str]] = [
    # lines of [network], where it is told, the problem, the fix
    (
        "vpc_cidr = '10.1.0.0/16'",
        'public_subnet_cidrs[0] = "10.0.1.0/24"',
        "not inside the VPC's 10.1.0.0/16",
        '"10.1.0.0/24"',
    ),
    (
        "public_subnet_cidrs = ['10.0.1.0/24', '10.9.9.0/24', '10.10.2.0/24']",
        'public_subnet_cidrs[2] = "10.10.2.0/24"',
        "not inside",
        '"10.0.0.0/24"',
    ),
    (
        "public_subnet_cidrs = ['10.0.1.0/24', '10.0.1.128/25']",
        'public_subnet_cidrs[1] = "10.0.1.128/25"',
        "overlaps network.public_subnet_cidrs[0], 10.0.1.0/24",
        '"10.0.0.0/25"',
    ),
    (
        "private_subnet_cidrs = ['10.0.2.0/24', '10.0.20.0/24']",
        'private_subnet_cidrs[0] = "10.0.2.0/24"',
        "overlaps network.public_subnet_cidrs[1]",
        '"10.0.0.0/24"',
    ),
    (
        "public_subnet_cidrs = ['10.0.1.0/24']",
        'public_subnet_cidrs = ["10.0.1.0/24"]',
        "1 subnet,",
        'such as ["10.0.1.0/24", "10.0.2.0/24"]',
    ),
    (
        "private_subnet_cidrs = ['10.0.10.0/24', '10.0.20.0/24', '10.0.30.0/24']",
        'private_subnet_cidrs = ["10.0.10.0/24", "10.0.20.0/24", "10.0.30.0/24"]',
        "3 private subnets and 2 public ones",
        "list 2 private subnets, or 3 public ones",
    ),
    (
        "private_subnet_cidrs = ['10.0.10.0/24']",
        'private_subnet_cidrs = ["10.0.10.0/24"]',
        "1 subnet,",
        'such as ["10.0.10.0/24", "10.0.20.0/24"]',
    ),
    ("private_subnet_cidrs = []", "private_subnet_cidrs = []", "0 subnets,", "10.0.10.0/24"),
    (
        "public_subnet_cidrs = ['10.0.1.0/28', '10.0.2.0/24']",
        'public_subnet_cidrs[0] = "10.0.1.0/28"',
        "too small for the load balancer: it is in the public subnets",
        '"10.0.0.0/27"',
    ),
    (
        "availability_zones = ['eu-west-1a', 'eu-west-2b']",
        'availability_zones[1] = "eu-west-2b"',
        '"eu-west-2b" is not a zone of eu-west-1',
        'write "eu-west-1b"',
    ),
    (
        "availability_zones = ['eu-west-1a', 'eu-west-1-lon-1a']",
        'availability_zones[1] = "eu-west-1-lon-1a"',
        "not a zone",
        'write "eu-west-1a"',
    ),
    (
        "availability_zones = ['eu-west-1a', 'euw1-az2']",
        'availability_zones[1] = "euw1-az2"',
        "not a zone",
        'write "eu-west-1a"',
    ),
    (
        "availability_zones = ['eu-west-1a', 'eu-west-1a']",
        'availability_zones[1] = "eu-west-1a"',
        "listed twice",
        "each zone once",
    ),
    (
        "availability_zones = ['eu-west-1a']",
        'availability_zones = ["eu-west-1a"]',
        "1 zones for 2 public subnets",
        "leave availability_zones out",
    ),
    (
        "availability_zones = []",
        "availability_zones = []",
        "0 zones for 2 public subnets",
        "leave availability_zones out",
    ),
]


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


def test_subnet_with_several_overlaps_is_reported_once(refuse: Refuse) -> None:
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


def test_rules_ignore_values_already_refused(refuse: Refuse) -> None:
    report = refuse(
        "[network]\nvpc_cidr = '10.0.0.0/8'\npublic_subnet_cidrs = ['10.0.1.1/24']\n"
        "availability_zones = ['x']\n"
        "[service]\ncpu_units = 1\nmemory_mib = 1"
    )

    assert report.places == [
        'environments/test.toml: network.vpc_cidr = "10.0.0.0/8"',
        'environments/test.toml: network.public_subnet_cidrs[0] = "10.0.1.1/24"',
        "environments/test.toml: service.cpu_units = 1",
        'environments/test.toml: network.availability_zones[0] = "x"',
        "environments/test.toml: service.memory_mib = 1",
    ]
    report.says("environments/test.toml: service.memory_mib = 1", "1 worker needs 525 MiB")


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
