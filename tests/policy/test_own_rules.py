"""Each of our own rules, tripped by one change of what is synthesized; untouched, every profile keeps all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from modules.common.security_groups import SecurityGroup
from stacks.loading import load_environments
from stacks.tracking import TrackingStack
from stacks.validations import ALWAYS
from stacks.validations.elements import Elements
from stacks.validations.rules_iam import ANY_RESOURCE
from stacks.validations.rules_resources import nothing_kept_is_deleted
from tests.synthesis import Json
from tests.texts import DEMO

BOUNDARY = "arn:aws:iam::123456789012:policy/team/boundary"
RULES = (*ALWAYS, nothing_kept_is_deleted)
Resources = Any


def findings(stack: Json) -> list[str]:
    elements = Elements(stack)
    return [str(finding) for rule in RULES for finding in rule(elements)]


def open_a_port(resources: Resources) -> None:
    (rule, *_) = resources["aws_vpc_security_group_ingress_rule"].values()
    rule.update(cidr_ipv4="0.0.0.0/0", from_port=22, to_port=22)


def open_a_group(resources: Resources) -> None:
    group = resources["aws_security_group"]["database"]
    group["ingress"] = [{"from_port": 443, "to_port": 443, "ipv6_cidr_blocks": ["::/0"]}]


def allow_public_policies(resources: Resources) -> None:
    resources["aws_s3_bucket_public_access_block"]["artifact_store"]["block_public_policy"] = False


def take_plain_http(resources: Resources) -> None:
    resources["aws_s3_bucket_policy"]["artifact_store"]["policy"] = json.dumps({"Statement": []})


def write_policy(resources: Resources, statement: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Sid": "Wide", "Effect": "Allow", **statement}]}
    resources["aws_iam_role_policy"]["service_task_artifact_store"]["policy"] = json.dumps(document)


def read_any_object(resources: Resources) -> None:
    write_policy(resources, {"Action": ["s3:GetObject"], "Resource": "*"})


def allow_a_whole_service(resources: Resources) -> None:
    write_policy(resources, {"Action": "s3:*", "Resource": "arn:aws:s3:::ours/*"})


def allow_all_but_one(resources: Resources) -> None:
    write_policy(resources, {"NotAction": "s3:DeleteBucket", "Resource": "*"})


def leave_a_policy_to_terraform(resources: Resources) -> None:
    policy = "${data.aws_iam_policy_document.wide.json}"
    resources["aws_iam_role_policy"]["service_task_artifact_store"]["policy"] = policy


def keep_logs_for_ever(resources: Resources) -> None:
    del resources["aws_cloudwatch_log_group"]["service"]["retention_in_days"]


def with_variable(resources: Resources, name: str, value: str) -> None:
    task = resources["aws_ecs_task_definition"]["service"]
    containers = json.loads(task["container_definitions"])
    containers[0]["environment"].append({"name": name, "value": value})
    task["container_definitions"] = json.dumps(containers)


def name_a_password(resources: Resources) -> None:
    with_variable(resources, "MLFLOW_AUTH_ADMIN_PASSWORD", "hunter2")


def hide_a_password(resources: Resources) -> None:
    with_variable(resources, "BACKEND", "postgresql://user:hunter2@host/db")


def let_the_database_be_deleted(resources: Resources) -> None:
    del resources["aws_db_instance"]["database"]["lifecycle"]["prevent_destroy"]


def unprotect_the_load_balancer(resources: Resources) -> None:
    del resources["aws_lb"]["load_balancer"]["enable_deletion_protection"]


def empty_the_bucket(resources: Resources) -> None:
    resources["aws_s3_bucket"]["artifact_store"]["force_destroy"] = True


MUTATIONS: dict[Callable[[Resources], None], str] = {
    open_a_port: "lets the whole internet in",
    open_a_group: "lets the whole internet in",
    allow_public_policies: "could make it public",
    take_plain_http: "answers over plain HTTP",
    read_any_object: "The statement Wide allows on any resource",
    allow_a_whole_service: "The statement Wide allows on any resource",
    allow_all_but_one: "The statement Wide allows on any resource",
    leave_a_policy_to_terraform: "can be read by Terraform only",
    keep_logs_for_ever: "events never expire",
    name_a_password: "looks like a secret in plain text",
    hide_a_password: "looks like a secret in plain text",
    let_the_database_be_deleted: "Terraform would delete it with its data",
    unprotect_the_load_balancer: "enable_deletion_protection lets a plan delete",
    empty_the_bucket: "force_destroy lets a plan delete",
}


def test_untouched_nothing_is_found(stacks: dict[str, Json]) -> None:
    assert findings(stacks["everything"]) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_change_that_breaks_a_rule_is_found(
    stacks: dict[str, Json], mutation: Callable[[Resources], None]
) -> None:
    changed = deepcopy(stacks["everything"])
    mutation(changed["resource"])

    (finding,) = findings(changed)

    element, problem, given, allowed, fix = finding.splitlines()
    assert element.startswith("aws_")
    assert MUTATIONS[mutation] in problem
    assert [line.split(":")[0].strip() for line in (given, allowed, fix)] == ["Given", "Allowed", "Fix"]


def test_a_secret_is_named_and_not_shown(stacks: dict[str, Json]) -> None:
    changed = deepcopy(stacks["everything"])
    hide_a_password(changed["resource"])

    assert "hunter2" not in "".join(findings(changed))


def test_synthesis_stops_at_a_broken_rule(tmp_path: Path) -> None:
    (tmp_path / "test.toml").write_text(DEMO, encoding="utf-8")
    (settings,) = load_environments(tmp_path, {})
    stack = TrackingStack(Testing.app(), settings=settings)
    open_to_all = SecurityGroup(stack, "ssh", name="ssh", description="Opened", vpc_id=stack.network.vpc_id)
    open_to_all.allow_from_cidr("0.0.0.0/0", port=22, description="Everybody")

    with pytest.raises(RuntimeError, match="lets the whole internet in") as error:
        Testing.synth(stack, True)

    assert "mlflow-test/ssh/from_0_0_0_0_0_on_22" in str(error.value)


def test_listed_actions_are_allowed_by_some_policy(stacks: dict[str, Json]) -> None:
    text = json.dumps([stack["resource"] for stack in stacks.values()])

    stale = [action for action in ANY_RESOURCE if action.split("*")[0] not in text]
    assert stale == []
