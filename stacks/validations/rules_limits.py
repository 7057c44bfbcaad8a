"""Rules on AWS's limits where they depend on what was synthesized: names, documents, and how many of something."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modules.common import limits
from modules.common.limits import NAMES, Limit, policy_characters
from settings.language.errors import Refusal
from stacks.tables.quotas import QuotasSettings
from stacks.validations.elements import Element, Elements, Finding, Rule, listed, parsed
from stacks.validations.lengths import Longest

SHORTEN = (
    "shorten what the settings put into it: name, the environment's name, state.key, remote_state.key, "
    "access.iam_path, access.permissions_boundary_arn, a name in [adopt]"
)
INGRESS, EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
CONDITIONS = (
    "host_header",
    "http_header",
    "http_request_method",
    "path_pattern",
    "query_string",
    "source_ip",
)
LISTENER_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


def _bytes(text: str) -> int:
    return len(text.encode())


@dataclass(frozen=True)
class Text:
    """An argument that has a greatest length.

    Attributes:
        argument: its name.
        limit: how long it may be.
        measure: how AWS counts it.
        fix: what makes it shorter.
    """

    argument: str
    limit: Limit
    measure: Callable[[str], int]
    fix: str


TEXTS: Mapping[str, tuple[Text, ...]] = {
    "aws_cloudformation_stack": (
        Text(
            "template_body",
            limits.TEMPLATE_BYTES,
            _bytes,
            "shorten sign_in.openid.scopes or the provider's addresses.",
        ),
    ),
    "aws_iam_policy": (
        Text(
            "policy",
            limits.MANAGED_POLICY_CHARACTERS,
            policy_characters,
            f"{SHORTEN}; or split the statements over two policies.",
        ),
    ),
    "aws_iam_role": (
        Text(
            "assume_role_policy",
            limits.TRUST_POLICY_CHARACTERS,
            policy_characters,
            "name fewer or shorter principals in [access].",
        ),
        Text("description", limits.ROLE_DESCRIPTION_CHARACTERS, len, "write a shorter one."),
    ),
    "aws_kms_key": (Text("policy", limits.KEY_POLICY_BYTES, _bytes, f"{SHORTEN}."),),
    "aws_s3_bucket_policy": (Text("policy", limits.BUCKET_POLICY_BYTES, _bytes, f"{SHORTEN}."),),
}


def names_are_short_enough(elements: Elements) -> Iterator[Finding]:
    """The name of each resource, by its type."""
    longest = Longest(elements)
    for kind, (argument, limit) in NAMES.items():
        for element in elements.of(kind):
            if argument in element.body:
                length = len(longest(str(element.body[argument])))
                yield from _found(element, length, limit, f"{SHORTEN}.")


def _documents_are_short_enough(adjusted: Mapping[Limit, int]) -> Rule:
    def rule(elements: Elements) -> Iterator[Finding]:
        """Policies, templates and container definitions."""
        longest = Longest(elements)
        for kind, texts in TEXTS.items():
            for element in elements.of(kind):
                for text in texts:
                    if value := element.body.get(text.argument):
                        length = text.measure(longest(str(value)))
                        yield from _found(element, length, text.limit, text.fix, adjusted.get(text.limit))

    return rule


def task_definitions_are_small_enough(elements: Elements) -> Iterator[Finding]:
    """The containers, and what else stands in a task definition."""
    longest = Longest(elements)
    for element in elements.of("aws_ecs_task_definition"):
        whole = {key: value for key, value in element.body.items() if key not in ("//", "lifecycle", "tags")}
        whole["container_definitions"] = json.loads(longest(str(element.body["container_definitions"])))
        length = _bytes(json.dumps(whole, ensure_ascii=False, separators=(",", ":")))
        fix = "shorten service.environment, sign_in.openid.audiences, or an address of [sign_in.openid]."
        yield from _found(element, length, limits.TASK_DEFINITION_BYTES, fix)


def roles_hold_their_policies(elements: Elements) -> Iterator[Finding]:
    """A role's inline policies together, and the number of its managed ones."""
    longest = Longest(elements)
    characters: Counter[str] = Counter()
    attached: Counter[str] = Counter()
    for policy in elements.of("aws_iam_role_policy"):
        characters[_address(policy.body["role"])] += policy_characters(longest(str(policy.body["policy"])))
    for attachment in elements.of("aws_iam_role_policy_attachment"):
        attached[_address(attachment.body["role"])] += 1
    for role in elements.of("aws_iam_role"):
        inline = limits.INLINE_POLICY_CHARACTERS_PER_ROLE
        yield from _found(role, characters[role.address], inline, f"{SHORTEN}; or attach a managed policy.")
        managed = limits.MANAGED_POLICIES_PER_ROLE
        yield from _found(
            role, attached[role.address], managed, f"{SHORTEN}; or put their statements into fewer policies."
        )


def _address(reference: Any) -> str:
    """The resource that a reference such as `${aws_iam_role.task.id}` is to."""
    return str(reference).removeprefix("${").rpartition(".")[0]


def _security_groups_hold_their_rules(most: int) -> Rule:
    def rule(elements: Elements) -> Iterator[Finding]:
        """Each direction and each version of IP by itself; a group or a prefix list that is named counts in both
        (https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html)."""
        fix = "list fewer networks in load_balancer.allowed_cidrs."
        for kind in (INGRESS, EGRESS):
            counted: Counter[tuple[str, str]] = Counter()
            for one in elements.of(kind):
                owner = _address(one.body["security_group_id"])
                if not one.body.get("cidr_ipv6"):
                    counted[owner, "IPv4"] += 1
                if not one.body.get("cidr_ipv4"):
                    counted[owner, "IPv6"] += 1
            for group in elements.of("aws_security_group"):
                for version in ("IPv4", "IPv6"):
                    number = counted[group.address, version]
                    yield from _found(group, number, limits.RULES_PER_SECURITY_GROUP, fix, most)

    return rule


def _there_are_addresses(most: int) -> Rule:
    def rule(elements: Elements) -> Iterator[Finding]:
        """All elastic IP addresses of the stack."""
        addresses = list(elements.of("aws_eip"))
        for address in addresses[-1:]:
            fix = 'set network.nat = "single", or list fewer subnets.'
            yield from _found(address, len(addresses), limits.ELASTIC_IPS, fix, most)

    return rule


def listener_rules_are_small_enough(elements: Elements) -> Iterator[Finding]:
    """The values of all conditions of a rule together, the wildcards in them, and each path."""
    for element, values, paths in _listener_rules(elements):
        fix = "compare the others in a rule of its own."
        yield from _found(element, len(values), limits.CONDITION_VALUES_PER_RULE, fix)
        wildcards = sum(value.count("*") + value.count("?") for value in values)
        yield from _found(element, wildcards, limits.CONDITION_WILDCARDS_PER_RULE, fix)
        longest = max(map(len, paths), default=0)
        shorter = "shorten MLFLOW_STATIC_PREFIX in service.environment."
        yield from _found(element, longest, limits.PATH_PATTERN_CHARACTERS, shorter)


def _listener_rules(elements: Elements) -> Iterator[tuple[Element, list[str], list[str]]]:
    """Each rule, with the values of its conditions, and the paths among them."""
    for element in elements.of("aws_lb_listener_rule"):
        conditions = listed(element.body.get("condition"))
        values = [
            value for condition in conditions for name in CONDITIONS for value in _values(condition.get(name))
        ]
        paths = [path for condition in conditions for path in _values(condition.get("path_pattern"))]
        yield element, values, paths
    for element in elements.of("aws_cloudformation_stack"):
        template = parsed(element.body.get("template_body")) or {}
        for resource in template.get("Resources", {}).values():
            if resource["Type"] == LISTENER_RULE:
                conditions = resource["Properties"]["Conditions"]
                values = [value for one in conditions for value in one["PathPatternConfig"]["Values"]]
                yield element, values, values


def _values(condition: Any) -> list[str]:
    """Of one condition, which may be a block or a list of one."""
    return [value for block in listed(condition) for value in block.get("values", [])]


def certificates_are_few_enough(elements: Elements) -> Iterator[Finding]:
    """The names of each certificate, and the certificates of all listeners besides their default ones."""
    for element in elements.of("aws_acm_certificate"):
        names = {element.body["domain_name"], *listed(element.body.get("subject_alternative_names"))}
        fix = "put some of the names into another certificate."
        yield from _found(element, len(names), limits.NAMES_PER_CERTIFICATE, fix)
    further = list(elements.of("aws_lb_listener_certificate"))
    for element in further[-1:]:
        fix = "put several names into one certificate."
        yield from _found(element, len(further), limits.CERTIFICATES_PER_LOAD_BALANCER, fix)


def parameters_are_small_enough(elements: Elements) -> Iterator[Finding]:
    """Each SSM parameter's value, and its name with the beginning of its ARN."""
    longest = Longest(elements)
    for element in elements.of("aws_ssm_parameter"):
        name = str(element.body["name"])
        for key, instance in element.body.get("for_each", {"": element.body}).items():
            one = Element(f'{element.address}["{key}"]' if key else element.address, element.body)
            value = longest(str(instance["value"]))
            yield from _found(one, len(value), limits.PARAMETER_CHARACTERS, f"{SHORTEN}.")
            arn = f"arn:{longest('${data.aws_partition.account.partition}')}:ssm:{elements.region}:{'1' * 12}:parameter"
            whole = arn + longest(name.replace("${each.key}", key))
            yield from _found(one, len(whole), limits.PARAMETER_NAME_CHARACTERS, f"{SHORTEN}.")


def resources_hold_their_tags(elements: Elements) -> Iterator[Finding]:
    """A resource's own tags over those of the provider."""
    for element in elements.every():
        tags = element.body.get("tags")
        own = tags if isinstance(tags, Mapping) else {}
        number = len({**elements.default_tags, **own})
        yield from _found(element, number, limits.TAGS_PER_RESOURCE, "remove some of [tags].")


def expressions_are_short_enough(elements: Elements) -> Iterator[Finding]:
    """The regular expressions of web ACLs."""
    for element in elements.of("aws_wafv2_web_acl"):
        for one in listed(element.body.get("rule")):
            expression = one.get("statement", {}).get("regex_match_statement", {}).get("regex_string", "")
            fix = "shorten MLFLOW_STATIC_PREFIX in service.environment."
            yield from _found(element, len(expression), limits.WAF_REGEX_CHARACTERS, fix)


def _found(
    element: Element, number: int, limit: Limit, fix: str, adjusted: int | None = None
) -> Iterator[Finding]:
    """Nothing where `number` keeps the limit, or what AWS has raised it to."""
    most = limit.number if adjusted is None else adjusted
    if number > most:
        default = " by default" if limit.adjustable and adjusted in (None, limit.number) else ""
        yield Finding(
            element=element,
            given=number,
            refusal=Refusal(
                f"{number} {limit.what}: AWS takes {most}{default}.", f"up to {most} ({limit.source})", fix
            ),
        )


def limit_rules(quotas: QuotasSettings) -> tuple[Rule, ...]:
    """All of them, for an account with these quotas."""
    return (
        names_are_short_enough,
        _documents_are_short_enough({limits.TRUST_POLICY_CHARACTERS: quotas.role_trust_policy_characters}),
        task_definitions_are_small_enough,
        roles_hold_their_policies,
        _security_groups_hold_their_rules(quotas.rules_per_security_group),
        _there_are_addresses(quotas.elastic_ips),
        listener_rules_are_small_enough,
        certificates_are_few_enough,
        parameters_are_small_enough,
        resources_hold_their_tags,
        expressions_are_short_enough,
    )
