"""The server's image: its repository, and the image, built in the same plan or given."""

from __future__ import annotations

from pathlib import Path

from constructs import Construct

from modules.common.account import Account
from modules.encryption.key import AnyKey
from modules.image.image import BuiltImage, ImageRepository, grant_pull, repository_arn_of
from modules.service.service import Service
from stacks.settings import EnvironmentSettings

IMAGE_CONTEXT = Path(__file__).resolve().parents[2] / "docker"


def repository_of(scope: Construct, *, settings: EnvironmentSettings, key: AnyKey | None) -> ImageRepository:
    """The repository; there is one also where another image runs. An adopted one keeps the encryption it was made with:
    ECR changes that of none."""
    image = settings.image
    return ImageRepository(
        scope,
        "repository",
        name=settings.adopt.repository or settings.full_name,
        retained_images=image.retained_images,
        force_delete=image.force_delete,
        scan_on_push=image.scan == "on_push",
        key=None if settings.adopt.repository else key,
    )


def built_image_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, repository: ImageRepository
) -> BuiltImage:
    """The image that this plan builds and pushes."""
    image = settings.image
    return BuiltImage(
        scope,
        "image",
        repository=repository,
        account=account,
        context=IMAGE_CONTEXT,
        base_image=image.base_image,
        platform=image.platform,
        revision=image.revision,
        registry_credentials=image.registry_credentials,
        build_network_mode=image.build_network_mode,
        build_secrets=image.build_secrets,
    )


def grant_pull_of(
    uri: str | None, service: Service, *, account: Account, repository: ImageRepository
) -> None:
    """Lets the service's tasks pull what runs: the given image where it is in ECR, or this repository's."""
    if uri is None:
        repository.grant_pull(service)
    elif arn := repository_arn_of(uri, account=account):
        grant_pull(service, arn)
