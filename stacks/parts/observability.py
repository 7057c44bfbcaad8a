"""What is watched, and who is told."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.database.store import BackendStore
from modules.edge.load_balancer import LoadBalancer
from modules.encryption.key import AnyKey
from modules.observability.alarm_topic import AlarmTopic
from modules.observability.alarms import Alarms
from modules.observability.deployment_events import DeploymentEvents
from modules.service.service import Service
from stacks.parts.given import GivenValues
from stacks.settings import EnvironmentSettings


def create_alarms(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    given: GivenValues,
    key: AnyKey | None,
    load_balancer: LoadBalancer,
    service: Service,
    database: BackendStore,
) -> str | None:
    """The alarms of an environment that has them, and the ARN of the topic that they tell: another team's, or one made
    here. None where the settings want no alarms."""
    if not settings.alarms.enabled:
        return None
    given_arn = given.text("topic_arn")
    topic_arn = given_arn or _topic(scope, settings=settings, account=account, key=key).topic_arn
    alarms = Alarms(scope, "alarms", name=settings.full_name, topic_arn=topic_arn)
    alarms.watch_deployments(
        load_balancer,
        service,
        error_percent=settings.alarms.error_percent,
        grace_period_seconds=settings.service.health_check_grace_period_seconds,
    )
    alarms.watch_service(
        load_balancer,
        service,
        cpu_percent=settings.alarms.cpu_percent,
        memory_percent=settings.alarms.memory_percent,
    )
    alarms.watch(
        database.alarms(
            cpu_percent=settings.alarms.database_cpu_percent,
            free_storage_percent=settings.alarms.database_free_storage_percent,
            connections=settings.connections_alarm,
        )
    )
    DeploymentEvents(
        scope,
        "deployments",
        name=f"{settings.full_name}-deployments",
        account=account,
        service=service,
        topic_arn=topic_arn,
        topic_is_given=given_arn is not None,
    )
    return topic_arn


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
