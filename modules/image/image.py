"""The server's image: the repository, and the image itself, built and pushed in the same plan or given."""

from __future__ import annotations

import json
from pathlib import Path

from cdktf import AssetType, TerraformAsset, TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_ecr_authorization_token import DataAwsEcrAuthorizationToken
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from cdktf_cdktf_provider_docker.provider import DockerProvider, DockerProviderRegistryAuth
from cdktf_cdktf_provider_docker.registry_image import RegistryImage
from constructs import Construct

from modules.common.account import Account
from modules.encryption.key import AnyKey
from modules.image.build_context import DOCKERFILE, image_hash
from modules.image.pull import grant_pull
from modules.image.settings import ImageSettings
from modules.service.service import Service

# As much of the hash as a tag needs to be unique among the images that a repository keeps.
TAG_LENGTH = 16
# Beside the synthesized JSON, where Terraform runs.
BUILD_LOG = "image-build.log"
# The only resource of the Docker provider, where the construct below has the id `image`.
BUILT_IMAGE = "docker_registry_image.image"


class ImageRepository(Construct):
    """An ECR repository: tags never move, images are scanned, the last ones are kept to roll back to
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html).

    Args:
        settings: the table `image`.
        name: of the repository.
        key: encrypts the images, by grants that ECR makes itself; None leaves it to S3's own keys. A repository that is
            there keeps what it has (https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html).

    Attributes:
        repository: the resource itself.
        url: `<account>.dkr.ecr.<region>.<suffix>/<name>`.
        arn: of the repository.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ImageSettings,
        name: str,
        key: AnyKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.repository = EcrRepository(
            self,
            "resource",
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                # Otherwise the registry's own configuration, which is the account's, says what is scanned.
                scan_on_push=settings.scan == "on_push"
            ),
            encryption_configuration=[
                EcrRepositoryEncryptionConfiguration(encryption_type="KMS", kms_key=key.arn)
            ]
            if key
            else None,
            force_delete=settings.force_delete,
            # One that was there before has another key, and Terraform would make a new, empty one to give it ours.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["encryption_configuration"]),
        )
        self.url: str = self.repository.repository_url
        self.arn: str = self.repository.arn
        EcrLifecyclePolicy(
            self,
            "lifecycle_policy",
            repository=self.repository.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": f"Keep the last {settings.retained_images} images",
                            "selection": {
                                "tagStatus": "any",
                                "countType": "imageCountMoreThan",
                                "countNumber": settings.retained_images,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
        )

    def grant_pull(self, service: Service) -> None:
        """Lets ECS pull this repository's images for the service's tasks."""
        grant_pull(service, self.arn)


class BuiltImage(Construct):
    """The image, built from a Dockerfile and pushed by the Docker provider in the same plan.

    One `docker_registry_image` with a `build` block, rather than a `docker_image` and a push: it refreshes from the
    registry alone, so a plan needs no Docker engine and is the same on every machine
    (https://registry.terraform.io/providers/kreuzwerker/docker/latest/docs/resources/registry_image). Only an apply
    that builds needs an engine; `engine_check` then fails before anything else is changed.

    Args:
        settings: the table `image`. Its `base_image`, `platform` and `revision` are part of the tag.
        repository: where the image is pushed.
        account: whose registry that is.
        context: the folder with the Dockerfile.

    Attributes:
        uri: repository and digest.
        engine_check: the address of what everything else in the plan has to wait for.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ImageSettings,
        repository: ImageRepository,
        account: Account,
        context: Path,
    ) -> None:
        super().__init__(scope, id)
        build_args = {"BASE_IMAGE": settings.base_image}
        digest = image_hash(
            context, {"build_args": build_args, "platform": settings.platform, "revision": settings.revision}
        )
        tag = digest[:TAG_LENGTH]
        files = TerraformAsset(self, "context", path=str(context), type=AssetType.DIRECTORY, asset_hash=tag)
        # cdktf's own class for it, DataResource, runs `terraform version` in every synthesis.
        engine_check = TerraformResource(self, "engine_check", terraform_resource_type="terraform_data")
        engine_check.add_override("triggers_replace", {"tag": tag})
        engine_check.add_override("provisioner", [{"local-exec": {"command": _engine_check_command(tag)}}])
        self._provider(account, settings.registry_credentials)
        image = RegistryImage(
            self,
            "resource",
            name=f"{repository.url}:{tag}",
            # Images stay to roll back to; the repository's lifecycle rule expires them.
            keep_remotely=True,
            depends_on=[engine_check],
            lifecycle=TerraformResourceLifecycle(
                # A build that fails leaves the image before it in the state.
                create_before_destroy=True,
                # The tag identifies everything that shapes the image; what is left in `build` (a path of a secret, the
                # network the build uses) may differ from machine to machine without a new image.
                ignore_changes=["build"],
            ),
        )
        build = {
            "context": files.path,
            "dockerfile": DOCKERFILE,
            "platform": settings.platform,
            # If left out, it is the value of BUILDX_BUILDER on the machine that plans.
            "builder": "",
            # The error on the screen names only the step that failed.
            "build_log_file": BUILD_LOG,
            "build_args": build_args,
            "network_mode": settings.build_network_mode,
            "secrets": [_secret(id, source) for id, source in sorted(settings.build_secrets.items())] or None,
            # An attestation holds the builder's address and times: the same files would have a new digest each time.
            "provenance": "false",
        }
        image.add_override("build", {key: value for key, value in build.items() if value is not None})
        self.tag = tag
        self.engine_check = f"terraform_data.{engine_check.friendly_unique_id}"
        self.uri = f"{repository.url}@{image.sha256_digest}"

    def _provider(self, account: Account, registry_credentials: str) -> None:
        # Named from parts that are known at plan time: the provider is configured before the repository exists.
        registry = f"{account.account_id}.dkr.ecr.{account.region}.{account.dns_suffix}"
        # With the address alone the provider asks the machine's Docker configuration, credential helpers included.
        credentials = DockerProviderRegistryAuth(address=registry)
        if registry_credentials == "token":
            token = DataAwsEcrAuthorizationToken(self, "authorization_token")
            credentials = DockerProviderRegistryAuth(
                address=registry, username=token.user_name, password=token.password
            )
        provider = DockerProvider(self, "docker", registry_auth=[credentials])
        # A plan reads the registry only: it must not ask for an engine.
        provider.add_override("disable_docker_daemon_check", True)


def _secret(id: str, source: str) -> dict[str, str]:
    variable = source.removeprefix("env:")
    return {"id": id, "src": source} if variable == source else {"id": id, "env": variable}


def _engine_check_command(tag: str) -> str:
    remedy = (
        f"Image {tag} has to be built, and no Docker engine answers. Nothing has been changed. "
        "Start Docker, or point DOCKER_HOST at an engine, and apply again; or name a finished image in image.uri."
    )
    # Understood by sh and by cmd.exe.
    return f'docker version --format "Docker engine {{{{.Server.Version}}}}" || (echo "{remedy}" && exit 1)'
