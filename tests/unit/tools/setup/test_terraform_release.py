"""A pinned Terraform is fetched over HTTP and verified; what is not what its release says is thrown away."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.setup import terraform_release, toolchain
from tools.setup.progress import SetupError, Step
from tools.setup.terraform_release import PINNED

SAYS = '#!/bin/sh\necho \'{{"terraform_version": "{}"}}\'\n'


class Release:
    """A release's folder, served over HTTP on this machine."""

    def __init__(self, folder: Path, platform_name: str) -> None:
        self.folder = folder / PINNED
        self.folder.mkdir(parents=True)
        self.archive = self.folder / f"terraform_{PINNED}_{platform_name}.zip"
        self.sums = self.folder / f"terraform_{PINNED}_SHA256SUMS"
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("LICENSE.txt", "a licence")
            archive.writestr("terraform", SAYS.format(PINNED))
        self.archive.write_bytes(content.getvalue())
        digest = hashlib.sha256(content.getvalue()).hexdigest()
        self.sums.write_text(
            f"{'0' * 64}  terraform_{PINNED}_other.zip\n{digest}  {self.archive.name}\n", encoding="utf-8"
        )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def release(tmp_path: Path, platform_name: str) -> Release:
    return Release(tmp_path / "served", platform_name)


@pytest.fixture
def environ(release: Release, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An environment that names the served release."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = partial(_Quiet, directory=str(release.folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield {"TERRAFORM_RELEASES_URL": f"http://127.0.0.1:{server.server_port}", "PATH": "/nonexistent"}
        server.shutdown()
        thread.join()


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    return tmp_path / "tools"


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    monkeypatch.setattr("tools.setup.progress.LOGS", tmp_path / "logs")
    return Step("Terraform", log="terraform")


def _left(tools: Path) -> list[str]:
    return [path.name for path in tools.rglob("*") if path.is_file()]


def test_terraform_is_downloaded_verified_and_found(environ: dict[str, str], tools: Path, step: Step) -> None:
    assert terraform_release.find(environ, tools) is None
    program = terraform_release.fetch(step, environ=environ, tools=tools)
    assert terraform_release.find(environ, tools) == program
    assert terraform_release.version_of(program) == tuple(map(int, PINNED.split(".")))
    # nothing else of the release stays
    assert _left(tools) == ["terraform"]


def test_archive_with_a_wrong_checksum_is_refused(
    environ: dict[str, str], release: Release, tools: Path, step: Step
) -> None:
    expected = hashlib.sha256(release.archive.read_bytes()).hexdigest()
    release.archive.write_bytes(release.archive.read_bytes() + b"more")
    with pytest.raises(SetupError) as refused:
        terraform_release.fetch(step, environ=environ, tools=tools)
    assert "is not what its release says" in str(refused.value)
    assert expected in str(refused.value)
    assert _left(tools) == []


def test_a_release_without_this_machine_is_refused(
    environ: dict[str, str], release: Release, tools: Path, step: Step, platform_name: str
) -> None:
    release.sums.write_text(f"{'0' * 64}  terraform_{PINNED}_other.zip\n", encoding="utf-8")
    with pytest.raises(SetupError, match=f"is not released for {platform_name}"):
        terraform_release.fetch(step, environ=environ, tools=tools)


def test_an_archive_without_a_program_is_refused(
    environ: dict[str, str], release: Release, tools: Path, step: Step
) -> None:
    release.archive.write_bytes(b"a page of a proxy")
    digest = hashlib.sha256(b"a page of a proxy").hexdigest()
    release.sums.write_text(f"{digest}  {release.archive.name}\n", encoding="utf-8")
    with pytest.raises(SetupError, match="could not be fetched"):
        terraform_release.fetch(step, environ=environ, tools=tools)
    assert _left(tools) == []


def test_unreachable_releases_report_the_remedy(
    tools: Path, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    # nothing listens on port 9
    environ = {"TERRAFORM_RELEASES_URL": "http://127.0.0.1:9", "PATH": "/nonexistent"}
    with pytest.raises(SetupError) as refused:
        terraform_release.fetch(step, environ=environ, tools=tools)
    report = str(refused.value)
    assert f"Terraform {PINNED} could not be fetched from http://127.0.0.1:9/{PINNED}" in report
    assert "Install Terraform 1.11 or newer" in report
    assert "TERRAFORM_RELEASES_URL=" in report


@pytest.mark.parametrize(
    ("version", "found"), [("1.10.5", False), ("1.11.0", True), ("1.15.2", True), ("2.0.0", True)]
)
def test_the_paths_terraform_is_used_where_it_is_new_enough(
    tmp_path: Path, version: str, found: bool
) -> None:
    program = _program(tmp_path / "bin", version)
    environ = {"PATH": str(program.parent)}
    assert terraform_release.find(environ, tmp_path / "tools") == (program if found else None)


def test_a_users_arguments_and_logs_do_not_hide_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CLI_ARGS", "-bogus")
    monkeypatch.setenv("TF_LOG", "TRACE")

    assert terraform_release.version_of(toolchain.terraform()) is not None


def test_the_program_that_is_asked_for_is_used(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin", "1.15.2").rename(tmp_path / "bin" / "terraform-1.15")
    environ = {"PATH": str(program.parent), "TERRAFORM_BINARY_NAME": "terraform-1.15"}

    assert terraform_release.find(environ, tmp_path / "tools") == program


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        (None, "there is no such program on the PATH"),
        ("exit 1", "is no Terraform"),
        ('echo \'{"terraform_version": "1.5.7"}\'', "is Terraform 1.5.7"),
        (
            """case "$*" in *json*) echo '{"terraform_version": "1.12.0"}';; *) echo OpenTofu v1.12.0;; esac""",
            "is OpenTofu, which the tests here do not run",
        ),
    ],
)
def test_another_program_is_refused_and_not_replaced(tmp_path: Path, says: str | None, problem: str) -> None:
    _program(tmp_path / "bin", "1.11.4")
    if says is not None:
        program = tmp_path / "bin" / "tofu"
        program.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
        program.chmod(0o755)
    environ = {"PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin", "TERRAFORM_BINARY_NAME": "tofu"}

    with pytest.raises(SetupError) as refused:
        terraform_release.find(environ, tmp_path / "tools")

    report = str(refused.value)
    assert report.startswith("TERRAFORM_BINARY_NAME=tofu: ")
    assert problem in report
    assert "Fix: unset TERRAFORM_BINARY_NAME" in report


def test_an_old_one_is_named_in_the_remedy(
    tmp_path: Path, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    program = _program(tmp_path / "bin", "1.5.7")
    environ = {"TERRAFORM_RELEASES_URL": "http://127.0.0.1:9", "PATH": str(program.parent)}
    with pytest.raises(SetupError, match=rf"there is 1\.5\.7 in {program}, which is too old"):
        terraform_release.fetch(step, environ=environ, tools=tmp_path / "tools")


def test_a_broken_program_is_not_terraform(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin", "1.11.0")
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert terraform_release.version_of(program) is None
    assert terraform_release.find({"PATH": str(program.parent)}, tmp_path / "tools") is None


def _program(folder: Path, version: str) -> Path:
    folder.mkdir()
    program = folder / "terraform"
    program.write_text(SAYS.format(version), encoding="utf-8")
    program.chmod(0o755)
    assert subprocess.run([program], env=os.environ, check=True, capture_output=True).stdout
    return program
