"""The hash of a build context: all that shapes the image, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from modules.image.build_context import BuildContextError, context_files, image_hash

PROJECT_CONTEXT = Path(__file__).resolve().parents[4] / "docker"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("*\n!app\n**/__pycache__\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("print()\n")
    (tmp_path / "notes.txt").write_text("mine\n")
    return tmp_path


def change_content(context: Path) -> None:
    (context / "app" / "main.py").write_text("print(1)\n")


def add_file(context: Path) -> None:
    (context / "app" / "new.py").touch()


def rename_file(context: Path) -> None:
    (context / "app" / "main.py").rename(context / "app" / "other.py")


def make_executable(context: Path) -> None:
    (context / "app" / "main.py").chmod(0o755)


def change_dockerfile(context: Path) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nENV A=1\n")


def link_file(context: Path) -> None:
    (context / "app" / "link.py").symlink_to("main.py")


@pytest.mark.parametrize("change", [change_content, add_file, rename_file, change_dockerfile, link_file])
def test_build_inputs_change_the_hash(context: Path, change: Callable[[Path], None]) -> None:
    before = image_hash(context, {})
    change(context)
    assert image_hash(context, {}) != before


def change_ignored_file(context: Path) -> None:
    (context / "notes.txt").write_text("yours\n")


def add_ignored_folder(context: Path) -> None:
    (context / "app" / "__pycache__").mkdir()
    (context / "app" / "__pycache__" / "main.pyc").touch()


def touch(context: Path) -> None:
    os.utime(context / "app" / "main.py", (0, 0))


def open_to_the_group(context: Path) -> None:
    (context / "app" / "main.py").chmod(0o664)


def explain_dockerignore(context: Path) -> None:
    ignore = context / ".dockerignore"
    ignore.write_text("# why\n" + ignore.read_text())


@pytest.mark.parametrize(
    "change",
    [
        change_ignored_file,
        add_ignored_folder,
        touch,
        open_to_the_group,
        make_executable,
        explain_dockerignore,
    ],
)
def test_other_files_keep_the_hash(context: Path, change: Callable[[Path], None]) -> None:
    before = image_hash(context, {})
    change(context)
    assert image_hash(context, {}) == before


def test_the_shape_is_part_of_the_hash(context: Path) -> None:
    assert image_hash(context, {"platform": "linux/amd64"}) != image_hash(
        context, {"platform": "linux/arm64"}
    )


def test_a_context_without_a_dockerfile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildContextError, match="no Dockerfile"):
        context_files(tmp_path)


CLONES = {
    "windows": ["core.autocrlf=true"],
    "windows-eol": ["core.autocrlf=false", "core.eol=crlf"],
    "without-modes": ["core.fileMode=false"],
    "without-links": ["core.symlinks=false"],
}


@pytest.mark.parametrize("options", CLONES.values(), ids=CLONES)
def test_every_clone_has_the_same_hash(options: list[str], tmp_path: Path) -> None:
    # Given this project's build context and attributes, committed
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    shutil.copytree(PROJECT_CONTEXT, origin / "docker", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_CONTEXT.parent / ".gitattributes", origin)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        _git(*arguments, folder=origin)

    # When it is cloned with other options and another umask
    before = os.umask(0o077)
    try:
        _git(
            *(word for one in options for word in ("-c", one)), "clone", "-q", origin, clone, folder=tmp_path
        )
    finally:
        os.umask(before)

    # Then its hash is the same
    assert image_hash(clone / "docker", {}) == image_hash(PROJECT_CONTEXT, {})


def _git(*arguments: str | Path, folder: Path) -> None:
    """As somebody without a configuration of their own."""
    who = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        who |= {f"GIT_{role}_NAME": "test", f"GIT_{role}_EMAIL": "test@example.com"}
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *arguments], cwd=folder, env={**foreign, **who}, check=True)


def test_windows_line_ends_are_refused_all_at_once(context: Path) -> None:
    for name in ("Dockerfile", "app/main.py"):
        file = context / name
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    with pytest.raises(BuildContextError) as refused:
        image_hash(context, {})

    told = str(refused.value)
    assert str(context / "Dockerfile") in told and str(context / "app" / "main.py") in told
    assert "git checkout -- docker" in told


def test_bytes_that_are_no_text_may_hold_anything(context: Path) -> None:
    (context / "app" / "data.bin").write_bytes(b"\0\r\n")

    assert image_hash(context, {})


@pytest.mark.parametrize(
    "rules",
    [
        "*\n!app\n**/__pycache__\n",
        "notes.txt\n",
        "app/*.py\n!app/main.py\n",
        "**/*.py\n",
        "*.py\n",
        "/app/\n",
        "# comment\n\n  notes.txt  \n",
        "app\n!app/main.py\n",
    ],
)
def test_docker_itself_keeps_the_same_files(context: Path, rules: str) -> None:
    (context / ".dockerignore").write_text(rules)
    (context / "app" / "__pycache__").mkdir()
    (context / "app" / "__pycache__" / "main.pyc").touch()
    (context / "deep" / "er").mkdir(parents=True)
    (context / "deep" / "er" / "x.py").touch()
    lines = [line.strip() for line in rules.splitlines() if line.strip() and not line.startswith("#")]
    sent = {Path(path) for path in exclude_paths(str(context), lines) if (context / path).is_file()}
    assert {*context_files(context), Path(".dockerignore")} == sent | {
        Path("Dockerfile"),
        Path(".dockerignore"),
    }
