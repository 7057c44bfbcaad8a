"""Where moto 5.2 falls short of AWS for this platform; each override says what moto does and what AWS does.

They make the emulation answer as AWS would. Nothing of the configuration under test is bent for it.
"""

from __future__ import annotations

from local.aws.overrides import (
    access,
    autoscaling,
    cloudformation,
    container_insights,
    ecs,
    ecs_deployments,
    kms,
    limits,
    load_balancers,
    network,
    quotas,
    rds,
    rds_in_use,
    rds_parameters,
    rds_restore,
    route53,
    s3,
    s3_encryption,
    s3_policies,
    ssm,
    task_definitions,
)


def apply_overrides(*, registry_password: str) -> None:
    """Patches moto within this process, before its server starts."""
    access.apply(registry_password=registry_password)
    for service in (
        autoscaling,
        cloudformation,
        container_insights,
        ecs,
        ecs_deployments,
        kms,
        limits,
        load_balancers,
        network,
        quotas,
        rds,
        rds_parameters,
        rds_in_use,
        rds_restore,
        route53,
        s3,
        s3_encryption,
        s3_policies,
        ssm,
        task_definitions,
    ):
        service.apply()
