"""The policies of the roles of CI keep IAM's limits, wherever and whatever the environment is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modules.access.ci.packing import length, packed
from modules.common.aws import PARTITION_OF
from modules.common.limits import MANAGED_POLICIES_PER_ROLE, MANAGED_POLICY_CHARACTERS
from modules.common.names import Names
from modules.common.policies import Statement
from modules.common.rights import Domain, Scope
from modules.image.ecr import SUFFIXES
from stacks.ci import apply_topics, plan_topics
from stacks.loading import load_environments
from tests.ci_policies import EVERYTHING
from tests.given.sign_in import SECRET
from tests.rendered import Renderer
from tests.synthesis import synthesize_platform

ACCOUNT = "1" * 12
LONGEST_DOMAIN = f"{'a' * 52}.example.com"
# The bucket's name, which has the region in it, ends the name's length before the load balancer's does.
LONGEST_NAME = {region: min(28, 63 - len(f"-artifacts-{ACCOUNT}-{region}")) for region in PARTITION_OF}
ADOPTED = {
    "artifact_bucket": "b" * 63,
    "database_instance": "d" * 63,
    "database_subnet_group": "s" * 255,
    "repository": "r" * 256,
    "log_group": "l" * 512,
}


def policies_in(region: str, folder: Path, **scope: Any) -> dict[str, dict[str, list[Statement]]]:
    """Role → policy → statements, of an environment of the longest name, with everything on and the longest values."""
    partition = PARTITION_OF[region]
    text = EVERYTHING.replace("us-east-1.amazonaws.com", f"us-east-1.{SUFFIXES[partition][0]}")
    text = text.replace("us-east-1", region).replace("arn:aws:", f"arn:{partition}:")
    key = f"{'k' * 200}/terraform.tfstate"
    text = text.replace("[state]\n", f'[state]\nkey = "{key}"\nkms_key_id = "alias/{"k" * 100}"\n')
    environment = "e" * (LONGEST_NAME[region] - len("mlflow-"))
    (folder / f"{environment}.toml").write_text(text, encoding="utf-8")
    (settings,) = load_environments(folder, {})
    account: Any = SimpleNamespace(partition=partition, account_id=ACCOUNT)
    values: dict[str, Any] = {
        "partition": partition,
        "region": region,
        "account_id": ACCOUNT,
        "names": Names(name=settings.full_name, account_id=ACCOUNT, region=region),
        "parameter_prefix": f"/{settings.name}/{environment}/",
        "tags": {letter * 128: environment for letter in "ab"},
        "vpc_id": "vpc-0a1b2c3d4e5f67890",
        "domain": Domain(names=(LONGEST_DOMAIN,), hosted_zone_id=f"Z{'0' * 31}"),
        "client_secret_arn": SECRET,
        "permissions_boundary_arn": f"arn:{partition}:iam::{ACCOUNT}:policy/{'p' * 64}/{'b' * 128}",
    }
    ours = Scope(**{**values, **scope})
    return {
        role: {
            id: policy
            for topic, statements in topics(ours, settings, account)
            for id, policy in packed(topic, statements, values={}).items()
        }
        for role, topics in (("plan", plan_topics), ("apply", apply_topics))
    }


@pytest.mark.parametrize("region", PARTITION_OF)
@pytest.mark.parametrize("given", [False, True], ids=["own", "given"])
def test_every_policy_fits_and_a_role_has_no_more_than_it_may(
    region: str, given: bool, tmp_path: Path
) -> None:
    there: dict[str, Any] = {"vpc_is_given": given}
    if given:
        name = "n" * LONGEST_NAME[region]
        there["names"] = Names(name=name, account_id=ACCOUNT, region=region, adopted=ADOPTED)

    for role, policies in policies_in(region, tmp_path, **there).items():
        sizes = {id: length(policy, values={}) for id, policy in policies.items()}
        assert max(sizes.values()) <= MANAGED_POLICY_CHARACTERS.number, (role, sizes)
        assert len(sizes) <= MANAGED_POLICIES_PER_ROLE.number, (role, sizes)


def test_measured_policy_equals_the_rendered_one() -> None:
    """The length before Terraform has filled in account and partition is the length after."""
    render = Renderer(platform := synthesize_platform(EVERYTHING))

    for name, policy in platform["resource"]["aws_iam_policy"].items():
        document = json.loads(render(policy["policy"]))
        assert len(json.dumps(document, separators=(",", ":"))) <= MANAGED_POLICY_CHARACTERS.number, name


def statement(sid: str, characters: int) -> Statement:
    return Statement(sid=sid, actions=["s3:GetObject"], resources=["x" * characters])


def test_a_topic_is_split_only_where_it_does_not_fit() -> None:
    small, large = statement("Small", 100), [statement(f"Large{number}", 2500) for number in range(4)]

    assert packed("data", [], values={}) == {}
    assert packed("data", [small], values={}) == {"data": [small]}
    assert packed("data", [*large, small], values={}) == {
        "data": [large[0], large[1], small],
        "data_2": [large[2], large[3]],
    }


def test_unknown_values_are_measured_by_their_length() -> None:
    given = Statement(
        sid="Given", actions=["s3:GetObject"], resources=["arn:${known}:s3:::${unknown.id}/$${*}"]
    )
    plain = Statement(
        sid="Given", actions=["s3:GetObject"], resources=[f"arn:aws-us-gov:s3:::{'x' * 64}/$${{*}}"]
    )

    assert length([given], values={"${known}": "aws-us-gov"}) == length([plain], values={})
