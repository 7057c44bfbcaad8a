"""The way out to the internet, where AWS's public addresses are."""

from __future__ import annotations

from collections.abc import Sequence

from modules.service.service import Service

HTTPS_PORT = 443


class Internet:
    """HTTPS to any address: through a NAT gateway, or from the tasks' own public addresses, as the subnets' routes say.

    Args:
        cidrs: the destinations.
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
