"""Secrets of others as variables of the container, and what ECS may read for them."""

from __future__ import annotations

import json

import pytest

from modules.service.secrets import container_secrets, read_secrets
from stacks.base import AppStack
from tests.environment_files import Load, Refuse
from tests.synthesis import resource, service_in, statements, synthesize

FILE = "environments/test.toml:"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-AbCdEf"
OTHER = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hub-AbCdEf"


def test_a_variable_is_a_secret_or_one_of_its_json_keys() -> None:
    secrets = container_secrets({"OPENAI_API_KEY": f"{SECRET}:api_key", "HF_TOKEN": OTHER})

    assert secrets == [
        {"name": "HF_TOKEN", "valueFrom": OTHER},
        {"name": "OPENAI_API_KEY", "valueFrom": f"{SECRET}:api_key::"},
    ]


def test_ecs_reads_and_decrypts_these_secrets_only() -> None:
    read, decrypt = (one.as_json() for one in read_secrets({"A": f"{SECRET}:a", "B": f"{SECRET}:b"}))

    assert (read["Action"], read["Resource"]) == (["secretsmanager:GetSecretValue"], [SECRET])
    assert decrypt["Action"] == ["kms:Decrypt"]
    assert decrypt["Resource"] == ["arn:aws:kms:eu-west-1:111122223333:key/*"]
    assert decrypt["Condition"]["StringLike"] == {
        "kms:ViaService": "secretsmanager.eu-west-1.*",
        "kms:EncryptionContext:SecretARN": [SECRET],
    }


def test_secrets_of_one_account_are_decrypted_by_one_statement() -> None:
    theirs = OTHER.replace("111122223333", "444455556666")
    _, ours, other = (one.as_json() for one in read_secrets({"A": SECRET, "B": OTHER, "C": theirs}))

    assert ours["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"] == [OTHER, SECRET]
    assert (ours["Sid"], other["Sid"]) == ("DecryptSecretsOf111122223333", "DecryptSecretsOf444455556666")
    assert other["Resource"] == ["arn:aws:kms:eu-west-1:444455556666:key/*"]


def test_the_service_has_them_and_the_server_itself_reads_none() -> None:
    def build(stack: AppStack) -> None:
        service_in(stack, secrets={"OPENAI_API_KEY": SECRET})

    synthesized = synthesize(build)

    definition = resource(synthesized, "aws_ecs_task_definition.service")
    (container,) = json.loads(definition["container_definitions"])
    assert container["secrets"] == [{"name": "OPENAI_API_KEY", "valueFrom": SECRET}]
    granted = resource(synthesized, "aws_iam_role_policy.service_execution_secrets")
    assert statements(granted["policy"])["ReadSecrets"]["Resource"] == [SECRET]
    assert (
        "aws_iam_role_policy.service_execution_secrets"
        in resource(synthesized, "aws_ecs_service.service")["depends_on"]
    )


@pytest.mark.parametrize(
    ("name", "reference", "problem", "fix"),
    [
        ("OPENAI_API_KEY", "sk-proj-hunter2", "not the ARN of a secret", "aws secretsmanager list-secrets"),
        ("A", "hunter2", "not the ARN of a secret", "store the secret in Secrets Manager"),
        (
            "A",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai",
            "not the ARN",
            "six characters",
        ),
        ("A", f"{SECRET}:a:AWSCURRENT", "not the ARN", "<ARN>:<key>"),
        ("A", SECRET.replace("eu-west-1", "us-east-1"), "is in us-east-1", "replicate it to eu-west-1"),
        (
            "A",
            SECRET.replace("arn:aws:", "arn:aws-cn:"),
            "is in eu-west-1 (aws-cn)",
            "arn:aws:secretsmanager:eu-west-1:",
        ),
        ("MLFLOW_BACKEND_STORE_URI", SECRET, "The platform sets", "leave it out"),
        ("MLFLOW_GUNICORN_OPTS", SECRET, "does not fit the server", "leave it out"),
        ("not-a-name", SECRET, "not the name of a variable", "use letters"),
    ],
)
def test_a_reference_or_a_name_that_does_not_work_is_refused(
    refuse: Refuse, name: str, reference: str, problem: str, fix: str
) -> None:
    report = refuse(f'[service.secrets]\n{name} = "{reference}"')

    (place,) = report.places
    report.says(place, problem, fix)
    assert "hunter2" not in report.text


def test_a_variable_is_in_one_of_the_two_tables(refuse: Refuse) -> None:
    report = refuse(f'[service.environment]\nA = "1"\n[service.secrets]\nA = "{SECRET}"')

    report.says(
        f"{FILE} service.secrets.A", "also in service.environment", "remove it from service.environment"
    )


def test_a_secret_in_plain_text_is_sent_there(load: Load, refuse: Refuse) -> None:
    report = refuse('[service.environment]\nOPENAI_API_KEY = "sk-proj-hunter2"')

    report.says(report.places[0], "looks like a secret", "give the secret's ARN in [service.secrets]")
    assert load(f'[service.secrets]\nOPENAI_API_KEY = "{SECRET}"').service.secrets == {
        "OPENAI_API_KEY": SECRET
    }
