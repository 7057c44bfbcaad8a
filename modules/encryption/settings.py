"""The table `encryption`: the KMS key of the environment."""

from __future__ import annotations

from typing import Annotated

from modules.common import aws
from settings.language.setting import AWS, BOOLEAN, Defaults, Section, Setting, between

KMS = f"{AWS}/kms/latest/developerguide"


class EncryptionSettings(Section):
    """The KMS key of database, artifacts, images, secrets and logs; choose it before the first apply."""

    create_kms_key: Annotated[
        bool,
        Setting(
            "Encrypt with a KMS key, which is created unless `kms_key_arn` is set; otherwise AWS's own "
            "keys encrypt",
            BOOLEAN,
            f"{KMS}/concepts.html",
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    kms_key_arn: Annotated[
        str | None,
        Setting(
            "Another team's KMS key to use instead; docs/bring-your-own.md lists what its policy must allow",
            aws.KMS_KEY_ARN,
            f"{KMS}/key-policy-modifying-external-accounts.html",
        ),
    ] = None
    rotation_period_days: Annotated[
        int,
        Setting(
            "Rotation period of the created key, in days",
            between(90, 2560, "days"),
            f"{KMS}/rotating-keys-enable.html",
        ),
    ] = 365
