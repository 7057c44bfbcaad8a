"""The published contract: what other teams may rely on, by name. Removing or retyping one is a breaking change.

Each is a Terraform output and, so that a team need not read the state, an SSM parameter
`/<name>/<environment>/<output>`. docs/outputs.md lists them; tests/contract/released.json is
what was last released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import Fn, TerraformOutput, Token
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

STRING = "string"
STRINGS = "list(string)"
# Terraform's type → that of the SSM parameter, which joins a list by commas
# (https://docs.aws.amazon.com/systems-manager/latest/userguide/param-create-cli.html).
PARAMETER_TYPES = {STRING: "String", STRINGS: "StringList"}
SEPARATOR = ","


@dataclass(frozen=True)
class Output:
    """One output of a stack.

    Attributes:
        name: stable; snake_case, or a client's environment variable.
        description: what it is, for someone who reads only `terraform output`.
        type: `string` or `list(string)`, as Terraform calls it.
        since: the version of this project that has it first.
        only_with: the setting without which there is no such output; None where there always is.
    """

    name: str
    description: str
    type: str = STRING
    since: str = "1.0.0"
    only_with: str | None = None


TRACKING_OUTPUTS = (
    Output("MLFLOW_TRACKING_URI", "Where clients reach the server: set it as the variable of this name"),
    Output("vpc_id", "The VPC"),
    Output("public_subnet_ids", "The subnets with a route to the internet, one in each zone", STRINGS),
    Output("private_subnet_ids", "The subnets without one, one in each zone", STRINGS),
    Output(
        "nat_public_ips",
        "The addresses that the tasks reach the internet from, to be let in elsewhere",
        STRINGS,
        only_with="network.nat",
    ),
    Output("load_balancer_arn", "The Application Load Balancer"),
    Output("load_balancer_dns_name", "The load balancer's own DNS name"),
    Output("load_balancer_zone_id", "The hosted zone of that name, for a Route 53 alias"),
    Output(
        "load_balancer_security_group_id",
        "The load balancer's security group: add an ingress rule to let others in",
    ),
    Output("certificate_arn", "The certificate that clients see", only_with="domain"),
    Output(
        "hosted_zone_name_servers",
        "What the zone above has to delegate the name to, by an NS record",
        STRINGS,
        only_with="domain.create_hosted_zone",
    ),
    Output("web_acl_arn", "The web firewall's ACL in AWS WAF", only_with="firewall.enabled"),
    Output("log_bucket_name", "The bucket that holds the access logs", only_with="logs.access_logs"),
    Output(
        "admin_secret_arn",
        "The secret with user name and password of MLflow's first user",
        only_with="sign_in.mode",
    ),
    Output("target_group_arn", "The target group the tasks register with"),
    Output("cluster_arn", "The ECS cluster"),
    Output("cluster_name", "The ECS cluster's name"),
    Output("service_name", "The ECS service's name"),
    Output("service_security_group_id", "The tasks' security group"),
    Output("task_definition_arn", "The task definition's revision that the service runs"),
    Output("task_execution_role_arn", "The role ECS starts tasks with"),
    Output("task_role_arn", "The role the server itself has"),
    Output("log_group_name", "The server's log group in CloudWatch Logs"),
    Output("alarm_topic_arn", "The SNS topic that alarms tell", only_with="alarms.enabled"),
    Output("repository_url", "The ECR repository of the server's image"),
    Output("image_uri", "The image that runs, by digest when it was built here"),
    Output("database_endpoint", "The backend store, host:port"),
    Output("database_name", "The database's name"),
    Output("database_secret_arn", "The secret that holds the database's current password"),
    Output("database_security_group_id", "The database's security group"),
    Output("artifact_bucket_name", "The bucket that holds the artifacts"),
    Output("artifact_bucket_arn", "The bucket's ARN"),
    Output(
        "parameter_reader_policy_json", "An IAM policy that reads these values from SSM, and nothing else"
    ),
    Output(
        "state_reader_policy_json",
        "An IAM policy that reads this environment's state, and nothing else",
        only_with="state.bucket",
    ),
    Output(
        "retained_resources",
        "What `destroy` leaves on purpose, for you to delete by hand; a demo has it where anything is left",
        STRINGS,
        only_with="allow_destroy",
    ),
    Output(
        "reader_role_arn",
        "The role that reads artifacts in the bucket",
        only_with="access.readers",
    ),
    Output(
        "contributor_role_arn",
        "The role that reads and writes artifacts in the bucket",
        only_with="access.contributors",
    ),
    Output(
        "admin_role_arn",
        "The role that operates the service: logs, shells, number of tasks",
        only_with="access.admins",
    ),
    Output(
        "ci_plan_role_arn",
        "The role with which GitHub Actions plans: it reads, and no secrets",
        only_with="access.github",
    ),
    Output(
        "ci_apply_role_arn",
        "The role with which GitHub Actions applies",
        only_with="access.github",
    ),
)


def publish(
    scope: Construct,
    contract: tuple[Output, ...],
    values: Mapping[str, str | list[str] | None],
    *,
    parameter_prefix: str,
) -> None:
    """Makes one Terraform output and one SSM parameter for each entry of `contract` that has a value.

    A parameter's name is `parameter_prefix` and the output's name. The parameters are one resource with an instance for
    each output: `aws_ssm_parameter.outputs["vpc_id"]`.

    Raises:
        ValueError: `values` names more or fewer outputs than the contract, or has None for one that there always is.
    """
    present = {name: value for name, value in values.items() if value is not None}
    optional = {output.name for output in contract if output.only_with}
    if differing := {output.name for output in contract} ^ (present.keys() | (optional & values.keys())):
        raise ValueError(
            f"outputs that are either not in the contract or without a value: {sorted(differing)}"
        )
    published = [output for output in contract if output.name in present]
    for output in published:
        TerraformOutput(scope, output.name, value=present[output.name], description=output.description)
    parameters = SsmParameter(
        scope,
        "outputs",
        name=f"{parameter_prefix}${{each.key}}",
        description="${each.value.description}",
        type="${each.value.type}",
        value="${each.value.value}",
    )
    # The bindings' iterators would make a local value of it, with an address of their own.
    parameters.add_override(
        "for_each",
        {
            output.name: {
                "description": output.description,
                "type": PARAMETER_TYPES[output.type],
                "value": _joined(present[output.name]),
            }
            for output in published
        },
    )


def _joined(value: str | list[str]) -> str:
    if isinstance(value, str):
        return value
    # Of a list that only Terraform knows, Python cannot join the items.
    return Fn.join(SEPARATOR, value) if Token.is_unresolved(value) else SEPARATOR.join(value)
