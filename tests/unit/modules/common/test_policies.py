"""Policy documents: IAM's JSON, with nothing in it that was not asked for."""

from __future__ import annotations

import json

from modules.common.policies import Statement, policy_document, service_trust_policy


def test_absent_elements_are_left_out() -> None:
    document = json.loads(
        policy_document(Statement(sid="Read", actions=["s3:GetObject"], resources=["arn:a"]))
    )
    assert document == {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:a"]}],
    }


def test_every_element_is_written() -> None:
    statement = Statement(
        sid="Deny",
        effect="Deny",
        principals="*",
        actions=["s3:*"],
        resources=["arn:a"],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
    assert json.loads(policy_document(statement))["Statement"] == [
        {
            "Sid": "Deny",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": ["arn:a"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_a_service_assumes_a_role_for_its_own_account_only() -> None:
    (statement,) = json.loads(service_trust_policy("ecs-tasks.amazonaws.com", account_id="123456789012"))[
        "Statement"
    ]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
