"""The hosts of Amazon ECR's private registries, and what an image's name says of its repository.

https://docs.aws.amazon.com/general/latest/gr/ecr.html has the endpoints of Docker clients: by IPv4, by IPv4 and IPv6
("dual-stack"), and each with FIPS; the suffixes are those of https://github.com/kubernetes/cloud-provider-aws
(cmd/ecr-credential-provider) and, for the European Sovereign Cloud's dual-stack endpoints, botocore's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Partition → the suffixes of its hosts: by IPv4, and dual-stack.
SUFFIXES = {
    "aws": ("amazonaws.com", "on.aws"),
    "aws-cn": ("amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    "aws-eusc": ("amazonaws.eu", "on.amazonwebservices.eu"),
    "aws-iso": ("c2s.ic.gov", None),
    "aws-iso-b": ("sc2s.sgov.gov", None),
    "aws-iso-e": ("cloud.adc-e.uk", None),
    "aws-iso-f": ("csp.hci.ic.gov", None),
    "aws-us-gov": ("amazonaws.com", "on.aws"),
}
# https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html
ECR_PUBLIC = "public.ecr.aws"
_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr(?P<separator>[.-])ecr(?P<fips>-fips)?\.(?P<region>[a-z]+(?:-[a-z]+)+-\d+)\.(?P<suffix>[a-z0-9.-]+)"
)
_IMAGE = re.compile(r"(?P<host>[^/:@]+)(?::443)?/(?P<repository>[^:@]+)(?:[:@].+)?")


@dataclass(frozen=True, kw_only=True)
class EcrImage:
    """An image in ECR.

    Attributes:
        account, region, repository: where it is.
        suffix: the end of its host.
        by_endpoint: an interface endpoint of ECR in the VPC answers to the host. Dual-stack hosts have no PrivateLink
            (https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html), and the endpoint's private DNS
            names are the IPv4 ones without FIPS
            (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html).
    """

    account: str
    region: str
    repository: str
    suffix: str
    by_endpoint: bool


def ecr_image(uri: str) -> EcrImage | None:
    """The image that `uri` names, in a private registry of ECR; None for any other, ECR Public's included."""
    image = _IMAGE.fullmatch(uri)
    host = _HOST.fullmatch(image["host"].lower()) if image else None
    if image is None or host is None:
        return None
    dual_stack = host["separator"] == "-"
    if host["suffix"] not in {suffixes[dual_stack] for suffixes in SUFFIXES.values()}:
        return None
    return EcrImage(
        account=host["account"],
        region=host["region"],
        repository=image["repository"],
        suffix=host["suffix"],
        by_endpoint=not dual_stack and host["fips"] is None,
    )
