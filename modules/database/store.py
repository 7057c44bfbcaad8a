"""The backend store as the rest of the platform uses it: another database can implement the same interface."""

from __future__ import annotations

from typing import Protocol

from modules.common.alarms import MetricAlarm
from modules.service.service import Service


class BackendStore(Protocol):
    """A PostgreSQL database; `Database` is one RDS instance."""

    @property
    def uri(self) -> str:
        """The SQLAlchemy URI of the database, driver named, without a password."""

    @property
    def secret_arn(self) -> str:
        """Of the secret in Secrets Manager that has user and password, as RDS writes it."""

    @property
    def retained(self) -> list[str]:
        """What `destroy` leaves of it on purpose, for people."""

    def allow_from(self, service: Service) -> None:
        """Lets the service's tasks connect, and read the current password."""

    def alarms(self, *, connections: int) -> tuple[MetricAlarm, ...]:
        """The alarms of the database.

        Args:
            connections: open at once.
        """
