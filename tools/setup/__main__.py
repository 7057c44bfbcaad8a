"""`make setup`: all that the project needs, inside its own folder; nothing is done twice.

Run by any Python 3, so that an old one gets a sentence rather than a SyntaxError: nothing newer than 3.6 here, and the
steps are imported after that check.
"""

import os
import shutil
import sys

MINIMUM = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")


def main() -> int:
    if sys.version_info < MINIMUM:
        newer = next(filter(None, map(shutil.which, NEWER)), None)
        if newer:
            os.execv(newer, [newer, "-m", "tools.setup"])
        found = "{}.{} ({})".format(sys.version_info[0], sys.version_info[1], sys.executable)
        print(
            "Python 3.11 or newer is needed, and python3 is {}.\n"
            "  Install one that is named python3.11 (or 3.12, 3.13) on the PATH, or say where it is:\n"
            "    make setup PYTHON=/path/to/python3.12".format(found),
            file=sys.stderr,
        )
        return 1
    from tools.setup.progress import SetupError
    from tools.setup.steps import set_up

    try:
        set_up()
    except SetupError as error:
        print("\nThe set-up stopped. {}".format(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; `make setup` goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
