"""Overrides of moto's EC2: security group rules keep their description."""

from __future__ import annotations

from moto.ec2.models.security_groups import SecurityGroupRule


def apply() -> None:
    """Patches moto.

    A rule's description. moto: gives it back for a rule about addresses only, so that each plan wants to set that of a
    rule about another group again. AWS: keeps it for every kind of rule."""

    def description(self: SecurityGroupRule) -> str | None:
        return self.ip_range.get("Description") or self.source_group.get("Description")

    SecurityGroupRule.description = property(description)  # type: ignore[assignment, method-assign]
