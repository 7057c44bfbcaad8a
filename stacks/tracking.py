"""The MLflow platform of one environment: one stack, one plan."""

from __future__ import annotations

from pathlib import Path

from cdktf import App

from modules.access.people import People
from modules.common.account import Account
from modules.database.instance import AdoptedDatabase, Database
from modules.edge.domain import Domain
from modules.edge.firewall import Firewall
from modules.edge.load_balancer import LoadBalancer
from modules.encryption.key import AnyKey, EncryptionKey, GivenKey
from modules.image.image import BUILT_IMAGE, BuiltImage, ImageRepository
from modules.image.pull import grant_pull_of_existing
from modules.network.existing import ExistingNetwork
from modules.network.flow_logs import FlowLogs
from modules.network.network import Network
from modules.network.outbound import ways_out
from modules.observability.alarm_topic import AlarmTopic
from modules.observability.alarms import Alarms
from modules.observability.deployment_events import DeploymentEvents
from modules.service.autoscaling import AutoScaling
from modules.service.server_secret import ServerSecret
from modules.service.service import Service
from modules.sign_in.openid import SignIn
from modules.sign_in.password import PasswordSignIn
from modules.storage.artifact_replica import ArtifactReplica
from modules.storage.artifact_store import ArtifactStore
from modules.storage.log_bucket import LogBucket
from stacks.backend import keep_state
from stacks.base import AppStack
from stacks.ci import ci_roles_of
from stacks.claim import claim_of
from stacks.environment import EnvironmentSettings
from stacks.finishing.adoption import adopt
from stacks.finishing.ordering import start_with
from stacks.finishing.roles import set_on_roles
from stacks.given import GivenValues
from stacks.identity import record_identity, refuse_namesakes
from stacks.literal import literal
from stacks.moves import MOVED
from stacks.outputs import TRACKING_OUTPUTS, publish
from stacks.published import published_values
from stacks.server_environment import server_environment
from stacks.tables.adopt import AdoptSettings
from stacks.validations import add_validations

IMAGE_CONTEXT = Path(__file__).resolve().parents[1] / "docker"


class TrackingStack(AppStack):
    """Network, database, artifact store, registry, image, load balancer and service of one environment.

    Args:
        settings: the environment's; validated, every default filled in.
    """

    def __init__(self, scope: App, *, settings: EnvironmentSettings) -> None:
        super().__init__(scope, settings.stack_name, region=settings.region, tags=settings.all_tags)
        keep_state(self, settings)
        settings = self.settings = literal(settings)
        self.account = Account(self, "account", region=settings.region)
        record_identity(
            self,
            deployment=settings.deployment,
            account_id=self.account.account_id,
            region=settings.region,
        )
        refuse_namesakes(self, settings=settings)
        self.given = GivenValues(self, settings=settings)
        self.network = self._network()
        self.key = self._key()
        self.log_bucket = (
            LogBucket(
                self,
                "log_bucket",
                bucket_name=self._bucket_name("logs"),
                account=self.account,
                retention_days=settings.logs.retention_days,
                force_destroy=not settings.protected,
                prevent_destroy=settings.protected,
            )
            if settings.logs.access_logs
            else None
        )
        if settings.network.flow_logs and isinstance(self.network, Network):
            FlowLogs(
                self,
                "flow_logs",
                name=settings.full_name,
                account=self.account,
                vpc_id=self.network.vpc_id,
                log_retention_days=settings.logs.retention_days,
                key=self.key,
            )
        self.database = Database(
            self,
            "database",
            settings=settings.database,
            name=settings.full_name,
            account=self.account,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            log_retention_days=settings.logs.retention_days,
            key=self.key,
            prevent_destroy=settings.protected,
            adopted=_adopted_database(settings.adopt),
        )
        self.artifact_store = ArtifactStore(
            self,
            "artifact_store",
            settings=settings.artifact_store,
            bucket_name=settings.adopt.artifact_bucket or self._bucket_name("artifacts"),
            prevent_destroy=settings.protected,
            key=self.key,
            log_bucket=self.log_bucket,
        )
        if settings.artifact_store.replica:
            ArtifactReplica(
                self,
                "artifact_replica",
                settings=settings.artifact_store.replica,
                store=self.artifact_store,
                role_name=f"{settings.full_name}-artifact-replica",
            )
        # There is one also where another image runs. ECR changes the encryption of none, so an adopted one keeps its.
        self.repository = ImageRepository(
            self,
            "repository",
            settings=settings.image,
            name=settings.adopt.repository or settings.full_name,
            key=None if settings.adopt.repository else self.key,
        )
        self.domain = (
            Domain(
                self,
                settings=settings.domain,
                hosted_zone_id=self.given.text("hosted_zone_id"),
                certificate_arn=self.given.text("certificate_arn"),
                prevent_destroy=settings.protected,
            )
            if settings.domain
            else None
        )
        self.load_balancer = LoadBalancer(
            self,
            "load_balancer",
            settings=settings.load_balancer,
            name=settings.full_name,
            vpc_id=self.network.vpc_id,
            subnet_ids=self._subnet_ids(private=settings.load_balancer.internal),
            https=self.domain.https if self.domain else None,
            path_prefix=settings.service.path_prefix,
            log_bucket=self.log_bucket,
            dual_stack=settings.network.dual_stack,
        )
        if self.domain:
            self.domain.lead_to(self.load_balancer)
        self.firewall = (
            Firewall(
                self,
                "firewall",
                settings=settings.firewall,
                name=settings.full_name,
                load_balancer=self.load_balancer,
                log_retention_days=settings.logs.retention_days,
                key=self.key,
            )
            if settings.firewall.enabled
            else None
        )
        self.sign_in = self._sign_in()
        self.claim = claim_of(self, settings=settings)
        self.image_uri = settings.image.uri or self._build_image()
        if settings.image.uri:
            # An earlier apply may have built one: its refresh would need the Docker provider's login to the registry.
            self.forget(BUILT_IMAGE)
        server_keys = ServerSecret(
            self,
            "server_keys",
            name=f"{settings.full_name}-server-keys",
            description="Keys of the MLflow server, which it makes at its first start",
            variable="MLFLOW_SERVER_KEYS_SECRET_ARN",
            key=self.key,
            kept=settings.protected,
        )
        self.service = Service(
            self,
            "service",
            settings=settings.service,
            name=settings.full_name,
            account=self.account,
            vpc_id=self.network.vpc_id,
            subnet_ids=self._subnet_ids(private=settings.network.tasks_are_private),
            assign_public_ip=not settings.network.tasks_are_private,
            image_uri=self.image_uri,
            platform=settings.image.platform,
            environment=server_environment(
                settings=settings,
                account=self.account,
                database=self.database,
                artifact_store=self.artifact_store,
                load_balancer=self.load_balancer,
                sign_in=self.sign_in,
                server_keys=server_keys,
            ),
            sign_in_mode=settings.sign_in.mode,
            scaled=settings.scaling.enabled,
            log_retention_days=settings.logs.retention_days,
            key=self.key,
            log_group_name=settings.adopt.log_group,
            repository_credentials_arn=settings.image.repository_credentials_arn,
        )
        if settings.scaling.enabled:
            AutoScaling(
                self,
                "scaling",
                settings=settings.scaling,
                service=self.service,
                load_balancer=self.load_balancer,
            )
        self.alarm_topic_arn = self._alarm() if settings.alarms.enabled else None
        self.database.allow_from(self.service)
        server_keys.grant_to(self.service)
        if isinstance(self.sign_in, PasswordSignIn):
            self.sign_in.grant_to(self.service)
        self.artifact_store.grant_read_write(self.service)
        self.load_balancer.forward_to(self.service)
        if settings.sign_in.is_on:
            self.load_balancer.open_after(self.service)
        if settings.image.uri:
            grant_pull_of_existing(self.service, settings=settings.image, account=self.account)
        else:
            self.repository.grant_pull(self.service)
        self.people = People(
            self,
            "access",
            settings=settings.access,
            name=settings.full_name,
            account=self.account,
            parameter_prefix=settings.parameter_prefix,
            artifact_store=self.artifact_store,
            service=self.service,
        )
        self.ci_roles = ci_roles_of(
            self.people,
            settings=settings,
            account=self.account,
            vpc_id=self.network.vpc_id,
            hosted_zone_id=self.domain.hosted_zone_id if self.domain else None,
            permissions_boundary_arn=self.given.text("permissions_boundary_arn"),
        )
        adopt(
            self,
            settings=settings,
            resources={
                "artifact_bucket": self.artifact_store.bucket,
                "database_instance": self.database.instance,
                "database_subnet_group": self.database.subnet_group,
                "repository": self.repository.repository,
                "log_group": self.service.task.log_group.group,
            },
        )
        self.moved(MOVED)
        publish(self, TRACKING_OUTPUTS, published_values(self), parameter_prefix=settings.parameter_prefix)
        for way in ways_out(
            self,
            settings=settings.network,
            name=settings.full_name,
            account=self.account,
            network=self.network,
        ):
            way.open_to(self.service)
        set_on_roles(
            self,
            permissions_boundary_arn=self.given.text("permissions_boundary_arn"),
            path=settings.access.iam_path,
        )
        # An apply with a second state makes nothing.
        start_with(self, self.claim)
        add_validations(self, protected=settings.protected, quotas=settings.quotas)

    def _network(self) -> Network | ExistingNetwork:
        """Another team's network if the settings name one, else a new one."""
        settings = self.settings
        vpc_id = self.given.text("vpc_id")
        public, private = self.given.texts("public_subnet_ids"), self.given.texts("private_subnet_ids")
        if vpc_id and public and private:
            return ExistingNetwork(
                self,
                "network",
                settings=settings.network,
                vpc_id=vpc_id,
                public_subnet_ids=public,
                private_subnet_ids=private,
                internal=settings.load_balancer.internal,
                region=settings.region,
            )
        return Network(
            self, "network", settings=settings.network, name=settings.full_name, account=self.account
        )

    def _subnet_ids(self, *, private: bool) -> list[str]:
        return self.network.private_subnet_ids if private else self.network.public_subnet_ids

    def _alarm(self) -> str:
        """Creates the alarms; returns the ARN of the topic that they notify: another team's, or a new one."""
        settings = self.settings
        given_arn = self.given.text("topic_arn")
        topic_arn = (
            given_arn
            or AlarmTopic(
                self,
                "alarm_topic",
                settings=settings.alarms,
                name=f"{settings.full_name}-alarms",
                account=self.account,
                key=self.key,
            ).topic_arn
        )
        Alarms(
            self,
            "alarms",
            settings=settings.alarms,
            name=settings.full_name,
            topic_arn=topic_arn,
            load_balancer=self.load_balancer,
            service=self.service,
            others=self.database.alarms(connections=settings.connections_alarm),
        )
        DeploymentEvents(
            self,
            "deployments",
            name=f"{settings.full_name}-deployments",
            account=self.account,
            service=self.service,
            topic_arn=topic_arn,
            topic_is_given=given_arn is not None,
        )
        return topic_arn

    def _sign_in(self) -> SignIn | PasswordSignIn | None:
        settings = self.settings
        if settings.sign_in.openid:
            return SignIn(
                self,
                "sign_in",
                settings=settings.sign_in.openid,
                name=settings.full_name,
                load_balancer=self.load_balancer,
                region=settings.region,
            )
        if settings.sign_in.mode != "password":
            return None
        return PasswordSignIn(
            self,
            "admin_password",
            name=settings.full_name,
            default_permission=settings.sign_in.default_permission,
            key=self.key,
            kept=settings.protected,
        )

    def _key(self) -> AnyKey | None:
        """Another team's key where one is given, else one of its own; None leaves the encryption to AWS's keys."""
        settings = self.settings
        if arn := self.given.text("kms_key_arn"):
            return GivenKey(arn=arn, region=settings.region)
        if not settings.encryption.create_kms_key:
            return None
        return EncryptionKey(
            self,
            "key",
            settings=settings.encryption,
            alias=f"alias/{settings.full_name}",
            description=f"{settings.full_name}: database, artifacts, images, secrets and logs",
            account=self.account,
            prevent_destroy=settings.protected,
        )

    def _bucket_name(self, kind: str) -> str:
        """Bucket names are shared by all AWS accounts: number and region make these ours."""
        settings = self.settings
        return f"{settings.full_name}-{kind}-{self.account.account_id}-{settings.region}"

    def _build_image(self) -> str:
        """The URI of the image that this plan builds."""
        built = BuiltImage(
            self,
            "image",
            settings=self.settings.image,
            repository=self.repository,
            account=self.account,
            context=IMAGE_CONTEXT,
        )
        self.pin_docker_provider()
        # An apply that cannot build changes nothing, as everything waits for the engine's answer.
        self.claim.depends_on = [built.engine_check]
        return built.uri


def _adopted_database(adopt: AdoptSettings) -> AdoptedDatabase | None:
    if adopt.database_instance is None or adopt.database_subnet_group is None:
        return None
    return AdoptedDatabase(identifier=adopt.database_instance, subnet_group=adopt.database_subnet_group)
