"""What a run mounts over the machine's files is its own, and gone with it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from local import namespace

PROJECT = Path(__file__).resolve().parents[3]
HOST = "registry.of.a.test"


@pytest.fixture(autouse=True)
def possible() -> None:
    if reason := namespace.unavailable():
        pytest.skip(f"mounts were not tried: {reason}")


def machine_files() -> list[str]:
    """As a process sees them that is in no namespace of ours."""
    return [
        namespace.HOSTS.read_text("utf-8"),
        *(f"{path} is there: {path.exists()}" for path in (namespace.DOCKER_SETTINGS, namespace.DOCKER_RUN)),
    ]


def run(program: str, *arguments: str | Path) -> str:
    """In a process of its own: this one stays where it is. Returns what it said."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_names_are_known_to_the_run_and_its_children_only(tmp_path: Path) -> None:
    before = machine_files()
    (tmp_path / "ca.crt").write_text("a certificate", encoding="utf-8")

    program = """
        import subprocess, sys
        from pathlib import Path
        from local.namespace import registry_names

        def mounts():
            return sum(1 for line in open("/proc/thread-self/mountinfo"))

        # Another process of the machine, which looks when it is told to.
        stranger = subprocess.Popen(["sh", "-c", "read go; cat /etc/hosts"], stdin=-1, stdout=-1, text=True)
        with registry_names({sys.argv[2]: "127.0.0.9"}, ca_file=Path(sys.argv[1])):
            inside = mounts()
            subprocess.run(["cat", "/etc/hosts", f"/etc/docker/certs.d/{sys.argv[2]}/ca.crt"], check=True)
            assert list(Path("/run/docker").iterdir()) == []
            assert sys.argv[2] not in stranger.communicate("go\\n")[0]
        assert mounts() == inside - 3
        assert sys.argv[2] not in Path("/etc/hosts").read_text()
    """
    said = run(program, tmp_path / "ca.crt", HOST)

    assert f"127.0.0.9 {HOST}" in said
    assert "a certificate" in said
    assert machine_files() == before


@pytest.mark.parametrize(("held", "stays"), [(False, False), (True, True)])
def test_mount_folder_is_kept_while_another_run_uses_it(tmp_path: Path, held: bool, stays: bool) -> None:
    program = """
        import fcntl, os, sys
        from pathlib import Path
        from local import namespace

        namespace.enter()
        target = Path(sys.argv[1])
        with namespace._mounted(target):
            if sys.argv[2] == "True":
                # Another run's: below the mount, where that run sees the folder.
                namespace._call("umount2", bytes(target), namespace.MNT_DETACH)
                other = os.open(target, os.O_RDONLY)
                fcntl.flock(other, fcntl.LOCK_SH)
                namespace._call("mount", b"tmpfs", bytes(target), b"tmpfs", 0, None)
    """
    run(program, tmp_path / "docker", str(held))

    assert (tmp_path / "docker").exists() == stays
