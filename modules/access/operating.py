"""Operating the service: the rights that a person on call needs, and no more."""

from __future__ import annotations

from typing import Any

from modules.common.account import Account
from modules.common.grants import Grantee
from modules.common.policies import Statement
from modules.service.service import Service


def grant_operate(role: Grantee, *, service: Service, account: Account) -> None:
    """Lets `role` read the service's logs and state, scale and restart it, and open a shell where there are any.

    A shell has the rights of the task: of artifacts and database, too. No other cluster, service or log is in reach
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).

    Args:
        role: who operates.
        service: what is operated; it runs already.
        account: where. Operators cannot switch shells on.
    """
    role.grant("logs", *_logs(service))
    role.grant("service", *_service(service, account))
    if service.enable_execute_command:
        role.grant("exec", _exec(service, account))


def _logs(service: Service) -> list[Statement]:
    return [
        Statement(
            sid="ReadLogs",
            actions=[
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:GetQueryResults",
                "logs:StartLiveTail",
                "logs:StartQuery",
            ],
            resources=[service.task.log_group.arn, f"{service.task.log_group.arn}:*"],
        ),
        # The id of a query, which only who started it knows, is all that there is to narrow it by.
        Statement(sid="StopQueries", actions=["logs:StopQuery"], resources=["*"]),
    ]


def _service(service: Service, account: Account) -> list[Statement]:
    within = {"ArnEquals": {"ecs:cluster": service.cluster_arn}}
    changes: dict[str, dict[str, Any]] = {
        **within,
        # The service runs its own task definitions only.
        "ArnLikeIfExists": {
            "ecs:task-definition": _arn(account, f"task-definition/{service.cluster_name}:*")
        },
    }
    if not service.enable_execute_command:
        changes["StringNotEqualsIgnoreCaseIfExists"] = {"ecs:enable-execute-command": "true"}
    service_arn = _arn(account, f"service/{service.cluster_name}/{service.service_name}")
    return [
        Statement(
            sid="SeeTheService",
            actions=["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:DescribeServiceDeployments"],
            resources=[
                service_arn,
                _arn(account, f"service-deployment/{service.cluster_name}/{service.service_name}/*"),
            ],
        ),
        Statement(
            sid="SeeTasks",
            actions=["ecs:DescribeTasks"],
            resources=[_arn(account, f"task/{service.cluster_name}/*")],
        ),
        # On Fargate there is no container instance to narrow it by: the cluster is a condition.
        Statement(sid="ListTasks", actions=["ecs:ListTasks"], resources=["*"], conditions=within),
        Statement(
            sid="ScaleAndRestart",
            actions=["ecs:UpdateService"],
            resources=[service_arn],
            conditions=changes,
        ),
    ]


def _exec(service: Service, account: Account) -> Statement:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"""
    return Statement(
        sid="OpenShells",
        actions=["ecs:ExecuteCommand"],
        resources=[service.cluster_arn, _arn(account, f"task/{service.cluster_name}/*")],
    )


def _arn(account: Account, resource: str) -> str:
    return f"arn:{account.partition}:ecs:{account.region}:{account.account_id}:{resource}"
