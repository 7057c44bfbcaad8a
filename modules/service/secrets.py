"""Secrets of others that the server gets as variables, such as an API key: ECS reads them when it starts a task."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from modules.common.policies import Statement
from modules.encryption.key import use_of


def container_secrets(references: Mapping[str, str]) -> list[dict[str, Any]]:
    """The container definition's `secrets`
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).

    Args:
        references: variable → the ARN of a secret, or `<ARN>:<JSON key>`.
    """
    return [{"name": name, "valueFrom": _value_from(references[name])} for name in sorted(references)]


def read_secrets(references: Mapping[str, str]) -> list[Statement]:
    """What ECS needs to read them: `GetSecretValue`, and the decryption of these secrets with whatever key of their
    account they are encrypted. A key of one's own has to allow that, too; AWS's own key needs no right."""
    arns = sorted({arn_of(reference) for reference in references.values()})
    if not arns:
        return []
    read = Statement(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=arns)
    return [read, *(_decrypt(list(owned)) for _, owned in groupby(arns, key=_owner))]


def arn_of(reference: str) -> str:
    """The secret's ARN; the JSON key is left out."""
    return ":".join(reference.split(":")[:7])


def _value_from(reference: str) -> str:
    # Behind the JSON key come the version's stage and its id; without them it is the current one.
    return f"{reference}::" if arn_of(reference) != reference else reference


def _owner(arn: str) -> tuple[str, ...]:
    """Partition, region and account."""
    _, partition, _, region, account_id, *_ = arn.split(":")
    return partition, region, account_id


def _decrypt(arns: list[str]) -> Statement:
    """The decryption of one account's secrets."""
    partition, region, account_id = _owner(arns[0])
    return use_of(
        f"arn:{partition}:kms:{region}:{account_id}:key/*",
        f"DecryptSecretsOf{account_id}",
        actions=["kms:Decrypt"],
        via="secretsmanager",
        context={"SecretARN": arns},
        region=region,
    )
