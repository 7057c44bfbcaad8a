"""Rules on IAM: what may be allowed on any resource at all, and whose rights are bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from settings.language.errors import Refusal
from stacks.validations.elements import Document, Elements, Finding, listed, parsed

READS_CONFIGURATION = "IAM has no resource for it, and it returns configuration only"
NO_RESOURCE = "IAM has no resource for it"
# Actions (as patterns) that a policy may allow on any resource, and why no ARN can narrow them
# (https://docs.aws.amazon.com/service-authorization/latest/reference/).
ANY_RESOURCE: Mapping[str, str] = {
    "application-autoscaling:DescribeScal*": READS_CONFIGURATION,
    "ec2:Describe*": READS_CONFIGURATION,
    "ecr:GetAuthorizationToken": "a token for the registry, which can do no more than who asked for it",
    "ecs:DeregisterTaskDefinition": f"{NO_RESOURCE}; what runs goes on running",
    "ecs:DescribeTaskDefinition": READS_CONFIGURATION,
    "ecs:ListTasks": "on Fargate there is no container instance to name; the cluster is a condition",
    "elasticloadbalancing:Describe*": READS_CONFIGURATION,
    "elasticloadbalancing:SetWebAcl": f"{NO_RESOURCE}; which web ACL, and on what, is narrowed in WAF",
    "kms:ListAliases": READS_CONFIGURATION,
    "logs:CreateLogDelivery": NO_RESOURCE,
    "logs:DeleteLogDelivery": NO_RESOURCE,
    "logs:Describe*": READS_CONFIGURATION,
    "logs:PutResourcePolicy": NO_RESOURCE,
    "logs:StopQuery": "the id of a query is known to who started it",
    "sns:GetSubscriptionAttributes": READS_CONFIGURATION,
    "ssm:DescribeParameters": "it returns names, not values",
    "ssmmessages:*Channel": f"{NO_RESOURCE}; the session is the task's own",
    "sts:GetCallerIdentity": "everybody may",
}
OF_AN_IDENTITY = ("aws_iam_policy", "aws_iam_role_policy", "aws_iam_group_policy", "aws_iam_user_policy")


def only_known_rights_on_any_resource(elements: Elements) -> Iterator[Finding]:
    """An identity's policy names its resources; what cannot is listed with a reason."""
    for policy in elements.of(*OF_AN_IDENTITY):
        document = parsed(policy.body["policy"])
        if document is None:
            yield Finding(
                element=policy,
                given=policy.body["policy"],
                refusal=Refusal(
                    "Its document can be read by Terraform only.",
                    "JSON",
                    "write it with modules.common.policies.policy_document.",
                ),
            )
            continue
        for statement in listed(document["Statement"]):
            if unknown := _unknown(statement):
                yield Finding(
                    element=policy,
                    given=unknown,
                    refusal=Refusal(
                        f"The statement {statement.get('Sid')} allows on any resource what a resource can narrow.",
                        "ARNs; on `*` what stacks.validations.rules_iam.ANY_RESOURCE lists with a reason",
                        "name the resources, or list the action with the reason why none can be named.",
                    ),
                )


def _unknown(statement: Document) -> list[str]:
    """What a statement allows on any resource, and the list does not."""
    if statement["Effect"] != "Allow":
        return []
    if "NotAction" in statement or "NotResource" in statement:
        return ["NotAction" if "NotAction" in statement else "NotResource"]
    actions: list[str] = [str(action) for action in listed(statement["Action"])]
    whole_services = [action for action in actions if action in ("*", "*:*") or action.endswith(":*")]
    if "*" not in listed(statement["Resource"]):
        return whole_services
    known = ANY_RESOURCE
    return [action for action in actions if not any(fnmatchcase(action, pattern) for pattern in known)]
