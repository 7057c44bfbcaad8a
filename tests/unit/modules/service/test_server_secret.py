"""The secret of the server's keys: without a value in Terraform, and for the tasks alone."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from modules.common.names import Names
from modules.service.server_secret import ServerSecret
from stacks.base import AppStack
from tests.synthesis import Json, key_in, resource, service_in, statements, synthesize, synthesize_platform
from tests.texts import DEMO, PRODUCTION

SECRET = "aws_secretsmanager_secret.server_keys"
ARN = f"${{{SECRET}.arn}}"


def keys(*, with_key: bool = False, kept: bool = False) -> Json:
    def build(stack: AppStack) -> None:
        key = key_in(stack) if with_key else None
        ServerSecret(
            stack,
            "server_keys",
            name="mlflow-test-server-keys",
            description="Keys",
            variable="KEYS_ARN",
            key=key,
            kept=kept,
        ).grant_to(service_in(stack))

    return synthesize(build)


def test_terraform_has_no_value_of_it() -> None:
    for profile in (DEMO, PRODUCTION):
        synthesized = synthesize_platform(profile)

        assert resource(synthesized, SECRET)["name_prefix"] == "mlflow-test-server-keys-"
        assert "aws_secretsmanager_secret_version" not in synthesized["resource"]
        assert "ephemeral" not in synthesized


def test_the_tasks_may_read_and_store_it() -> None:
    granted = statements(resource(keys(), "aws_iam_role_policy.service_task_server_keys")["policy"])

    assert granted.keys() == {"KeepServerKeys"}
    assert granted["KeepServerKeys"]["Resource"] == [ARN]
    assert granted["KeepServerKeys"]["Action"] == [
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
    ]


def test_a_key_encrypts_it() -> None:
    synthesized = keys(with_key=True)

    assert resource(synthesized, SECRET)["kms_key_id"] == "${aws_kms_key.key.arn}"
    policy = resource(synthesized, "aws_iam_role_policy.service_task_server_keys")["policy"]
    use = statements(policy)["EncryptServerKeys"]
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert use["Condition"]["StringLike"] == {
        "kms:ViaService": "secretsmanager.eu-west-1.*",
        "kms:EncryptionContext:SecretARN": ARN,
    }


def test_production_keeps_it_and_the_demo_leaves_nothing() -> None:
    kept, gone = resource(keys(kept=True), SECRET), resource(keys(), SECRET)

    assert (kept["recovery_window_in_days"], kept["lifecycle"]) == (30, {"prevent_destroy": True})
    assert gone["recovery_window_in_days"] == 0 and "lifecycle" not in gone


def test_the_server_gets_its_arn() -> None:
    definition = resource(synthesize_platform(DEMO), "aws_ecs_task_definition.service")
    (container,) = json.loads(definition["container_definitions"])

    assert {"name": "MLFLOW_SERVER_KEYS_SECRET_ARN", "value": ARN} in container["environment"]


def test_ci_knows_the_secrets_by_names_that_no_other_environment_has() -> None:
    names = Names(name="prod", account_id="1", region="eu-west-1")
    other = Names(name="prod-server-keys", account_id="1", region="eu-west-1")

    for pattern, secret in zip(names.secrets, ("server-keys", "admin"), strict=True):
        own = f"secret:prod-{secret}-20261127120000000000000001-AbCdEf"
        assert fnmatchcase(own, pattern)
        assert not any(fnmatchcase(theirs.replace("?", "0"), pattern) for theirs in other.secrets)


def test_with_passwords_there_is_one_for_the_first_user() -> None:
    synthesized = synthesize_platform(f'{DEMO}[sign_in]\nmode = "password"\n')
    definition = resource(synthesized, "aws_ecs_task_definition.service")
    (container,) = json.loads(definition["container_definitions"])
    variables = {one["name"]: one["value"] for one in container["environment"]}

    assert container["command"] == ["serve", "--sign-in", "password"]
    assert variables["MLFLOW_ADMIN_SECRET_ARN"] == "${aws_secretsmanager_secret.admin_password.arn}"
    assert variables["MLFLOW_SIGN_IN_PROXIES"] == "1"
    policy = resource(synthesized, "aws_iam_role_policy.service_task_admin_password")["policy"]
    assert statements(policy).keys() == {"KeepAdminPassword"}
    assert synthesized["output"]["admin_secret_arn"]["value"] == variables["MLFLOW_ADMIN_SECRET_ARN"]


def test_networks_are_opened_after_the_tasks_that_ask_for_passwords_run() -> None:
    rule = "aws_vpc_security_group_ingress_rule.load_balancer_from_0_0_0_0_0_on_80"
    opened = resource(synthesize_platform(f'{DEMO}[sign_in]\nmode = "password"\n'), rule)

    assert "aws_ecs_service.service" in opened["depends_on"]
