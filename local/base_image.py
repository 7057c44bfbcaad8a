"""What our image is built on: the configured base where it can be pulled, else a stand-in of this machine's Debian."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.engine import NotHere, RunningEngine, cache_folder, find_program

PROGRAM = "mmdebstrap"
APT_SOURCES = Path("/etc/apt")
PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
# What makes a Debian look like the Python image: `python`, pip free to install, no manuals.
SETTLE = (
    'ln -s python3 "$1/usr/bin/python"',
    'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
    'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/* "$1"/var/cache/apt/* "$1"/var/log/*',
)
PULL_SECONDS = 300
# What the Dockerfile wants of its base; to try it is also to try whether containers run here at all.
PROBE = "import sys; sys.exit(sys.version_info < (3, 11) and 'its Python is older than 3.11')"
STAND_IN = "mlflow-on-aws/stand-in-for-python"


@dataclass(frozen=True)
class BaseImage:
    """Attributes:
    name: for the Dockerfile's `BASE_IMAGE`.
    stand_in: it is not the configured image.
    description: one line for people.
    """

    name: str
    stand_in: bool
    description: str


def base_image(engine: RunningEngine, *, configured: str, report: Callable[[str], None]) -> BaseImage:
    """The base image to build on, present in `engine`; a container of it has run.

    Raises:
        NotHere: it can neither be pulled nor stood in for, or no container runs.
    """
    found = _found(engine, configured=configured, report=report)
    tried = engine.docker(
        "run", "--rm", "--network=host", "--entrypoint=python3", found.name, "-c", PROBE, check=False
    )
    if tried.returncode != 0:
        raise NotHere(f"no container of {found.name} runs here: {_why(tried.stderr)}")
    return found


def _found(engine: RunningEngine, *, configured: str, report: Callable[[str], None]) -> BaseImage:
    if engine.docker("image", "inspect", configured, check=False).returncode == 0:
        return BaseImage(configured, False, f"base image {configured}")
    try:
        pulled = engine.docker("pull", "--quiet", configured, check=False, timeout=PULL_SECONDS)
        why = _why(pulled.stderr)
    except subprocess.TimeoutExpired:
        pulled, why = None, f"no end after {PULL_SECONDS} s"
    if pulled is not None and pulled.returncode == 0:
        return BaseImage(configured, False, f"base image {configured}")
    report(f"{configured} cannot be pulled here ({why}): a stand-in takes its place")
    return _stand_in(engine, configured=configured, report=report)


def _stand_in(engine: RunningEngine, *, configured: str, report: Callable[[str], None]) -> BaseImage:
    if find_program(PROGRAM) is None:
        raise NotHere(
            f"{configured} cannot be pulled, and {PROGRAM}, which could make a stand-in, is not installed"
        )
    release = platform.freedesktop_os_release()
    codename = release.get("VERSION_CODENAME", "unnamed")
    recipe = "\n".join((release["ID"], codename, *PACKAGES, *SETTLE))
    tag = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    name = f"{STAND_IN}:{codename}-{tag}"
    description = f"base image: a stand-in for {configured}, made of {release['PRETTY_NAME']}'s own packages"
    if engine.docker("image", "inspect", name, check=False).returncode != 0:
        archive = cache_folder() / f"stand-in-{codename}-{tag}.tar"
        if not archive.exists():
            report(f"making the stand-in with {PROGRAM} (once; about a minute)")
            _bootstrap(archive, codename=codename)
        engine.docker(
            "import",
            "--change=ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8",
            '--change=CMD ["python3"]',
            f'--change=LABEL org.opencontainers.image.title="Stand-in for {configured}"',
            str(archive),
            name,
        )
    return BaseImage(name, True, description)


def _bootstrap(archive: Path, *, codename: str) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(f".{os.getpid()}")
    log = archive.with_suffix(".log")
    with tempfile.TemporaryDirectory() as folder, log.open("wb") as output:
        sources = Path(folder) / "system.sources"
        sources.write_text(_apt_sources(codename), encoding="utf-8")
        made = subprocess.run(
            [
                find_program(PROGRAM) or PROGRAM,
                "--variant=minbase",
                "--format=tar",
                f"--include={','.join(PACKAGES)}",
                *(f"--customize-hook={command}" for command in SETTLE),
                codename,
                str(unfinished),
                str(sources),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if made.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise NotHere(f"{PROGRAM}, to stand in for a base image, ended with {made.returncode} (log: {log})")
    unfinished.rename(archive)
    log.unlink(missing_ok=True)  # a run beside this one has made the same


def _apt_sources(codename: str) -> str:
    """This system's own package sources of its own release, without those of third parties."""
    suites = {codename, *(f"{codename}-{pocket}" for pocket in ("updates", "security"))}
    stanzas: list[str] = []
    for file in sorted((APT_SOURCES / "sources.list.d").glob("*.sources")):
        for stanza in file.read_text(encoding="utf-8").split("\n\n"):
            fields = [line for line in stanza.splitlines() if line and not line.startswith("#")]
            named = next((line for line in fields if line.lower().startswith("suites:")), "")
            if suites & set(named.split()[1:]):
                stanzas.append("\n".join(fields))
    lists = [APT_SOURCES / "sources.list", *sorted((APT_SOURCES / "sources.list.d").glob("*.list"))]
    for file in lists:
        if file.is_file():
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.startswith("deb ") and suites & set(line.split()):
                    stanzas.append(_as_stanza(line))
    if not stanzas:
        raise NotHere(f"{APT_SOURCES} names no package source of {codename}")
    return "\n\n".join(stanzas) + "\n"


def _as_stanza(line: str) -> str:
    """`deb [options] uri suite components` in apt's newer form; the options are for the host's own files."""
    words = line.split("]", 1)[-1].split() if "[" in line else line.split()[1:]
    uri, suite, *components = words
    return f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: {' '.join(components)}"


def _why(said: str) -> str:
    """The line in which Docker's command line says what went wrong, among warnings before and hints after it."""
    lines = said.strip().splitlines() or ["no reason given"]
    return next((line for line in lines if line.startswith("docker: ")), lines[-1]).removeprefix("docker: ")
