"""A deployment's identity: `name` and environment, in every name that another deployment could take."""

from __future__ import annotations

import pytest

from tests.environment_files import Environments, Load, Refuse
from tests.texts import DEMO

BUCKET = '[state]\nbucket = "states"\n'


def test_the_default_name_keeps_every_derived_name(load: Load) -> None:
    settings = load()

    assert settings.stack_name == "mlflow-test"
    assert settings.state_key == "mlflow/test/terraform.tfstate"
    assert settings.parameter_prefix == "/mlflow/test/"


def test_another_name_is_part_of_every_derived_name(load: Load) -> None:
    settings = load('name = "team-c"')

    assert settings.stack_name == "team-c-test"
    assert settings.state_key == "team-c/test/terraform.tfstate"
    assert settings.parameter_prefix == "/team-c/test/"


def test_two_names_in_one_bucket_have_two_states(load: Load) -> None:
    one, other = load(f'name = "team-c"\n{BUCKET}'), load(f'name = "team-d"\n{BUCKET}')

    assert (one.state_key, other.state_key) == (
        "team-c/test/terraform.tfstate",
        "team-d/test/terraform.tfstate",
    )


@pytest.mark.parametrize(
    ("lines", "key"),
    [('key = "a/b"', "a/b"), ('key_prefix = "ml/mlflow"', "ml/mlflow/test/terraform.tfstate")],
)
def test_a_key_that_is_set_is_kept(load: Load, lines: str, key: str) -> None:
    assert load(f'name = "team-c"\n{BUCKET}{lines}').state_key == key


def test_fix_for_a_shared_state_names_the_own_key(environments: Environments) -> None:
    key = 'key = "mlflow/a/terraform.tfstate"'
    environments.write("a.toml", DEMO + BUCKET)
    environments.write("b.toml", 'name = "team-c"\n' + DEMO + BUCKET + key)

    environments.refuse().says(
        f"environments/b.toml: state.{key}",
        "is the state of the environment a",
        'it is then "team-c/b/terraform.tfstate"',
    )


@pytest.mark.parametrize("lines", [BUCKET, BUCKET + "managed = true\n"])
def test_the_key_of_the_buckets_own_stack_is_no_environments(environments: Environments, lines: str) -> None:
    environments.write("state.toml", DEMO + lines)

    environments.refuse().says(
        "environments/state.toml: state.key",
        "s3://states/mlflow/state/terraform.tfstate is where the stack `state` keeps its own",
    )


def test_an_environment_is_not_called_like_the_stack_of_a_bucket(environments: Environments) -> None:
    managed = BUCKET + "managed = true\n"
    environments.write("blue.toml", DEMO + managed.replace("states", "blue-states"))
    environments.write("demo.toml", 'name = "state"\n' + DEMO + managed)

    environments.refuse().says(
        'environments/demo.toml: name = "state"',
        '"state-demo" is the stack of the bucket states',
        "set another name",
    )


@pytest.mark.parametrize("name", ["aws", "aws-ml", "awsome", "ssm", "ssm-ml"])
def test_parameters_have_no_beginning_that_aws_reserves(refuse: Refuse, name: str) -> None:
    refuse(f'name = "{name}"').says(
        f'environments/test.toml: name = "{name}"', "reserves for its own parameters", 'such as "mlflow"'
    )


@pytest.mark.parametrize(
    ("name", "environment", "namesakes"),
    [
        ("mlflow", "demo", ()),
        ("mlflow", "prod-eu", (("mlflow-prod", "eu"),)),
        ("a-b", "c", (("a", "b-c"),)),
        ("a", "b-c", (("a-b", "c"),)),
        ("a", "b-2-c", (("a-b-2", "c"),)),
    ],
)
def test_deployments_of_the_same_full_name_are_known(
    environments: Environments, name: str, environment: str, namesakes: tuple[tuple[str, str], ...]
) -> None:
    environments.write(f"{environment}.toml", f'name = "{name}"\n{DEMO}')

    (settings,) = environments.load()

    assert settings.namesakes == namesakes
