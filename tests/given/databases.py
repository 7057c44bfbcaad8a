"""Databases to build in a stack."""

from __future__ import annotations

from typing import Any

from modules.database.instance import Database
from modules.database.settings import DatabaseSettings
from modules.encryption.key import AnyKey
from stacks.base import AppStack
from tests.synthesis import Json, account_in, synthesize, table


def database_in(
    stack: AppStack, *, key: AnyKey | None = None, prevent_destroy: bool = False, **settings: Any
) -> Database:
    """The demo's, but for these settings."""
    return Database(
        stack,
        "database",
        settings=table(DatabaseSettings, **settings),
        name="mlflow-test",
        account=account_in(stack),
        vpc_id="vpc-1",
        subnet_ids=["subnet-3", "subnet-4"],
        log_retention_days=30,
        key=key,
        prevent_destroy=prevent_destroy,
    )


def database(**options: Any) -> Json:
    return synthesize(lambda stack: database_in(stack, **options))
