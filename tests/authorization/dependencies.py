"""What else a request needs from who makes it: the service acts with the caller's rights on something of another one.

Each entry has the page that asks for it. The dependent actions of the Service Authorization Reference are what a
service can need at most; what it does need depends on the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.authorization.demands import Demand
from tests.authorization.parameters import Call

# Operation → the service that is handed a role:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
PASSED_TO: Mapping[str, str] = {
    "ec2:CreateFlowLogs": "vpc-flow-logs.amazonaws.com",
    "ecs:RegisterTaskDefinition": "ecs-tasks.amazonaws.com",
    "events:PutTargets": "events.amazonaws.com",
    "rds:CreateDBInstance": "monitoring.rds.amazonaws.com",
    "rds:ModifyDBInstance": "monitoring.rds.amazonaws.com",
    "s3:PutBucketReplication": "s3.amazonaws.com",
}
# Operation → parameter with a KMS key → what the service does with that key for the caller:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html,
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html,
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
KEY_ACTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "rds:CreateDBInstance": {
        "KmsKeyId": ("kms:CreateGrant", "kms:DescribeKey"),
        "MasterUserSecretKmsKeyId": (
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
        ),
        "PerformanceInsightsKMSKeyId": ("kms:CreateGrant", "kms:DescribeKey"),
    },
    "ecr:CreateRepository": {"encryptionConfiguration.kmsKey": ("kms:CreateGrant", "kms:DescribeKey")},
    "secretsmanager:CreateSecret": {"KmsKeyId": ("kms:Decrypt", "kms:GenerateDataKey")},
}
# The service through which the key is used, where it is not the one that is asked.
KEYS_OF_SECRETS = ("MasterUserSecretKmsKeyId",)
# Made by whoever uses a service for the first time in an account:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
LINKED: Mapping[str, tuple[str, str]] = {
    "application-autoscaling:RegisterScalableTarget": (
        "ecs.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    ),
    "ecs:CreateCluster": ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
    "elasticloadbalancing:CreateLoadBalancer": (
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
    ),
    "rds:CreateDBInstance": ("rds.amazonaws.com", "AWSServiceRoleForRDS"),
    "wafv2:PutLoggingConfiguration": ("wafv2.amazonaws.com", "AWSServiceRoleForWAFV2Logging"),
}
# Operation → actions on `*`: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "wafv2:DeleteLoggingConfiguration": ("logs:DeleteLogDelivery",),
    "wafv2:PutLoggingConfiguration": (
        "logs:CreateLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
    ),
}
# The random parts of names that AWS gives.
SECRET = "secret:rds!db-1234abcd-12ab-34cd-56ef-1234567890ab-AbCdEf"
ALARM = "AlarmHigh-1234abcd-12ab-34cd-56ef-1234567890ab"


def of(call: Call) -> list[Demand]:
    """What `call` needs besides its own action."""
    return [
        *_passed_roles(call),
        *_keys(call),
        *_linked_role(call),
        *_managed_secret(call),
        *_scaling(call),
        *_private_dns(call),
        *_final_snapshot(call),
        *(Demand(action, "*") for action in ANYWHERE.get(call.operation, ())),
    ]


def _passed_roles(call: Call) -> list[Demand]:
    service = PASSED_TO.get(call.operation)
    if service is None:
        return []
    roles = call.account.iam_arn("role/")
    passed = sorted({value for value in call.request.parameters.values() if value.startswith(roles)})
    return [Demand("iam:PassRole", role, {"iam:PassedToService": service}) for role in passed]


def _keys(call: Call) -> list[Demand]:
    found = []
    for parameter, actions in KEY_ACTIONS.get(call.operation, {}).items():
        key = call.request.parameters.get(parameter)
        if key is None:
            continue
        arn = key if key.startswith("arn:") else call.account.arn("kms", f"key/{key}")
        service = "secretsmanager" if parameter in KEYS_OF_SECRETS else call.prefix
        context = {
            "kms:ViaService": f"{service}.{call.account.region}.amazonaws.com",
            "kms:GrantIsForAWSResource": "true",
            **call.account.tag_keys(arn),
        }
        found += [Demand(action, arn, context) for action in actions]
    return found


def _linked_role(call: Call) -> list[Demand]:
    if call.operation not in LINKED:
        return []
    service, role = LINKED[call.operation]
    arn = call.account.iam_arn(f"role/aws-service-role/{service}/{role}")
    return [Demand("iam:CreateServiceLinkedRole", arn, {"iam:AWSServiceName": service})]


def _managed_secret(call: Call) -> list[Demand]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions"""
    if call.prefix != "rds" or call.values("managemasteruserpassword") != ["true"]:
        return []
    secret = call.account.arn("secretsmanager", SECRET)
    return [Demand(f"secretsmanager:{name}", secret) for name in ("CreateSecret", "TagResource")]


def _scaling(call: Call) -> list[Demand]:
    """https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html; the
    alarms' names are in
    https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html"""
    prefix, _, name = call.operation.partition(":")
    if prefix != "application-autoscaling" or not name.endswith("ScalingPolicy"):
        return []
    (resource,) = call.values("resourceid")
    alarm = call.account.arn("cloudwatch", f"alarm:TargetTracking-{resource}-{ALARM}")
    changed = "DeleteAlarms" if name.startswith("Delete") else "PutMetricAlarm"
    return [
        Demand("cloudwatch:DescribeAlarms", call.account.arn("cloudwatch", "alarm:*")),
        Demand(f"cloudwatch:{changed}", alarm),
        *(
            Demand(f"ecs:{one}", call.account.arn("ecs", resource))
            for one in ("DescribeServices", "UpdateService")
        ),
    ]


def _private_dns(call: Call) -> list[Demand]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: the zone is AWS's own."""
    if call.operation != "ec2:CreateVpcEndpoint" or call.values("privatednsenabled") != ["true"]:
        return []
    vpcs = [f"VPCId={vpc},VPCRegion={call.account.region}" for vpc in call.values("vpcid")]
    zones = f"arn:{call.account.partition}:route53:::hostedzone/*"
    return [Demand("route53:AssociateVPCWithHostedZone", zones, {"route53:VPCs": vpcs})]


def _final_snapshot(call: Call) -> list[Demand]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html"""
    names = call.values("finaldbsnapshotidentifier")
    arns = [call.account.arn("rds", f"snapshot:{name}") for name in names]
    return [Demand(f"rds:{one}", arn) for arn in arns for one in ("AddTagsToResource", "CreateDBSnapshot")]
