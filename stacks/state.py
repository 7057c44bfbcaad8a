"""The stack `state`: the bucket that holds everyone's state, its own included."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import App
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity

from modules.storage.state_bucket import StateBucket
from stacks.base import AppStack
from stacks.environment import EnvironmentSettings
from stacks.identity import record_identity
from stacks.state_buckets import managed_buckets, state_stack_names
from stacks.tables.state import STATE_STACK_KEY
from stacks.validations import add_validations


class StateStack(AppStack):
    """The bucket that the environments' files have as `state.bucket` with `state.managed = true`.

    It is made by `make state`; its own state lies in it, under `STATE_STACK_KEY`.

    Args:
        id: the stack's name.
        environments: those that manage the same bucket; they say the same of it.
    """

    def __init__(self, scope: App, id: str, *, environments: Sequence[EnvironmentSettings]) -> None:
        first = environments[0]
        state = first.state
        if not (state.managed and state.bucket):
            raise ValueError(f"{first.environment} manages no state bucket")
        super().__init__(scope, id, region=first.state_region, tags=common_tags(environments))
        self.keep_state_in_bucket(
            bucket=state.bucket,
            key=STATE_STACK_KEY,
            region=first.state_region,
            kms_key_id=state.encryption_key,
            role_arn=None,
            account_id=state.account_id,
        )
        record_identity(
            self,
            deployment=f"the bucket {state.bucket}",
            account_id=DataAwsCallerIdentity(self, "caller_identity").account_id,
            region=first.state_region,
        )
        self.bucket = StateBucket(
            self,
            "state",
            bucket_name=state.bucket,
            key_alias=state.kms_key_alias,
            kms_key_id=state.kms_key_id,
            access_log_bucket=state.access_log_bucket,
        )
        add_validations(self)


def add_state_stacks(app: App, environments: Sequence[EnvironmentSettings]) -> None:
    """One stack for each bucket that any of `environments` manages."""
    for bucket, name in state_stack_names(environments).items():
        StateStack(app, name, environments=managed_buckets(environments)[bucket])


def common_tags(environments: Sequence[EnvironmentSettings]) -> dict[str, str]:
    """Who manages it, and the tags that all of its environments have."""
    shared = set.intersection(*(set(settings.tags.items()) for settings in environments))
    first = environments[0]
    own = {first.tag_keys.application: first.name, first.tag_keys.managed_by: "terraform"}
    return {**{key: value for key, value in own.items() if key}, **dict(sorted(shared))}
