"""The authorities that sign RDS's certificates, as the image that is built here knows them.

Read from the certificates themselves: each names its region
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html#UsingWithRDS.SSL.RegionCertificateAuthorities).
"""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

# One file for each partition, which `make rds-authorities` writes and the image's build puts together.
FOLDER = Path(__file__).resolve().parents[2] / "docker" / "rds-authorities"
# AWS's trust stores, one for each partition, from
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html#UsingWithRDS.SSL.CertificatesAllRegions
# and https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html.
STORES = {
    "aws": "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
    "aws-us-gov": "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
    "aws-cn": "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
}
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_NAME = re.compile(rb"Amazon RDS ([a-z0-9-]+) Root CA (RSA2048|RSA4096|ECC384) (G[0-9]+)")


@cache
def known_authorities(folder: Path) -> frozenset[tuple[str, str]]:
    """(region, authority) for each certificate in `folder`, such as ("eu-west-1", "rds-ca-rsa2048-g1")."""
    found = set()
    for file in sorted(folder.glob("*.pem")):
        for body in _PEM.findall(file.read_bytes()):
            if name := _NAME.fullmatch(_common_name(base64.b64decode(body))):
                region, algorithm, generation = (part.decode().lower() for part in name.groups())
                found.add((region, f"rds-ca-{algorithm}-{generation}"))
    return frozenset(found)


def command(partition: str) -> str:
    """What reads the partition's certificates into the image; `STORES` lacks those that AWS names elsewhere."""
    options = "" if partition in STORES else f" ARGS=--store={partition}=https://<address>"
    return f"make rds-authorities{options}"


def _common_name(der: bytes) -> bytes:
    """The string of a certificate that begins with "Amazon RDS ". In DER, the byte before a string is its length."""
    begin = der.find(b"Amazon RDS ")
    return der[begin : begin + der[begin - 1]] if begin > 0 else b""
