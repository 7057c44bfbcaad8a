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
            "The environment has a KMS key: one is made where `kms_key_arn` names none. Without one, AWS's own keys "
            "encrypt",
            BOOLEAN,
            f"{KMS}/concepts.html",
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    kms_key_arn: Annotated[
        str | None,
        Setting(
            "Another team's key, to use instead of one made here; docs/bring-your-own.md says what its policy allows",
            aws.KMS_KEY_ARN,
            f"{KMS}/key-policy-modifying-external-accounts.html",
        ),
    ] = None
    rotation_period_days: Annotated[
        int,
        Setting(
            "How often the key made here gets new key material, in days",
            between(90, 2560, "days"),
            f"{KMS}/rotating-keys-enable.html",
        ),
    ] = 365
