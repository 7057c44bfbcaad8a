"""Writes the generated pages of docs/.

python scripts/generate_docs.py            writes them
python scripts/generate_docs.py --check    exits with 1, and shows the difference, if one is not up to date
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

# Run as a file, only scripts/ is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import docs_firewall, docs_limits, docs_outputs, docs_policy, docs_settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {
    "settings.md": docs_settings.render,
    "outputs.md": docs_outputs.render,
    "policy.md": docs_policy.render,
    "firewall.md": docs_firewall.render,
    "limits.md": docs_limits.render,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Writes the generated pages of docs/.")
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    options = parser.parse_args(arguments)
    stale = [name for name, render in PAGES.items() if not _is_up_to_date(DOCS / name, render())]
    for name in stale:
        if options.check:
            _show_difference(DOCS / name, PAGES[name]())
        else:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    return 1 if stale and options.check else 0


def _is_up_to_date(file: Path, wanted: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == wanted


def _show_difference(file: Path, wanted: str) -> None:
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    name = f"docs/{file.name}"
    difference = difflib.unified_diff(
        written.splitlines(keepends=True), wanted.splitlines(keepends=True), name, f"{name} (as it should be)"
    )
    sys.stdout.writelines(difference)
    print(f"{name} is not up to date: run `python scripts/generate_docs.py`.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
