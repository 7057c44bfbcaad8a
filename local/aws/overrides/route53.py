"""Overrides of moto's Route 53: a hosted zone's id is recognized."""

from __future__ import annotations

from typing import Any

from moto.route53 import models


def apply() -> None:
    """Patches moto.

    `CreateHostedZone`. moto: an id of any letters and digits. AWS: one that begins with `Z`
    (https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html, its example)."""
    original: Any = models.create_route53_zone_id

    def create_route53_zone_id(*args: Any, **kwargs: Any) -> str:
        return f"Z{original(*args, **kwargs)[1:]}"

    models.create_route53_zone_id = create_route53_zone_id
