"""Whose state it is: recorded in the state itself and compared by every plan, so that none is made with another's."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import Fn, Postcondition, TerraformResource, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_ssm_parameters_by_path import DataAwsSsmParametersByPath

from modules.common.policies import Statement
from stacks.environment import EnvironmentSettings, parameter_prefix

# Not a usual word: teams set TF_VAR_… of those for all their stacks, and Terraform would take the value from there.
VARIABLE = "state_identity"


def record_identity(
    stack: TerraformStack, *, deployment: str, account_id: str, region: str
) -> TerraformResource:
    """Records in the state which deployment it is of, and refuses every plan of another one.

    `terraform_data.identity` is written by the first apply and keeps what it says. The variable `state_identity`, which
    nobody has to set, has the condition: of a variable it is an error in every plan, in that of a destroy a resource's
    own is only a warning
    (https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/node_resource_plan_instance.go).
    `destroy -refresh=false` compares nothing. A state without the record is accepted, and gets one.

    Args:
        deployment: what no other deployment is called, such as `<name>/<environment>`.
        account_id: of the credentials, a reference that is known when Terraform plans.
        region: of the provider.

    Returns:
        The record.
    """
    record = TerraformResource(stack, "identity", terraform_resource_type="terraform_data")
    record.add_override("input", {"deployment": deployment, "account_id": account_id, "region": region})
    record.add_override("lifecycle", {"ignore_changes": ["input"]})
    recorded = f"terraform_data.{record.friendly_unique_id}.output"
    # The resource cannot have its input from the variable, whose condition depends on the resource.
    stack.add_override(
        f"variable.{VARIABLE}",
        {
            "type": "string",
            "description": "Leave it: the deployment that these settings describe, to be compared with the state's",
            "default": deployment,
            "validation": [
                {
                    "condition": _condition(recorded, account_id=account_id, region=region),
                    "error_message": _message(recorded, account_id=account_id, region=region),
                }
            ],
        },
    )
    return record


def refuse_namesakes(stack: TerraformStack, *, settings: EnvironmentSettings) -> None:
    """Refuses a plan where the account and region have a deployment of another name with the same full name.

    `a-b` with the environment `c` and `a` with `b-c` have different states, and the same names in AWS. What such a
    deployment publishes is looked for; where no other split of the full name exists, nothing is.
    """
    if not settings.namesakes:
        return
    found = DataAwsSsmParametersByPath(
        stack,
        "namesakes",
        path="${each.value}",
        with_decryption=False,
        lifecycle=TerraformResourceLifecycle(
            postcondition=[
                Postcondition(
                    condition="${length(self.names) == 0}",
                    error_message=(
                        f'"{settings.full_name}" is also the full name of another deployment here, which publishes '
                        "parameters below ${self.path}. Allowed: a <name>-<environment> that is nobody else's in "
                        f"account and region. Fix: set another name, or rename {settings.environment}.toml."
                    ),
                )
            ]
        ),
    )
    found.add_override("for_each", Fn.toset(_paths(settings)))


def look_for_namesakes(settings: EnvironmentSettings, arn_of_parameters: str) -> list[Statement]:
    """The right to what `refuse_namesakes` reads
    (https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html).

    Args:
        arn_of_parameters: `arn:<partition>:ssm:<region>:<account>:parameter`.
    """
    paths = [f"{arn_of_parameters}{path}{end}" for path in _paths(settings) for end in ("", "/*")]
    if not paths:
        return []
    return [Statement(sid="LookForNamesakes", actions=["ssm:GetParametersByPath"], resources=paths)]


def _paths(settings: EnvironmentSettings) -> Sequence[str]:
    return [parameter_prefix(*one).rstrip("/") for one in settings.namesakes]


def _condition(recorded: str, *, account_id: str, region: str) -> str:
    compared = {"deployment": f"var.{VARIABLE}", "account_id": account_id, "region": f'"{region}"'}
    return "${" + " && ".join(f"{recorded}.{name} == {value}" for name, value in compared.items()) + "}"


def _message(recorded: str, *, account_id: str, region: str) -> str:
    return (
        "This state belongs to another deployment: nothing is planned, and nothing was changed.\n"
        f"  The state is of: ${{{recorded}.deployment}}, account ${{{recorded}.account_id}}, ${{{recorded}.region}}\n"
        f"  The plan is for: ${{var.{VARIABLE}}}, account {account_id}, {region}\n"
        "Use the settings, region and credentials that the state belongs to, or give these settings a state of their "
        "own (state.key, state.bucket). To rename or move a deployment on purpose, see docs/state.md."
    )
