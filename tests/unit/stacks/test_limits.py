"""Each limit of AWS on what is synthesized: kept with everything on, and found where a change breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from modules.common import limits
from modules.common.limits import NAMES, Limit, every_limit, policy_characters
from stacks.tables.quotas import QuotasSettings
from stacks.validations.elements import Elements
from stacks.validations.lengths import Longest
from stacks.validations.rules_limits import limit_rules
from tests.synthesis import Json, synthesize_platform

EVERYTHING = Path(__file__).parents[2] / "emulator" / "production" / "production.toml"
SIGN_IN = """
[sign_in]
mode = "openid"
[sign_in.openid]
issuer = "https://login.example.com"
authorization_endpoint = "https://login.example.com/authorize"
token_endpoint = "https://login.example.com/token"
user_info_endpoint = "https://login.example.com/userinfo"
jwks_uri = "https://login.example.com/jwks"
client_id = "mlflow"
client_secret_arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mlflow-sign-in-AbCdEf"
[network]
nat = "per_az"
"""


@pytest.fixture(scope="module")
def stack() -> Json:
    return synthesize_platform(EVERYTHING.read_text(encoding="utf-8") + SIGN_IN, environment="everything")


def findings(stack: Json, **quotas: int) -> list[str]:
    elements = Elements(stack)
    return [str(one) for rule in limit_rules(QuotasSettings(**quotas)) for one in rule(elements)]


def test_untouched_nothing_is_found(stack: Json) -> None:
    assert findings(stack) == []


def rules_of(number: int, version: str, kind: str) -> Callable[[Json], None]:
    """Adds security group rules until there are so many of one version."""

    def add(resources: Json) -> None:
        group = "${aws_security_group.load_balancer.id}"
        rules = resources[f"aws_vpc_security_group_{kind}_rule"]
        other = {"ipv4": "cidr_ipv6", "ipv6": "cidr_ipv4"}[version]
        there = sum(one["security_group_id"] == group and other not in one for one in rules.values())
        for count in range(number - there):
            rules[f"more_{count}"] = {"security_group_id": group, f"cidr_{version}": "any"}

    return add


def long_argument(kind: str, argument: str, length: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        next(iter(resources[kind].values()))[argument] = "x" * length

    return change


def policy_of(length: int) -> str:
    """With white space, which is not counted."""
    text = json.dumps({"Statement": [{"Sid": ""}]}, indent=4)
    return text.replace('""', f'"{"x" * (length - policy_characters(text))}"')


def long_policy(kind: str, length: int, argument: str = "policy") -> Callable[[Json], None]:
    return lambda resources: next(iter(resources[kind].values())).update({argument: policy_of(length)})


def inline_policies(length: int) -> Callable[[Json], None]:
    """Two of one role, together of that length."""

    def change(resources: Json) -> None:
        resources["aws_iam_role"]["other"] = {"name": "other"}
        for number, its in enumerate((1000, length - 1000)):
            policy = {"role": "${aws_iam_role.other.id}", "policy": policy_of(its)}
            resources["aws_iam_role_policy"][f"other_{number}"] = policy

    return change


def attachments(number: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        resources["aws_iam_role"]["other"] = {"name": "other"}
        for count in range(number):
            attached = {"role": "${aws_iam_role.other.name}", "policy_arn": f"arn:{count}"}
            resources["aws_iam_role_policy_attachment"][f"other_{count}"] = attached

    return change


def conditions(*paths: str, headers: tuple[str, ...] = ()) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        rule = resources["aws_lb_listener_rule"]["load_balancer_metrics"]
        rule["condition"] = [
            {"path_pattern": {"values": list(paths)}},
            {"http_header": [{"http_header_name": "X", "values": list(headers)}]},
        ]

    return change


def template_paths(*paths: str) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        stack = next(iter(resources["aws_cloudformation_stack"].values()))
        template = json.loads(stack["template_body"])
        programs = template["Resources"]["Programs"]["Properties"]
        programs["Conditions"][0]["PathPatternConfig"]["Values"] = list(paths)
        stack["template_body"] = json.dumps(template)

    return change


def parameter(length: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        values = resources["aws_ssm_parameter"]["outputs"]["for_each"]
        values["vpc_id"]["value"] = "x" * length

    return change


def parameter_name(length: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        before = len("arn:aws:ssm:us-east-1:111122223333:parameter")
        values = resources["aws_ssm_parameter"]["outputs"]["for_each"]
        (resources["aws_ssm_parameter"]["outputs"]["for_each"]) = {"vpc_id": values["vpc_id"]}
        name = f"/{'n' * (length - before - len('//vpc_id'))}/${{each.key}}"
        resources["aws_ssm_parameter"]["outputs"]["name"] = name

    return change


def tags(number: int) -> Callable[[Json], None]:
    """On one resource; three are the provider's."""
    return lambda resources: resources["aws_vpc"]["network"].update(
        tags={f"T{count}": "" for count in range(number - 3)}
    )


def addresses(number: int) -> Callable[[Json], None]:
    return lambda resources: resources.update(aws_eip={f"address_{count}": {} for count in range(number)})


def certificate_names(number: int) -> Callable[[Json], None]:
    """The certificate's first name is among its alternative ones."""

    def change(resources: Json) -> None:
        names = [f"{count}.example.com" for count in range(number)]
        certificate = {"domain_name": names[0], "subject_alternative_names": names}
        resources["aws_acm_certificate"] = {"certificate": certificate}

    return change


def certificates(number: int) -> Callable[[Json], None]:
    return lambda resources: resources.update(
        aws_lb_listener_certificate={f"certificate_{count}": {} for count in range(number)}
    )


def container_of(length: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        room = length - len('{"container_definitions":[{"name":""}]}')
        containers = json.dumps([{"name": "x" * room}], indent=4)
        resources["aws_ecs_task_definition"] = {"service": {"container_definitions": containers}}

    return change


def expression(length: int) -> Callable[[Json], None]:
    def change(resources: Json) -> None:
        rule = {"statement": {"regex_match_statement": {"regex_string": "x" * length}}}
        resources["aws_wafv2_web_acl"]["firewall"]["rule"] = [rule]

    return change


# How a limit is reached with the number given: each is found with one more, and not with the number itself.
CHANGES: list[tuple[str, Limit, Callable[[int], Callable[[Json], None]]]] = [
    ("managed policy", limits.MANAGED_POLICY_CHARACTERS, lambda n: long_policy("aws_iam_policy", n)),
    ("inline policies", limits.INLINE_POLICY_CHARACTERS_PER_ROLE, inline_policies),
    ("attachments", limits.MANAGED_POLICIES_PER_ROLE, attachments),
    (
        "trust policy",
        limits.TRUST_POLICY_CHARACTERS,
        lambda n: long_policy("aws_iam_role", n, "assume_role_policy"),
    ),
    (
        "role description",
        limits.ROLE_DESCRIPTION_CHARACTERS,
        lambda n: long_argument("aws_iam_role", "description", n),
    ),
    ("inbound IPv4", limits.RULES_PER_SECURITY_GROUP, lambda n: rules_of(n, "ipv4", "ingress")),
    ("outbound IPv6", limits.RULES_PER_SECURITY_GROUP, lambda n: rules_of(n, "ipv6", "egress")),
    ("addresses", limits.ELASTIC_IPS, addresses),
    (
        "condition values",
        limits.CONDITION_VALUES_PER_RULE,
        lambda n: conditions("/a", headers=tuple("b" * (n - 1))),
    ),
    ("wildcards", limits.CONDITION_WILDCARDS_PER_RULE, lambda n: conditions("*" * n)),
    ("path", limits.PATH_PATTERN_CHARACTERS, lambda n: conditions(f"/{'p' * (n - 1)}")),
    (
        "values in a template",
        limits.CONDITION_VALUES_PER_RULE,
        lambda n: template_paths(*(f"/{number}" for number in range(n))),
    ),
    (
        "template",
        limits.TEMPLATE_BYTES,
        lambda n: long_argument("aws_cloudformation_stack", "template_body", n),
    ),
    ("certificate names", limits.NAMES_PER_CERTIFICATE, certificate_names),
    ("certificates", limits.CERTIFICATES_PER_LOAD_BALANCER, certificates),
    ("container", limits.TASK_DEFINITION_BYTES, container_of),
    ("parameter", limits.PARAMETER_CHARACTERS, parameter),
    ("parameter name", limits.PARAMETER_NAME_CHARACTERS, parameter_name),
    ("tags", limits.TAGS_PER_RESOURCE, tags),
    ("expression", limits.WAF_REGEX_CHARACTERS, expression),
    (
        "bucket policy",
        limits.BUCKET_POLICY_BYTES,
        lambda n: long_argument("aws_s3_bucket_policy", "policy", n),
    ),
    ("key policy", limits.KEY_POLICY_BYTES, lambda n: long_argument("aws_kms_key", "policy", n)),
]


@pytest.mark.parametrize(("what", "limit", "change"), CHANGES, ids=[one[0] for one in CHANGES])
def test_a_limit_is_kept_to_the_number(
    stack: Json, what: str, limit: Limit, change: Callable[[int], Callable[[Json], None]]
) -> None:
    kept, broken = deepcopy(stack), deepcopy(stack)
    change(limit.number)(kept["resource"])
    change(limit.number + 1)(broken["resource"])

    assert [one for one in findings(kept) if limit.what in one] == []
    (finding,) = (one for one in findings(broken) if limit.what in one)
    element, problem, given, allowed, fix = finding.splitlines()
    assert "aws_" in element
    assert problem.strip().startswith(f"{limit.number + 1} {limit.what}: AWS takes {limit.number}")
    assert problem.endswith(" by default.") == limit.adjustable
    assert given.strip() == f"Given: {limit.number + 1}"
    assert limit.source in allowed and fix.strip().startswith("Fix: ")


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_kept_to_the_number(stack: Json, kind: str) -> None:
    argument, limit = NAMES[kind]
    kept, broken = deepcopy(stack), deepcopy(stack)
    for changed, length in ((kept, limit.number), (broken, limit.number + 1)):
        other = {argument: "n" * length, "role": "", "policy": "{}", "container_definitions": "[]"}
        changed["resource"].setdefault(kind, {})["other"] = other

    assert [one for one in findings(kept) if f"{kind}.other" in one] == []
    (finding,) = (one for one in findings(broken) if f"{kind}.other" in one)
    assert f"{limit.number + 1} {limit.what}: AWS takes {limit.number}" in finding


@pytest.mark.parametrize(
    ("quota", "number", "change"),
    [
        ("rules_per_security_group", 70, rules_of(70, "ipv4", "ingress")),
        ("elastic_ips", 6, addresses(6)),
        ("role_trust_policy_characters", 4096, long_policy("aws_iam_role", 4096, "assume_role_policy")),
    ],
)
def test_an_account_may_have_more(
    stack: Json, quota: str, number: int, change: Callable[[Json], None]
) -> None:
    changed = deepcopy(stack)
    change(changed["resource"])

    assert len(findings(changed)) == 1
    assert findings(changed, **{quota: number}) == []
    (finding,) = findings(changed, **{quota: number - 1}) if quota != "elastic_ips" else findings(changed)
    assert f"AWS takes {number - 1}" in finding


def test_references_are_counted_at_their_longest(stack: Json) -> None:
    longest = Longest(Elements(stack))

    assert longest("${data.aws_caller_identity.account.account_id}") == "1" * 12
    assert longest("${data.aws_partition.account.partition}") == "aws"
    assert longest("${aws_s3_bucket.artifact_store.arn}").endswith("-artifacts-111111111111-us-east-1")
    assert len(longest("${aws_kms_key.key.arn}")) >= len(
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
    )
    assert longest("${aws_iam_role.service_task.id}") == "mlflow-everything-task"
    assert longest("$${*}") == "${*}"
    assert len(longest('${join(",", aws_route53_zone.hosted_zone.name_servers)}')) == 128


def test_the_table_has_each_number_once_with_its_page() -> None:
    rows: list[Any] = list(every_limit())

    assert len({row.what for row in rows}) == len(rows)
    assert all(row.source.startswith("https://docs.aws.amazon.com/") and row.number > 0 for row in rows)
