"""Rules on the tasks' way out: there is one, it is the only one of its kind, and the image can be pulled by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from modules.image.ecr import ECR_PUBLIC, SUFFIXES, EcrImage, ecr_image
from modules.network.reachability import is_closed
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation
from stacks.rules.given import NETWORK, given_network
from stacks.rules.secrets import refuse_elsewhere

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def gateways_are_of_use(settings: EnvironmentSettings) -> Iterator[Violation]:
    """NAT gateways are made in a VPC of our own, and serve private subnets."""
    nat, given = settings.network.nat, given_network(settings)
    if nat == "none":
        return
    if given:
        problem = f"No NAT gateway is made in another team's VPC, and network.{given[0]} is another team's."
        fix = f"remove the line, and have its owners route the private subnets out; or leave out {', '.join(NETWORK)}."
        yield _told("nat", problem, '"none" where the network is given', fix)
    if settings.network.service_subnets == "public":
        problem = "The tasks are in public subnets, with public addresses: no gateway would serve them."
        fix = 'add service_subnets = "private" to [network]; or remove this line.'
        yield _told("nat", problem, '"none" where service_subnets is "public"', fix)


def endpoints_are_of_use(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Endpoints serve private subnets, and can be another team's only in its VPC."""
    endpoints, given = settings.network.endpoints, given_network(settings)
    if endpoints not in (None, "none") and settings.network.service_subnets == "public":
        problem = "The tasks are in public subnets, and reach AWS's public addresses."
        fix = 'add service_subnets = "private" to [network]; or remove this line.'
        yield _told("endpoints", problem, 'only where service_subnets is "private"', fix)
    elif endpoints == "existing" and not given:
        problem = "The VPC is made here, and nobody else has endpoints in it."
        fix = f'write "all", or remove the line; or name another team\'s {", ".join(NETWORK)}.'
        yield _told("endpoints", problem, '"none", "s3" or "all" where the network is made here', fix)


def tasks_have_a_way_out(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A task that cannot pull its image does not start
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/networking-outbound.html)."""
    endpoints = settings.network.endpoints
    private = settings.network.service_subnets == "private" and not given_network(settings)
    if private and settings.network.nat == "none" and endpoints in ("none", "s3"):
        reached = "nothing" if endpoints == "none" else "nothing but S3"
        problem = f"Without NAT the tasks would reach {reached}: no image, no log, no password."
        fix = 'remove the line; or add nat = "single" or nat = "per_az" to [network].'
        yield _told("endpoints", problem, '"all" where nat is "none"', fix)


def image_can_be_pulled(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An endpoint leads to the ECR of its own region
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html)."""
    uri, region = settings.image.uri, settings.region
    if uri is None or not is_closed(settings.network, is_given=bool(given_network(settings))):
        return
    if settings.profile == "production" and not aws.IMAGE_BY_DIGEST.fullmatch(uri):
        return  # Told already, and the next one may well be in ECR.
    image = ecr_image(uri)
    if _elsewhere(image, region) or (image and image.region == region and image.by_endpoint):
        return
    registry, _, rest = uri.partition("/")
    problem = f"The tasks reach ECR in {region} by its endpoints, and {registry} not at all."
    fix = (
        "copy the image into an ECR repository there; or give the tasks a way to the internet by network.nat."
    )
    if image and image.region == region:
        host = f"{image.account}.dkr.ecr.{region}.{SUFFIXES[aws.PARTITION_OF[region]][0]}"
        problem = f"{registry} has no endpoint: ECR's answers to its IPv4 host without FIPS only."
        fix = (
            f'write "{host}/{rest}", the same image; or give the tasks a way to the internet by network.nat.'
        )
    yield Violation(("image", "uri"), Refusal(problem, f"an image in ECR in {region}", fix))


def login_is_for_another_registry(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECR takes the task's own role, and an image that is built here is in ECR
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html)."""
    image = settings.image
    if image.repository_credentials_arn is None:
        if image.repository_credentials_kms_key_arn is not None:
            refusal = Refusal(
                "There is no secret that it decrypts.",
                "only together with image.repository_credentials_arn",
                "add repository_credentials_arn to [image]; or remove this line.",
            )
            yield Violation(("image", "repository_credentials_kms_key_arn"), refusal)
        return
    if image.uri is None or ecr_image(image.uri) is not None:
        refusal = Refusal(
            "The image is in ECR, where tasks log in with their own role.",
            "only together with an image.uri in another private registry",
            "remove the line.",
        )
        yield Violation(("image", "repository_credentials_arn"), refusal)
        return
    if image.uri.partition("/")[0].lower() == ECR_PUBLIC:
        refusal = Refusal(
            f"{ECR_PUBLIC} needs no login to pull, and a token for it is valid for 12 hours only.",
            "only together with an image.uri in another private registry",
            "remove the line.",
        )
        yield Violation(("image", "repository_credentials_arn"), refusal)
        return
    elsewhere = refuse_elsewhere(
        image.repository_credentials_arn, region=settings.region, reader="the tasks are"
    )
    if elsewhere:
        yield Violation(("image", "repository_credentials_arn"), elsewhere)


def image_is_of_the_partition(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A role has no rights at the ECR of another partition
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
    uri, region = settings.image.uri, settings.region
    if problem := _elsewhere(ecr_image(uri) if uri is not None else None, region):
        partition = aws.PARTITION_OF[region]
        allowed = f'an image in ECR in the partition "{partition}", or in another registry'
        fix = (
            f"copy the image into an ECR repository in {region}, and write the address that ECR shows for it."
        )
        yield Violation(("image", "uri"), Refusal(problem, allowed, fix))


def _elsewhere(image: EcrImage | None, region: str) -> str:
    """What is wrong with the partition of an image in ECR; empty where nothing is."""
    partition = aws.PARTITION_OF.get(image.region) if image else None
    if image is None or partition is None:
        return ""
    if image.suffix not in SUFFIXES[partition]:
        return (
            f'{image.region} is in the partition "{partition}", whose hosts do not end with {image.suffix}.'
        )
    if partition != aws.PARTITION_OF[region]:
        return (
            f'The image is in the partition "{partition}", and {region} is in "{aws.PARTITION_OF[region]}".'
        )
    return ""


def _told(name: str, problem: str, allowed: str, fix: str) -> Violation:
    return Violation(("network", name), Refusal(problem, allowed, fix))


OUTBOUND_RULES: tuple[Rule, ...] = (
    gateways_are_of_use,
    endpoints_are_of_use,
    tasks_have_a_way_out,
    image_can_be_pulled,
    image_is_of_the_partition,
    login_is_for_another_registry,
)
