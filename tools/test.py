"""`make test`: the tests, with the checks of `make lint` beside them rather than in front of them.

Both report at their end, and the exit status is of both. Type checks take minutes where there is no cache, and most
tests wait for something.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tools.setup.progress import PROJECT


def environment() -> dict[str, str]:
    """The environment of the tests: their programs start hundreds of times, and each start counts."""
    environ = dict(os.environ)
    # Set in many containers; each start would compile every module again.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def main(arguments: list[str]) -> int:
    """Runs pytest with `arguments`.

    Returns:
        0 if tests and checks passed; else pytest's status, or 1.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        checks = subprocess.Popen(
            ["make", "--silent", "--no-print-directory", "lint"],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=subprocess.STDOUT,
        )
        command = [sys.executable, "-m", "pytest", "--durations=10", "--durations-min=5", *arguments]
        try:
            status = subprocess.run(command, env=environment(), check=False).returncode
            failed = checks.wait()
        finally:
            checks.terminate()
            checks.wait()
        report.seek(0)
        print(report.read(), end="", flush=True)
    print(f"make lint {'failed: see above' if failed else 'found nothing'}", flush=True)
    return status or (1 if failed else 0)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
