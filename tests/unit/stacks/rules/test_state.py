"""Rules on the state's bucket: within an environment, and between environments that share it."""

from __future__ import annotations

import pytest

from tests.environment_files import Environments, Load, Refuse
from tests.texts import DEMO

MANAGED = '[state]\nbucket = "states"\nmanaged = true\n'
FILE = "environments/test.toml:"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("create_kms_key = true", "create_kms_key = true"),
        ("access_log_bucket = 'logs'", 'access_log_bucket = "logs"'),
    ],
)
def test_managed_bucket_settings_require_a_managed_bucket(
    refuse: Refuse, load: Load, line: str, place: str
) -> None:
    refuse(f"[state]\nbucket = 'states'\n{line}").says(
        f"{FILE} state.{place}", "state.managed is false", "set state.managed = true and run `make state`"
    )
    assert load(f"{MANAGED}{line}").state.managed


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"),
    [
        (
            f"{MANAGED}role_arn = 'arn:aws:iam::111122223333:role/a'",
            'role_arn = "arn:aws:iam::111122223333:role/a"',
            "with your own credentials",
            "remove state.role_arn",
        ),
        (
            "[state]\nbucket = 'states'\nkey = 'a/b'\nkey_prefix = 'a'",
            'key_prefix = "a"',
            'state.key says the whole key, "a/b"',
            "remove state.key_prefix, or state.key",
        ),
        (
            f"{MANAGED}create_kms_key = true\nkms_key_id = 'alias/a'",
            "create_kms_key = true",
            "names a key that exists",
            "remove one of the two",
        ),
        (
            f"{MANAGED}access_log_bucket = 'states'",
            'access_log_bucket = "states"',
            "each log would be logged",
            "name another bucket",
        ),
        (
            "[state]\nkey_prefix = 'a'",
            'key_prefix = "a"',
            "no effect without state.bucket",
            "set state.bucket",
        ),
        (
            "[state]\naccount_id = '111122223333'",
            'account_id = "111122223333"',
            "no effect without state.bucket",
            "set state.bucket",
        ),
        (
            "[state]\nbucket = 'states'\naccount_id = '1234'",
            'account_id = "1234"',
            "not of this form",
            'write it like "111122223333"',
        ),
        (
            "[state]\nbucket = 'states'\nkey_prefix = 'a/'",
            'key_prefix = "a/"',
            "not of this form",
            'write it like "ml-platform/mlflow"',
        ),
    ],
)
def test_conflicting_state_settings_are_refused(
    refuse: Refuse, lines: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(lines)

    assert report.places == [f"{FILE} state.{place}"]
    report.says(report.places[0], problem, fix)


def test_planned_state_bucket_may_be_configured(load: Load) -> None:
    state = load("[state]\nmanaged = true\ncreate_kms_key = true\nregion = 'us-east-1'").state

    assert (state.bucket, state.encryption_key) == (None, None)


def test_no_environment_has_its_state_where_the_buckets_own_is(environments: Environments) -> None:
    environments.write("demo.toml", DEMO + MANAGED)
    environments.write("state.toml", f"{DEMO}[state]\nbucket = 'states'\n")

    report = environments.refuse()

    report.says(
        "environments/state.toml: state.key",
        "s3://states/mlflow/state/terraform.tfstate is where the stack `state` keeps its own",
        "mlflow/environments/state/terraform.tfstate",
    )


@pytest.mark.parametrize(
    ("here", "there", "place", "problem"),
    [
        ("", "create_kms_key = true", "create_kms_key = true", "blue.toml says false"),
        ("create_kms_key = true", "", "create_kms_key = false", "blue.toml says true"),
        ("", "access_log_bucket = 'logs'", 'access_log_bucket = "logs"', "blue.toml leaves it out"),
        ("kms_key_id = 'alias/a'", "kms_key_id = 'alias/b'", 'kms_key_id = "alias/b"', 'says "alias/a"'),
        ("account_id = '111122223333'", "", "account_id", 'blue.toml says "111122223333"'),
        ("region = 'us-east-1'", "", "region", "has the bucket states in us-east-1"),
    ],
)
def test_two_that_manage_one_bucket_say_the_same(
    environments: Environments, here: str, there: str, place: str, problem: str
) -> None:
    environments.write("blue.toml", f"{DEMO}{MANAGED}{here}\n")
    environments.write("demo.toml", f"{DEMO}{MANAGED}{there}\n")

    report = environments.refuse()

    assert report.places == [f"environments/demo.toml: state.{place}"]
    report.says(report.places[0], problem)


def test_users_of_a_managed_bucket_share_its_key(environments: Environments) -> None:
    environments.write("blue.toml", f"{DEMO}{MANAGED}create_kms_key = true\n")
    environments.write("demo.toml", f"{DEMO}[state]\nbucket = 'states'\n")

    environments.refuse().says(
        "environments/demo.toml: state.kms_key_id", "blue's", 'write kms_key_id = "alias/states" in [state]'
    )

    environments.write("demo.toml", f"{DEMO}[state]\nbucket = 'states'\nkms_key_id = 'alias/states'\n")
    assert len(environments.load()) == 2
