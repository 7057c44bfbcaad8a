"""Rules on what others own: by id or from another team's state, whole, and each said once."""

from __future__ import annotations

import pytest

from settings.language.rules import value_at
from tests.environment_files import Load, Refuse
from tests.given.existing import BOUNDARY, FROM_STATE, GIVEN, KEY, THEIRS, VPC, A, B, C, D

FILE = "environments/test.toml:"


def test_a_network_by_its_ids(load: Load) -> None:
    network = load(GIVEN).network

    assert network.vpc_id == VPC
    assert (network.public_subnet_ids, network.private_subnet_ids) == ((A, B), (C, D))


def test_a_network_from_another_teams_state(load: Load) -> None:
    state = load(FROM_STATE).remote_state

    assert state is not None
    assert (state.bucket, state.key) == ("their-states", "network/terraform.tfstate")
    assert state.outputs == {
        "vpc_id": "network_vpc_id",
        "public_subnet_ids": "public",
        "private_subnet_ids": "private",
    }


def test_some_of_it_by_id_and_some_from_the_state(load: Load) -> None:
    lines = FROM_STATE.replace('vpc_id = "network_vpc_id"\n', "")

    assert load(f'{lines}[network]\nvpc_id = "{VPC}"').network.vpc_id == VPC


def test_an_output_by_a_variable(load: Load) -> None:
    variables = {"MLFLOW_INFRA_REMOTE_STATE__OUTPUTS__vpc_id": "elsewhere"}

    assert value_at(load(FROM_STATE, **variables), "remote_state.outputs")["vpc_id"] == "elsewhere"


def test_a_key_by_its_arn_or_from_another_teams_state(load: Load) -> None:
    assert load(f'[encryption]\nkms_key_arn = "{KEY}"').encryption.kms_key_arn == KEY
    settings = load(f'{THEIRS}[remote_state.outputs]\nkms_key_arn = "data_key_arn"')
    assert value_at(settings, "remote_state.outputs") == {"kms_key_arn": "data_key_arn"}


@pytest.mark.parametrize("account", ["111122223333", "aws"])
def test_a_boundary_of_the_account_or_of_aws(load: Load, account: str) -> None:
    arn = f"arn:aws:iam::{account}:policy/team/boundary"

    assert load(f'[access]\npermissions_boundary_arn = "{arn}"').access.permissions_boundary_arn == arn


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"),
    [
        (
            GIVEN.replace(f'private_subnet_ids = ["{C}", "{D}"]', ""),
            "network.private_subnet_ids",
            "network.vpc_id and network.public_subnet_ids are another team's",
            "add to [network]: private_subnet_ids =",
        ),
        (
            FROM_STATE.replace('vpc_id = "network_vpc_id"', ""),
            "network.vpc_id",
            "network.public_subnet_ids and network.private_subnet_ids are another team's",
            "add to [network]: vpc_id =",
        ),
        (
            f"{GIVEN}vpc_cidr = '10.1.0.0/16'",
            'network.vpc_cidr = "10.1.0.0/16"',
            "network.vpc_id is another team's",
            "remove network.vpc_cidr",
        ),
        (
            f"{GIVEN}public_subnet_cidrs = ['10.9.0.0/24', '10.9.0.0/24']",
            'network.public_subnet_cidrs = ["10.9.0.0/24", "10.9.0.0/24"]',
            "No network is made",
            "remove network.public_subnet_cidrs",
        ),
        (
            f"{FROM_STATE}[network]\navailability_zones = ['eu-west-1a', 'eu-west-1b']",
            'network.availability_zones = ["eu-west-1a", "eu-west-1b"]',
            "No network is made",
            "remove network.availability_zones",
        ),
        (
            GIVEN.replace(f'"{A}", "{B}"', f'"{A}"'),
            f'network.public_subnet_ids = ["{A}"]',
            "1 subnet",
            "list two, such as",
        ),
        (GIVEN.replace(f'"{C}", "{D}"', ""), "network.private_subnet_ids = []", "no subnet", "list two"),
        (
            GIVEN.replace(f'"{A}", "{B}"', f'"{A}", "{A}"'),
            f'network.public_subnet_ids[1] = "{A}"',
            "It is network.public_subnet_ids[0] too",
            "once",
        ),
        (
            GIVEN.replace(D, B),
            f'network.private_subnet_ids[1] = "{B}"',
            "It is network.public_subnet_ids[1] too",
            "once",
        ),
        (
            GIVEN.replace(VPC, "vpc-main"),
            'network.vpc_id = "vpc-main"',
            "not of this form",
            f'write it like "{VPC}"',
        ),
        (
            GIVEN.replace(B, VPC),
            f'network.public_subnet_ids[1] = "{VPC}"',
            "8 or 17 hexadecimal digits",
            'like "subnet-',
        ),
        (
            f"{GIVEN}{THEIRS}[remote_state.outputs]\nvpc_id = 'vpc'",
            'remote_state.outputs.vpc_id = "vpc"',
            "network.vpc_id names it already",
            "remove network.vpc_id, or this entry",
        ),
        (
            FROM_STATE.replace('key = "network/terraform.tfstate"', ""),
            "remote_state.key",
            "Required",
            'add it to [remote_state]: key = "network/terraform.tfstate"',
        ),
        *(
            (
                FROM_STATE.replace("network/terraform", f"network/{pattern}/terraform"),
                f'remote_state.key = "network/{pattern}/terraform.tfstate"',
                "other than * ? $",
                "like",
            )
            for pattern in ("*", "?", "$x")
        ),
        (
            f"{THEIRS}outputs = {{}}",
            "remote_state.outputs = {}",
            "Nothing is taken",
            "add to [remote_state.outputs]",
        ),
        (
            f"{FROM_STATE}[state]\nbucket = 'their-states'\nkey = 'network/terraform.tfstate'",
            'remote_state.key = "network/terraform.tfstate"',
            "this environment's own state",
            "the other team's key",
        ),
        (
            FROM_STATE.replace("vpc_id =", "vpc ="),
            "remote_state.outputs.vpc",
            '"vpc" is not known',
            'did you mean "vpc_id"?',
        ),
        (
            FROM_STATE.replace("network_vpc_id", "module.network.vpc_id"),
            'remote_state.outputs.vpc_id = "module.network.vpc_id"',
            "the name of a Terraform output",
            'write it like "vpc_id"',
        ),
        (
            f"[encryption]\nkms_key_arn = '{KEY.replace('key/1234abcd-12ab-4cd3-96ef-1234567890ab', 'alias/data')}'",
            f'encryption.kms_key_arn = "{KEY.replace("key/1234abcd-12ab-4cd3-96ef-1234567890ab", "alias/data")}"',
            "not of this form",
            "not of an alias",
        ),
        (
            f"[encryption]\nkms_key_arn = '{KEY.replace('eu-west-1', 'us-east-1')}'",
            f'encryption.kms_key_arn = "{KEY.replace("eu-west-1", "us-east-1")}"',
            "The key is in us-east-1, and everything that it is to encrypt is in eu-west-1",
            "name a key of eu-west-1",
        ),
        (
            f"{THEIRS}[remote_state.outputs]\nkms_key_arn = 'key'\n[encryption]\nkms_key_arn = '{KEY}'",
            'remote_state.outputs.kms_key_arn = "key"',
            "encryption.kms_key_arn names it already",
            "remove encryption.kms_key_arn, or this entry",
        ),
        (
            "[access]\npermissions_boundary_arn = 'boundary'",
            'access.permissions_boundary_arn = "boundary"',
            "not of this form",
            f'write it like "{BOUNDARY}"',
        ),
        (
            f"[access]\npermissions_boundary_arn = '{BOUNDARY.replace('aws', 'aws-cn')}'",
            f'access.permissions_boundary_arn = "{BOUNDARY.replace("aws", "aws-cn")}"',
            'of the partition "aws-cn", and eu-west-1 is in "aws"',
            f'write "{BOUNDARY}"',
        ),
    ],
)
def test_invalid_network_references_are_refused(
    refuse: Refuse, lines: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(lines)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


def test_a_state_in_another_region_has_a_role_of_its_partition(refuse: Refuse) -> None:
    role = 'region = "us-gov-west-1"\nrole_arn = "arn:aws:iam::111122223333:role/reader"\n'
    report = refuse(FROM_STATE.replace("[remote_state.outputs]", f"{role}[remote_state.outputs]"))

    report.says(
        f'{FILE} remote_state.role_arn = "arn:aws:iam::111122223333:role/reader"',
        'us-gov-west-1 is in "aws-us-gov"',
        'write "arn:aws-us-gov:iam::111122223333:role/reader"',
    )
