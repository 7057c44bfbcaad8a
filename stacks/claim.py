"""The claim: one parameter that is made before everything else, and that AWS makes only once."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from stacks.environment import EnvironmentSettings
from stacks.local_states import local_state_file

NAME = "state"


def claim_of(scope: Construct, *, settings: EnvironmentSettings) -> SsmParameter:
    """The SSM parameter that says where the environment's state is; everything else of the plan waits for it.

    A plan with another, empty state (another bucket or key, another person's local file) wants to make the whole
    environment a second time. AWS refuses to make the parameter again, and the apply ends before it has made anything
    (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html, `Overwrite`).
    """
    state = settings.state
    return SsmParameter(
        scope,
        "claim",
        name=f"{settings.parameter_prefix}{NAME}",
        description="Where Terraform keeps the state of this environment",
        type="String",
        value=f"s3://{state.bucket}/{settings.state_key}"
        if state.bucket
        else f"the local file {local_state_file(settings.stack_name)}",
    )
