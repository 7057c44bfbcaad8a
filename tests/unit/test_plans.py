"""What the comparison of plans shows as a difference, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plans.expected import Expected
from tests.plans.terraform import compared, differences, with_rights


def found(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return list(differences(with_rights({"resource": old}), with_rights({"resource": new})))


def vpc(**arguments: Any) -> dict[str, Any]:
    return {"aws_vpc": {"network": {"cidr_block": "10.0.0.0/16", **arguments}}}


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        (vpc(), []),
        (
            vpc(cidr_block="10.1.0.0/16"),
            ['resource.aws_vpc.network.cidr_block: "10.0.0.0/16" -> "10.1.0.0/16"'],
        ),
        (vpc(tags={"Name": "a"}), ['resource.aws_vpc.network.tags: null -> {"Name": "a"}']),
        (vpc(depends_on=["a.b"]), ["resource.aws_vpc.network.depends_on + a.b"]),
        ({}, ['resource.aws_vpc: {"network": {"cidr_block": "10.0.0.0/16"}} -> null']),
    ],
    ids=["the same", "changed", "added", "order", "gone"],
)
def test_each_argument_that_differs_is_a_line(new: dict[str, Any], lines: list[str]) -> None:
    assert found(vpc(), new) == lines


def test_order_of_depends_on_is_no_difference() -> None:
    assert found(vpc(depends_on=["a.b", "c.d"]), vpc(depends_on=["c.d", "a.b"])) == []


def ci_policy(*statements: tuple[list[str], list[str]], number: str = "") -> dict[str, Any]:
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements
        ]
    }
    return {"aws_iam_policy": {f"access_ci_apply_data{number}": {"policy": json.dumps(document)}}}


def test_ci_policies_are_compared_by_effect() -> None:
    whole = ci_policy((["s3:Get", "s3:Put"], ["a", "b"]))
    parts = ci_policy((["s3:Put"], ["b", "a"]), (["s3:Get"], ["a"]), (["s3:Get"], ["b"]))
    less = ci_policy((["s3:Get"], ["a", "b"]), (["s3:Put"], ["a"]))

    assert found(whole, parts) == []
    assert found(whole, less) == ["rights.apply - Allow s3:Put b null"]


def test_new_refusal_is_a_difference(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    settings = {"profile": "demo", "region": "nowhere"}
    file.write_text(json.dumps({"settings": settings, "terraform": {}}), encoding="utf-8")

    (line,) = compared(file)

    assert line.startswith("refused now: ") and "nowhere" in line


def test_expected_differences_are_counted_and_unused_ones_named() -> None:
    expected = Expected.of(["# comment", "resource.*.a[0]: *", "resource.b - c"])

    assert expected.has("resource.x.a[0]: 1 -> 2")
    assert not expected.has("resource.x.a0: 1 -> 2")
    assert expected.summary() == "1 that are; never met: ['resource.b - c']"
