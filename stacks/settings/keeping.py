"""What things are kept in: an environment's tables `network`, `database`, `artifact_store`, `logs`, `state`.

A field without a default here has one in `profiles.PROFILES`, or has to be set.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from stacks.settings import aws, network
from stacks.settings.checks import AWS, BOOLEAN, Allowed, Section, Setting, between

SUBNETS = f"{AWS}/vpc/latest/userguide/subnet-sizing.html"
RDS = f"{AWS}/AmazonRDS/latest"
CREATE_DB_INSTANCE = f"{RDS}/APIReference/API_CreateDBInstance.html"
BACKEND = "https://developer.hashicorp.com/terraform/language/backend/s3"
S3_GUIDE = f"{AWS}/AmazonS3/latest/userguide"
# Where, in the bucket that it makes, the stack `state` keeps its own state.
STATE_STACK_KEY = "mlflow/state/terraform.tfstate"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Blocks = Annotated[tuple[Annotated[str, Strict(), network.BLOCK], ...], Strict(False)]
Zones = Annotated[tuple[Annotated[str, Strict()], ...], Strict(False)]
SubnetIds = Annotated[tuple[Annotated[str, Strict(), aws.SUBNET_ID], ...], Strict(False)]


class NetworkSettings(Section):
    """The VPC and its subnets: made here, or another team's by their ids."""

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
            Allowed("2 to 6 networks inside the VPC's, /16 to /28, none overlapping; a load balancer's /27"),
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
    vpc_id: Annotated[
        str | None,
        Setting(
            "Another team's VPC; left out, a VPC is made",
            aws.VPC_ID,
            f"{AWS}/vpc/latest/userguide/configure-your-vpc.html",
        ),
    ] = None
    public_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Its subnets with a route to an internet gateway, for the load balancer and the tasks",
            Allowed(f"2 or more, one in each zone, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None
    private_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Its subnets for the database (and for an internal load balancer)",
            Allowed(f"2 or more, one in each zone, in the public ones' zones, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None


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
        int, Setting("Storage (gp3), in GiB", aws.STORAGE_GIB, f"{RDS}/UserGuide/CHAP_Storage.html")
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
            "The state's key in the bucket; left out, <key_prefix>/<environment>/terraform.tfstate",
            aws.STATE_KEY,
            f"{BACKEND}#s3-state-storage",
        ),
    ] = None
    key_prefix: Annotated[
        str | None,
        Setting(
            "What the key begins with; left out, mlflow",
            aws.KEY_PREFIX,
            f"{BACKEND}#s3-state-storage",
        ),
    ] = None
    region: Annotated[
        str | None, Setting("The bucket's region; left out, the environment's", aws.REGION, BACKEND)
    ] = None
    kms_key_id: Annotated[
        str | None,
        Setting(
            "The KMS key that encrypts the state; left out, S3's own keys do, whatever the bucket's default is",
            aws.KMS_KEY_ID,
            BACKEND,
        ),
    ] = None
    role_arn: Annotated[
        str | None,
        Setting(
            "The role to assume for the state, such as one in another account",
            aws.ROLE_ARN,
            f"{BACKEND}#assume-role-configuration",
        ),
    ] = None
    account_id: Annotated[
        str | None,
        Setting(
            "The account of the credentials that reach the state: with any other, Terraform stops",
            aws.ACCOUNT_ID,
            f"{BACKEND}#allowed_account_ids",
        ),
    ] = None
    managed: Annotated[
        bool,
        Setting("`make state` makes the bucket and keeps it up, as the stack `state`", BOOLEAN),
    ] = False
    own_kms_key: Annotated[
        bool,
        Setting(
            "A managed bucket gets a KMS key of its own, which rotates every year",
            BOOLEAN,
            f"{S3_GUIDE}/UsingKMSEncryption.html",
        ),
    ] = False
    access_log_bucket: Annotated[
        str | None,
        Setting(
            "The bucket that gets the access logs of a managed bucket; it has to let S3 write them",
            aws.BUCKET_NAME,
            f"{S3_GUIDE}/ServerLogs.html",
        ),
    ] = None
    noncurrent_version_retention_days: Annotated[
        int,
        Setting(
            "How long an earlier state in a managed bucket can be brought back, in days",
            between(1, 36500, "days"),
            f"{S3_GUIDE}/intro-lifecycle-rules.html",
        ),
    ] = 90

    @property
    def own_key_alias(self) -> str | None:
        """The alias of a managed bucket's own key, if it has one."""
        return key_alias_of(self.bucket) if self.bucket and self.own_kms_key else None

    @property
    def encryption_key(self) -> str | None:
        """The KMS key that the state is written with; None leaves it to S3's own."""
        return self.kms_key_id or self.own_key_alias


def key_alias_of(bucket: str) -> str:
    """What the own key of a managed bucket is found by (an alias has no dots)."""
    return f"alias/{bucket.replace('.', '-')}"
