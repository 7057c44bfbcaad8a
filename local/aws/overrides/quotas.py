"""Overrides of moto where AWS limits how many of something there are; the numbers are in `modules.common.limits`."""

from __future__ import annotations

from inspect import signature
from typing import Any

from moto.ec2.exceptions import RulesPerSecurityGroupLimitExceededError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule
from moto.ecr.responses import ECRResponse
from moto.elbv2.models import ELBv2Backend, FakeListenerRule
from moto.elbv2.responses import ELBV2Response
from moto.iam.models import IAMBackend
from moto.sns.responses import SNSResponse
from moto.ssm.responses import SimpleSystemManagerResponse

from local.aws.overrides.limits import error_of
from modules.common import limits
from modules.common.limits import policy_characters

# Response class, action, parameter, and the error that the action's page in AWS's reference names for too many tags.
TAGGED = (
    (ECRResponse, "create_repository", "tags", "TooManyTagsException"),
    (ELBV2Response, "create_load_balancer", "Tags", "TooManyTags"),
    (ELBV2Response, "create_target_group", "Tags", "TooManyTags"),
    (SNSResponse, "create_topic", "Tags", "TagLimitExceeded"),
    (SimpleSystemManagerResponse, "put_parameter", "Tags", "TooManyTagsError"),
)


def apply() -> None:
    """Patches moto."""
    _count_policies_of_roles()
    _count_rules_of_security_groups_like_ec2()
    _count_addresses()
    _count_conditions()
    _count_listener_rules()
    for response, action, parameter, code in TAGGED:
        _count_tags(response, action, parameter, code)


def _count_policies_of_roles() -> None:
    """`AttachRolePolicy`, `PutRolePolicy`. moto: any number of policies, and of any length together. AWS: ten managed
    ones, and 10,240 characters of inline ones
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
    attach, put = IAMBackend.attach_role_policy, IAMBackend.put_role_policy
    managed, inline = limits.MANAGED_POLICIES_PER_ROLE.number, limits.INLINE_POLICY_CHARACTERS_PER_ROLE.number

    def attach_role_policy(self: IAMBackend, policy_arn: str, role_name: str) -> None:
        attached = self.get_role(role_name).managed_policies
        if policy_arn not in attached and len(attached) >= managed:
            raise error_of(IAMBackend, "LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {managed}")
        attach(self, policy_arn, role_name)

    def put_role_policy(self: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
        policies = {**self.get_role(role_name).policies, policy_name: policy_json}
        if sum(map(policy_characters, policies.values())) > inline:
            raise error_of(
                IAMBackend,
                "LimitExceeded",
                f"Maximum policy size of {inline} bytes exceeded for role {role_name}",
            )
        put(self, role_name, policy_name, policy_json)

    IAMBackend.attach_role_policy = attach_role_policy  # type: ignore[method-assign]
    IAMBackend.put_role_policy = put_role_policy  # type: ignore[method-assign]


def _count_rules_of_security_groups_like_ec2() -> None:
    """`AuthorizeSecurityGroupIngress`, `…Egress`. moto: 60 rules for each direction, IPv4 and IPv6 together, and
    overlooks prefix lists. AWS: 60 of each version; a group counts as one rule of both, a prefix list as its most
    entries (https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html)."""

    def nothing(self: Any, *args: Any, **kwargs: Any) -> None:
        """moto's own count."""

    SecurityGroupBackend._verify_group_will_respect_rule_count_limit = nothing  # type: ignore[method-assign]
    for direction in ("ingress", "egress"):
        _count_rules(direction)


def _count_rules(direction: str) -> None:
    name = f"authorize_security_group_{direction}"
    original = getattr(SecurityGroupBackend, name)

    def authorize(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked = signature(original).bind(self, *args, **kwargs).arguments
        group: SecurityGroup | None = self.get_security_group_by_name_or_id(
            asked["group_name_or_id"], asked.get("vpc_id")
        )
        if group is not None:
            there = group.ingress_rules if direction == "ingress" else group.egress_rules
            for version in ("CidrIp", "CidrIpv6"):
                number = sum(_weight(self, rule, version) for rule in there) + _asked(self, asked, version)
                if number > limits.RULES_PER_SECURITY_GROUP.number:
                    raise RulesPerSecurityGroupLimitExceededError
        return original(self, *args, **kwargs)

    setattr(SecurityGroupBackend, name, authorize)


def _weight(backend: Any, rule: SecurityGroupRule, version: str) -> int:
    """How many rules of a version of IP a rule counts as."""
    if rule.ip_range:
        return 1 if rule.ip_range.get(version) else 0
    return _entries(backend, rule.prefix_list_id) if rule.prefix_list_id else 1


def _asked(backend: Any, asked: dict[str, Any], version: str) -> int:
    """The same of those that a request wants to add."""
    lists = asked.get("prefix_list_ids") or []
    networks = [one for one in asked.get("ip_ranges") or [] if isinstance(one, dict) and one.get(version)]
    groups = asked.get("source_groups") or []
    return len(networks) + len(groups) + sum(_entries(backend, one["PrefixListId"]) for one in lists)


def _entries(backend: Any, prefix_list_id: str) -> int:
    """The most that a customer's prefix list can have; AWS's own have a weight, which is one for S3's
    (https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html)."""
    found = backend.managed_prefix_lists.get(prefix_list_id)
    return 1 if found is None or found.owner_id == "AWS" else int(found.max_entries)


def _count_addresses() -> None:
    """`AllocateAddress`. moto: any number. AWS: five in a region
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html)."""
    original = ElasticAddressBackend.allocate_address

    def allocate_address(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(self.addresses) >= limits.ELASTIC_IPS.number:
            raise error_of(
                ElasticAddressBackend,
                "AddressLimitExceeded",
                "The maximum number of addresses has been reached.",
            )
        return original(self, *args, **kwargs)

    ElasticAddressBackend.allocate_address = allocate_address  # type: ignore[method-assign]


def _count_conditions() -> None:
    """`CreateRule`, `ModifyRule`, and CloudFormation's rules. moto: any number of values. AWS: five of a rule's
    conditions together, six wildcards in them, and paths of 128 characters
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html)."""
    original = ELBv2Backend._validate_conditions

    def validate(self: ELBv2Backend, conditions: list[dict[str, Any]]) -> None:
        by_condition = [
            (condition.get("Field"), value) for condition in conditions for value in _values(condition)
        ]
        values = [value for _, value in by_condition]
        most = limits.CONDITION_VALUES_PER_RULE.number
        if len(values) > most:
            raise error_of(ELBv2Backend, "ValidationError", f"A rule can only have '{most}' condition values")
        most = limits.CONDITION_WILDCARDS_PER_RULE.number
        if sum(value.count("*") + value.count("?") for value in values) > most:
            raise error_of(
                ELBv2Backend, "ValidationError", f"A rule can only have '{most}' condition wildcards"
            )
        most = limits.PATH_PATTERN_CHARACTERS.number
        if any(field == "path-pattern" and len(value) > most for field, value in by_condition):
            raise error_of(
                ELBv2Backend, "ValidationError", f"Condition value cannot be longer than '{most}' characters"
            )
        original(self, conditions)

    ELBv2Backend._validate_conditions = validate  # type: ignore[method-assign]


def _values(condition: dict[str, Any]) -> list[str]:
    """In the old form or in the new one, of which `HttpHeaderConfig` is an example."""
    new = [one["Values"] for key, one in condition.items() if key.endswith("Config") and "Values" in one]
    return [str(value) for values in (new or [condition.get("Values", [])]) for value in values]


def _count_listener_rules() -> None:
    """`CreateRule`. moto: any number. AWS: 100 of a load balancer, default rules not counted
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html)."""
    original = ELBv2Backend.create_rule
    most = limits.RULES_PER_LOAD_BALANCER.number

    def create_rule(self: ELBv2Backend, listener_arn: str, *args: Any, **kwargs: Any) -> FakeListenerRule:
        for listener in self.describe_listeners(None, [listener_arn]):
            balancer = self.load_balancers[listener.load_balancer_arn]
            if sum(len(one.rules) - 1 for one in balancer.listeners.values()) >= most:
                raise error_of(ELBv2Backend, "TooManyRules", f"The maximum number of rules is {most}")
        return original(self, listener_arn, *args, **kwargs)

    ELBv2Backend.create_rule = create_rule  # type: ignore[method-assign]


def _count_tags(response: Any, action: str, parameter: str, code: str) -> None:
    """moto: any number of tags. AWS: fifty
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)."""
    original = getattr(response, action)
    most = limits.TAGS_PER_RESOURCE.number

    def checked(self: Any) -> Any:
        if len(self._get_param(parameter) or []) > most:
            raise error_of(response, code, f"A resource has at most {most} tags")
        return original(self)

    setattr(response, action, checked)
