"""The MLflow platform of one environment: one stack, one plan."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cdktf import App, TerraformResource

from modules.account import Account
from modules.artifact_store import ArtifactStore
from modules.database import Database
from modules.image import BuiltImage, ImageRepository, grant_pull, repository_arn_of
from modules.load_balancer import LoadBalancer
from modules.network import Network
from modules.tracking_service import CONTAINER_PORT, TrackingService
from stacks.base import AppStack
from stacks.given import GivenValues, network_of
from stacks.moves import MOVED
from stacks.outputs import TRACKING_OUTPUTS, publish
from stacks.settings import EnvironmentSettings
from stacks.sharing import parameter_reader_policy, state_reader_policy

IMAGE_CONTEXT = Path(__file__).resolve().parent.parent / "docker"
# The server closes an idle connection later than the load balancer does, or a request sent in between is a 502
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
KEEP_ALIVE_MARGIN_SECONDS = 5
# A person with a forwarded port (ECS exec, Session Manager) comes by these names.
LOCAL_HOSTS = ("localhost", "127.0.0.1")


class TrackingStack(AppStack):
    """Network, database, artifact store, registry, image, load balancer and service of one environment.

    Args:
        settings: the environment's; validated, every default filled in.
    """

    def __init__(self, scope: App, *, settings: EnvironmentSettings) -> None:
        super().__init__(scope, settings.stack_name, region=settings.region, tags=default_tags(settings))
        self._settings = settings
        self._keep_state()
        self.account = Account(self, "account", region=settings.region)
        self.given = GivenValues(self, settings=settings)
        self.network = network_of(self, settings=settings, account=self.account, given=self.given)
        self.database = self._database()
        self.artifact_store = self._artifact_store()
        self.repository = self._repository()
        self.load_balancer = self._load_balancer()
        self.service = self._service()
        self.moved(MOVED)
        publish(self, TRACKING_OUTPUTS, self._outputs(), environment=settings.environment)

    def _keep_state(self) -> None:
        state = self._settings.state
        if state.bucket is None:
            self.keep_state_in_file()
            print(
                f"{self._settings.stack_name}: state in the local file terraform.{self._settings.stack_name}.tfstate; "
                "`make state` or state.bucket shares it",
                file=sys.stderr,
            )
            return
        self.keep_state_in_bucket(
            bucket=state.bucket,
            key=self._settings.state_key,
            region=self._settings.state_region,
            kms_key_id=state.encryption_key,
            role_arn=state.role_arn,
            account_id=state.account_id,
        )

    def _database(self) -> Database:
        database = self._settings.database
        return Database(
            self,
            "database",
            name=self._settings.full_name,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids,
            engine_version=database.engine_version,
            instance_class=database.instance_class,
            allocated_storage_gib=database.allocated_storage_gib,
            database_name=database.name,
            username=database.username,
            backup_retention_days=database.backup_retention_days,
            multi_az=database.multi_az,
            deletion_protection=database.deletion_protection,
            skip_final_snapshot=database.skip_final_snapshot,
            apply_immediately=database.apply_immediately,
        )

    def _artifact_store(self) -> ArtifactStore:
        store = self._settings.artifact_store
        return ArtifactStore(
            self,
            "artifact_store",
            # Bucket names are shared by all AWS accounts: number and region make this one ours.
            bucket_name=f"{self._settings.full_name}-artifacts-{self.account.account_id}-{self._settings.region}",
            force_destroy=store.force_destroy,
            noncurrent_version_retention_days=store.noncurrent_version_retention_days,
        )

    def _repository(self) -> ImageRepository:
        image = self._settings.image
        return ImageRepository(
            self,
            "repository",
            name=self._settings.full_name,
            retained_images=image.retained_images,
            force_delete=image.force_delete,
        )

    def _load_balancer(self) -> LoadBalancer:
        balancer = self._settings.load_balancer
        return LoadBalancer(
            self,
            "load_balancer",
            name=self._settings.full_name,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.private_subnet_ids
            if balancer.internal
            else self.network.public_subnet_ids,
            internal=balancer.internal,
            allowed_cidrs=balancer.allowed_cidrs,
            idle_timeout_seconds=balancer.idle_timeout_seconds,
            deletion_protection=balancer.deletion_protection,
        )

    def _service(self) -> TrackingService:
        settings = self._settings.service
        service = TrackingService(
            self,
            "service",
            name=self._settings.full_name,
            account=self.account,
            vpc_id=self.network.vpc_id,
            subnet_ids=self.network.public_subnet_ids,
            log_retention_days=self._settings.logs.retention_days,
            permissions_boundary_arn=self.given.text("permissions_boundary_arn"),
        )
        self.database.allow_from(service)
        self.artifact_store.grant_read_write(service)
        self.load_balancer.forward_to(service)
        self.image_uri = self._image_for(service)
        service.run(
            image_uri=self.image_uri,
            platform=self._settings.image.platform,
            environment=self._container_environment(),
            cpu_units=settings.cpu_units,
            memory_mib=settings.memory_mib,
            desired_count=settings.desired_count,
            health_check_grace_period_seconds=settings.health_check_grace_period_seconds,
            enable_execute_command=settings.enable_execute_command,
        )
        return service

    def _image_for(self, service: TrackingService) -> str:
        """The image's URI: as given, or built in this plan; with the right to pull it granted to `service`."""
        image = self._settings.image
        if image.uri is not None:
            if arn := repository_arn_of(image.uri, account=self.account):
                grant_pull(service, arn)
            return image.uri
        self.repository.grant_pull(service)
        built = BuiltImage(
            self,
            "image",
            repository=self.repository,
            account=self.account,
            context=IMAGE_CONTEXT,
            base_image=image.base_image,
            platform=image.platform,
            revision=image.revision,
            registry_credentials=image.registry_credentials,
            build_network_mode=image.build_network_mode,
            build_secrets=image.build_secrets,
        )
        self.pin_docker_provider()
        # Whatever depends on nothing else waits for the engine's answer: an apply that cannot build changes nothing.
        for first in (
            *self._first_in_network(service),
            self.artifact_store.bucket,
            self.repository.repository,
            service.cluster,
            service.log_group,
            service.task_role,
            service.execution_role,
        ):
            first.depends_on = [built.engine_check]
        return built.uri

    def _first_in_network(self, service: TrackingService) -> list[TerraformResource]:
        """What of the network, or in another team's, depends on nothing that the plan makes."""
        if isinstance(self.network, Network):
            return [self.network.vpc]
        owners = (self.load_balancer, self.database, service)
        groups: list[TerraformResource] = [owner.security_group.group for owner in owners]
        return [*groups, self.load_balancer.target_group, self.database.subnet_group]

    def _container_environment(self) -> dict[str, str]:
        """The server's variables; `docs/image.md` says what each does. None is a secret."""
        settings = self._settings.service
        hosts = (self.load_balancer.dns_name, *LOCAL_HOSTS)
        return {
            **settings.environment,
            "AWS_DEFAULT_REGION": self._settings.region,
            "AWS_REGION": self._settings.region,
            "MLFLOW_ARTIFACTS_DESTINATION": f"s3://{self.artifact_store.bucket_name}",
            "MLFLOW_BACKEND_STORE_URI": self.database.uri,
            "MLFLOW_DATABASE_SECRET_ARN": self.database.secret_arn,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_HOST": "0.0.0.0",
            "MLFLOW_KEEP_ALIVE_SECONDS": str(
                self.load_balancer.idle_timeout_seconds + KEEP_ALIVE_MARGIN_SECONDS
            ),
            "MLFLOW_PORT": str(CONTAINER_PORT),
            "MLFLOW_S3_EXPECTED_BUCKET_OWNER": self.account.account_id,
            # MLflow compares the Host header exactly, so each name is listed with and without a port.
            "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(f"{host},{host}:*" for host in hosts),
            "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": self.load_balancer.url,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": json.dumps(settings.job_execution),
            "MLFLOW_WORKERS": str(settings.workers),
            "PGSSLMODE": "verify-full",
        }

    def _outputs(self) -> dict[str, str | list[str] | None]:
        return {
            "MLFLOW_TRACKING_URI": self.load_balancer.url,
            "vpc_id": self.network.vpc_id,
            "public_subnet_ids": self.network.public_subnet_ids,
            "private_subnet_ids": self.network.private_subnet_ids,
            "load_balancer_arn": self.load_balancer.arn,
            "load_balancer_dns_name": self.load_balancer.dns_name,
            "load_balancer_zone_id": self.load_balancer.zone_id,
            "load_balancer_security_group_id": self.load_balancer.security_group.security_group_id,
            "target_group_arn": self.load_balancer.target_group_arn,
            "cluster_arn": self.service.cluster_arn,
            "cluster_name": self.service.cluster_name,
            "service_name": self.service.service_name,
            "service_security_group_id": self.service.security_group.security_group_id,
            "task_definition_arn": self.service.task_definition_arn,
            "task_execution_role_arn": self.service.execution_role_arn,
            "task_role_arn": self.service.task_role_arn,
            "log_group_name": self.service.log_group_name,
            "repository_url": self.repository.url,
            "image_uri": self.image_uri,
            "database_endpoint": self.database.endpoint,
            "database_name": self.database.database_name,
            "database_secret_arn": self.database.secret_arn,
            "database_security_group_id": self.database.security_group.security_group_id,
            "artifact_bucket_name": self.artifact_store.bucket_name,
            "artifact_bucket_arn": self.artifact_store.bucket_arn,
            "parameter_reader_policy_json": parameter_reader_policy(
                partition=self.account.partition,
                region=self._settings.region,
                account_id=self.account.account_id,
                environment=self._settings.environment,
            ),
            "state_reader_policy_json": self._state_reader_policy(),
        }

    def _state_reader_policy(self) -> str | None:
        state = self._settings.state
        if state.bucket is None:
            return None
        return state_reader_policy(
            partition=self.account.partition,
            region=self._settings.state_region,
            # The account of a role to assume for the state has its key, too.
            account_id=state.role_arn.split(":")[4] if state.role_arn else self.account.account_id,
            bucket=state.bucket,
            key=self._settings.state_key,
            kms_key_id=state.encryption_key,
        )


def default_tags(settings: EnvironmentSettings) -> dict[str, str]:
    """On everything: what it belongs to and who manages it; the environment's own tags win."""
    return {
        "Application": settings.name,
        "Environment": settings.environment,
        "ManagedBy": "terraform",
        **settings.tags,
    }
