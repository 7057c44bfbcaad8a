"""The table `remote_state`: what another team's Terraform state holds for us.

A value that exists already is named by its id in a setting, or by the output of another team's Terraform state that
holds it: an entry of `remote_state.outputs`, which has the setting's own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from modules.common import aws
from settings.language.setting import FROZEN, Allowed, Section, Setting, one_of

REMOTE_STATE = "https://developer.hashicorp.com/terraform/language/state/remote-state-data"
BACKEND = "https://developer.hashicorp.com/terraform/language/backend/s3"
# The settings that may come from another team's state: one text each, or a list of texts.
TEXTS = (
    "network.vpc_id",
    "encryption.kms_key_arn",
    "access.permissions_boundary_arn",
    "alarms.topic_arn",
    "domain.hosted_zone_id",
    "domain.certificate_arn",
)
LISTS = ("network.public_subnet_ids", "network.private_subnet_ids")
# Name of an entry of `remote_state.outputs` → the setting that it replaces.
FROM_STATE = {path.rpartition(".")[2]: path for path in (*TEXTS, *LISTS)}

Outputs = Annotated[
    Mapping[Annotated[str, one_of(tuple(FROM_STATE))], Annotated[str, aws.OUTPUT_NAME]],
    *FROZEN,
]


class RemoteStateSettings(Section):
    """Another team's Terraform state in S3, for values that are not set by id."""

    bucket: Annotated[
        str,
        Setting(
            "S3 bucket of the other team's state",
            aws.BUCKET_NAME,
            f"{BACKEND}#s3-state-storage",
            example='"example-terraform-state"',
        ),
    ]
    key: Annotated[
        str,
        Setting(
            "Key of that state",
            aws.STATE_KEY,
            f"{BACKEND}#s3-state-storage",
            example='"network/terraform.tfstate"',
        ),
    ]
    region: Annotated[
        str | None, Setting("Region of the bucket. Default: that of the environment", aws.REGION, BACKEND)
    ] = None
    role_arn: Annotated[
        str | None,
        Setting(
            "IAM role to assume to read it, for example in their account",
            aws.ROLE_ARN,
            f"{BACKEND}#assume-role-configuration",
        ),
    ] = None
    outputs: Annotated[
        Outputs,
        Setting(
            "Values to use: setting = name of their output",
            Allowed(f"{', '.join(FROM_STATE)}, each the name of an output"),
            REMOTE_STATE,
            example='{ vpc_id = "vpc_id" }',
        ),
    ]
