"""What somebody made with CloudFormation: the stack of demo.template.yaml, with data in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws.account import ACCOUNT_ID
from tests.emulator.environments import REGION

TEMPLATE = Path(__file__).with_name("demo.template.yaml")
STACK = "mlflow"
BUCKET = f"mlflow-artifacts-{ACCOUNT_ID}-{REGION}"
DATABASE, SUBNET_GROUP = "mlflow-db", "mlflow-db-subnet-group"
REPOSITORY, LOG_GROUP = "mlflow-server", "/ecs/mlflow-server"
ARTIFACT, CONTENT = "1/0123456789abcdef/artifacts/model.txt", b"a model"
# What the environment takes over or stands in.
RETAINED = (
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECR::Repository",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBSubnetGroup",
    "AWS::S3::Bucket",
)

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Data:
    """What must outlive the change of owner.

    Attributes:
        artifact: an object's bytes.
        database: what RDS knows the instance by, whatever it is called.
        created: when the instance was made.
        images: digest → tag.
        log_streams: of the log group.
    """

    artifact: bytes
    database: str
    created: str
    images: dict[str, str]
    log_streams: list[str]


class TheirStack:
    """The stack, made by CloudFormation in `client`'s account."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._formation = client("cloudformation")
        password = {"ParameterKey": "DatabasePassword", "ParameterValue": "chosen-by-somebody"}
        self._formation.create_stack(
            StackName=STACK, TemplateBody=TEMPLATE.read_text(encoding="utf-8"), Parameters=[password]
        )
        self.outputs = self._outputs()
        self._complete()
        client("s3").put_object(Bucket=BUCKET, Key=ARTIFACT, Body=CONTENT)
        client("ecr").put_image(repositoryName=REPOSITORY, imageTag="latest", imageManifest=MANIFEST)
        client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName="mlflow/mlflow/1")

    def data(self) -> Data:
        """As it is now."""
        artifact = self._client("s3").get_object(Bucket=BUCKET, Key=ARTIFACT)["Body"].read()
        (instance,) = self._client("rds").describe_db_instances()["DBInstances"]
        images = self._client("ecr").list_images(repositoryName=REPOSITORY)["imageIds"]
        streams = self._client("logs").describe_log_streams(logGroupName=LOG_GROUP)["logStreams"]
        return Data(
            artifact=artifact,
            database=instance["DbiResourceId"],
            created=str(instance["InstanceCreateTime"]),
            images={image["imageDigest"]: image["imageTag"] for image in images},
            log_streams=[stream["logStreamName"] for stream in streams],
        )

    def retain(self) -> None:
        """Updates the stack so that its deletion leaves what is `RETAINED`; CloudFormation takes a changed
        `DeletionPolicy` only together with another change, so there is metadata, too."""
        added = r"\1\n    DeletionPolicy: Retain\n    Metadata: {Owner: terraform}"
        template = re.sub(
            rf"^(    Type: (?:{'|'.join(RETAINED)}))$",
            added,
            TEMPLATE.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        password = {"ParameterKey": "DatabasePassword", "UsePreviousValue": True}
        self._formation.update_stack(StackName=STACK, TemplateBody=template, Parameters=[password])

    def delete(self) -> None:
        """Deletes it, and with it whatever is not retained."""
        self._formation.delete_stack(StackName=STACK)

    def _outputs(self) -> dict[str, str]:
        (stack,) = self._formation.describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def _complete(self) -> None:
        """What the template says and moto's CloudFormation leaves out."""
        everything = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        self._client("ec2").modify_vpc_attribute(
            VpcId=self.outputs["VpcId"], EnableDnsHostnames={"Value": True}
        )
        of_the_vpc = [{"Name": "vpc-id", "Values": [self.outputs["VpcId"]]}]
        tables = self._client("ec2").describe_route_tables(Filters=of_the_vpc)["RouteTables"]
        (public,) = (table["RouteTableId"] for table in tables if len(table["Routes"]) > 1)
        for subnet in self.outputs["PublicSubnetIds"].split(","):
            self._client("ec2").associate_route_table(RouteTableId=public, SubnetId=subnet)
        self._client("s3").put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(everything, True)
        )
        self._client("ecr").put_image_scanning_configuration(
            repositoryName=REPOSITORY, imageScanningConfiguration={"scanOnPush": True}
        )


MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1,
            "digest": f"sha256:{'1' * 64}",
        },
        "layers": [],
    }
)
