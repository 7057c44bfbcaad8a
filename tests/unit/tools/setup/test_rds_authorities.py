"""`make rds-authorities` against trust stores of this test's own: AWS's cannot be asked in a test."""

from __future__ import annotations

import datetime
import http.server
import re
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from local.tls import CertificateAuthority
from modules.database import authorities as known
from settings.language.errors import SettingsError
from stacks.loading import load_environments
from tools import rds_authorities

TODAY = datetime.date.today()
ALGORITHMS = ("RSA2048", "RSA4096", "ECC384")
GOVCLOUD = 'profile = "demo"\nregion = "us-gov-west-1"\n'


def certificate(name: str, *, ca: bool = True, days: int = 3650, issuer: str = "") -> str:
    """A certificate of this common name, signed by itself unless another issuer is named."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    subject, issued_by = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer or name)
    )
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=4000))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


def roots(region: str) -> str:
    return "".join(certificate(f"Amazon RDS {region} Root CA {algorithm} G1") for algorithm in ALGORITHMS)


class Store:
    """A folder served by HTTPS, as `https://localhost:<port>/<name>`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    def serve(self, name: str, text: str) -> str:
        """Puts a file there; returns the option that names it."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return f"--store={name.removesuffix('.pem')}=https://localhost:{self.port}/{name}"


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/moved.pem":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/store.pem")
            self.end_headers()
        else:
            super().do_GET()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    authority = CertificateAuthority(tmp_path, name="test")
    folder = tmp_path / "store"
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(["localhost"]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Store(folder, server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the files are written, and where the settings look."""
    made = tmp_path / "rds-authorities"
    made.mkdir()
    monkeypatch.setattr(known, "FOLDER", made)
    known.known_authorities.cache_clear()
    yield made
    known.known_authorities.cache_clear()


def _refusal(tmp_path: Path) -> str:
    environments = tmp_path / "environments"
    environments.mkdir(exist_ok=True)
    (environments / "test.toml").write_text(GOVCLOUD, encoding="utf-8")
    known.known_authorities.cache_clear()
    try:
        load_environments(environments, {})
    except SettingsError as error:
        return str(error)
    return ""


def test_a_region_is_accepted_once_its_authorities_are_there(
    store: Store, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a region that is refused, and the store of its partition with all that such a store has
    assert "run `make rds-authorities` and commit what it writes" in _refusal(tmp_path)
    rest = [
        certificate("Amazon RDS us-gov-west-1 Root CA RSA2048 G1", days=-1),
        certificate("Amazon RDS Preview Root CA RSA2048 G1"),
        certificate(
            "Amazon RDS us-gov-east-1 Subordinate CA RSA2048 G1.A.1",
            issuer="Amazon RDS us-gov-east-1 Root CA RSA2048 G1",
        ),
        certificate(
            "Amazon RDS us-gov-east-1 Root CA RSA2048 G1",
            issuer="Amazon RDS us-gov-west-1 Root CA RSA2048 G1",
        ),
        certificate("Amazon RDS us-gov-east-1 Root CA RSA4096 G1", ca=False),
    ]
    option = store.serve("aws-us-gov.pem", "".join([*rest, roots("us-gov-west-1")]))

    # When the command is run
    assert rds_authorities.main([option], folder=folder) == 0

    # Then the region is accepted: by its roots, and nothing else that was in the store
    assert _refusal(tmp_path) == ""
    text = (folder / "aws-us-gov.pem").read_text(encoding="ascii")
    assert re.findall(r"^# (Amazon RDS .*), until", text, re.MULTILINE) == [
        f"Amazon RDS us-gov-west-1 Root CA {algorithm} G1" for algorithm in sorted(ALGORITHMS)
    ]
    assert text.splitlines()[0].endswith(option.partition("=")[2].partition("=")[2])
    assert text.splitlines()[1].startswith(f"# on {TODAY}")
    assert "3 authorities of 1 regions" in capsys.readouterr().out


def test_same_certificates_leave_file_and_image_tag_unchanged(store: Store, folder: Path) -> None:
    option = store.serve("aws-cn.pem", roots("cn-north-1"))
    assert rds_authorities.main([option], folder=folder) == 0
    file = folder / "aws-cn.pem"
    file.write_text(file.read_text(encoding="ascii").replace(str(TODAY), "2025-01-01"), encoding="ascii")
    before = file.read_bytes()

    assert rds_authorities.main([option], folder=folder) == 0

    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("aws.pem", "<html>Sign in to the network</html>", "has no certificate of the form"),
        ("aws.pem", roots("eu-west-1").replace("MII", "M'I", 1), "A certificate cannot be read"),
        ("aws.pem", roots("cn-north-1"), 'cn-north-1: no region of the partition "aws"'),
        ("aws.pem", roots("eu-west-2"), "It lacks what"),
        ("aws.pem", "x" * (rds_authorities.MOST_BYTES + 1), "is not a store of certificates"),
        ("missing", "", "File not found"),
        ("moved", "", "cannot be read"),
    ],
)
def test_invalid_trust_store_changes_nothing(
    name: str, text: str, words: str, store: Store, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rds_authorities.main([store.serve("aws.pem", roots("eu-west-1"))], folder=folder) == 0
    before = (folder / "aws.pem").read_bytes()
    option = store.serve(name, text) if text else f"--store=aws=https://localhost:{store.port}/{name}.pem"

    assert rds_authorities.main([option], folder=folder) == 1

    told = capsys.readouterr().err
    assert words in told and "Its file is as it was" in told and "HTTPS_PROXY" in told
    assert (folder / "aws.pem").read_bytes() == before


def test_a_server_that_is_not_trusted_is_not_believed(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    assert rds_authorities.main([store.serve("aws.pem", roots("eu-west-1"))], folder=folder) == 1

    assert "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_one_store_that_fails_does_not_stop_the_others(store: Store, folder: Path) -> None:
    good, bad = store.serve("aws.pem", roots("eu-west-1")), store.serve("aws-cn.pem", "nothing")

    assert rds_authorities.main([bad, good], folder=folder) == 1

    assert [file.name for file in folder.iterdir()] == ["aws.pem"]


@pytest.mark.parametrize("text", ["aws=http://example.com/store.pem", "mars=https://example.com", "aws"])
def test_a_store_is_named_by_its_partition_and_https(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        rds_authorities.main([f"--store={text}"])

    assert "write <partition>=https://<address>" in capsys.readouterr().err
