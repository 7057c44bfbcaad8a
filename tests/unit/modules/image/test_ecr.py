"""Which hosts are ECR's, in every partition and form."""

from __future__ import annotations

import importlib.resources
import json

import pytest

from modules.common.aws import REGIONS
from modules.image.ecr import SUFFIXES, ecr_image

DIGEST = f"sha256:{'0' * 64}"


def test_every_partition_has_its_suffixes() -> None:
    assert SUFFIXES.keys() == REGIONS.keys()


def test_the_suffixes_are_those_that_botocore_knows() -> None:
    botocore = importlib.resources.files("botocore")
    text = botocore.joinpath("data", "partitions.json").read_text(encoding="utf-8")

    for partition in json.loads(text)["partitions"]:
        assert SUFFIXES[partition["id"]][0] == partition["outputs"]["dnsSuffix"]


@pytest.mark.parametrize(
    ("host", "region", "by_endpoint"),
    [
        ("dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1", True),
        ("dkr-ecr.eu-west-1.on.aws", "eu-west-1", False),
        ("dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1", False),
        ("dkr-ecr-fips.us-gov-west-1.on.aws", "us-gov-west-1", False),
        ("dkr.ecr.us-gov-east-1.amazonaws.com", "us-gov-east-1", True),
        ("dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", True),
        ("dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1", False),
        ("dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", True),
        ("dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", True),
        ("dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", True),
        ("dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", True),
        ("dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", True),
        ("DKR.ECR.EU-WEST-1.AMAZONAWS.COM", "eu-west-1", True),
        ("dkr.ecr.eu-west-1.amazonaws.com:443", "eu-west-1", True),
    ],
)
@pytest.mark.parametrize("tag", [":3.17", f"@{DIGEST}", f":3.17@{DIGEST}"])
def test_ecrs_hosts(host: str, region: str, by_endpoint: bool, tag: str) -> None:
    image = ecr_image(f"123456789012.{host}/team/mlflow{tag}")

    assert image is not None
    found = (image.account, image.region, image.repository, image.by_endpoint)
    assert found == ("123456789012", region, "team/mlflow", by_endpoint)


@pytest.mark.parametrize(
    "uri",
    [
        "public.ecr.aws/docker/library/python:3",
        "ghcr.io/mlflow/mlflow:v3",
        "mlflow:3",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com/mlflow:3",
        "123456789012.dkr.ecr.eu-west-1.on.aws/mlflow:3",
        "123456789012.dkr-ecr.eu-west-1.amazonaws.com/mlflow:3",
        "12345.dkr.ecr.eu-west-1.amazonaws.com/mlflow:3",
        "evil.123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlflow:3",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000/mlflow:3",
    ],
)
def test_hosts_of_others(uri: str) -> None:
    assert ecr_image(uri) is None
