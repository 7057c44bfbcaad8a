"""Load balancers to build in a stack."""

from __future__ import annotations

from typing import Any

from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, service_in, synthesize


def balancer(**changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        load_balancer_in(stack, **changes).forward_to(service)

    return synthesize(build)
