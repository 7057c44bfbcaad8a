"""The table `image`: the server's image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from modules.common import aws
from modules.common.deletion import ON_PURPOSE
from modules.service import values as container
from settings.language.errors import Refusal
from settings.language.setting import (
    AWS,
    BOOLEAN,
    FROZEN,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    between,
    is_set,
    no_entries,
    one_of,
)

BuildSecrets = Annotated[
    Mapping[Annotated[str, one_of(container.BUILD_SECRETS)], Annotated[str, container.BUILD_SECRET_SOURCE]],
    *FROZEN,
]


class ImageSettings(Section):
    """The server's image: built in the same plan, or an existing one."""

    uri: Annotated[
        str | None,
        Setting(
            "Existing image to run. Default: the image is built and pushed in the same plan",
            aws.IMAGE,
            f"{AWS}/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
        ),
        Unsafe(
            lambda uri: uri is not None and not aws.IMAGE_BY_DIGEST.fullmatch(uri),
            Refusal(
                "A tag can be pushed again: tasks of one service could run different images.",
                "an image by digest in production: <registry>/<repository>@sha256:<64 hex digits>",
                "add the digest, which `docker buildx imagetools inspect` and ECR show; or leave image.uri out.",
            ),
        ),
    ] = None
    repository_credentials_arn: Annotated[
        str | None,
        Setting(
            "Secret in Secrets Manager with `username` and `password` for the registry of `uri`, if it is"
            " private and not ECR",
            aws.SECRET_ARN,
            f"{AWS}/AmazonECS/latest/developerguide/private-auth.html",
        ),
    ] = None
    repository_credentials_kms_key_arn: Annotated[
        str | None,
        Setting(
            "KMS key that encrypts this secret, if it is not AWS's own key",
            aws.KMS_KEY_ARN,
            f"{AWS}/AmazonECS/latest/developerguide/private-auth.html",
        ),
    ] = None
    base_image: Annotated[
        str,
        Setting("Base image of the build: Debian with Python 3.12, or compatible", aws.IMAGE),
    ] = "public.ecr.aws/docker/library/python:3.12-slim-bookworm"
    platform: Annotated[
        Literal["linux/amd64", "linux/arm64"],
        Setting(
            "Processor architecture of the image and the tasks",
            Allowed('"linux/amd64" or "linux/arm64"'),
            f"{AWS}/AmazonECS/latest/developerguide/ecs-arm64.html",
        ),
    ] = "linux/amd64"
    registry_credentials: Annotated[
        Literal["token", "docker_config"],
        Setting(
            "Login of the push to ECR: a token, which is in the state and valid for twelve hours, or the "
            "Docker configuration of the machine, which leaves nothing in the state",
            Allowed('"token" or "docker_config"'),
            f"{AWS}/AmazonECR/latest/userguide/registry_auth.html",
        ),
    ] = "token"
    retained_images: Annotated[
        int,
        Setting(
            "Number of images that the repository keeps",
            between(1, 10000, "images"),
            f"{AWS}/AmazonECR/latest/userguide/LifecyclePolicies.html",
        ),
    ] = 10
    force_delete: Annotated[
        bool,
        Setting(
            "`destroy` also deletes the images; false makes it stop at a repository that is not empty",
            BOOLEAN,
            f"{AWS}/AmazonECR/latest/userguide/repository-delete.html",
            defaults=Defaults(demo=True, production=False),
        ),
        Unsafe(
            is_set,
            Refusal(
                "`destroy` would delete the images that you could roll back to.",
                "false in production",
                f"remove the line. {ON_PURPOSE}",
            ),
        ),
    ]
    scan: Annotated[
        Literal["on_push", "registry"],
        Setting(
            "Scan for known vulnerabilities: ECR's basic scan on each push, or the scanning configuration"
            " of the account's registry, such as Amazon Inspector",
            Allowed('"on_push" or "registry"'),
            f"{AWS}/AmazonECR/latest/userguide/image-scanning.html",
        ),
    ] = "on_push"
    build_network_mode: Annotated[
        Literal["default", "host", "none"] | None,
        Setting(
            "Network of the build's RUN steps. Default: that of the builder",
            Allowed('"default", "host" or "none"'),
            "https://docs.docker.com/reference/cli/docker/buildx/build/#network",
        ),
    ] = None
    build_secrets: Annotated[
        BuildSecrets,
        Setting(
            "Files that the build can read and that do not end up in the image: `ca_bundle`, additional "
            "certificates (PEM), and `pip_conf`, a pip.conf",
            Allowed("ca_bundle and pip_conf, each the absolute path of a file or env:<variable>"),
            "https://docs.docker.com/build/building/secrets/",
        ),
    ] = Field(default_factory=no_entries)
    revision: Annotated[
        int,
        Setting(
            "Increase it to build again from the same files under a new tag, to get fixes of the base image",
            between(1, 1_000_000),
        ),
    ] = 1
