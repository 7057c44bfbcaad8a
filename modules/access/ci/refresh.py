"""What a plan may read: each action on the environment's own as far as IAM can narrow it."""

from __future__ import annotations

from collections.abc import Sequence

from modules.common.policies import Statement
from modules.common.rights import Rights, Scope

# What takes no resource, of services whose other actions do.
ACCOUNT_WIDE = (
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "kms:ListAliases",
    "sns:GetSubscriptionAttributes",
    "ssm:DescribeParameters",
)


def refresh_statements(scope: Scope, rights: Sequence[Rights]) -> list[Statement]:
    """Reads the configuration of the environment's own; of the whole account where IAM cannot narrow it."""
    actions = {action for one in rights for actions in one.reads.values() for action in actions}
    left = actions.difference(ACCOUNT_WIDE)
    statements: list[Statement] = []
    narrowed = [narrowed for one in rights for narrowed in one.narrowed(scope)]
    # By service, the longest prefix first.
    for row in sorted(narrowed, key=lambda row: (row.prefix.partition(":")[0], -len(row.prefix))):
        chosen = {action for action in left if action.startswith(row.prefix)}
        left -= chosen
        if row.resources:
            statements.append(
                Statement(
                    sid=f"Read{len(statements) + 1}",
                    actions=sorted(chosen),
                    resources=row.resources,
                    conditions=row.conditions,
                )
            )
    everywhere = sorted(left | actions.intersection(ACCOUNT_WIDE))
    return [Statement(sid="ReadConfiguration", actions=everywhere, resources=["*"]), *statements]
