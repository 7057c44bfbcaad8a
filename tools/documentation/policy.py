"""docs/policy.md, from the findings that stay."""

from __future__ import annotations

from stacks.validations.rules_iam import ANY_RESOURCE
from tests.policy.accepted_findings import CHECKOV, CHECKOV_DEMO, PARLIAMENT, Accepted
from tools.documentation.markdown import MADE_BY, row, text

INTRODUCTION = f"""\
{MADE_BY.format(source="tests/policy/accepted_findings.py and stacks/validations/")}
# Checks of the synthesized Terraform

Three things look at the Terraform of both profiles, before any of it is planned:

- **Rules of our own**, each time it is synthesized: no security group open to the internet but the load balancer's, on
  its listeners' ports; no bucket public or answering over plain HTTP; no right on any resource but those listed below;
  a retention for each log group; no secret in a container's variables; the boundary on each role; nothing beyond
  [AWS's limits](limits.md); in production, no protection missing from what holds data. They stand in
  `stacks/validations/`.
- **[checkov](https://www.checkov.io/5.Policy%20Index/terraform.html)** and **[parliament](https://github.com/duo-labs/parliament)**,
  in `make test`, without a network. What they find and what stays is listed here with the reason: the tests fail on a
  finding that is not, and on an entry for which nothing is found any more.
"""
PRODUCTION = "\n## Production: what checkov asks for and does not get\n\n"
DEMO = """
## The demo's trade-offs

Besides those above, the demo gives up, to be cheap, open, and gone after `destroy`:

"""
IAM = "\n## IAM policies: what parliament says\n\n"
FINDINGS = "| check | asks for | on | why it stays |\n| --- | --- | --- | --- |\n"
ANY = """
## Rights on any resource

What a policy may allow on `*`, as no ARN can narrow it
([Service Authorization Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/)):

| action | why |
| --- | --- |
"""


def render() -> str:
    """The text of docs/policy.md."""
    parts = [INTRODUCTION]
    for heading, accepted in ((PRODUCTION, CHECKOV), (DEMO, CHECKOV_DEMO), (IAM, PARLIAMENT)):
        parts += [heading, FINDINGS, *map(_row, accepted)]
    parts += [ANY, *(row(f"`{action}`", text(why)) for action, why in ANY_RESOURCE.items())]
    return "".join(parts)


def _row(one: Accepted) -> str:
    return row(one.check, text(one.wants), ", ".join(f"`{name}`" for name in one.on), text(one.why))
