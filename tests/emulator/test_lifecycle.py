"""The platform's life in an emulated AWS: deployed, left alone, changed, destroyed, deployed again. In this order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from tests.emulator.environments import EMPTY_PLAN, STATE_BUCKET, Platform, Stage

Client = Callable[[str], Any]


def services(client: Client, *platforms: Platform) -> list[Any]:
    return [
        client("ecs").describe_services(cluster=each.stack, services=[each.stack])["services"][0]
        for each in platforms
    ]


def test_both_environments_run_side_by_side(deployed: Stage, client: Client) -> None:
    both = services(client, deployed.demo, deployed.blue)

    assert [service["status"] for service in both] == ["ACTIVE", "ACTIVE"]
    assert [service["runningCount"] for service in both] == [1, 1]
    demo, blue = deployed.demo.outputs(), deployed.blue.outputs()
    shared = {name for name in demo if demo[name] == blue[name]}
    # The zone of load balancers' names is the region's.
    assert shared == {"database_name", "load_balancer_zone_id"}


def test_the_second_plan_is_empty(deployed: Stage) -> None:
    codes: dict[str, int] = {}

    def plan(platform: Platform) -> None:
        platform.synthesize()
        codes[platform.environment] = platform.plan()

    deployed.both(plan)

    assert codes == {"demo": EMPTY_PLAN, "blue": EMPTY_PLAN}


def test_the_state_is_in_the_bucket_and_locked_there(deployed: Stage, client: Client) -> None:
    s3, key = client("s3"), deployed.blue.state_key
    state = json.loads(s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read())
    holder = {"ID": "held-by-a-colleague", "Operation": "OperationTypeApply", "Who": "colleague@laptop"}
    s3.put_object(Bucket=STATE_BUCKET, Key=f"{key}.tflock", Body=json.dumps(holder).encode())

    refused = deployed.blue.terraform("plan", "-input=false", "-no-color", ends_with=(1,))
    s3.delete_object(Bucket=STATE_BUCKET, Key=f"{key}.tflock")

    assert state["resources"]
    assert "Error acquiring the state lock" in refused.stderr
    assert "held-by-a-colleague" in refused.stderr


def test_plan_with_another_state_fails_before_any_change(
    deployed: Stage, client: Client, session: boto3.Session, tmp_path: Path
) -> None:
    # given a clone of the project on another machine, whose settings name another key
    clone = Platform("demo", tmp_path, deployed.demo.variables)
    settings = (deployed.demo.folder / "environments" / "demo.toml").read_text("utf-8")
    clone.write(settings.replace("[state]", '[state]\nkey_prefix = "elsewhere"'))
    clone.synthesize()
    before = inventory(session)

    # when that is applied
    clone.terraform("init", "-input=false", "-no-color")
    refused = clone.terraform("apply", "-auto-approve", "-input=false", "-no-color", ends_with=(1,))

    # then it ends at the parameter that says where the environment's state is
    assert "with aws_ssm_parameter.claim" in refused.stderr
    assert "ParameterAlreadyExists" in refused.stderr
    assert refused.stderr.count("Error:") == 1
    assert inventory(session) == before
    state = json.loads(
        client("s3").get_object(Bucket=STATE_BUCKET, Key="elsewhere/demo/terraform.tfstate")["Body"].read()
    )
    assert [one for one in state["resources"] if one["mode"] == "managed"] == []


def test_the_state_is_moved_to_another_key_and_back(deployed: Stage) -> None:
    demo = deployed.demo
    settings = (demo.folder / "environments" / "demo.toml").read_text("utf-8")
    init = ("init", "-input=false", "-no-color")
    move = (*init, "-migrate-state", "-force-copy")

    demo.write(settings.replace("[state]", '[state]\nkey_prefix = "moved"'))
    demo.synthesize()
    refused = demo.terraform(*init, ends_with=(1,))
    demo.terraform(*move)
    demo.plan()
    changes = demo.changes()
    demo.write(settings)
    demo.synthesize()
    demo.terraform(*move)

    assert "Backend configuration changed" in refused.stderr
    assert changes == {
        # Which state the roles for CI may read and write.
        "aws_iam_policy.access_ci_apply_data": ["update"],
        "aws_iam_policy.access_ci_plan_state": ["update"],
        "aws_ssm_parameter.claim": ["update"],
        'aws_ssm_parameter.outputs["state_reader_policy_json"]': ["update"],
    }
    assert demo.plan() == EMPTY_PLAN, demo.changes()


def test_load_balancer_reaches_task_and_task_reaches_database(deployed: Stage, client: Client) -> None:
    ids = deployed.demo.outputs()
    balancer, service, database = (
        ids[f"{name}_security_group_id"] for name in ("load_balancer", "service", "database")
    )

    ingress = {group: rules(client, group, egress=False) for group in (balancer, service, database)}
    egress = {group: rules(client, group, egress=True) for group in (balancer, service, database)}

    assert ingress == {
        balancer: {(80, "0.0.0.0/0")},
        service: {(5000, balancer)},
        database: {(5432, service)},
    }
    assert egress == {
        balancer: {(5000, service)},
        service: {(443, "0.0.0.0/0"), (5432, database)},
        database: set(),
    }


def rules(client: Client, group: str, *, egress: bool) -> set[tuple[int, str]]:
    """(port, from or to where) of a security group's rules; each is for one port."""
    found = client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    picked = [rule for rule in found["SecurityGroupRules"] if rule["IsEgress"] == egress]
    assert all(rule["FromPort"] == rule["ToPort"] for rule in picked)
    return {
        (rule["FromPort"], rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"]) for rule in picked
    }


def test_the_database_is_private_and_its_password_is_its_own(deployed: Stage, client: Client) -> None:
    instance = client("rds").describe_db_instances(DBInstanceIdentifier=deployed.demo.stack)["DBInstances"][0]
    subnets = {subnet["SubnetIdentifier"] for subnet in instance["DBSubnetGroup"]["Subnets"]}
    credentials = [password(client, platform) for platform in (deployed.demo, deployed.blue)]

    assert subnets == set(deployed.demo.outputs()["private_subnet_ids"])
    assert not any(reaches_the_internet(client, subnet) for subnet in subnets)
    assert not instance.get("PubliclyAccessible")
    assert (instance["StorageEncrypted"], instance["StorageType"], instance["AllocatedStorage"]) == (
        True,
        "gp3",
        20,
    )
    assert credentials[0] != credentials[1]


def reaches_the_internet(client: Client, subnet: str) -> bool:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    table = client("ec2").describe_route_tables(Filters=filters)["RouteTables"][0]
    return any(route.get("GatewayId", "local") != "local" for route in table["Routes"])


def test_parameters_equal_the_outputs(deployed: Stage, client: Client) -> None:
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/mlflow/demo/")
    found = [one for page in pages for one in page["Parameters"]]

    parameters = {
        one["Name"].removeprefix("/mlflow/demo/"): (
            one["Value"].split(",") if one["Type"] == "StringList" else one["Value"]
        )
        for one in found
    }
    assert parameters.pop("state") == f"s3://{STATE_BUCKET}/{deployed.demo.state_key}"
    assert parameters == deployed.demo.outputs()


def test_the_bucket_is_private_versioned_and_encrypted(deployed: Stage, client: Client) -> None:
    s3, bucket = client("s3"), deployed.demo.outputs()["artifact_bucket_name"]

    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])

    assert all(block.values()) and len(block) == 4
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [statement["Condition"] for statement in policy["Statement"]] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_the_task_definition_holds_no_secret_and_names_the_sign_in(deployed: Stage, client: Client) -> None:
    service = services(client, deployed.demo)[0]
    definition = client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])[
        "taskDefinition"
    ]
    container = definition["containerDefinitions"][0]
    environment = {variable["name"]: variable["value"] for variable in container["environment"]}

    assert (definition["cpu"], definition["memory"]) == ("512", "1024")
    assert environment["MLFLOW_DATABASE_SECRET_ARN"] == deployed.demo.outputs()["database_secret_arn"]
    assert "secrets" not in container
    # An image that does not know passwords ends with an error.
    assert container["command"] == ["serve", "--sign-in", "password"]
    assert service["healthCheckGracePeriodSeconds"] == 300
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {
        "enable": True,
        "rollback": True,
    }


@pytest.fixture(scope="module")
def plan_of_the_change(changed: Stage) -> dict[str, list[str]]:
    return changed.demo.changes()


def test_a_changed_image_and_count_change_just_that(
    changed: Stage, plan_of_the_change: dict[str, list[str]]
) -> None:
    assert plan_of_the_change == {
        "aws_ecs_task_definition.service": ["create", "delete"],
        "aws_ecs_service.service": ["update"],
        # What is published follows.
        'aws_ssm_parameter.outputs["image_uri"]': ["update"],
        'aws_ssm_parameter.outputs["task_definition_arn"]': ["update"],
    }
    before_and_after = {
        change["address"]: change["change"]
        for change in changed.demo.planned()["resource_changes"]
        if change["address"] == "aws_ecs_service.service"
    }["aws_ecs_service.service"]
    differing = {
        name
        for name, value in before_and_after["before"].items()
        if before_and_after["after"].get(name) != value
    }
    assert differing == {"desired_count", "task_definition"}


def test_a_deployment_that_is_rolled_back_fails_the_apply(
    deployed: Stage, rolled_back: str, client: Client
) -> None:
    service = services(client, deployed.blue)[0]

    assert "Error: Resource postcondition failed" in rolled_back
    said = " ".join(rolled_back.replace("│", " ").split())
    assert f"The service still runs {service['taskDefinition']}, the version before it." in said
    assert "aws ecs describe-services --cluster mlflow-blue" in rolled_back
    assert image_of(client, service["taskDefinition"]).endswith("@sha256:" + "0" * 64)
    published = client("ssm").get_parameter(Name="/mlflow/blue/image_uri")["Parameter"]["Value"]
    assert published == image_of(client, service["taskDefinition"]), "what is published is what runs"
    assert service["runningCount"] == 1


def test_the_next_plan_deploys_it_again_and_replaces_nothing(still_broken: dict[str, list[str]]) -> None:
    assert still_broken.pop("aws_ecs_service.service") == ["update"]
    # The revision before, which was to go when the service had moved.
    assert still_broken.pop("aws_ecs_task_definition.service") == ["delete"]
    assert {address.partition("[")[0] for address in still_broken} == {"aws_ssm_parameter.outputs"}


def test_a_good_deployment_follows(applied: Stage, client: Client) -> None:
    service = services(client, applied.blue)[0]

    assert service["taskDefinition"] == applied.blue.outputs()["task_definition_arn"]
    assert image_of(client, service["taskDefinition"]).endswith("@sha256:" + "2" * 64)
    assert applied.blue.plan() == EMPTY_PLAN, applied.blue.changes()


def image_of(client: Client, revision: str) -> str:
    definition = client("ecs").describe_task_definition(taskDefinition=revision)["taskDefinition"]
    return str(definition["containerDefinitions"][0]["image"])


def test_the_change_is_applied_and_done(applied: Stage, client: Client) -> None:
    service = services(client, applied.demo)[0]

    assert (service["desiredCount"], service["runningCount"]) == (2, 2)
    assert service["taskDefinition"] == applied.demo.outputs()["task_definition_arn"]
    assert applied.demo.plan() == EMPTY_PLAN
    assert services(client, applied.blue)[0]["desiredCount"] == 1


def test_no_password_is_written_anywhere(applied: Stage, client: Client, aws: EmulatedAws) -> None:
    passwords = [password(client, platform) for platform in (applied.demo, applied.blue)]
    platforms = (applied.demo, applied.blue)
    places = {
        "plan": [json.dumps(platform.planned()) for platform in platforms],
        "state": states(client),
        "output": [text for platform in platforms for text in texts(platform.output)],
        "logs": [
            aws.log_file.read_text(),
            aws.requests_file.read_text(),
            *applied.demo.printed,
            *applied.blue.printed,
        ],
    }

    assert all(places.values()), "each place was looked at"
    found = [place for place, said in places.items() for text in said for word in passwords if word in text]
    assert found == []


def password(client: Client, platform: Platform) -> str:
    arn = platform.outputs()["database_secret_arn"]
    value = json.loads(client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert value["username"] == "mlflow_user"
    return str(value["password"])


def states(client: Client) -> list[str]:
    """Every version of every state."""
    s3 = client("s3")
    versions = s3.list_object_versions(Bucket=STATE_BUCKET)["Versions"]
    bodies = [
        s3.get_object(Bucket=STATE_BUCKET, Key=item["Key"], VersionId=item["VersionId"]) for item in versions
    ]
    return [body["Body"].read().decode() for body in bodies]


def texts(folder: Path) -> list[str]:
    """All that was written there, but for the providers' programs."""
    files = [file for file in folder.rglob("*") if file.is_file() and "providers" not in file.parts]
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def test_nothing_is_left_behind(left_behind: list[str]) -> None:
    assert left_behind == []


def test_a_second_deploy_under_the_same_names_works(deployed_again: Stage, client: Client) -> None:
    service = services(client, deployed_again.blue)[0]

    assert (service["status"], service["runningCount"]) == ("ACTIVE", 1)
    assert deployed_again.blue.plan() == EMPTY_PLAN


def test_the_emulation_could_do_all_that_was_asked(deployed_again: Stage, aws: EmulatedAws) -> None:
    assert aws.gaps() == []
