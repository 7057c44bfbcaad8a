"""The rights to pull an image: from this environment's repository, another one in ECR, or another registry."""

from __future__ import annotations

from modules.common.account import Account
from modules.common.policies import Statement
from modules.encryption.key import use_of
from modules.image.ecr import ecr_image
from modules.image.settings import ImageSettings
from modules.service.service import Service


def grant_pull_of_existing(service: Service, *, settings: ImageSettings, account: Account) -> None:
    """Lets the service's tasks pull `settings.uri`; an image outside of ECR needs no right without a login."""
    if settings.uri and (arn := repository_arn_of(settings.uri, account=account)):
        grant_pull(service, arn)
    elif login := settings.repository_credentials_arn:
        grant_login(service, login, kms_key_arn=settings.repository_credentials_kms_key_arn)


def grant_pull(service: Service, repository_arn: str) -> None:
    """Lets ECS pull the images of one repository
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html)."""
    service.grant_execution(
        "image",
        # The call has no resource to narrow it by; the token it returns can do no more than the role.
        Statement(sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        Statement(
            sid="PullImage",
            actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
            resources=[repository_arn],
        ),
    )


def grant_login(service: Service, secret_arn: str, *, kms_key_arn: str | None) -> None:
    """Lets ECS read the login to another registry
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html).

    Args:
        secret_arn: of the secret with user and password.
        kms_key_arn: what it is encrypted with; None for AWS's own key, which needs no right.
    """
    statements = [
        Statement(sid="ReadLogin", actions=["secretsmanager:GetSecretValue"], resources=[secret_arn])
    ]
    if kms_key_arn:
        region = secret_arn.split(":")[3]
        statements.append(
            use_of(
                kms_key_arn,
                "DecryptLogin",
                actions=["kms:Decrypt"],
                via="secretsmanager",
                context={"SecretARN": secret_arn},
                region=region,
            )
        )
    service.grant_execution("image", *statements)


def repository_arn_of(image_uri: str, *, account: Account) -> str | None:
    """The ARN of the ECR repository that `image_uri` names; None for an image from elsewhere."""
    image = ecr_image(image_uri)
    if image is None:
        return None
    return f"arn:{account.partition}:ecr:{image.region}:{image.account}:repository/{image.repository}"
