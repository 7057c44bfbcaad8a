"""Whether a role allows what was asked, and what it allows besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.authorization.demands import Demand
from tests.iam.judge import Verdict, judge

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Pattern:
    """Demands that a test says something about; `*` is anything.

    Attributes:
        action: such as `iam:Create*`.
        resource: of the ARN, after the account: `role/mlflow-demo-ci-*`.
        why: the reason, for whoever reads the table.
    """

    action: str
    resource: str
    why: str

    def fits(self, demand: Demand) -> bool:
        resource = demand.resource.split(":", 5)[-1]
        return fnmatchcase(demand.action, self.action) and fnmatchcase(resource, self.resource)


@dataclass(frozen=True)
class Role:
    """What a role's own policies say.

    Attributes:
        name: of the role.
        statements: of all its policies.
    """

    name: str
    statements: Sequence[Document]

    def refuses(self, demands: Iterable[Demand]) -> list[Demand]:
        """What of `demands` is not allowed, each once."""
        return [demand for demand in dict.fromkeys(demands) if not _allows(self.statements, demand)]

    def unneeded(self, demands: Iterable[Demand]) -> list[str]:
        """Each action that a statement allows and none of `demands` needs, as `statement action`."""
        needed: dict[str, list[Demand]] = {}
        for demand in dict.fromkeys(demands):
            needed.setdefault(demand.action.lower(), []).append(demand)
        return [
            f"{statement['Sid']} {action}"
            for statement, action in self.allowed_actions()
            if not any(
                _allows([{**statement, "Action": action}], demand)
                for demand in needed.get(action.lower(), [])
            )
        ]

    def allowed_actions(self) -> list[tuple[Document, str]]:
        """Each statement that allows something, with each of its actions."""
        return [
            (statement, action)
            for statement in self.statements
            if statement["Effect"] == "Allow"
            for action in _listed(statement["Action"])
        ]


def unexpected(
    refused: Sequence[Demand], expected: Sequence[Pattern] = (), *, tolerated: Sequence[Pattern] = ()
) -> list[str]:
    """What of `refused` no pattern says, and which of `expected` nothing of it fits: both ought to be empty.

    Args:
        refused: by a role.
        expected: what it has to refuse.
        tolerated: what it may refuse, where it is asked.
    """
    known = (*expected, *tolerated)
    surprising = [str(demand) for demand in refused if not any(one.fits(demand) for one in known)]
    idle = [f"nothing fits {one}" for one in expected if not any(one.fits(demand) for demand in refused)]
    return [*surprising, *idle]


def _allows(statements: Sequence[Document], demand: Demand) -> bool:
    verdict = judge(statements, demand.action, demand.resource, demand.context, knows_all=True)
    return verdict is Verdict.ALLOWED


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
