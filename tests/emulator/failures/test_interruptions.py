"""What can go wrong with a shared state in mid-apply, and the commands of docs/runbook.md that put it right."""

from __future__ import annotations

import getpass
import json
import re
import socket
import time
from typing import Any

import pytest

from tests.emulator.failures.conftest import Make
from tests.emulator.failures.front import Front
from tests.emulator.failures.workspace import APPLY, PLAN, Said, Workspace, state_in

pytestmark = pytest.mark.xdist_group("emulator_failures")

EVERYTHING = [
    "aws_ssm_parameter.after",
    "aws_ssm_parameter.before",
    "terraform_data.early",
    "terraform_data.late",
]
# Terraform writes the state every 20 seconds while it applies, when a resource is done.
PERSIST_SECONDS = 21


def test_second_apply_fails_and_names_the_lock_holder(make_workspace: Make, s3: Any) -> None:
    # given an apply that is under way
    mine, colleagues = make_workspace("shared"), make_workspace("shared")
    first = mine.begin_terraform(*APPLY)
    mine.reach(first, "early")

    # when a colleague applies, with plain Terraform and with cdktf
    refusals = [colleagues.terraform(*APPLY), colleagues.begin_deploy().ended()]

    # then both are told who holds the lock and since when, and a look without the lock is still possible
    holder = json.loads(s3.get_object(Bucket=mine.bucket, Key=f"{mine.state_key}.tflock")["Body"].read())
    for refused in refusals:
        assert refused.status != 0
        assert "Error acquiring the state lock" in refused.text
        assert told(refused, "Who") == f"{getpass.getuser()}@{socket.gethostname()}" == holder["Who"]
        assert told(refused, "Operation") == "OperationTypeApply"
        assert told(refused, "Created").replace(" ", "T", 1)[:19] == holder["Created"][:19]
        assert refused.lock_id == holder["ID"]
    assert colleagues.terraform(*PLAN, "-lock=false").status == 2

    # and one who waits is served when the first is done, and finds nothing left to do
    waiting = colleagues.begin_terraform(*APPLY, "-lock-timeout=5m")
    mine.open("early", "late")
    assert first.ended().status == 0
    second = waiting.ended()
    assert (second.status, "0 added, 0 changed, 0 destroyed" in second.text) == (0, True), second.text
    assert lock_is_gone(s3, mine)


def told(refused: Said, name: str) -> str:
    """A line of `Lock Info`."""
    found = re.search(rf"^[│ ]*{name}: +(.+?)\s*$", refused.text, re.MULTILINE)
    assert found, refused.text
    return found[1]


def lock_is_gone(s3: Any, workspace: Workspace) -> bool:
    listed = s3.list_objects_v2(Bucket=workspace.bucket, Prefix=workspace.state_key)
    return [item["Key"] for item in listed["Contents"]] == [workspace.state_key]


def unlock(workspace: Workspace) -> None:
    """As the runbook has it: the id is in the refusal."""
    refused = workspace.terraform(*APPLY)
    assert refused.status == 1
    assert workspace.terraform("force-unlock", "-force", refused.lock_id).status == 0


def test_killed_apply_can_be_resumed(make_workspace: Make, s3: Any) -> None:
    # given an apply that had run long enough for Terraform to write down what it had made
    mine = make_workspace("killed")
    apply = mine.begin_terraform(*APPLY)
    mine.reach(apply, "early")
    time.sleep(PERSIST_SECONDS)
    mine.open("early")
    mine.reach(apply, "late")
    apply.wait_for(lambda: bool(state_in(s3, mine)), "the state in the bucket")

    # when it is killed, and what it left running too
    apply.kill()
    apply.clean_up()

    # then another person's next apply, after the unlock, makes the rest
    colleagues = make_workspace("killed")
    unlock(colleagues)
    assert colleagues.resources() == ["aws_ssm_parameter.before", "terraform_data.early"]
    colleagues.open("early", "late")
    done = colleagues.terraform(*APPLY)
    assert "2 added, 0 changed, 0 destroyed" in done.text
    assert colleagues.resources() == EVERYTHING
    assert colleagues.plan_is_empty()


def test_resource_created_just_before_a_kill_is_imported(make_workspace: Make, s3: Any) -> None:
    # given an apply that was killed before Terraform wrote down what it had made
    mine = make_workspace("killed-early")
    apply = mine.begin_terraform(*APPLY)
    mine.reach(apply, "early")
    apply.kill()
    apply.clean_up()
    assert state_in(s3, mine) == {}
    mine.open("early", "late")
    unlock(mine)

    # when it is applied again, then AWS says what there is already
    again = mine.terraform(*APPLY)
    assert again.status == 1
    assert "with aws_ssm_parameter.before" in again.text and "ParameterAlreadyExists" in again.text

    # and an import makes it Terraform's
    assert mine.terraform("import", "aws_ssm_parameter.before", "/killed-early/before").status == 0
    assert mine.terraform(*APPLY).status == 0
    assert mine.resources() == EVERYTHING
    assert mine.plan_is_empty()


def test_a_state_that_could_not_be_saved_is_pushed_back(make_workspace: Make, front: Front, s3: Any) -> None:
    # given a deployment that loses the way to the bucket
    mine = make_workspace("cut-off")
    deployment = mine.begin_deploy()
    mine.open("early")
    mine.reach(deployment, "late")
    front.switch_off()
    mine.open("late")
    lost = deployment.ended()

    # then the state is in the stack's folder, and the message says so
    errored = mine.working_directory / "errored.tfstate"
    assert lost.status != 0
    assert "terraform state push errored.tfstate" in lost.text
    assert "Error releasing the state lock" in lost.text
    assert state_in(s3, mine) == {}
    assert errored.exists()

    # and while the lock is there, nobody makes a second state; synthesizing leaves the file alone
    front.switch_on()
    assert "Error acquiring the state lock" in mine.begin_deploy().ended().text
    assert errored.exists()

    # when it is unlocked and pushed, then nothing is left to do
    unlock(mine)
    assert mine.terraform("state", "push", "errored.tfstate").status == 0
    assert mine.resources() == EVERYTHING
    assert mine.plan_is_empty()
    assert lock_is_gone(s3, mine)
