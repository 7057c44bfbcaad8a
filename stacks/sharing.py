"""What another team needs to read what an environment publishes: IAM policies with that right and no other."""

from __future__ import annotations

import re

from modules.common.policies import Statement, policy_document, read_parameters


def parameter_reader_policy(*, partition: str, region: str, account_id: str, parameter_prefix: str) -> str:
    """Reads an environment's SSM parameters, each by its name
    (https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html).

    Args:
        partition, region, account_id: where the parameters are.
        parameter_prefix: what the parameters' names begin with, `/<name>/<environment>/`.
    """
    arn = f"arn:{partition}:ssm:{region}:{account_id}:parameter{parameter_prefix}*"
    return policy_document(read_parameters(arn))


def state_reader_policy(
    *, partition: str, region: str, account_id: str, bucket: str, key: str, kms_key_id: str | None
) -> str:
    """A policy of `read_state`."""
    statements = read_state(
        partition=partition,
        region=region,
        account_id=account_id,
        bucket=bucket,
        key=key,
        kms_key_id=kms_key_id,
    )
    return policy_document(*statements)


def read_state(
    *, partition: str, region: str, account_id: str, bucket: str, key: str, kms_key_id: str | None
) -> list[Statement]:
    """Reads one state through `terraform_remote_state`
    (https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required).

    It is the object alone: Terraform also lists the bucket for workspaces, but does without since 1.7
    (https://github.com/hashicorp/terraform/pull/34511). As nothing may be listed, S3 answers 403 rather than 404 where
    there is no state yet.

    Args:
        partition: of the account with the bucket.
        region, account_id: where the KMS key is, unless `kms_key_id` is an ARN.
        bucket, key: where the state lies.
        kms_key_id: id, alias or ARN of the key that encrypts the state; None for S3's own encryption.
    """
    state_arn = f"arn:{partition}:s3:::{bucket}/{_literal(key)}"
    statements = [Statement(sid="ReadState", actions=["s3:GetObject"], resources=[state_arn])]
    if kms_key_id is not None:
        keys = f"arn:{partition}:kms:{region}:{account_id}:"
        arn = kms_key_id if kms_key_id.startswith("arn:") else keys + _resource(kms_key_id)
        statements.append(_by_way_of_s3(arn, sid="DecryptState", action="kms:Decrypt"))
    return statements


def write_state(
    *, partition: str, region: str, account_id: str, bucket: str, key: str, kms_key_id: str | None
) -> list[Statement]:
    """Writes one state, and takes and gives back its lock; on top of `read_state`
    (https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required).

    Args:
        partition, region, account_id, bucket, key, kms_key_id: as in `read_state`.
    """
    state_arn = f"arn:{partition}:s3:::{bucket}/{_literal(key)}"
    statements = [
        Statement(sid="WriteState", actions=["s3:PutObject"], resources=[state_arn]),
        Statement(
            sid="LockState",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[f"{state_arn}.tflock"],
        ),
    ]
    if kms_key_id is not None:
        keys = f"arn:{partition}:kms:{region}:{account_id}:"
        arn = kms_key_id if kms_key_id.startswith("arn:") else keys + _resource(kms_key_id)
        statements.append(_by_way_of_s3(arn, sid="EncryptState", action="kms:GenerateDataKey"))
    return statements


def _by_way_of_s3(arn: str, *, sid: str, action: str) -> Statement:
    """Uses the KMS key of that ARN, by way of S3 only.

    A policy names keys, never aliases; the alias is a condition on any key of its account
    (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
    """
    account, _, alias = arn.partition(":alias/")
    region = arn.split(":")[3]
    conditions = {"StringLike": {"kms:ViaService": f"s3.{region}.*"}}
    if alias:
        conditions["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": f"alias/{alias}"}
    return Statement(
        sid=sid,
        actions=[action],
        resources=[f"{account}:key/*" if alias else arn],
        conditions=conditions,
    )


def _resource(key_id: str) -> str:
    return key_id if key_id.startswith("alias/") else f"key/{key_id}"


def _literal(key: str) -> str:
    """An object's key in a policy, where `*`, `?` and `$` mean more than themselves
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars).

    The first `$` keeps Terraform from reading `${` as an expression of its own.
    """
    return re.sub(r"[*?$]", r"$${\g<0>}", key)
