"""Overrides of moto's KMS: a key has the rotation period that was set."""

from __future__ import annotations

import json

from moto.kms.responses import KmsResponse

DEFAULT_ROTATION_DAYS = 365


def apply() -> None:
    """Patches moto.

    `EnableKeyRotation`, `GetKeyRotationStatus`. moto: forgets `RotationPeriodInDays`, which the provider takes for a
    change, and waits for. AWS: keeps it, and says it of a key that rotates; 365 when it was not given
    (https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html)."""
    enable, status = KmsResponse.enable_key_rotation, KmsResponse.get_key_rotation_status

    def enable_key_rotation(self: KmsResponse) -> str:
        answer = enable(self)
        period = self._get_param("RotationPeriodInDays") or DEFAULT_ROTATION_DAYS
        setattr(_key(self), "rotation_period_in_days", period)  # noqa: B010 (moto's class does not know it)
        return answer

    def get_key_rotation_status(self: KmsResponse) -> str:
        answer = json.loads(status(self))
        if answer["KeyRotationEnabled"]:
            answer["RotationPeriodInDays"] = getattr(
                _key(self), "rotation_period_in_days", DEFAULT_ROTATION_DAYS
            )
        return json.dumps(answer)

    KmsResponse.enable_key_rotation = enable_key_rotation  # type: ignore[method-assign]
    KmsResponse.get_key_rotation_status = get_key_rotation_status  # type: ignore[method-assign]


def _key(response: KmsResponse) -> object:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]
