"""`python -m tests.plans write FOLDER` at one commit, `python -m tests.plans compare FOLDER` at another.

The first writes the settings and the Terraform of each environment, the second shows what has changed of it. Changes
that are listed in `expected.txt` are counted, all others are shown, and it exits with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from tests.plans.environments import environments
from tests.plans.expected import Expected
from tests.plans.terraform import compared, synthesized

PROCESSES = 2


def write(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    every = environments()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for number, (name, tree, document) in enumerate(
            zip(every, every.values(), pool.map(synthesized, every, every.values()), strict=True), 1
        ):
            text = json.dumps({"settings": tree, "terraform": document}, indent=1, sort_keys=True)
            (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
            print(f"{number} of {len(every)}: {name}", file=sys.stderr)
    return 0


def compare(folder: Path) -> int:
    files = sorted(folder.glob("*.json"))
    expected, unexpected = Expected.read(), 0
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for file, found in zip(files, pool.map(compared, files), strict=True):
            for line in found:
                if not expected.has(line):
                    unexpected += 1
                    print(f"{file.stem}: {line}")
    print(f"{len(files)} environments, {unexpected} differences that are not listed; {expected.summary()}")
    return 1 if unexpected or not files else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.plans", description=__doc__)
    parser.add_argument("what", choices=("write", "compare"))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    return write(arguments.folder) if arguments.what == "write" else compare(arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
