"""docs/outputs.md, from the published contract."""

from __future__ import annotations

from stacks.environment import parameter_prefix
from stacks.outputs import PARAMETER_TYPES, TRACKING_OUTPUTS
from tools.documentation.markdown import MADE_BY, row, text

INTRODUCTION = f"""\
{MADE_BY.format(source="stacks/outputs.py")}
# Outputs

What an environment publishes for others: as outputs in its Terraform state, and with the same values as SSM parameters
`{parameter_prefix("<name>", "<environment>")}<output>`, with the default name `/mlflow/<environment>/<output>`.
[sharing-state.md](sharing-state.md) reads both from other Terraform.

Names and types are stable. Removing or retyping one is a breaking change, with a new major version of this project and
an entry in the changelog. None is a secret; `database_secret_arn` names one, which takes a permission of its own to
read. The parameter `{parameter_prefix("<name>", "<environment>")}state` is none of them: it says where Terraform
keeps the state.

| name | type | SSM type | since | description |
| --- | --- | --- | --- | --- |
"""


def render() -> str:
    """The text of docs/outputs.md."""
    rows = (
        row(
            f"`{one.name}`",
            f"`{one.type}`",
            f"`{PARAMETER_TYPES[one.type]}`",
            one.since,
            text(one.description) + (f"; only with `{one.only_with}`" if one.only_with else ""),
        )
        for one in TRACKING_OUTPUTS
    )
    return INTRODUCTION + "".join(rows)
