"""What is watched, and who is told."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.database.instance import Database
from modules.edge.load_balancer import LoadBalancer
from modules.encryption.key import AnyKey
from modules.observability.alarm_topic import AlarmTopic
from modules.observability.alarms import Alarms
from modules.observability.deployment_events import DeploymentEvents
from modules.service.tracking_service import TrackingService
from stacks.parts.given import GivenValues
from stacks.settings import EnvironmentSettings


class Observability:
    """The alarms of an environment that has them, and their topic: another team's, or one made here.

    Attributes:
        topic: what was made here; None where it is given.
        topic_arn: of the one or the other.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        settings: EnvironmentSettings,
        account: Account,
        given: GivenValues,
        key: AnyKey | None,
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._account = account
        given_arn = given.text("topic_arn")
        self.topic = None if given_arn else _topic(scope, settings=settings, account=account, key=key)
        self.topic_arn: str = self.topic.topic_arn if self.topic else str(given_arn)
        self._alarms = Alarms(scope, "alarms", name=settings.full_name, topic_arn=self.topic_arn)

    def watch_deployments(self, load_balancer: LoadBalancer, service: TrackingService) -> None:
        """Before the service runs, which is rolled back on them."""
        self._alarms.watch_deployments(
            load_balancer,
            service,
            error_percent=self._settings.alarms.error_percent,
            grace_period_seconds=self._settings.service.health_check_grace_period_seconds,
        )

    def watch_all(self, load_balancer: LoadBalancer, service: TrackingService, database: Database) -> None:
        """When the service runs."""
        alarms = self._settings.alarms
        DeploymentEvents(
            self._scope,
            "deployments",
            name=f"{self._settings.full_name}-deployments",
            account=self._account,
            service=service,
            topic_arn=self.topic_arn,
            topic_is_given=self.topic is None,
        )
        self._alarms.watch_service(
            load_balancer, service, cpu_percent=alarms.cpu_percent, memory_percent=alarms.memory_percent
        )
        self._alarms.watch_database(
            database,
            cpu_percent=alarms.database_cpu_percent,
            free_storage_percent=alarms.database_free_storage_percent,
            connections=self._settings.connections_alarm,
        )


def observability_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    given: GivenValues,
    key: AnyKey | None,
) -> Observability | None:
    """None where the settings want no alarms."""
    if not settings.alarms.enabled:
        return None
    return Observability(scope, settings=settings, account=account, given=given, key=key)


def _topic(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, key: AnyKey | None
) -> AlarmTopic:
    return AlarmTopic(
        scope,
        "alarm_topic",
        name=f"{settings.full_name}-alarms",
        account=account,
        key=key,
        email=settings.alarms.email,
    )
