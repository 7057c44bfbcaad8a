"""One measured run: its time, and the peak memory of its whole process tree."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.02
SHOWN_CHARACTERS = 2000
MIB = 1 << 20


class BenchError(Exception):
    """A measured program failed; the text is what it said."""


@dataclass(frozen=True)
class Figure:
    """What one run took.

    Attributes:
        seconds: from start to end, on the clock.
        peak_mib: the most memory that the process and all its descendants had at one moment. What several share counts
            once (Linux's proportional set size); elsewhere it counts for each: too high, never too low.
    """

    seconds: float
    peak_mib: float


def measure(command: Sequence[str | Path], *, directory: Path, environment: Mapping[str, str]) -> Figure:
    """Runs a command to its end.

    Raises:
        BenchError: it failed.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = psutil.Popen(
            [str(part) for part in command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))}:\n{said[-SHOWN_CHARACTERS:]}")
    return Figure(seconds=seconds, peak_mib=peak / MIB)


def _resident(process: psutil.Popen) -> int:
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += _memory(member)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
    return total


def _memory(process: psutil.Process) -> int:
    if psutil.LINUX:
        return int(process.memory_full_info().pss)
    return int(process.memory_info().rss)
