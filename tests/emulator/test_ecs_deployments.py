"""How the emulated ECS ends a deployment: completed, rolled back, or failed with nothing to go back to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import BROKEN_IMAGE
from tests.iam.enforcement import emulated_aws

GOOD_IMAGE = "@sha256:" + "0" * 64


@pytest.fixture(scope="module")
def ecs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with emulated_aws(tmp_path_factory.mktemp("ecs-aws")) as running:
        client = running.session().client("ecs")
        client.create_cluster(clusterName="c")
        yield client


def revision(ecs: Any, image: str) -> str:
    """The ARN of a new one."""
    containers = [{"name": "mlflow", "image": f"example/mlflow{image}"}]
    made = ecs.register_task_definition(family="t", containerDefinitions=containers, cpu="256", memory="512")
    return str(made["taskDefinition"]["taskDefinitionArn"])


def start(ecs: Any, name: str, image: str) -> str:
    arn = revision(ecs, image)
    ecs.create_service(cluster="c", serviceName=name, taskDefinition=arn, desiredCount=2)
    return arn


def described(ecs: Any, name: str) -> Any:
    (service,) = ecs.describe_services(cluster="c", services=[name])["services"]
    return service


def is_stable(service: Any) -> bool:
    """As version 5.100 of the AWS provider sees it
    (https://github.com/hashicorp/terraform-provider-aws, internal/service/ecs/service.go)."""
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]


def test_a_good_deployment_completes(ecs: Any) -> None:
    start(ecs, "good", GOOD_IMAGE)
    arn = revision(ecs, GOOD_IMAGE)

    ecs.update_service(cluster="c", service="good", taskDefinition=arn)
    service = described(ecs, "good")

    (deployment,) = service["deployments"]
    assert (service["taskDefinition"], deployment["taskDefinition"]) == (arn, arn)
    assert (deployment["rolloutState"], deployment["status"]) == ("COMPLETED", "PRIMARY")
    assert is_stable(service)


def test_a_deployment_whose_tasks_do_not_start_is_rolled_back(ecs: Any) -> None:
    before = start(ecs, "bad", GOOD_IMAGE)
    broken = revision(ecs, BROKEN_IMAGE)

    ecs.update_service(cluster="c", service="bad", taskDefinition=broken)
    during, after = described(ecs, "bad"), described(ecs, "bad")

    assert [(one["status"], one["rolloutState"]) for one in during["deployments"]] == [
        ("PRIMARY", "IN_PROGRESS"),
        ("ACTIVE", "FAILED"),
    ]
    assert [one["taskDefinition"] for one in during["deployments"]] == [before, broken]
    assert (is_stable(during), is_stable(after)) == (False, True)
    assert after["taskDefinition"] == after["deployments"][0]["taskDefinition"] == before
    assert after["deployments"][0]["rolloutState"] == "COMPLETED"
    rolled_back, failed, *_ = [event["message"] for event in after["events"]]
    assert failed.startswith("(service bad) (deployment ecs-svc/")
    assert failed.endswith("deployment failed: tasks failed to start.")
    assert rolled_back.startswith("(service bad) rolling back to deployment ecs-svc/")


def test_a_first_deployment_has_nothing_to_go_back_to(ecs: Any) -> None:
    broken = start(ecs, "first", BROKEN_IMAGE)

    for _ in range(2):
        service = described(ecs, "first")
        assert service["taskDefinition"] == broken
        assert [one["rolloutState"] for one in service["deployments"]] == ["FAILED"]
        assert not is_stable(service), "the provider waits, and fails when its time is up"


def test_a_service_cannot_go_to_a_revision_that_was_deregistered(ecs: Any) -> None:
    before = start(ecs, "old", GOOD_IMAGE)
    ecs.update_service(cluster="c", service="old", taskDefinition=revision(ecs, GOOD_IMAGE))
    ecs.deregister_task_definition(taskDefinition=before)

    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        ecs.update_service(cluster="c", service="old", taskDefinition=before)
