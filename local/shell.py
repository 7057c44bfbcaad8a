"""What of a user's shell would shape a run in the emulated AWS, or point it at a real account."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

FOREIGN = (
    "AWS_",
    "MLFLOW_",
    "CDKTF_",
    "TF_",
    # libpq's, and what MLflow's client sends traces and requests elsewhere by.
    "PG",
    "OTEL_",
    "DATABRICKS_",
)
# How this machine reaches its network, and where Terraform finds and keeps providers.
KEPT = ("AWS_CA_BUNDLE", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_PROVIDER_MIRROR")


def forget(environ: MutableMapping[str, str]) -> None:
    """Removes it from `environ`, and what AWS's libraries would find in the user's home or on an instance."""
    for name in list(environ):
        if name.startswith(FOREIGN) and name not in KEPT:
            del environ[name]
    environ["AWS_EC2_METADATA_DISABLED"] = "true"
    environ["AWS_CONFIG_FILE"] = environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
