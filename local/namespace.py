"""A mount namespace of our own: what is mounted over the hosts file and Docker's settings vanishes with it."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

HOSTS = Path("/etc/hosts")
DOCKER_SETTINGS = Path("/etc/docker")
DOCKER_RUN = Path("/run/docker")

_entered = False


def unavailable() -> str | None:
    """Why this process cannot have mounts of its own, in one line; None where it can."""
    if os.uname().sysname != "Linux":
        return "mount namespaces need Linux"
    if os.geteuid() != 0:
        return "mount namespaces need root"
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    # Seen by nobody: it is gone with the command.
    mount = ["mount", "-t", "tmpfs", "tmpfs", tempfile.gettempdir()]
    tried = subprocess.run(["unshare", "--mount", *mount], capture_output=True, text=True, check=False)
    said = " ".join(tried.stderr.split())
    return None if tried.returncode == 0 else f"no mount namespace to be had: {said}"


def enter() -> None:
    """Moves this process into a mount namespace of its own, once; children started afterwards are in it too.

    Other threads that run already stay where they are, which is harmless: they see the machine's own files.

    Raises:
        OSError: the kernel does not allow it.
    """
    global _entered
    if _entered:
        return
    _call("unshare", CLONE_NEWNS)
    # Without this, a mount made here would show on the machine where its mounts are shared (systemd's default).
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    _entered = True


@contextmanager
def registry_names(hosts: dict[str, str], ca_file: Path) -> Iterator[None]:
    """Names registries (host name → loopback address) for this process and its children, and lets their Docker engine
    trust `ca_file` for them; Docker reads both at fixed places, so these are mounted over.

    The engine's own folders below /etc and /run are empty ones of this namespace: the machine's Docker settings shape
    nothing here, and the engine leaves nothing there.
    """
    enter()
    with ExitStack() as mounts, tempfile.TemporaryDirectory(prefix="mlflow-names-") as folder:
        named = Path(folder) / "hosts"
        lines = [
            HOSTS.read_text(encoding="utf-8").rstrip("\n"),
            *(f"{ip} {name}" for name, ip in hosts.items()),
        ]
        named.write_text("\n".join(lines) + "\n", encoding="utf-8")
        named.chmod(0o644)
        mounts.enter_context(_mounted(HOSTS, source=named))
        for path in (DOCKER_SETTINGS, DOCKER_RUN):
            mounts.enter_context(_mounted(path))
        for name in hosts:
            trusted = DOCKER_SETTINGS / "certs.d" / name / "ca.crt"
            trusted.parent.mkdir(parents=True)
            trusted.write_bytes(ca_file.read_bytes())
        yield


def unmount_below(folder: Path) -> None:
    """Takes away what was mounted inside `folder`, innermost first, so that it can be removed."""
    lines = Path("/proc/thread-self/mountinfo").read_text(encoding="utf-8").splitlines()
    points = [Path(line.split()[4]) for line in lines]
    for point in reversed([point for point in points if point.is_relative_to(folder)]):
        _call("umount2", bytes(point), MNT_DETACH)


@contextmanager
def _mounted(target: Path, *, source: Path | None = None) -> Iterator[None]:
    """`source` bound over `target`, or an empty folder in memory where no source is given."""
    made = not target.exists()
    if made:
        target.mkdir()  # a mount needs something to stand on
    below = os.open(target, os.O_RDONLY)
    fcntl.flock(below, fcntl.LOCK_SH)
    try:
        if source is None:
            _call("mount", b"tmpfs", bytes(target), b"tmpfs", 0, b"mode=755")
        else:
            _call("mount", bytes(source), bytes(target), None, MS_BIND, None)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):  # removed from outside, and the mount with it
                _call("umount2", bytes(target), MNT_DETACH)
    finally:
        if made and _nobody_else_holds(below):
            with suppress(FileNotFoundError):
                target.rmdir()
        os.close(below)


def _nobody_else_holds(folder: int) -> bool:
    """A folder that is removed takes with it what a run beside this one has mounted there in its own namespace."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _call(function: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    typed = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(libc, function)(*typed) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
