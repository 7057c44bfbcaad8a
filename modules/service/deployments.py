"""How a deployment of the service ends for Terraform: what fails the apply, and how long the apply waits."""

from __future__ import annotations

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_service import EcsServiceTimeouts

from modules.common.task_life import LEAVING_SECONDS

# What the AWS provider waits for a service that says nothing else
# (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service#timeouts).
USUAL_MINUTES = 20
# ECS gives a deployment up after this many failed tasks at least
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html).
LEAST_FAILURES = 3
# The tasks that are replaced leave last.
LEAVING_MINUTES = -(-LEAVING_SECONDS // 60)


def service_lifecycle(
    *, task_definition_arn: str, name: str, region: str, scaled: bool
) -> TerraformResourceLifecycle:
    """The deployment settings of the service, in one place.

    ECS puts a service whose deployment fails back to the task definition before it, and the AWS provider, which waits
    for a steady service, then reports success (https://github.com/hashicorp/terraform-provider-aws/issues/20858). What
    the provider has read after its wait is compared here, so that the apply fails. The service is not replaced for
    that: the next plan has the change again.

    Args:
        task_definition_arn: a reference, as Terraform writes it, to the ARN of the revision that was deployed.
        name: of the service and of its cluster.
        region: where they are.
        scaled: Terraform only starts with the desired count, and then leaves it to others.
    """
    where = f"--cluster {name} --region {region}"
    return TerraformResourceLifecycle(
        ignore_changes=["desired_count"] if scaled else None,
        postcondition=[
            Postcondition(
                condition=f"${{self.task_definition == {task_definition_arn}}}",
                error_message=(
                    f"ECS has rolled back the deployment of ${{{task_definition_arn}}}: its tasks did not become "
                    "healthy, or an alarm went off. The service still runs ${self.task_definition}, the version "
                    "before it. The reason is in the service's events and in the stopped tasks, which ECS lists for "
                    "an hour at least:\n"
                    f"  aws ecs describe-services {where} --services {name} "
                    "--query 'services[0].events[:10].message'\n"
                    f"  aws ecs list-tasks {where} --desired-status STOPPED\n"
                    f"  aws ecs describe-tasks {where} --query 'tasks[].[stoppedReason,containers[].reason]' "
                    "--tasks <ARN from the list>\n"
                    "Fix what they name and apply again; the next plan deploys this change again."
                ),
            )
        ],
    )


def service_timeouts(*, grace_period_seconds: int, bake_minutes: int) -> EcsServiceTimeouts:
    """How long an apply waits for a deployment to complete or to be rolled back: for the starts of as many tasks as
    have to fail, or of one where there is nothing to go back to, and for the tasks that then leave.

    Version 5.100 of the AWS provider waits until the new tasks run alone. From 6.4 on it also waits while ECS watches
    the alarms after that; ECS does not say how long it does, only that it follows from the alarms.

    Args:
        grace_period_seconds: how long each new task may be unhealthy.
        bake_minutes: how long the slowest alarm that rolls a deployment back needs to go off; 0 without one.
    """
    grace_minutes = -(-grace_period_seconds // 60)
    once = USUAL_MINUTES + bake_minutes + LEAVING_MINUTES
    create, update = (once + starts * grace_minutes for starts in (1, LEAST_FAILURES))
    return EcsServiceTimeouts(create=f"{create}m", update=f"{update}m")


def revisions_left(*, family: str, region: str) -> str:
    """What `destroy` leaves of a task definition whose revisions stay, and the line that deregisters them."""
    return (
        f"ECS task definitions of the family {family} (they run nothing and cost nothing); to deregister them: "
        f"aws ecs list-task-definitions --family-prefix {family} --region {region} --query 'taskDefinitionArns[]' "
        f"--output text | xargs -n 1 aws ecs deregister-task-definition --region {region} "
        "--query taskDefinition.status --task-definition"
    )
