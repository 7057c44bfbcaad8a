"""Writes the generated pages of docs/, and the JSON schema of the environments' files.

python -m tools.documentation            writes them
python -m tools.documentation --check    exits with 1, and shows the difference, if one is not up to date
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from settings.reading.schema import json_schema
from stacks.loading import ENVIRONMENT
from tools.documentation import firewall, limits, outputs, policy, settings
from tools.setup.progress import PROJECT

FILES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings.render,
    "docs/outputs.md": outputs.render,
    "docs/policy.md": policy.render,
    "docs/firewall.md": firewall.render,
    "docs/limits.md": limits.render,
    "environments/schema.json": lambda: json_schema(ENVIRONMENT),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Writes the generated files.")
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    options = parser.parse_args(arguments)
    stale = [name for name, render in FILES.items() if not _is_up_to_date(PROJECT / name, render())]
    for name in stale:
        if options.check:
            _show_difference(name, FILES[name]())
        else:
            (PROJECT / name).write_text(FILES[name](), encoding="utf-8", newline="\n")
    return 1 if stale and options.check else 0


def _is_up_to_date(file: Path, wanted: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == wanted


def _show_difference(name: str, wanted: str) -> None:
    file = PROJECT / name
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    difference = difflib.unified_diff(
        written.splitlines(keepends=True), wanted.splitlines(keepends=True), name, f"{name} (as it should be)"
    )
    sys.stdout.writelines(difference)
    print(f"{name} is not up to date: run `python -m tools.documentation`.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
