"""Rules on lists and texts that AWS limits: the last that fits is accepted, one more is refused with the number."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest

from modules.common import limits
from modules.common.policies import people_trust_policy
from modules.edge.listeners import METRICS_PATH
from modules.sign_in.openid import PROGRAMS_PATHS
from stacks.rules.limits import LONGEST_PATH, LONGEST_PREFIX, VARIABLES_BYTES
from tests.environment_files import Load, Refuse
from tests.extremes import apart
from tests.texts import DEMO, PRODUCTION

ALLOWED = 'allowed_cidrs = ["10.0.0.0/8"]'
SIX_ZONES = "\n".join(
    [
        "[network]",
        'service_subnets = "private"',
        'nat = "per_az"',
        *(
            f"{tier}_subnet_cidrs = {json.dumps([f'10.0.{first + zone}.0/24' for zone in range(6)])}"
            for tier, first in (("public", 0), ("private", 10))
        ),
    ]
)


def ipv4(count: int) -> list[str]:
    """Networks of which no two are neighbours."""
    return [f"10.{number}.0.0/24" for number in range(count)]


def ipv6(count: int) -> list[str]:
    return [f"fd00:{number:x}::/32" for number in range(0, 2 * count, 2)]


def clients(*cidrs: str) -> str:
    return f"[load_balancer]\nallowed_cidrs = {json.dumps(cidrs)}\n"


def production(*cidrs: str, lines: str = "") -> str:
    return PRODUCTION.replace(ALLOWED, f"allowed_cidrs = {json.dumps(cidrs)}") + lines


def test_as_many_networks_as_a_security_group_has_rules_for(load: Load) -> None:
    assert load(clients(*ipv4(60), *ipv6(60)))
    assert load(base=production(*ipv4(30), *ipv6(30)))


@pytest.mark.parametrize(("version", "networks"), [("IPv4", ipv4(61)), ("IPv6", ipv6(61))])
def test_one_network_too_many_for_plain_http(refuse: Refuse, version: str, networks: list[str]) -> None:
    report = refuse(clients(*networks))

    (place,) = report.places
    assert place.startswith("environments/test.toml: load_balancer.allowed_cidrs = [")
    report.says(
        place,
        f"61 {version} networks need 61 inbound rules (HTTP); a security group has 60.",
        f"up to 60 {version} networks",
        "remove 1, or name networks that hold several; or have Service Quotas raise",
        "set quotas.rules_per_security_group = 61.",
    )


def test_one_network_too_many_for_https_and_its_redirect(refuse: Refuse) -> None:
    report = refuse(base=production(*ipv4(31)))

    (place,) = report.places
    report.says(place, "31 IPv4 networks need 62 inbound rules", "up to 30 IPv4 networks", "= 62.")


def test_neighbouring_networks_can_be_merged(refuse: Refuse) -> None:
    report = refuse(base=production(*(f"10.0.{number}.0/24" for number in range(32))))

    (place,) = report.places
    report.says(place, "32 IPv4 networks need 64", "merge neighbouring networks, which leaves 1; or")


def test_more_networks_than_aws_raises_the_quota_to(refuse: Refuse) -> None:
    report = refuse(base=production(*apart(501)))

    (place,) = report.places
    report.says(place, "501 IPv4 networks need 1002", "Fix: remove 471, or name networks that hold several.")
    assert "quotas." not in report.text


def test_merged_networks_that_only_a_raised_quota_takes(refuse: Refuse, load: Load) -> None:
    """600 networks in 300 pairs: more than any account takes as they are, and than this one takes as pairs."""
    pairs = apart(300)
    halves = [str(half) for pair in pairs for half in ip_network(pair).subnets()]

    report = refuse(base=production(*halves))

    (place,) = report.places
    report.says(
        place,
        "600 IPv4 networks need 1200",
        "remove 570, or name networks that hold several; or merge neighbouring networks, which leaves 300, and have",
        "= 600.",
    )
    assert load(base=production(*pairs, lines="[quotas]\nrules_per_security_group = 600\n"))


def test_merging_that_is_not_enough_is_not_offered_alone(refuse: Refuse) -> None:
    report = refuse(base=production(*ipv4(31), "10.0.1.0/24"))

    (place,) = report.places
    report.says(
        place,
        "32 IPv4 networks need 64",
        "Fix: remove 2, or name networks that hold several; or have Service",
        "= 64.",
    )


def test_an_account_with_more_rules(load: Load) -> None:
    raised = "[quotas]\nrules_per_security_group = 140\n"

    assert len(load(base=production(*ipv4(70), lines=raised)).load_balancer.allowed_cidrs) == 70


def test_more_gateways_than_addresses(refuse: Refuse, load: Load) -> None:
    report = refuse(SIX_ZONES)

    (place,) = report.places
    assert place == 'environments/test.toml: network.nat = "per_az"'
    report.says(
        place,
        "6 NAT gateways take 6 elastic IP addresses, and the account has 5",
        "NAT in up to 5 zones",
        'set nat = "single"',
        "set quotas.elastic_ips = 6.",
    )
    assert load(f"{SIX_ZONES}\n[quotas]\nelastic_ips = 6").network.nat == "per_az"
    assert load(SIX_ZONES.replace("per_az", "single"))
    single = SIX_ZONES.replace("per_az", "single")
    refuse(f"{single}\n[quotas]\nelastic_ips = 0").says(
        "environments/test.toml: quotas.elastic_ips = 0", "0 is out of range"
    )


def roles(count: int) -> list[str]:
    return [f"arn:aws:iam::111122223333:role/team-{number:03}" for number in range(count)]


def people(group: str, principals: list[str], lines: str = "") -> str:
    return f"[access]\n{group} = {json.dumps(principals)}\n{lines}"


@pytest.mark.parametrize("group", ["readers", "contributors", "admins"])
def test_as_many_principals_as_a_trust_policy_takes(refuse: Refuse, load: Load, group: str) -> None:
    most = max(
        count
        for count in range(1, 100)
        if limits.policy_characters(people_trust_policy(roles(count))) <= 2048
    )

    assert load(people(group, roles(most)))
    report = refuse(people(group, roles(most + 1)))
    (place,) = report.places
    assert place.startswith(f"environments/test.toml: access.{group} = [")
    length = limits.policy_characters(people_trust_policy(roles(most + 1)))
    report.says(
        place,
        f"would have {length} characters with {most + 1} principals; IAM takes 2048.",
        f"up to {most} principals such as these",
        "have them assume one role, and name that one; or",
        f"set quotas.role_trust_policy_characters = {length}.",
    )
    raised = f"[quotas]\nrole_trust_policy_characters = {length}"
    assert load(people(group, roles(most + 1), raised))


def test_more_principals_than_aws_would_ever_take(refuse: Refuse) -> None:
    report = refuse(people("readers", roles(300)))

    (place,) = report.places
    report.says(place, "with 300 principals", "have them assume one role, and name that one.")
    assert "Service Quotas" not in report.text


def test_an_external_id_leaves_no_room(refuse: Refuse, load: Load) -> None:
    long = f"arn:aws-us-gov:iam::111122223333:user/{'p' * 510}/{'u' * 64}"
    lines = f'external_id = "{"x" * 1224}"\nrequire_mfa = true'
    base = DEMO.replace("eu-west-1", "us-gov-west-1")
    lines += f'\n[image]\nuri = "registry.example.com/mlflow@sha256:{"0" * 64}"'

    report = refuse(people("admins", [long], lines), base=base)

    (place,) = report.places
    report.says(place, "with 1 principal; IAM", "up to 0 principals", "shorten access.external_id, or a path")
    assert load(people("admins", [long], lines.replace("x" * 50, "", 1)), base=base)


def variables(size: int) -> str:
    """Variables that are `size` bytes as JSON."""
    room = size - len('[{"name":"TEXT","value":""}]') - len("[]")
    audiences = len('{"name":"","value":""}')
    return f'[service.environment]\nTEXT = "{"x" * (room - audiences)}"'


def test_more_variables_than_a_task_definition_takes(refuse: Refuse, load: Load) -> None:
    assert load(variables(VARIABLES_BYTES))
    report = refuse(variables(VARIABLES_BYTES + 1))

    # The value itself could be a secret.
    (place,) = report.places
    assert place == "environments/test.toml: service.environment"
    report.says(
        place,
        f"have {VARIABLES_BYTES + 1} bytes as JSON, and a task definition 65536 in all.",
        "up to 57344 bytes; 8192 are left",
        "remove 1 byte from service.environment",
    )


def test_bytes_are_counted_rather_than_characters(refuse: Refuse) -> None:
    text = "é" * (VARIABLES_BYTES // 2)

    refuse(f'[service.environment]\nTEXT = "{text}"').says("environments/test.toml: service.environment")


def test_more_audiences_than_a_task_definition_takes(refuse: Refuse) -> None:
    audiences = json.dumps(["a" * 250 + f"{number:05}" for number in range(250)])

    report = refuse(f'[sign_in]\nmode = "openid"\n[sign_in.openid]\naudiences = {audiences}', base=DEMO)

    report.says(
        next(place for place in report.places if "sign_in.openid.audiences" in place),
        "from sign_in.openid.audiences",
    )


def test_a_prefix_that_leaves_no_room_for_a_path(refuse: Refuse, load: Load) -> None:
    def prefix(length: int) -> str:
        return f'[service.environment]\nMLFLOW_STATIC_PREFIX = "/{"m" * (length - 1)}"'

    assert load(prefix(LONGEST_PREFIX))
    refuse(prefix(LONGEST_PREFIX + 1)).says(
        "environments/test.toml: service.environment.MLFLOW_STATIC_PREFIX",
        f"It has {LONGEST_PREFIX + 1} characters",
        "a listener rule takes 128",
        "write a shorter one, such as /mlflow.",
    )


def test_no_path_behind_the_prefix_is_longer() -> None:
    assert max([*PROGRAMS_PATHS, f"{METRICS_PATH}/*"], key=len) == LONGEST_PATH


@pytest.mark.parametrize("tier", ["public", "private"])
def test_more_subnets_than_a_service_takes(refuse: Refuse, load: Load, tier: str) -> None:
    def network(count: int) -> str:
        ids = {"public": 2, "private": 2, tier: count}
        lines = [
            f"{name}_subnet_ids = {json.dumps([f'subnet-{first}{number:016x}' for number in range(ids[name])])}"
            for first, name in enumerate(ids)
        ]
        return "\n".join(['[network]\nvpc_id = "vpc-0a1b2c3d4e5f67890"', *lines])

    assert load(network(16))
    report = refuse(network(17))
    (place,) = report.places
    assert place.startswith(f"environments/test.toml: network.{tier}_subnet_ids = [")
    report.says(place, "They are 17 subnets; an ECS service takes 16.", "up to 16 subnets", "remove 1:")


def test_the_stacks_own_tags_can_be_set_beside_as_many_others(load: Load, refuse: Refuse) -> None:
    own = "Application = 'a'\nEnvironment = 'e'\nManagedBy = 'm'"
    tags = "[tags]\n" + own + "".join(f"\nT{number} = 'x'" for number in range(46))

    assert len(load(tags).tags) == 49
    refuse(f"{tags}\nMore = 'x'").says(
        next(iter(refuse(f"{tags}\nMore = 'x'").places)), "47 tags are too many", "AWS takes 50", "remove 1."
    )


def test_all_long_names_are_reported_at_once(refuse: Refuse) -> None:
    report = refuse(
        f"{SIX_ZONES}\n{clients(*ipv4(61))}\n{people('readers', roles(60))}\n{variables(VARIABLES_BYTES + 1)}"
    )

    assert len(report.places) == 4
