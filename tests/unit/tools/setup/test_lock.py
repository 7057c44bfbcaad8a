"""`make lock` and `make upgrade-mlflow`: one version of MLflow, and lock files that name no source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.locks import __main__ as lock
from tools.setup.progress import PROJECT

FILES = {
    "docker/requirements.in": "# comment\nmlflow==3.17.2\nboto3\n",
    "Pipfile": '[dev-packages]\nmlflow-skinny = "==3.17.2"\nnumpy = "==2.4.6"\n',
    "README.md": "# MLflow\n| MLflow | 3.17.2 |\n| Terraform | 1.11 |\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_image_client_and_readme_name_one_version_of_mlflow() -> None:
    versions = set(lock.mlflow_versions(PROJECT).values())

    assert len(versions) == 1
    locked = (PROJECT / "docker/requirements.txt").read_text(encoding="utf-8")
    assert set(re.findall(r"^mlflow(?:-skinny|-tracing)?==(\S+)", locked, re.MULTILINE)) == versions
    assert '"mlflow-skinny": {' in (PROJECT / "Pipfile.lock").read_text(encoding="utf-8")


def test_new_version_is_written_to_each_file_only(project: Path) -> None:
    lock.write_mlflow_version("3.18.0", project)

    written = {name: (project / name).read_text(encoding="utf-8") for name in FILES}
    assert written == {name: text.replace("3.17.2", "3.18.0") for name, text in FILES.items()}


def test_nothing_is_written_if_a_file_lacks_the_version(project: Path) -> None:
    (project / "README.md").write_text("# MLflow\n", encoding="utf-8")

    with pytest.raises(lock.LockError, match=r"README\.md has 0 lines"):
        lock.write_mlflow_version("3.18.0", project)

    assert (project / "Pipfile").read_text(encoding="utf-8") == FILES["Pipfile"]


@pytest.mark.parametrize("version", ["", "latest", "3.18", "v3.18.0", "3.18.0; rm"])
def test_invalid_version_is_refused(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        lock.main(["--mlflow", version])

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f'"{version}" is no version of MLflow' in told and "VERSION=3.18.0" in told


@pytest.fixture
def locked_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With lock files, in place of this project."""
    for file in lock.LOCKS:
        (project / file).write_text("locked\n", encoding="utf-8")
    monkeypatch.setattr(lock, "PROJECT", project)
    return project


def contents(project: Path) -> dict[str, str]:
    return {str(file): (project / file).read_text(encoding="utf-8") for file in (*lock.MLFLOW, *lock.LOCKS)}


@pytest.mark.parametrize(
    "error", [lock.LockError("uv has ended with 1."), KeyboardInterrupt()], ids=["fails", "stops"]
)
def test_failed_lock_leaves_every_file_unchanged(
    locked_project: Path,
    error: BaseException,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = contents(locked_project)

    def fail() -> None:
        (locked_project / "Pipfile.lock").write_text("half\n", encoding="utf-8")
        assert contents(locked_project)["Pipfile"] != before["Pipfile"], "the version is written by then"
        raise error

    monkeypatch.setattr(lock, "lock", fail)

    if isinstance(error, lock.LockError):
        assert lock.main(["--mlflow", "9.9.9"]) == 1
        assert capsys.readouterr().err == "uv has ended with 1. No file has changed.\n"
    else:
        with pytest.raises(KeyboardInterrupt):
            lock.main(["--mlflow", "9.9.9"])

    assert contents(locked_project) == before


def test_missing_program_is_reported(locked_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (locked_project / "docker").mkdir(exist_ok=True)
    before = contents(locked_project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "uv_of", lambda folder: folder / "nowhere" / "uv")
        assert lock.main([]) == 1

    assert "uv cannot be run: No such file or directory. Run `make setup` first." in capsys.readouterr().err
    assert contents(locked_project) == before


def test_lock_files_name_no_source() -> None:
    pipfile = lock.without_sources(
        '{"_meta": {"sources": [{"url": "x"}]}, "default": {"a": {"index": "i"}}, "develop": {}}'
    )
    npm = lock.without_addresses('{"packages": {"a": {"funding": "https://example.com", "version": "1"}}}')

    assert "index" not in pipfile and '"sources": []' in pipfile
    assert "funding" not in npm
