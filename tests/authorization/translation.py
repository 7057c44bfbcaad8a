"""From a request to what IAM has to allow for it: actions, each on an ARN, with the keys that conditions ask for.

An action is judged by the kinds of resources that the Service Authorization Reference names for it. An ARN of such a
kind among the parameters is one; otherwise it is made of the parameters that name it, with `*` for what they do not
say: a read by filter is judged on every resource of its kind, and what is to be made has no id yet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.aws.requests import AwsRequest
from tests.authorization import dependencies
from tests.authorization.demands import Account, Demand
from tests.authorization.parameters import Call
from tests.authorization.reference import Reference, ResourceType
from tests.authorization.tables import (
    ACTIONS,
    ALL_OF_A_KIND,
    FOREIGN_TYPES,
    FREE,
    IAM_TAG_ACTIONS,
    MADE,
    NOT_TOLD,
    PREFIXES,
    TAG_ACTIONS,
)

# What AWS answers to these is narrowed by a filter, not judged by it
# (https://github.com/hashicorp/terraform-provider-aws/issues/35737).
READS = re.compile(r"Describe|Get|List")
TAGS_ALONE = re.compile(r":(?:Add|Change|Create|Un)?Tag", re.IGNORECASE)


class UntranslatableError(Exception):
    """It is not known what IAM asks for a request: never taken for allowed."""


@dataclass(frozen=True, kw_only=True)
class Translation:
    """Translates the requests made in one account.

    Attributes:
        reference: of actions.
        account: whose ARNs, tags and boundaries are looked up.
    """

    reference: Reference
    account: Account

    def demands(self, request: AwsRequest) -> list[Demand]:
        """Everything that IAM has to allow for `request`.

        Raises:
            UntranslatableError: its operation or its resource is not known.
        """
        if request.operation is None:
            raise UntranslatableError(f"{request.service}: no operation is known for {request.request}")
        prefix = PREFIXES.get(request.service, request.service)
        call = Call(request, prefix, f"{prefix}:{request.operation}", self.account)
        # A request without a signature shows a token, and is let in by a trust policy.
        if call.operation in FREE or request.who is None:
            return []
        direct = [
            demand
            for action in ACTIONS.get(call.operation, (call.operation,))
            for demand in self._direct(action, call)
        ]
        return [*direct, *self._tagging(call, direct), *self._of_balancers(call), *dependencies.of(call)]

    def _direct(self, action: str, call: Call) -> list[Demand]:
        if not self.reference.knows(action):
            raise UntranslatableError(
                f"AWS has no action {action}, and ACTIONS has no entry for the operation"
            )
        every = self.reference.resource_types(action)
        anything = [one for one in every if not one.name]
        types = [
            one
            for one in every
            if one.name
            and (call.prefix, one.name) not in FOREIGN_TYPES
            and (action, one.name) not in NOT_TOLD
        ]
        if not types:
            return [self._demand(action, "*", call, anything)]
        arns = {arn: one for one in types for arn in call.arns_of(one, types)}
        unnamed_read = not arns and len(types) == 1 and READS.match(action.partition(":")[2])
        if unnamed_read or action in ALL_OF_A_KIND:
            arns = {call.any_of(types[0]): types[0]}
        if not arns:
            raise UntranslatableError(f"{action}: none of {[one.name for one in types]} is told by {call}")
        return [self._demand(action, arn, call, [one, *anything]) for arn, one in arns.items()]

    def _demand(self, action: str, arn: str, call: Call, asked_of: Sequence[ResourceType]) -> Demand:
        keys = {key.partition("/")[0] for one in asked_of for key in one.condition_keys}
        context = call.condition_keys()
        kind = next((one.name for one in asked_of if one.name), "")
        if "aws:RequestTag" in keys:
            context |= {f"aws:RequestTag/{key}": value for key, value in call.tags_for(kind).items()}
        if "aws:ResourceTag" in keys:
            context |= self.account.tag_keys(arn)
        return Demand(action, arn, context)

    def _of_balancers(self, call: Call) -> list[Demand]:
        """What AWS WAF asks of Elastic Load Balancing for what it does with a load balancer."""
        if call.prefix != "wafv2":
            return []
        balancers = [value for value in call.values("resourcearn") if ":loadbalancer/app/" in value]
        needed = sorted(
            action
            for action in self.reference.dependent_actions(call.operation)
            if action.startswith("elasticloadbalancing:")
        )
        return [
            Demand(action, balancer if self._has_resources(action) else "*")
            for action in needed
            for balancer in balancers
        ]

    def _has_resources(self, action: str) -> bool:
        return any(one.name for one in self.reference.resource_types(action))

    def _tagging(self, call: Call, direct: Sequence[Demand]) -> list[Demand]:
        """What is made together with its tags is also judged by the action that tags it."""
        action = IAM_TAG_ACTIONS.get(call.operation) or TAG_ACTIONS.get(call.prefix)
        if action is None or TAGS_ALONE.search(call.operation):
            return []
        found = []
        for kind, tags in call.tags.items():
            context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
            if call.prefix in ("ec2", "ecs"):
                context[f"{call.prefix}:CreateAction"] = call.operation.partition(":")[2]
            if call.prefix == "ec2":
                arn = self.account.arn("ec2", f"{kind}/*")
            elif call.operation in MADE:
                arn = call.filled(MADE[call.operation])
            else:
                arn = direct[0].resource.removesuffix(":log-stream:")
            found.append(Demand(action, arn, context))
        return found
