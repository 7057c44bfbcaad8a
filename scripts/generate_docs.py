"""Writes docs/settings.md from the settings' own declarations.

python scripts/generate_docs.py            writes it
python scripts/generate_docs.py --check    exits with 1, and shows the difference, if it is not up to date
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Run as a file, only scripts/ is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stacks.settings.aws import FARGATE_SIZES
from stacks.settings.errors import as_written
from stacks.settings.fields import REQUIRED, Field, fields, sections
from stacks.settings.profiles import PROFILES
from stacks.settings.rules_platform import MEMORY_NEEDS
from stacks.settings.rules_production import OPEN, UNSAFE

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "docs" / "settings.md"
REQUIRED_TEXT = "**required**"

INTRODUCTION = """\
<!-- Made by scripts/generate_docs.py from stacks/settings/. Change those, then run it. -->
# Settings

Every `environments/<environment>.toml` is one environment, and one stack: `mlflow-<environment>`. The
least it can hold is two lines, and that is all `environments/demo.toml` has:

```toml
profile = "demo"
region = "us-east-1"
```

Whatever else it sets stands over the profile's defaults:

```toml
profile = "production"
region = "eu-west-1"

[load_balancer]
allowed_cidrs = ["10.0.0.0/8"]

[service]
cpu_units = 1024
memory_mib = 4096

[service.environment]
MLFLOW_LOGGING_LEVEL = "INFO"

[state]
bucket = "example-terraform-state"
```

## Which value counts

1. The variable `MLFLOW_INFRA_<TABLE>__<SETTING>`, in every environment. The most specific one: that of a
   setting before that of its table.
2. The environment's file.
3. The profile's default, in the tables below.

Variables hold texts as they are, whole numbers, `true` or `false`, and JSON for lists and tables:

```sh
export MLFLOW_INFRA_SERVICE__DESIRED_COUNT=2
export MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS='["10.0.0.0/8", "192.168.0.0/16"]'
export MLFLOW_INFRA_SERVICE='{"cpu_units": 1024, "memory_mib": 4096}'
export MLFLOW_INFRA_TAGS__CostCenter=machine-learning    # an entry's name is taken as it is written
```

A list replaces the one below it; a table is merged, name by name. `MLFLOW_INFRA_ENVIRONMENTS` is no setting:
it names another folder of files.

Nothing is converted, rounded or ignored. A name that does not exist (in a file or in a variable), a text
where a number belongs, a size Fargate does not offer: all of it is refused before anything is synthesized,
in one report, each with the value, what is allowed, and the fix.

## Another environment

1. Copy `environments/demo.toml` to `environments/<environment>.toml`. Its name is in every resource's name,
   so it is short: lower-case letters, digits and hyphens.
2. Set the profile and the region; in production also who may connect, and the state's bucket.
3. `cdktf diff mlflow-<environment>` shows the plan, `cdktf deploy mlflow-<environment>` applies it.

Environments share nothing: two of them run side by side in one account.
"""

PROFILE_TEXT = """
## Profiles

`demo` is for trying it: cheap, open to the internet, without backups, and gone after `destroy`. `production`
is for what has to last. All they differ in stands in one table, `PROFILES` in `stacks/settings/profiles.py`.

`production` refuses:

| setting | allowed in production | because |
| --- | --- | --- |
"""

FARGATE_TEXT = """
## Task sizes

What [Fargate offers](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html):

| `cpu_units` | vCPU | `memory_mib` |
| --- | --- | --- |
"""

MEMORY_TEXT = """
What the server needs (a task that outgrows its memory is killed, so less is refused):

| `workers` | `job_execution` | least `memory_mib` |
| --- | --- | --- |
"""


def render() -> str:
    """The text of docs/settings.md."""
    parts = [INTRODUCTION, PROFILE_TEXT]
    parts += [
        _row(f"`{unsafe.path}`", *map(_text, (unsafe.allowed, unsafe.problem))) for unsafe in (*UNSAFE, OPEN)
    ]
    parts += [
        "\n## All settings\n",
        _table("The file itself", (field for field in fields().values() if len(field.path) == 1)),
    ]
    for name, section in sections().items():
        title = f"`[{name}]`: {_first_line(section)}"
        parts.append(_table(title, (field for field in fields().values() if field.path[0] == name)))
    parts.append(FARGATE_TEXT)
    parts += [_row(str(cpu), f"{cpu / 1024:g}", _sizes(sizes)) for cpu, sizes in FARGATE_SIZES.items()]
    parts.append(MEMORY_TEXT)
    parts += [_row(*cells) for cells in MEMORY_NEEDS]
    return "".join(parts)


def _first_line(section: type) -> str:
    text = (section.__doc__ or "").splitlines()[0].rstrip(".")
    return text[0].lower() + text[1:]


def _table(title: str, rows: Iterable[Field]) -> str:
    heading = "| setting | what it sets | demo | production | allowed |\n| --- | --- | --- | --- | --- |\n"
    return f"\n### {title}\n\n{heading}" + "".join(_setting(field) for field in rows)


def _setting(field: Field) -> str:
    allowed = field.setting.allowed.text
    linked = f"[{_text(allowed)}]({field.setting.source})" if field.setting.source else _text(allowed)
    name = f"`{field.path[-1]}`<br><sub>`{field.variable}`</sub>"
    return _row(
        name, _text(field.setting.description), *(_default(field, profile) for profile in PROFILES), linked
    )


def _default(field: Field, profile: str) -> str:
    default = field.default_in(profile)
    path = ".".join(field.path)
    if default is REQUIRED or any(
        profile == "production" and unsafe.path == path and unsafe.when(default) for unsafe in UNSAFE
    ):
        return REQUIRED_TEXT
    if default is None:
        return "none"
    return f"`{as_written(_plain(default))}`"


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _sizes(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _text(text: str) -> str:
    """`text` in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Writes docs/settings.md from the settings' own declarations."
    )
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    options = parser.parse_args(arguments)
    wanted = render()
    written = SETTINGS.read_text(encoding="utf-8") if SETTINGS.exists() else ""
    if not options.check:
        SETTINGS.write_text(wanted, encoding="utf-8")
        return 0
    if written == wanted:
        return 0
    name = SETTINGS.relative_to(ROOT).as_posix()
    difference = difflib.unified_diff(
        written.splitlines(keepends=True), wanted.splitlines(keepends=True), name, f"{name} (as it should be)"
    )
    sys.stdout.writelines(difference)
    print(f"{name} is not up to date: run `python scripts/generate_docs.py`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
