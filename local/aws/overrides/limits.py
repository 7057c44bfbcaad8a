"""Overrides of moto where AWS limits how long something is: names, policies, values, task definitions.

moto: takes names and texts of nearly any length. AWS: refuses them; the numbers and their pages are in
`modules.common.limits`, what counts how many in `aws_overrides_quotas`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import ServiceException
from moto.ec2.responses.security_groups import SecurityGroups
from moto.ecr.responses import ECRResponse
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.responses import ELBV2Response
from moto.events.responses import EventsHandler
from moto.iam.responses import IamResponse
from moto.kms.responses import KmsResponse
from moto.rds.responses import RDSResponse
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.utilities.utils import get_partition
from moto.wafv2.responses import WAFV2Response

from modules.common import limits
from modules.common.limits import Limit, policy_characters

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and the same words from most services.
TOO_LONG = (
    "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
    "Member must have length less than or equal to {most}"
)


def error_of(owner: type, code: str, message: str) -> ServiceException:
    """An error of the service that one of moto's classes belongs to: moto reads that from the error's module."""
    kind = type("LimitError", (ServiceException,), {"__module__": owner.__module__})
    error: ServiceException = kind(code, message)
    return error


@dataclass(frozen=True)
class Length:
    """A parameter of an action that AWS refuses when it is too long.

    Attributes:
        response: moto's class for the service's requests.
        actions: its methods.
        parameter: as requests name it.
        limit: the greatest length.
        code: of AWS's error.
        message: of AWS's error, with `{value}`, `{member}`, `{length}` and `{most}`.
        measure: how AWS counts.
    """

    response: Any
    actions: tuple[str, ...]
    parameter: str
    limit: Limit
    code: str = "ValidationError"
    message: str = TOO_LONG
    measure: Callable[[Any], int] = len

    def check(self, value: Any) -> None:
        """Raises AWS's error where `value` is too long."""
        if value is None or (length := self.measure(value)) <= self.limit.number:
            return
        member = self.parameter[0].lower() + self.parameter[1:]
        text = self.message.format(value=value, member=member, length=length, most=self.limit.number)
        raise error_of(self.response, self.code, text)


def _json_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _bytes(value: str) -> int:
    return len(value.encode())


def _policy(actions: tuple[str, ...], parameter: str, limit: Limit, quota: str) -> Length:
    """A policy, of which IAM's error names the quota."""
    message = f"Cannot exceed quota for {quota}: {{most}}"
    return Length(IamResponse, actions, parameter, limit, "LimitExceeded", message, policy_characters)


LENGTHS = (
    Length(IamResponse, ("create_role",), "RoleName", limits.ROLE_NAME_CHARACTERS),
    Length(IamResponse, ("create_role", "update_role"), "Description", limits.ROLE_DESCRIPTION_CHARACTERS),
    Length(IamResponse, ("create_policy", "put_role_policy"), "PolicyName", limits.POLICY_NAME_CHARACTERS),
    _policy(
        ("create_policy", "create_policy_version"),
        "PolicyDocument",
        limits.MANAGED_POLICY_CHARACTERS,
        "PolicySize",
    ),
    _policy(("create_role",), "AssumeRolePolicyDocument", limits.TRUST_POLICY_CHARACTERS, "ACLSizePerRole"),
    _policy(
        ("update_assume_role_policy",), "PolicyDocument", limits.TRUST_POLICY_CHARACTERS, "ACLSizePerRole"
    ),
    Length(
        ELBV2Response,
        ("create_load_balancer",),
        "Name",
        limits.LOAD_BALANCER_NAME_CHARACTERS,
        message="The load balancer name '{value}' cannot be longer than '{most}' characters",
    ),
    Length(
        SecurityGroups,
        ("create_security_group",),
        "GroupName",
        limits.SECURITY_GROUP_NAME_CHARACTERS,
        code="InvalidParameterValue",
    ),
    Length(
        RDSResponse,
        ("create_db_subnet_group",),
        "DBSubnetGroupName",
        limits.SUBNET_GROUP_NAME_CHARACTERS,
        code="InvalidParameterValue",
    ),
    Length(
        RDSResponse,
        ("create_db_parameter_group",),
        "DBParameterGroupName",
        limits.PARAMETER_GROUP_NAME_CHARACTERS,
        code="InvalidParameterValue",
    ),
    Length(
        ECRResponse,
        ("create_repository",),
        "repositoryName",
        limits.REPOSITORY_NAME_CHARACTERS,
        code="InvalidParameterException",
    ),
    Length(
        EC2ContainerServiceResponse,
        ("create_cluster",),
        "clusterName",
        limits.ECS_NAME_CHARACTERS,
        code="InvalidParameterException",
    ),
    Length(
        EC2ContainerServiceResponse,
        ("create_service",),
        "serviceName",
        limits.ECS_NAME_CHARACTERS,
        code="InvalidParameterException",
    ),
    Length(
        EC2ContainerServiceResponse,
        ("register_task_definition",),
        "family",
        limits.ECS_NAME_CHARACTERS,
        code="ClientException",
    ),
    Length(
        EC2ContainerServiceResponse,
        ("register_task_definition",),
        "containerDefinitions",
        limits.TASK_DEFINITION_BYTES,
        code="ClientException",
        message="Actual length: '{length}'. Max allowed length is '{most}' bytes.",
        measure=_json_bytes,
    ),
    Length(
        KmsResponse, ("create_alias",), "AliasName", limits.KEY_ALIAS_CHARACTERS, code="ValidationException"
    ),
    Length(
        KmsResponse,
        ("create_key", "put_key_policy"),
        "Policy",
        limits.KEY_POLICY_BYTES,
        code="LimitExceededException",
        message="The policy has {length} bytes; a key's policy has at most {most}.",
        measure=_bytes,
    ),
    Length(CloudWatchResponse, ("put_metric_alarm",), "AlarmName", limits.ALARM_NAME_CHARACTERS),
    Length(
        EventsHandler, ("put_rule",), "Name", limits.EVENT_RULE_NAME_CHARACTERS, code="ValidationException"
    ),
    Length(
        WAFV2Response,
        ("create_web_acl",),
        "Name",
        limits.WEB_ACL_NAME_CHARACTERS,
        code="WAFInvalidParameterException",
    ),
    Length(CloudFormationResponse, ("create_stack",), "StackName", limits.STACK_NAME_CHARACTERS),
    Length(
        CloudFormationResponse,
        ("create_stack", "update_stack"),
        "TemplateBody",
        limits.TEMPLATE_BYTES,
        measure=_bytes,
    ),
)


def apply() -> None:
    """Patches moto."""
    for length in LENGTHS:
        for action in length.actions:
            _refuse_before(length, action)
    _measure_parameters_like_ssm()


def _refuse_before(length: Length, action: str) -> None:
    original = getattr(length.response, action)

    def checked(self: Any) -> Any:
        length.check(self._get_param(length.parameter))
        return original(self)

    setattr(length.response, action, checked)


def _measure_parameters_like_ssm() -> None:
    """`PutParameter`. moto: takes any value and any name. AWS: values of the tier's size, and names that are not too
    long with the beginning of their ARN (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html)."""
    original = SimpleSystemManagerResponse.put_parameter
    most, longest = limits.PARAMETER_CHARACTERS.number, limits.PARAMETER_NAME_CHARACTERS.number

    def put_parameter(self: SimpleSystemManagerResponse) -> Any:
        name, value = str(self._get_param("Name")), str(self._get_param("Value"))
        beginning = f"arn:{get_partition(self.region)}:ssm:{self.region}:{self.current_account}:parameter"
        if len(f"{beginning}/{name.removeprefix('/')}") > longest:
            raise error_of(
                SimpleSystemManagerResponse,
                "ValidationException",
                f"The parameter's name has more than {longest} characters.",
            )
        if self._get_param("Tier", "Standard") == "Standard" and len(value) > most:
            raise error_of(
                SimpleSystemManagerResponse,
                "ValidationException",
                f"Standard tier parameters support a maximum parameter value of {most} characters.",
            )
        return original(self)

    SimpleSystemManagerResponse.put_parameter = put_parameter  # type: ignore[method-assign]
