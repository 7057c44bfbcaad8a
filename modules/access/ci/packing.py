"""Statements as managed policies, none longer than IAM takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from modules.common.limits import MANAGED_POLICY_CHARACTERS
from modules.common.policies import Statement, policy_document

REFERENCE = re.compile(r"(?<!\$)\$\{[^{}]+\}")
# Of a value that only Terraform knows: longer than any id.
LONGEST_VALUE = 64


def packed(
    topic: str, statements: Sequence[Statement], *, values: Mapping[str, str]
) -> dict[str, list[Statement]]:
    """`<topic>` → its statements; what does not fit there goes to `<topic>_2`, and so on: each statement, in the order
    given, into the first policy with room for it. A topic that fits has one policy, whatever the others have.

    Args:
        topic: what the statements are about.
        statements: none longer than a policy.
        values: what stands for a value that Terraform fills in → the value, or one as long.
    """
    policies: dict[str, list[Statement]] = {}
    for statement in statements:
        number = 1
        while True:
            id = topic if number == 1 else f"{topic}_{number}"
            policy = policies.setdefault(id, [])
            if not policy or length([*policy, statement], values=values) <= MANAGED_POLICY_CHARACTERS.number:
                policy.append(statement)
                break
            number += 1
    return policies


def length(statements: Sequence[Statement], *, values: Mapping[str, str]) -> int:
    """How many characters of a managed policy's limit they take: IAM does not count white space."""
    document = policy_document(*statements)
    for reference, value in values.items():
        document = document.replace(reference, value)
    document = REFERENCE.sub("x" * LONGEST_VALUE, document)
    return len(json.dumps(json.loads(document), separators=(",", ":"), ensure_ascii=False))
