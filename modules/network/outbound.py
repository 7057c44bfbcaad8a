"""The way out to the internet, where AWS's public addresses are."""

from __future__ import annotations

from collections.abc import Sequence

from modules.service.service import Service

HTTPS_PORT = 443


class Internet:
    """HTTPS to anywhere: the subnets' routes say how, by the tasks' own public addresses or by a NAT gateway.

    Args:
        cidrs: where to; the whole of IPv4 by default.
    """

    def __init__(self, cidrs: Sequence[str] = ("0.0.0.0/0",)) -> None:
        self._cidrs = cidrs

    def open_to(self, service: Service) -> None:
        for cidr in self._cidrs:
            service.start_after(
                service.security_group.allow_to_cidr(
                    cidr, port=HTTPS_PORT, description="S3, ECR, CloudWatch Logs, Secrets Manager"
                )
            )
