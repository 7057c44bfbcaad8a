"""Writes the generated pages of docs/, and the JSON schema of the environments' files.

python scripts/generate_docs.py            writes them
python scripts/generate_docs.py --check    exits with 1, and shows the difference, if one is not up to date
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

# Run as a file, only scripts/ is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from scripts import docs_firewall, docs_limits, docs_outputs, docs_policy, docs_settings
from settings.reading.schema import json_schema
from stacks.loading import ENVIRONMENT

PROJECT = Path(__file__).resolve().parent.parent
FILES: dict[str, Callable[[], str]] = {
    "docs/settings.md": docs_settings.render,
    "docs/outputs.md": docs_outputs.render,
    "docs/policy.md": docs_policy.render,
    "docs/firewall.md": docs_firewall.render,
    "docs/limits.md": docs_limits.render,
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
    print(f"{name} is not up to date: run `python scripts/generate_docs.py`.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
