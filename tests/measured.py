"""What of a synthesized stack AWS measures, from its JSON alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from modules.common import limits
from modules.common.aws import PARTITION_OF
from modules.common.limits import NAMES, Limit
from tests.rendered import REGION, Renderer
from tests.synthesis import Json

Measure = tuple[str, Limit, int]


def measures(stack: Json) -> Iterator[Measure]:
    """Address, limit and size of everything that has one."""
    texts = Texts(stack)
    yield from _names(stack, texts)
    yield from _policies(stack, texts)
    yield from _network(stack)
    yield from _listener_rules(stack)
    yield from _rest(stack, texts)


class Texts:
    """A stack's texts with values in place of references, as long as AWS makes them in the stack's region."""

    def __init__(self, stack: Json) -> None:
        self._render = Renderer(stack)
        self.region: str = stack["provider"]["aws"][0]["region"]

    def __call__(self, text: str) -> str:
        rendered = self._render(text).replace("$${", "${").replace(REGION, self.region)
        return rendered.replace("arn:aws:", f"arn:{PARTITION_OF[self.region]}:")

    def characters(self, text: str) -> int:
        """Without white space."""
        return len(re.sub(r"\s+", "", self(text)))


def _of(stack: Json, kind: str) -> Iterator[tuple[str, Json]]:
    for name, body in stack["resource"].get(kind, {}).items():
        yield f"{kind}.{name}", body


def _names(stack: Json, texts: Texts) -> Iterator[Measure]:
    for kind, (argument, limit) in NAMES.items():
        for address, body in _of(stack, kind):
            yield address, limit, len(texts(body[argument]))


def _policies(stack: Json, texts: Texts) -> Iterator[Measure]:
    for address, body in _of(stack, "aws_iam_policy"):
        yield address, limits.MANAGED_POLICY_CHARACTERS, texts.characters(body["policy"])
    for address, body in _of(stack, "aws_iam_role"):
        yield address, limits.TRUST_POLICY_CHARACTERS, texts.characters(body["assume_role_policy"])
        yield address, limits.ROLE_DESCRIPTION_CHARACTERS, len(body.get("description", ""))
    for address, body in _of(stack, "aws_s3_bucket_policy"):
        yield address, limits.BUCKET_POLICY_BYTES, len(texts(body["policy"]))
    for address, body in _of(stack, "aws_kms_key"):
        yield address, limits.KEY_POLICY_BYTES, len(texts(body["policy"]))
    inline, managed = Counter[str](), Counter[str]()
    for _, body in _of(stack, "aws_iam_role_policy"):
        inline[body["role"].split(".")[1]] += texts.characters(body["policy"])
    for _, body in _of(stack, "aws_iam_role_policy_attachment"):
        managed[body["role"].split(".")[1]] += 1
    for role, number in inline.items():
        yield f"aws_iam_role.{role}", limits.INLINE_POLICY_CHARACTERS_PER_ROLE, number
    for role, number in managed.items():
        yield f"aws_iam_role.{role}", limits.MANAGED_POLICIES_PER_ROLE, number


def _network(stack: Json) -> Iterator[Measure]:
    yield "aws_eip", limits.ELASTIC_IPS, len(list(_of(stack, "aws_eip")))
    for direction in ("ingress", "egress"):
        rules = [body for _, body in _of(stack, f"aws_vpc_security_group_{direction}_rule")]
        for version, other in (("cidr_ipv4", "cidr_ipv6"), ("cidr_ipv6", "cidr_ipv4")):
            groups = Counter(rule["security_group_id"] for rule in rules if not rule.get(other))
            for group, number in groups.items():
                yield f"{group}: {direction}, {version}", limits.RULES_PER_SECURITY_GROUP, number
    for address, body in _of(stack, "aws_ecs_service"):
        subnets = body["network_configuration"]["subnets"]
        if isinstance(subnets, str):  # an expression over another team's
            subnets = re.findall("subnet-", json.dumps(stack["data"]["aws_subnet"]["network_private"]))
        yield address, limits.SUBNETS_PER_SERVICE, len(subnets)


def _listener_rules(stack: Json) -> Iterator[Measure]:
    rules = [
        (address, [values for part in body["condition"] for values in _lists(part)])
        for address, body in _of(stack, "aws_lb_listener_rule")
    ]
    yield "aws_lb_listener_rule", limits.RULES_PER_LOAD_BALANCER, len(rules)
    for address, body in _of(stack, "aws_cloudformation_stack"):
        yield address, limits.TEMPLATE_BYTES, len(body["template_body"])
        for rule in json.loads(body["template_body"])["Resources"].values():
            conditions = rule["Properties"]["Conditions"]
            rules.append((address, [values for part in conditions for values in _lists(part)]))
    for address, lists in rules:
        values = [value for one in lists for value in one]
        yield address, limits.CONDITION_VALUES_PER_RULE, len(values)
        yield address, limits.CONDITION_WILDCARDS_PER_RULE, sum(value.count("*") for value in values)
        yield address, limits.PATH_PATTERN_CHARACTERS, max(map(len, values))


def _lists(part: Any) -> Iterator[list[str]]:
    """Every list of texts within a condition."""
    if isinstance(part, dict):
        for value in part.values():
            yield from _lists(value)
    elif isinstance(part, list) and all(isinstance(one, str) for one in part):
        yield part
    elif isinstance(part, list):
        for one in part:
            yield from _lists(one)


def _rest(stack: Json, texts: Texts) -> Iterator[Measure]:
    for address, body in _of(stack, "aws_ecs_task_definition"):
        yield address, limits.TASK_DEFINITION_BYTES, len(texts(body["container_definitions"]).encode())
    for address, body in _of(stack, "aws_ssm_parameter"):
        for key, one in body.get("for_each", {"": body}).items():
            yield f"{address}[{key}]", limits.PARAMETER_CHARACTERS, len(texts(one["value"]))
    for address, body in _of(stack, "aws_wafv2_web_acl"):
        for rule in body["rule"]:
            match = rule["statement"].get("regex_match_statement", {"regex_string": ""})
            yield address, limits.WAF_REGEX_CHARACTERS, len(match["regex_string"])
    default = stack["provider"]["aws"][0]["default_tags"][0]["tags"]
    for kind, resources in stack["resource"].items():
        for name, body in resources.items():
            yield f"{kind}.{name}", limits.TAGS_PER_RESOURCE, len({**default, **(body.get("tags") or {})})
