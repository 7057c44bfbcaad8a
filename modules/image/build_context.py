"""What shapes the image: the files of a build context that `.dockerignore` keeps, as one hash.

The hash becomes the image's tag, so it must be the same on every machine: names and contents count. Times, owners and
modes do not, nor does the executable bit: file systems are known that give it to every file, so the Dockerfile sets it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pathspec import PathSpec

DOCKERFILE = "Dockerfile"
DOCKERIGNORE = ".dockerignore"


class BuildContextError(Exception):
    """The files cannot be built from; its text says which, and what to do."""


def context_files(context: Path) -> list[Path]:
    """The files of `context` that reach the image's build, relative and sorted.

    The rules of `.dockerignore` (https://docs.docker.com/build/concepts/context/#dockerignore-files) are gitignore's,
    with every pattern anchored at the context's root. The Dockerfile is always read, also if a rule excludes it.

    Raises:
        BuildContextError: there is no Dockerfile in `context`.
    """
    if not (context / DOCKERFILE).is_file():
        raise BuildContextError(f"{context / DOCKERFILE}: the build context has no Dockerfile")
    ignored = PathSpec.from_lines("gitignore", _anchored(context / DOCKERIGNORE))
    files = [path.relative_to(context) for path in _walk(context)]
    return sorted(
        (path for path in files if path.as_posix() == DOCKERFILE or not ignored.match_file(path.as_posix())),
        key=lambda path: path.as_posix(),
    )


def image_hash(context: Path, shape: Mapping[str, object]) -> str:
    """64 hex digits over the context's files and `shape` (build arguments, platform, whatever else makes the image).

    Raises:
        BuildContextError: a text has Windows line ends, as git writes them with core.autocrlf: the image would be
            another one than everybody else's.
    """
    digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode())
    windows: list[Path] = []
    for path in context_files(context):
        file = context / path
        if file.is_symlink():
            kind, content = "link", os.readlink(file).encode()
        else:
            kind, content = "file", file.read_bytes()
            if b"\r\n" in content and b"\0" not in content:
                windows.append(file)
        entry = [path.as_posix(), kind, hashlib.sha256(content).hexdigest()]
        digest.update(json.dumps(entry).encode())
    if windows:
        raise BuildContextError(_line_ends(windows))
    return digest.hexdigest()


def _line_ends(files: Sequence[Path]) -> str:
    told = "\n".join(f"  {file}" for file in files)
    return (
        "These files have Windows line ends (CR LF): an image built from them would have another tag than everybody "
        f"else's. Nothing was synthesized.\n{told}\n"
        "  Allowed: line ends as they are committed (LF)\n"
        "  Fix: commit or stash changes of yours, delete these files, and run in the project's folder: "
        "git checkout -- docker"
    )


def _anchored(dockerignore: Path) -> Iterator[str]:
    if not dockerignore.is_file():
        return
    for line in dockerignore.read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        negation = "!" if pattern.startswith("!") else ""
        pattern = pattern.removeprefix("!").strip().removeprefix("./").strip("/")
        # What Docker matches is a folder with all that is in it, by a wildcard too.
        yield from (f"{negation}/{pattern}", f"{negation}/{pattern}/**")


def _walk(context: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(context):
        linked = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in [*names, *linked])
