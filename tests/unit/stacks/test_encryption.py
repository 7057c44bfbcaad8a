"""The platform's key: what is encrypted with it, and who of the account may use it for what."""

from __future__ import annotations

import json
import re

import pytest

from tests.given.existing import KEY, THEIRS
from tests.given.plans import ENGINE_CHECK, resources, waits_for
from tests.given.storage import COPIES, THEIR_KEY
from tests.policy_evaluation import ACCOUNT_ID, Request, key_may_be_used
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

OWN = "${aws_kms_key.key.arn}"
FROM_STATE = f'{THEIRS}[remote_state.outputs]\nkms_key_arn = "data_key_arn"\n'
THEIRS_IN_STATE = "${data.terraform_remote_state.remote_state.outputs.data_key_arn}"
# What Terraform puts for the expressions of the synthesized policies.
KNOWN = {
    "${data.aws_partition.account.partition}": "aws",
    "${data.aws_partition.account.dns_suffix}": "amazonaws.com",
    "${data.aws_caller_identity.account.account_id}": ACCOUNT_ID,
    OWN: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-4cd3-96ef-1234567890ab",
    "${aws_s3_bucket.artifact_store.arn}": "arn:aws:s3:::artifacts",
    "${aws_secretsmanager_secret.admin_password.arn}": "arn:aws:secretsmanager:eu-west-1:1:secret:admin",
    "${aws_secretsmanager_secret.server_keys.arn}": "arn:aws:secretsmanager:eu-west-1:1:secret:keys",
    "${aws_db_instance.database.master_user_secret[0].secret_arn}": "arn:aws:secretsmanager:eu-west-1:1:secret:rds",
}


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


def keys_in(synthesized: Json) -> dict[str, str | None]:
    """What → the key that encrypts it."""
    encryption = resource(synthesized, "aws_s3_bucket_server_side_encryption_configuration.artifact_store")
    (rule,) = encryption["rule"]
    repository = resource(synthesized, "aws_ecr_repository.repository")
    (images,) = repository.get("encryption_configuration", [{}])
    logs = synthesized["resource"]["aws_cloudwatch_log_group"]
    database = resource(synthesized, "aws_db_instance.database")
    return {
        "artifacts": rule["apply_server_side_encryption_by_default"].get("kms_master_key_id"),
        "images": images.get("kms_key"),
        "database": database.get("kms_key_id"),
        "password": database.get("master_user_secret_kms_key_id"),
        **{f"log {name}": group.get("kms_key_id") for name, group in logs.items()},
    }


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (PRODUCTION, OWN),
        (f'{PRODUCTION}[encryption]\nkms_key_arn = "{KEY}"\n', KEY),
        (PRODUCTION + FROM_STATE, THEIRS_IN_STATE),
        (f"{DEMO}[encryption]\ncreate_kms_key = true\n", OWN),
        (DEMO, None),
    ],
    ids=["own", "by ARN", "from their state", "own in a demo", "none"],
)
def test_everything_is_encrypted_with_the_same_key(lines: str, key: str | None) -> None:
    synthesized = synthesize_platform(lines)

    assert len(keys_in(synthesized)) >= 5
    assert set(keys_in(synthesized).values()) == {key}
    assert ("aws_kms_key" in synthesized["resource"]) is (key == OWN)


def test_every_log_group_has_an_end(production: Json) -> None:
    groups = production["resource"]["aws_cloudwatch_log_group"].values()

    assert all(group["retention_in_days"] > 0 for group in groups)
    # A key of others knows the environment's log groups by its name.
    assert all("mlflow-test" in group["name"] for group in groups)


def test_production_keeps_its_key_until_it_is_released(production: Json) -> None:
    released = synthesize_platform("allow_destroy = true\n" + PRODUCTION)

    assert resource(production, "aws_kms_key.key")["lifecycle"] == {"prevent_destroy": True}
    assert "lifecycle" not in resource(released, "aws_kms_key.key")
    left = "\n".join(released["output"]["retained_resources"]["value"])
    assert "KMS key ${aws_kms_key.key.key_id}" in left and "30 days" in left


def test_given_key_is_not_a_retained_resource() -> None:
    given = synthesize_platform(f'allow_destroy = true\n{PRODUCTION}[encryption]\nkms_key_arn = "{KEY}"\n')

    assert "KMS key" not in str(given["output"]["retained_resources"]["value"])


def test_an_apply_that_cannot_build_changes_nothing() -> None:
    copies = f'[artifact_store]\n{COPIES}replica.kms_key_arn = "{THEIR_KEY}"\n'
    synthesized = synthesize_platform(PRODUCTION + copies)

    assert {"aws_kms_key.key", "aws_s3_bucket_replication_configuration.artifact_replica"} <= set(
        resources(synthesized)
    )
    assert set(resources(synthesized)) - waits_for(synthesized, ENGINE_CHECK) == set()


def test_the_role_that_replicates_is_bounded_like_every_other() -> None:
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    synthesized = synthesize_platform(
        f'{DEMO}[artifact_store]\n{COPIES}[access]\npermissions_boundary_arn = "{boundary}"\n'
    )

    roles = synthesized["resource"]["aws_iam_role"]
    assert "artifact_replica" in roles
    assert {role.get("permissions_boundary") for role in roles.values()} == {boundary}


def known(text: str) -> str:
    """With Terraform's expressions filled in; one that is not known is an error."""
    for expression, value in KNOWN.items():
        text = text.replace(expression, value)
    assert not re.search(r"\$\{", text), text
    return text


def policies_of(synthesized: Json, role: str) -> list[str]:
    """The inline policies of a role that have to do with keys."""
    inline = synthesized["resource"].get("aws_iam_role_policy", {}).values()
    of_the_role = [policy["policy"] for policy in inline if policy["role"] == f"${{aws_iam_role.{role}.id}}"]
    assert of_the_role, role
    return [known(policy) for policy in of_the_role if '"kms:' in policy]


ADMINISTRATOR = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TASK, EXECUTION = "service_task", "service_execution"
BUCKET, SECRET = "arn:aws:s3:::artifacts", "arn:aws:secretsmanager:eu-west-1:1:secret:rds"
FROM_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:CallerAccount": ACCOUNT_ID}
FROM_RDS = {**FROM_S3, "kms:ViaService": "rds.eu-west-1.amazonaws.com"}
FROM_SECRETS = {**FROM_S3, "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}
S3_CONTEXT, SECRET_CONTEXT = "kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:SecretARN"
LOG_CONTEXT = "kms:EncryptionContext:aws:logs:arn"
OUR_LOG = f"arn:aws:logs:eu-west-1:{ACCOUNT_ID}:log-group:/ecs/mlflow-test"
LOGS = "logs.eu-west-1.amazonaws.com"
OURS = f"arn:aws:iam::{ACCOUNT_ID}:role/any"
OTHERS = "arn:aws:iam::999999999999:role/any"

# Who, the call, its context, and whether KMS does it.
CALLS = [
    # The server, for its own bucket, through S3.
    (TASK, "kms:Decrypt", {**FROM_S3, S3_CONTEXT: BUCKET}, True),
    (TASK, "kms:GenerateDataKey", {**FROM_S3, S3_CONTEXT: BUCKET}, True),
    (TASK, "kms:Decrypt", {**FROM_S3, S3_CONTEXT: f"{BUCKET}/1/model.pkl"}, True),
    (TASK, "kms:Decrypt", {**FROM_S3, S3_CONTEXT: "arn:aws:s3:::another"}, False),
    (TASK, "kms:Decrypt", {S3_CONTEXT: BUCKET, "kms:CallerAccount": ACCOUNT_ID}, False),
    (TASK, "kms:Decrypt", {**FROM_RDS, S3_CONTEXT: BUCKET}, False),
    # And for its own password, through Secrets Manager.
    (TASK, "kms:Decrypt", {**FROM_SECRETS, SECRET_CONTEXT: SECRET}, True),
    (TASK, "kms:Decrypt", {**FROM_SECRETS, SECRET_CONTEXT: f"{SECRET}-other"}, False),
    (TASK, "kms:GenerateDataKey", {**FROM_SECRETS, SECRET_CONTEXT: SECRET}, False),
    (TASK, "kms:CreateGrant", FROM_S3, False),
    (TASK, "kms:PutKeyPolicy", {}, False),
    (TASK, "kms:ScheduleKeyDeletion", {}, False),
    # What starts the tasks: ECR decrypts images by a grant of its own.
    (EXECUTION, "kms:Decrypt", {**FROM_S3, S3_CONTEXT: BUCKET}, False),
    # Whoever deploys: keeps the key up, makes what is encrypted with it, and cannot use it otherwise.
    ("administrator", "kms:PutKeyPolicy", {}, True),
    ("administrator", "kms:ScheduleKeyDeletion", {}, True),
    ("administrator", "kms:CreateGrant", FROM_RDS, True),
    ("administrator", "kms:GenerateDataKey", FROM_SECRETS, True),
    ("administrator", "kms:CreateGrant", {}, False),
    ("administrator", "kms:Decrypt", {}, False),
    ("administrator", "kms:Decrypt", {**FROM_S3, "kms:ViaService": "s3.us-east-1.amazonaws.com"}, False),
    ("administrator", "kms:Decrypt", {**FROM_S3, "kms:ViaService": "ec2.eu-west-1.amazonaws.com"}, False),
    # Anybody else of the account, with all rights to S3 and none to KMS.
    ("reader", "kms:Decrypt", {**FROM_S3, S3_CONTEXT: BUCKET}, False),
    # Another account, whatever its policies say.
    ("stranger", "kms:Decrypt", {**FROM_S3, "kms:CallerAccount": "999999999999", S3_CONTEXT: BUCKET}, False),
    ("stranger", "kms:PutKeyPolicy", {}, False),
    # CloudWatch Logs, for the environment's log group.
    (LOGS, "kms:GenerateDataKey", {LOG_CONTEXT: OUR_LOG}, True),
    (LOGS, "kms:Decrypt", {LOG_CONTEXT: OUR_LOG}, True),
    (LOGS, "kms:Decrypt", {LOG_CONTEXT: OUR_LOG.replace("test", "other")}, False),
    (LOGS, "kms:Decrypt", {LOG_CONTEXT: OUR_LOG.replace(ACCOUNT_ID, "999999999999")}, False),
    (LOGS, "kms:Decrypt", {}, False),
    (LOGS, "kms:CreateGrant", {LOG_CONTEXT: OUR_LOG}, False),
    ("logs.us-east-1.amazonaws.com", "kms:Decrypt", {LOG_CONTEXT: OUR_LOG}, False),
    ("delivery.logs.amazonaws.com", "kms:Decrypt", {LOG_CONTEXT: OUR_LOG}, False),
]


@pytest.mark.parametrize(("who", "action", "context", "does"), CALLS)
def test_key_use_by_role(
    production: Json, who: str, action: str, context: dict[str, str], does: bool
) -> None:
    key_policy = known(resource(production, "aws_kms_key.key")["policy"])
    reader = ADMINISTRATOR.replace('"Action": "*"', '"Action": "s3:*"')
    people = {
        TASK: (OURS, policies_of(production, TASK)),
        EXECUTION: (OURS, policies_of(production, EXECUTION)),
        "administrator": (OURS, [ADMINISTRATOR]),
        "reader": (OURS, [reader]),
        "stranger": (OTHERS, [ADMINISTRATOR]),
    }
    principal, policies = people.get(who, (who, []))
    request = Request(principal=principal, action=action, resource=KNOWN[OWN], context=context)

    assert key_may_be_used(request, key_policy=key_policy, identity_policies=policies) is does


def test_an_operator_that_is_not_evaluated_is_no_answer() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = json.dumps(
        {"Statement": [{**statement, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}
    )
    request = Request(
        principal=OURS, action="kms:Decrypt", resource=KNOWN[OWN], context={"aws:SourceIp": "10.0.0.1"}
    )

    with pytest.raises(KeyError, match="IpAddress"):
        key_may_be_used(request, key_policy=policy)
    with pytest.raises(ValueError, match="NotAction"):
        key_may_be_used(request, key_policy=policy.replace('"Action"', '"NotAction"'))
