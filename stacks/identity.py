"""Whose state it is: recorded in the state itself and compared by every plan, so that none is made with another's."""

from __future__ import annotations

from cdktf import TerraformResource, TerraformStack

VARIABLE = "deployment"


def record_identity(stack: TerraformStack, *, deployment: str, account_id: str, region: str) -> None:
    """Records in the state which deployment it is of, and refuses every plan of another one.

    `terraform_data.identity` is written by the first apply and keeps what it says. The variable `deployment`, which
    nobody has to set, has the condition: of a variable it is an error in every plan, in that of a destroy a resource's
    own is only a warning
    (https://github.com/hashicorp/terraform/blob/v1.11.4/internal/terraform/node_resource_plan_instance.go).
    `destroy -refresh=false` compares nothing. A state without the record is accepted, and gets one.

    Args:
        deployment: what no other deployment is called, such as `<name>/<environment>`.
        account_id: of the credentials, a reference that is known when Terraform plans.
        region: of the provider.
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
