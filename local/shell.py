"""What of a user's shell would shape a run in the emulated AWS, or point it at a real account."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

FOREIGN = (
    "AWS_",
    "MLFLOW_",
    "CDKTF_",
    "TF_VAR_",
    "TF_LOG",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
    "TF_CLI_ARGS",
    "PGHOST",
)
# How this machine reaches its network.
KEPT = ("AWS_CA_BUNDLE",)


def forget(environ: MutableMapping[str, str]) -> None:
    """Removes it from `environ`, and what AWS's libraries would find in the user's home or on an instance."""
    for name in list(environ):
        if name.startswith(FOREIGN) and name not in KEPT:
            del environ[name]
    environ["AWS_EC2_METADATA_DISABLED"] = "true"
    environ["AWS_CONFIG_FILE"] = environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
