"""What the rules on secrets of others have in common."""

from __future__ import annotations

from modules.common.aws import PARTITION_OF
from settings.language.errors import Refusal


def refuse_elsewhere(arn: str, *, region: str, reader: str) -> Refusal | None:
    """Why a secret cannot be read in `region`; None where it is in that region.

    Args:
        arn: of the secret.
        reader: what reads it, such as `the tasks`.
    """
    wanted = f"arn:{PARTITION_OF[region]}:secretsmanager:{region}:"
    if arn.startswith(wanted):
        return None
    _, partition, _, elsewhere, *_ = arn.split(":")
    return Refusal(
        f"The secret is in {elsewhere} ({partition}), {reader} in {region}.",
        f"{wanted}…",
        f"replicate it to {region} (`aws secretsmanager replicate-secret-to-regions`), and give that ARN.",
    )
