"""Where moto 5.2 falls short of AWS for this platform; each override says what moto does and what AWS does.

They make the emulation answer as AWS would. Nothing of the configuration under test is bent for it.
"""

from __future__ import annotations

from scripts.emulation import (
    aws_overrides_access,
    aws_overrides_autoscaling,
    aws_overrides_cloudformation,
    aws_overrides_container_insights,
    aws_overrides_ecs,
    aws_overrides_ecs_deployments,
    aws_overrides_iam,
    aws_overrides_kms,
    aws_overrides_limits,
    aws_overrides_load_balancers,
    aws_overrides_network,
    aws_overrides_quotas,
    aws_overrides_rds,
    aws_overrides_rds_in_use,
    aws_overrides_rds_parameters,
    aws_overrides_rds_restore,
    aws_overrides_route53,
    aws_overrides_s3,
    aws_overrides_s3_encryption,
    aws_overrides_s3_policies,
    aws_overrides_ssm,
    aws_overrides_task_definitions,
)


def apply_overrides(*, registry_password: str) -> None:
    """Patches moto within this process, before its server starts."""
    aws_overrides_access.apply(registry_password=registry_password)
    aws_overrides_autoscaling.apply()
    aws_overrides_cloudformation.apply()
    aws_overrides_container_insights.apply()
    aws_overrides_ecs.apply()
    aws_overrides_ecs_deployments.apply()
    aws_overrides_iam.apply()
    aws_overrides_kms.apply()
    aws_overrides_limits.apply()
    aws_overrides_load_balancers.apply()
    aws_overrides_network.apply()
    aws_overrides_quotas.apply()
    aws_overrides_rds.apply()
    aws_overrides_rds_parameters.apply()
    aws_overrides_rds_in_use.apply()
    aws_overrides_rds_restore.apply()
    aws_overrides_route53.apply()
    aws_overrides_s3.apply()
    aws_overrides_s3_encryption.apply()
    aws_overrides_s3_policies.apply()
    aws_overrides_ssm.apply()
    aws_overrides_task_definitions.apply()
