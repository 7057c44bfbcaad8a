"""`cdktf` where nobody can approve, as in a script: what it leaves, the way out, and how it is run instead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.failures.conftest import Make
from tests.emulator.failures.workspace import PLAN, Said, state_in

pytestmark = pytest.mark.xdist_group("emulator_failures")


def ended_without_an_answer(said: Said) -> bool:
    return said.status != 0 and "Raw mode is not supported on the current process.stdin" in said.text


def test_cdktf_without_a_terminal_needs_auto_approve(make_workspace: Make, s3: Any) -> None:
    # given a deployment that asks for an approval, and nobody there to give it
    mine = make_workspace("no-terminal")
    mine.open("early", "late")
    assert ended_without_an_answer(mine.begin_deploy(approved=False).ended())

    # then nothing is made, and the state stays locked
    assert state_in(s3, mine) == {}
    held = mine.terraform(*PLAN)
    assert held.status == 1 and "Error acquiring the state lock" in held.text

    # when it is unlocked and deployed with --auto-approve, then all is made
    assert mine.terraform("force-unlock", "-force", held.lock_id).status == 0
    assert mine.begin_deploy().ended().status == 0
    assert len(state_in(s3, mine)["resources"]) == 4

    # and with the destruction it is the same
    assert ended_without_an_answer(mine.begin_destroy(approved=False).ended())
    assert mine.terraform("force-unlock", "-force", mine.terraform(*PLAN).lock_id).status == 0
    assert len(state_in(s3, mine)["resources"]) == 4
    assert mine.begin_destroy().ended().status == 0
    assert state_in(s3, mine)["resources"] == []
