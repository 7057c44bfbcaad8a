"""A CDKTF program as small as can be interrupted: an AppStack whose apply waits at two gates until they are opened.

One parameter, then the two gates, then another parameter. A gate is a folder: the apply makes the file `reached` in it,
and goes on when there is a file `open`.
"""

from __future__ import annotations

import os
from itertools import pairwise

from modules.common.bindings import make_lazy

make_lazy()

from cdktf import App, TerraformOutput, TerraformResource  # noqa: E402
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter  # noqa: E402

from stacks.base import AppStack  # noqa: E402

REGION = "us-east-1"
STACK_VARIABLE = "TESTED_STACK"
BUCKET_VARIABLE = "TESTED_BUCKET"
GATES_VARIABLE = "TESTED_GATES"
GATES = ("early", "late")
# Whatever becomes of the test, no process waits for ever.
LONGEST_TENTHS = 3000


def parameter(stack: AppStack, name: str) -> SsmParameter:
    return SsmParameter(stack, name, name=f"/{stack.node.id}/{name}", type="String", value=name)


def gate(stack: AppStack, name: str) -> TerraformResource:
    made = TerraformResource(stack, name, terraform_resource_type="terraform_data")
    # The folder is of the machine that applies, and not part of the configuration.
    folder = f'"${GATES_VARIABLE}/{name}"'
    wait = f"i=0; until [ -e {folder}/open ] || [ $i -ge {LONGEST_TENTHS} ]; do sleep 0.1; i=$((i + 1)); done"
    made.add_override("provisioner", [{"local-exec": {"command": f"touch {folder}/reached; {wait}"}}])
    return made


def main() -> None:
    app = App()
    name = os.environ[STACK_VARIABLE]
    stack = AppStack(app, name, region=REGION, tags={"Application": name})
    stack.keep_state_in_bucket(
        bucket=os.environ[BUCKET_VARIABLE],
        key=f"mlflow/{name}/terraform.tfstate",
        region=REGION,
        kms_key_id=None,
        role_arn=None,
    )
    chain = [parameter(stack, "before"), *(gate(stack, name) for name in GATES), parameter(stack, "after")]
    for earlier, later in pairwise(chain):
        later.depends_on = [f"{earlier.terraform_resource_type}.{earlier.friendly_unique_id}"]
    TerraformOutput(stack, "last", value=chain[-1].friendly_unique_id)
    app.synth()


if __name__ == "__main__":
    main()
