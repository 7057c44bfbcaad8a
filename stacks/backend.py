"""Where the state of an environment is kept: in a bucket, or in a file beside the project."""

from __future__ import annotations

import sys

from stacks.base import AppStack
from stacks.environment import EnvironmentSettings
from stacks.local_states import local_state_file


def keep_state(stack: AppStack, settings: EnvironmentSettings) -> None:
    """Gives the stack its backend; says so, in one line, where that is a file that nobody else has."""
    state = settings.state
    if state.bucket is None:
        stack.keep_state_in_file()
        print(
            f"{settings.stack_name}: state in the local file {local_state_file(settings.stack_name)}; "
            "`make state` or state.bucket shares it",
            file=sys.stderr,
        )
        return
    stack.keep_state_in_bucket(
        bucket=state.bucket,
        key=settings.state_key,
        region=settings.state_region,
        kms_key_id=state.encryption_key,
        role_arn=state.role_arn,
        account_id=state.account_id,
    )
