"""What holds for every synthesized stack, whatever its code does: `app.synth()` stops at what breaks a rule.

Settings are checked where they are read (`stacks.loading`); these rules are for people who change the constructs.
"""

from __future__ import annotations

import jsii
from constructs import IValidation

from stacks.base import AppStack
from stacks.tables.quotas import QuotasSettings
from stacks.validations.elements import Elements, Rule
from stacks.validations.rules_iam import only_known_rights_on_any_resource
from stacks.validations.rules_limits import limit_rules
from stacks.validations.rules_resources import (
    buckets_are_closed,
    logs_expire,
    no_secret_in_plain_text,
    nothing_kept_is_deleted,
    only_listeners_are_open,
)

ALWAYS: tuple[Rule, ...] = (
    only_listeners_are_open,
    buckets_are_closed,
    only_known_rights_on_any_resource,
    logs_expire,
    no_secret_in_plain_text,
)


@jsii.implements(IValidation)
class StackRules:
    """The rules, as a validation of one stack.

    Args:
        stack: whose elements they read, all in one pass.
        protected: nothing in it that holds data may be deleted.
        quotas: the account's; None is AWS's defaults.
    """

    def __init__(
        self,
        stack: AppStack,
        *,
        protected: bool = False,
        quotas: QuotasSettings | None = None,
    ) -> None:
        self._stack = stack
        self._quotas = quotas or QuotasSettings()
        self._protected = protected

    def validate(self) -> list[str]:
        """Whatever breaks a rule: the element, what is wrong, what was given, what is allowed, and the fix."""
        elements = Elements(self._stack.to_terraform())
        rules = [*ALWAYS, *limit_rules(self._quotas)]
        if self._protected:
            rules.append(nothing_kept_is_deleted)
        return [str(finding) for rule in rules for finding in rule(elements)]


def add_validations(
    stack: AppStack,
    *,
    protected: bool = False,
    quotas: QuotasSettings | None = None,
) -> None:
    """Has `app.synth()` check `stack`; the arguments are those of `StackRules`."""
    rules: IValidation = StackRules(
        stack,
        protected=protected,
        quotas=quotas,
    )
    stack.node.add_validation(rules)
