"""Where moto 5.2 falls short of AWS for this platform; each override says what moto does and what AWS does.

They make the emulation answer as AWS would. Nothing of the configuration under test is bent for it.
"""

from __future__ import annotations

from scripts.emulation import (
    aws_overrides_access,
    aws_overrides_autoscaling,
    aws_overrides_cloudformation,
    aws_overrides_ecs,
    aws_overrides_iam,
    aws_overrides_kms,
    aws_overrides_network,
    aws_overrides_rds,
    aws_overrides_rds_in_use,
    aws_overrides_rds_restore,
    aws_overrides_s3,
    aws_overrides_ssm,
)


def apply_overrides(*, registry_password: str) -> None:
    """Patches moto within this process, before its server starts."""
    aws_overrides_access.apply(registry_password=registry_password)
    aws_overrides_autoscaling.apply()
    aws_overrides_cloudformation.apply()
    aws_overrides_ecs.apply()
    aws_overrides_iam.apply()
    aws_overrides_kms.apply()
    aws_overrides_network.apply()
    aws_overrides_rds.apply()
    aws_overrides_rds_in_use.apply()
    aws_overrides_rds_restore.apply()
    aws_overrides_s3.apply()
    aws_overrides_ssm.apply()
