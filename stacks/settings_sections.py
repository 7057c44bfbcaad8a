"""The tables of an environment's file: every setting with its type, its default and what it accepts.

A field without a default here has one in `settings_profiles.PROFILES`, or has to be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, Strict

from stacks import settings_aws as aws
from stacks import settings_container as container
from stacks import settings_network as network
from stacks.settings_checks import Allowed, Setting, between, one_of

AWS = "https://docs.aws.amazon.com"
FARGATE = f"{AWS}/AmazonECS/latest/developerguide/fargate-tasks-services.html"
SUBNETS = f"{AWS}/vpc/latest/userguide/subnet-sizing.html"
RDS = f"{AWS}/AmazonRDS/latest"
CREATE_DB_INSTANCE = f"{RDS}/APIReference/API_CreateDBInstance.html"
BALANCER = f"{AWS}/elasticloadbalancing/latest/application"
BACKEND = "https://developer.hashicorp.com/terraform/language/backend/s3"
BOOLEAN = Allowed("true or false")

Text = Annotated[str, Strict()]
# Strict takes no list for a tuple, so that the items are strict and the list is not.
Cidrs = Annotated[tuple[Annotated[str, Strict(), network.RANGE], ...], Strict(False)]
Blocks = Annotated[tuple[Annotated[str, Strict(), network.BLOCK], ...], Strict(False)]
Zones = Annotated[tuple[Text, ...], Strict(False)]
# A frozen model with a dict in it could be changed all the same.
FROZEN = (AfterValidator(MappingProxyType), PlainSerializer(dict))
Variables = Annotated[
    Mapping[Annotated[str, container.VARIABLE_NAME], Annotated[str, container.VARIABLE_VALUE]], *FROZEN
]
Tags = Annotated[Mapping[Annotated[str, container.TAG_KEY], Annotated[str, container.TAG_VALUE]], *FROZEN]
BuildSecrets = Annotated[
    Mapping[Annotated[str, one_of(container.BUILD_SECRETS)], Annotated[str, container.BUILD_SECRET_SOURCE]],
    *FROZEN,
]


def no_entries() -> Mapping[str, str]:
    """The default of a table people may add to."""
    return MappingProxyType({})


class Section(BaseModel):
    """Frozen, without unknown names, and without conversions: a value is what was written, or it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class NetworkSettings(Section):
    """The VPC and its subnets."""

    vpc_cidr: Annotated[
        str,
        Setting("The VPC's IPv4 network", network.BLOCK, f"{AWS}/vpc/latest/userguide/vpc-cidr-blocks.html"),
    ] = "10.0.0.0/16"
    availability_zones: Annotated[
        Zones | None,
        Setting(
            "The zones to use, one for each pair of subnets; left out, the region's first",
            Allowed("different zones of the region, as many as there are public subnets"),
            f"{AWS}/global-infrastructure/latest/regions/aws-availability-zones.html",
        ),
    ] = None
    public_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "The subnets of the load balancer and the tasks, one in each zone",
            Allowed(
                "2 to 6 networks inside the VPC's, /16 to /28, none overlapping; a load balancer's at least /27"
            ),
            SUBNETS,
        ),
    ] = ("10.0.1.0/24", "10.0.2.0/24")
    private_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "The subnets of the database (and of an internal load balancer), one in each zone",
            Allowed("as many as there are public subnets, inside the VPC's network, none overlapping"),
            SUBNETS,
        ),
    ] = ("10.0.10.0/24", "10.0.20.0/24")


class DatabaseSettings(Section):
    """The backend store: RDS for PostgreSQL."""

    engine_version: Annotated[
        str,
        Setting(
            "PostgreSQL's version; a major one alone lets RDS pick the minor one",
            aws.ENGINE_VERSION,
            f"{RDS}/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
        ),
    ] = "16"
    instance_class: Annotated[
        str,
        Setting("The instance class", aws.INSTANCE_CLASS, f"{RDS}/UserGuide/Concepts.DBInstanceClass.html"),
    ]
    allocated_storage_gib: Annotated[
        int, Setting("gp3 storage, in GiB", aws.STORAGE_GIB, f"{RDS}/UserGuide/CHAP_Storage.html")
    ] = 20
    name: Annotated[str, Setting("The database's name", aws.DATABASE_NAME, CREATE_DB_INSTANCE)] = "mlflow"
    username: Annotated[
        str,
        Setting(
            "The master user, as whom the server connects; RDS makes and rotates the password",
            aws.USERNAME,
            CREATE_DB_INSTANCE,
        ),
    ] = "mlflow_user"
    backup_retention_days: Annotated[
        int,
        Setting(
            "How long automated backups are kept, in days",
            aws.BACKUP_RETENTION_DAYS,
            f"{RDS}/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
        ),
    ]
    multi_az: Annotated[
        bool,
        Setting("A standby in a second zone", BOOLEAN, f"{RDS}/UserGuide/Concepts.MultiAZSingleStandby.html"),
    ]
    deletion_protection: Annotated[
        bool,
        Setting("RDS refuses to delete the instance", BOOLEAN, f"{RDS}/UserGuide/USER_DeleteInstance.html"),
    ]
    skip_final_snapshot: Annotated[
        bool,
        Setting("No snapshot is made on deletion", BOOLEAN, f"{RDS}/UserGuide/USER_DeleteInstance.html"),
    ]
    apply_immediately: Annotated[
        bool,
        Setting(
            "A change that interrupts the database does not wait for the maintenance window",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_ModifyInstance.ApplyImmediately.html",
        ),
    ]


class ArtifactStoreSettings(Section):
    """The bucket of the artifacts."""

    force_destroy: Annotated[
        bool,
        Setting(
            "`destroy` deletes the artifacts too, rather than stopping at a bucket that is not empty",
            BOOLEAN,
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket#force_destroy",
        ),
    ]
    noncurrent_version_retention_days: Annotated[
        int,
        Setting(
            "How long overwritten and deleted artifacts can be brought back, in days",
            between(1, 36500, "days"),
            f"{AWS}/AmazonS3/latest/userguide/intro-lifecycle-rules.html",
        ),
    ]


class ImageSettings(Section):
    """The server's image: built in the same plan, or a finished one."""

    uri: Annotated[
        str | None,
        Setting(
            "A finished image to run; left out, the image is built and pushed in the same plan",
            aws.IMAGE,
            f"{AWS}/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
        ),
    ] = None
    base_image: Annotated[
        str,
        Setting("What the image is built from: Debian with Python 3.12 or compatible", aws.IMAGE),
    ] = "public.ecr.aws/docker/library/python:3.12-slim-bookworm"
    platform: Annotated[
        Literal["linux/amd64", "linux/arm64"],
        Setting(
            "The processor the image is built for and the tasks run on",
            Allowed('"linux/amd64" or "linux/arm64"'),
            f"{AWS}/AmazonECS/latest/developerguide/ecs-arm64.html",
        ),
    ] = "linux/amd64"
    registry_credentials: Annotated[
        Literal["token", "docker_config"],
        Setting(
            "How the push logs in to ECR: a token (which stands in the state for its twelve hours), or this machine's "
            "Docker configuration (which leaves nothing there)",
            Allowed('"token" or "docker_config"'),
            f"{AWS}/AmazonECR/latest/userguide/registry_auth.html",
        ),
    ] = "token"
    retained_images: Annotated[
        int,
        Setting(
            "How many images the repository keeps, to roll back to",
            between(1, 10000, "images"),
            f"{AWS}/AmazonECR/latest/userguide/LifecyclePolicies.html",
        ),
    ] = 10
    force_delete: Annotated[
        bool,
        Setting(
            "`destroy` deletes the images too, rather than stopping at a repository that is not empty",
            BOOLEAN,
            f"{AWS}/AmazonECR/latest/userguide/repository-delete.html",
        ),
    ]
    build_network_mode: Annotated[
        Literal["default", "host", "none"] | None,
        Setting(
            "The network of the build's RUN steps; left out, the builder's own",
            Allowed('"default", "host" or "none"'),
            "https://docs.docker.com/reference/cli/docker/buildx/build/#network",
        ),
    ] = None
    build_secrets: Annotated[
        BuildSecrets,
        Setting(
            "Files the build may read without their leaving a trace in the image: `ca_bundle`, more certificates to "
            "trust (PEM), and `pip_conf`, a pip.conf",
            Allowed("ca_bundle and pip_conf, each the absolute path of a file or env:<variable>"),
            "https://docs.docker.com/build/building/secrets/",
        ),
    ] = Field(default_factory=no_entries)
    revision: Annotated[
        int,
        Setting(
            "Raise it to build anew from the same files, under a new tag (for the base image's security fixes)",
            between(1, 1_000_000),
        ),
    ] = 1


class LoadBalancerSettings(Section):
    """The Application Load Balancer in front of the server."""

    internal: Annotated[
        bool,
        Setting(
            "In the private subnets, reachable from the VPC and what is connected to it only",
            BOOLEAN,
            f"{BALANCER}/application-load-balancers.html#load-balancer-scheme",
        ),
    ]
    allowed_cidrs: Annotated[
        Cidrs,
        Setting(
            "The networks whose clients may connect",
            Allowed(f"different networks, each {network.RANGE.text}"),
            f"{BALANCER}/load-balancer-update-security-groups.html",
        ),
    ]
    idle_timeout_seconds: Annotated[
        int,
        Setting(
            "How long a connection may be silent, in seconds: longer than the longest pause of an upload",
            aws.IDLE_TIMEOUT_SECONDS,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
    ] = 300
    deletion_protection: Annotated[
        bool,
        Setting(
            "AWS refuses to delete the load balancer",
            BOOLEAN,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
    ]


class ServiceSettings(Section):
    """The ECS service on Fargate that runs the server."""

    cpu_units: Annotated[
        int, Setting("CPU of each task, in units; 1,024 are one vCPU", aws.CPU_UNITS, FARGATE)
    ] = 512
    memory_mib: Annotated[int, Setting("Memory of each task, in MiB", aws.MEMORY_MIB, FARGATE)] = 1024
    desired_count: Annotated[
        int,
        Setting(
            "How many tasks run",
            aws.DESIRED_COUNT,
            f"{AWS}/AmazonECS/latest/developerguide/service-quotas.html",
        ),
    ]
    workers: Annotated[
        int,
        Setting(
            "The server's worker processes in each task", between(1, 128, "workers, as the memory allows")
        ),
    ] = 2
    job_execution: Annotated[
        bool, Setting("MLflow's background jobs, which need 2,560 MiB of memory or more", BOOLEAN)
    ] = False
    health_check_grace_period_seconds: Annotated[
        int,
        Setting(
            "How long a new task may fail its health checks, in seconds",
            between(0, 2_147_483_647, "seconds"),
            f"{AWS}/AmazonECS/latest/APIReference/API_CreateService.html",
        ),
    ] = 300
    enable_execute_command: Annotated[
        bool,
        Setting(
            "ECS Exec: a shell in a running task",
            BOOLEAN,
            f"{AWS}/AmazonECS/latest/developerguide/ecs-exec.html",
        ),
    ]
    environment: Annotated[
        Variables,
        Setting(
            "More variables for the server, name to value; no secrets",
            container.VARIABLE_NAME,
            "https://mlflow.org/docs/latest/api_reference/python_api/mlflow.environment_variables.html",
        ),
    ] = Field(default_factory=no_entries)


class LogsSettings(Section):
    """The server's log group in CloudWatch Logs."""

    retention_days: Annotated[
        int,
        Setting(
            "How long logs are kept, in days",
            aws.LOG_RETENTION_DAYS,
            f"{AWS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ),
    ]


class StateSettings(Section):
    """Where Terraform keeps what it knows. Without a bucket: in a local file."""

    bucket: Annotated[
        str | None, Setting("The S3 bucket of the state", aws.BUCKET_NAME, f"{BACKEND}#s3-state-storage")
    ] = None
    key: Annotated[
        str | None,
        Setting(
            "The state's key in the bucket; left out, mlflow/&lt;environment&gt;/terraform.tfstate",
            aws.STATE_KEY,
            f"{BACKEND}#s3-state-storage",
        ),
    ] = None
    region: Annotated[
        str | None, Setting("The bucket's region; left out, the environment's", aws.REGION, BACKEND)
    ] = None
    kms_key_id: Annotated[
        str | None,
        Setting("The KMS key that encrypts the state; left out, the bucket's own", aws.KMS_KEY_ID, BACKEND),
    ] = None
    role_arn: Annotated[
        str | None,
        Setting(
            "The role to assume for the state, such as one in another account",
            aws.ROLE_ARN,
            f"{BACKEND}#assume-role-configuration",
        ),
    ] = None
