"""docs/settings.md, from the settings' own declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modules.common.aws import FARGATE_SIZES
from modules.common.sizes import SIZES
from modules.service.settings import ServiceSettings
from modules.service.sizing import (
    LARGE_BODY_MIB,
    RESERVE_MIB,
    UNITS_PER_VCPU,
    concurrency_of,
    derived_workers,
    needed_memory_mib,
)
from settings.language.errors import Refusal, as_written
from settings.language.setting import PROFILES, REQUIRED, Unsafe, unsafe_fields
from settings.reading.root import Field
from settings.reading.trees import beneath
from stacks.environment import DEFAULTS, EnvironmentSettings
from stacks.loading import ENVIRONMENT
from stacks.rules.platform import MEMORY_NEEDS
from stacks.rules.production import CONDITIONAL
from tools.documentation.markdown import MADE_BY, row, text

UNSAFE: Mapping[tuple[str, ...], Unsafe] = dict(unsafe_fields(EnvironmentSettings))
REQUIRED_TEXT = "**required**"

INTRODUCTION = """\
# Settings

Every `environments/<environment>.toml` is one environment, and one stack: `<name>-<environment>`. The
least it can hold is two lines, and that is all `environments/demo.toml` has:

```toml
profile = "demo"
region = "us-east-1"
```

Whatever else it sets stands over the profile's defaults:

```toml
profile = "production"
region = "eu-west-1"

[domain]
name = "mlflow.example.com"
hosted_zone_id = "Z0123456789EXAMPLE12"

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

An optional table describes something that does not exist without it. Where it is written, its required settings have to
be, too.

## Which value counts

1. The variable `MLFLOW_INFRA_<TABLE>__<SETTING>`, in every environment. The most specific one: that of a
   setting before that of its table.
2. The environment's file.
3. The profile's default, in the tables below.

Variables hold texts as they are, whole numbers, `true` or `false`, and JSON for lists and tables:

```sh
export MLFLOW_INFRA_LOGS__RETENTION_DAYS=30
export MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS='["10.0.0.0/8", "192.168.0.0/16"]'
export MLFLOW_INFRA_SERVICE='{"cpu_units": 1024, "memory_mib": 4096}'
export MLFLOW_INFRA_TAGS__CostCenter=machine-learning    # an entry's name is taken as it is written
```

A list replaces the one below it; a table is merged, name by name. `MLFLOW_INFRA_ENVIRONMENTS` is no setting:
it names another folder of files.

Nothing is converted, rounded or ignored. A name that does not exist (in a file or in a variable), a string
where a number belongs, a size Fargate does not offer: all of it is refused before anything is synthesized,
in one report, each with the value, what is allowed, and the fix.

## Another environment

1. Copy `environments/demo.toml` to `environments/<environment>.toml`. Its name is in every resource's name,
   so it is short: lower-case letters, digits and hyphens.
   The first line names `environments/schema.json`: editors that know it, such as VS Code with Even Better TOML,
   complete names and check values as you type.
2. Set the profile and the region; in production also who may connect, the server's
   domain name, and the state's bucket.
3. `cdktf diff <name>-<environment>` shows the plan, `cdktf deploy <name>-<environment>` applies it.

Environments share nothing: two of them run side by side in one account.
"""

PROFILE_TEXT = """
## Profiles

`demo` is for trying it: cheap, open to the internet, without backups, and gone after `destroy`. `production`
is for what has to last. The tables below show the default of each setting in both.

`production` refuses:

| setting | allowed in production | because |
| --- | --- | --- |
"""

SIZE_TEXT = """
## Sizes

What `size` stands for, and what a task then runs at a time. Each of the first three columns can be set by
itself; threads and connections are those of one worker.

| `size` | `cpu_units` | `memory_mib` | `instance_class` | workers | threads | connections of a pool |
| --- | --- | --- | --- | --- | --- | --- |
"""

FARGATE_TEXT = """
## Task sizes

What [Fargate offers](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html):

| `cpu_units` | vCPU | `memory_mib` | workers, where `workers` is left out |
| --- | --- | --- | --- |
"""

MEMORY_TEXT = f"""
What the server needs (a task that outgrows its memory is killed, so less is refused). It is what was
[measured](server.md#memory), with room for a large body in each worker ({LARGE_BODY_MIB} MiB), for what was not
measured ({RESERVE_MIB} MiB), and for jobs that run:

| `workers` | `job_execution` | least `memory_mib` |
| --- | --- | --- |
"""


def render() -> str:
    """The text of docs/settings.md."""
    parts = [
        MADE_BY.format(source="stacks/environment.py and modules/*/settings.py"),
        "\n",
        INTRODUCTION,
        PROFILE_TEXT,
    ]
    parts += [
        row(f"`{path}`", *map(text, (refusal.allowed, refusal.problem)))
        for path, refusal in refused_in_production().items()
    ]
    parts += [
        "\n## All settings\n",
        _table("The file itself", (field for field in ENVIRONMENT.fields.values() if len(field.path) == 1)),
    ]
    for path, section in ENVIRONMENT.sections.items():
        optional = " (optional table)" if ENVIRONMENT.is_optional(path) else ""
        title = f"`[{'.'.join(path)}]`: {_first_line(section)}{optional}"
        parts.append(
            _table(title, (field for field in ENVIRONMENT.fields.values() if field.path[:-1] == path))
        )
    parts.append(SIZE_TEXT)
    parts += [_size(name) for name in SIZES]
    parts.append(FARGATE_TEXT)
    parts += [
        row(str(cpu), f"{cpu / UNITS_PER_VCPU:g}", _sizes(sizes), _workers(cpu, sizes))
        for cpu, sizes in FARGATE_SIZES.items()
    ]
    parts.append(MEMORY_TEXT)
    parts += [row(*cells) for cells in MEMORY_NEEDS]
    return "".join(parts)


def refused_in_production() -> dict[str, Refusal]:
    """Setting → why production refuses some of its values."""
    return {**{".".join(path): unsafe.refusal for path, unsafe in UNSAFE.items()}, **CONDITIONAL}


def _size(name: str) -> str:
    size = SIZES[name]
    tree = beneath(DEFAULTS["demo"]["service"], size.settings["service"])
    runs = concurrency_of(ServiceSettings.model_validate(tree))
    cells = (size.cpu_units, size.memory_mib, size.instance_class, runs.workers, runs.threads, runs.pool)
    return row(f"`{name}`", *map(str, cells))


def _first_line(section: type) -> str:
    text = (section.__doc__ or "").splitlines()[0].rstrip(".")
    begins_with_a_name = text[1:2].isupper() or text[1:2].isdigit()
    return text if begins_with_a_name else text[0].lower() + text[1:]


def _table(title: str, rows: Iterable[Field]) -> str:
    heading = "| setting | what it sets | demo | production | allowed |\n| --- | --- | --- | --- | --- |\n"
    return f"\n### {title}\n\n{heading}" + "".join(_setting(field) for field in rows)


def _setting(field: Field) -> str:
    allowed = field.setting.allowed.text
    linked = f"[{text(allowed)}]({field.setting.source})" if field.setting.source else text(allowed)
    name = f"`{field.path[-1]}`<br><sub>`{field.variable}`</sub>"
    return row(
        name, text(field.setting.description), *(_default(field, profile) for profile in PROFILES), linked
    )


def _default(field: Field, profile: str) -> str:
    default = field.default_in(profile)
    unsafe = UNSAFE.get(field.path) if profile == "production" else None
    if default is REQUIRED or (unsafe and unsafe.when(default)):
        return REQUIRED_TEXT
    if default is None:
        return "none"
    return f"`{as_written(_plain(default))}`"


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _workers(cpu: int, sizes: tuple[int, ...]) -> str:
    least, most = derived_workers(cpu, sizes[0], False), derived_workers(cpu, sizes[-1], False)
    few = str(least) if needed_memory_mib(least, False) <= sizes[0] else "none"
    return str(most) if least == most else f"{few} with {sizes[0]} MiB, else {most}"


def _sizes(sizes: tuple[int, ...]) -> str:
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes))
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
