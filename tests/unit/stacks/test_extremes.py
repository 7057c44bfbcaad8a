"""Settings at their extremes, in every region: what is accepted keeps AWS's limits, and what would not is refused."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from cdktf import Testing

from modules.common.aws import PARTITION_OF
from settings.language.errors import SettingsError
from stacks.loading import load_environments
from stacks.tracking import TrackingStack
from tests.extremes import FAR_MORE, KINDS, LONG, ONE_MORE, QUOTAS, Case, Tree, within
from tests.measured import measures
from tests.synthesis import Json

# The seed of all that is drawn: the same on every machine.
SEED = 20260909
# One region of each partition and each length of name: what AWS measures differs in nothing else.
REGIONS = tuple({(partition, len(region)): region for region, partition in PARTITION_OF.items()}.values())


def drawn(region: str, kind: str = KINDS[0]) -> Case:
    return within(region, random.Random(f"{SEED} {region}"), kind)


def synthesized(case: Case, folder: Path) -> Json:
    """The JSON; the rules on settings and on what is synthesized have accepted it."""
    (folder / f"{case.environment}.toml").write_text(case.toml(), encoding="utf-8")
    (settings,) = load_environments(folder, {})
    stack: Json = json.loads(Testing.synth(TrackingStack(Testing.app(), settings=settings), True))
    return stack


def exceeded(stack: Json) -> list[str]:
    return [f"{where}: {size} {limit.what}" for where, limit, size in measures(stack) if size > limit.number]


@pytest.mark.parametrize(("region", "kind"), list(zip(REGIONS, cycle(KINDS), strict=False)))
def test_as_much_as_aws_takes_is_accepted_and_keeps_every_limit(
    tmp_path: Path, region: str, kind: str
) -> None:
    stack = synthesized(drawn(region, kind), tmp_path)

    measured = list(measures(stack))
    assert exceeded(stack) == []
    assert len({limit for _, limit, _ in measured}) > 30


@pytest.mark.parametrize("place", ONE_MORE)
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-northwest-1"])
def test_one_more_is_refused_with_the_number_and_the_fix(tmp_path: Path, region: str, place: str) -> None:
    case = drawn(region)
    ONE_MORE[place](case.tree)

    with pytest.raises(SettingsError) as error:
        synthesized(case, tmp_path)

    _, *blocks = str(error.value).split("\n\n")
    where = [block for block in blocks if re.search(rf"\.toml: {re.escape(place)}( = |\n)", block)]
    assert len(where) == 1, error.value
    _, problem, allowed, fix = where[0].splitlines()
    assert re.search(r"\d", problem) and re.search(r"\d", allowed)
    assert fix.strip().removeprefix("Fix:").strip()


@pytest.mark.parametrize(
    ("place", "change"),
    [*ONE_MORE.items(), *FAR_MORE.items()],
    ids=[*ONE_MORE, *(f"{place}, far more" for place in FAR_MORE)],
)
def test_every_quota_that_a_fix_names_is_accepted(
    tmp_path: Path, place: str, change: Callable[[Tree], None]
) -> None:
    case = drawn("us-gov-west-1")
    change(case.tree)
    with pytest.raises(SettingsError) as error:
        synthesized(case, tmp_path)

    quotas = re.findall(r"quotas\.(\w+) = (\d+)", str(error.value))
    if change is ONE_MORE.get(place):
        assert [name for name, _ in quotas] == ([QUOTAS[place]] if place in QUOTAS else [])
    for name, number in quotas:
        case.tree["quotas"] = {name: int(number)}
        (tmp_path / f"{case.environment}.toml").write_text(case.toml(), encoding="utf-8")
        load_environments(tmp_path, {})


@pytest.mark.parametrize("change", LONG.values(), ids=LONG)
def test_names_known_only_to_the_stack_fit_or_are_refused(
    tmp_path: Path, change: Callable[[Tree], None]
) -> None:
    case = drawn("us-gov-east-1")
    change(case.tree)

    try:
        stack = synthesized(case, tmp_path)
    except RuntimeError as error:
        findings = re.split(r"\n  \[", str(error))[1:]
        assert findings, error
        for finding in findings:
            assert re.search(r"\n    \d+ .+: AWS takes \d+", finding), finding
            assert re.search(r"\n    Fix: .+", finding), finding
    else:
        assert exceeded(stack) == []
