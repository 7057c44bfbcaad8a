"""`make rds-authorities`: the authorities of RDS's certificates from AWS's trust stores, into the image's build.

One store for each partition, by the addresses in modules/database/authorities.py or by those it is given.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from modules.common.aws import PARTITION_OF, REGIONS
from modules.database.authorities import FOLDER, STORES
from tools.setup.progress import SetupError

FETCH_SECONDS = 30
# Ten times the largest store.
MOST_BYTES = 2 * 2**20
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# Without the authorities of beta and preview databases, which name no region.
NAME = re.compile(
    r"Amazon RDS (?P<region>[a-z]+(?:-[a-z]+)+-[0-9]+) Root CA (?:RSA2048|RSA4096|ECC384) G[0-9]+"
)


@dataclass(frozen=True)
class Authority:
    """One root certificate.

    Attributes:
        name: its common name.
        region: the one whose databases it signs for.
        until: its last day.
        pem: the certificate.
    """

    name: str
    region: str
    until: datetime.date
    pem: str

    def __str__(self) -> str:
        return f"# {self.name}, until {self.until}\n{self.pem}"


def fetch(url: str) -> str:
    """A store's text.

    Raises:
        SetupError: there is no answer, or not by HTTPS.
    """
    try:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:
            if not answer.geturl().startswith("https://"):
                raise SetupError(
                    f"{url} leads to {answer.geturl()}, and only HTTPS shows that it is AWS's store."
                )
            content: bytes = answer.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise SetupError(f"{url} cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise SetupError(f"{url} has more than {MOST_BYTES} bytes: it is not a store of certificates.")
    return content.decode("ascii", errors="replace")


def authorities_of(text: str, *, partition: str, today: datetime.date) -> list[Authority]:
    """The root certificates in a store that sign for databases today, by name.

    Raises:
        SetupError: a certificate cannot be read, or signs for databases of another partition, or there is none.
    """
    found = {}
    for pem in PEM.findall(text):
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except ValueError as error:
            raise SetupError(f"A certificate cannot be read: {error}") from None
        authority = _authority(certificate)
        if authority and authority.until >= today:
            found[authority.name] = authority
    if not found:
        raise SetupError("It has no certificate of the form: Amazon RDS <region> Root CA <algorithm> G1.")
    foreign = sorted(
        {one.region for one in found.values() if PARTITION_OF.get(one.region, partition) != partition}
    )
    if foreign:
        raise SetupError(f'{", ".join(foreign)}: no region of the partition "{partition}".')
    return [found[name] for name in sorted(found)]


def _authority(certificate: x509.Certificate) -> Authority | None:
    """The certificate as an authority; None where it is no root, or of no region."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = NAME.fullmatch(str(names[0].value)) if names else None
    if name is None:
        return None
    try:
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return None
    if not constraints.ca:
        return None
    return Authority(
        name=name.group(),
        region=name["region"],
        until=certificate.not_valid_after_utc.date(),
        pem=certificate.public_bytes(Encoding.PEM).decode(),
    )


def update(partition: str, url: str, *, folder: Path, today: datetime.date) -> str:
    """Writes the partition's file; returns what came of it. The same certificates leave the file as it is.

    Raises:
        SetupError: the store cannot be used; the file is as it was.
    """
    authorities = authorities_of(fetch(url), partition=partition, today=today)
    place = folder / f"{partition}.pem"
    before: list[Authority] = []
    if place.exists():
        before = authorities_of(place.read_text(encoding="ascii"), partition=partition, today=today)
    if lost := sorted({one.name for one in before} - {one.name for one in authorities}):
        raise SetupError(
            f"It lacks what {place} has and what has not expired: {', '.join(lost)}. "
            "If AWS withdrew them, delete that file first."
        )
    told = f"{len(authorities)} authorities of {len({one.region for one in authorities})} regions"
    if authorities == before:
        return f"{told}, none of them new"
    put(authorities, place, url=url, today=today)
    added = ", ".join(sorted({one.region for one in authorities} - {one.region for one in before}))
    return f"{told}, written to {place}; new: {added or 'no region'}"


def put(authorities: Iterable[Authority], place: Path, *, url: str, today: datetime.date) -> None:
    """Writes a file whole or not at all."""
    head = (
        f"# The authorities of Amazon RDS's certificates, from {url}\n"
        f"# on {today}, without expired, beta and preview ones. Written by `make rds-authorities` (docs/image.md).\n"
    )
    partial = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        partial.write_text("\n".join([head, *map(str, authorities)]), encoding="ascii", newline="\n")
        partial.replace(place)
    except OSError as error:
        raise SetupError(f"{place} cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: Sequence[str], *, folder: Path = FOLDER) -> int:
    stores: Mapping[str, str] = dict(_parser().parse_args(arguments).store) or STORES
    failed = []
    for partition, url in stores.items():
        try:
            print(f"{partition}: {update(partition, url, folder=folder, today=datetime.date.today())}")
        except SetupError as error:
            failed.append(f"{partition}, from {url}:\n  {error}\n  Its file is as it was.")
    if failed:
        remedy = (
            "Behind a proxy, set HTTPS_PROXY (and SSL_CERT_FILE to its authority); a copy of a store that your "
            "network has is read by\n  make rds-authorities ARGS=--store=<partition>=https://<address>"
        )
        print("\n".join([*failed, remedy]), file=sys.stderr)
        return 1
    print("Commit what was written. It is part of the image: the next apply builds one.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make rds-authorities", description=__doc__)
    parser.add_argument(
        "--store",
        action="append",
        default=[],
        type=_store,
        metavar="PARTITION=URL",
        help="read this store only; may be repeated "
        f"(default: {', '.join(f'{name}={url}' for name, url in STORES.items())})",
    )
    return parser


def _store(text: str) -> tuple[str, str]:
    partition, _, url = text.partition("=")
    if partition not in REGIONS or not url.startswith("https://"):
        raise argparse.ArgumentTypeError(
            f"{text!r} names no store; write <partition>=https://<address>, the partition one of {', '.join(REGIONS)}"
        )
    return partition, url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
