"""What a user's shell says of AWS, Terraform or MLflow does not reach the emulated AWS."""

from __future__ import annotations

import os
import subprocess
import sys

from local import shell
from tools.setup.progress import PROJECT


def test_accounts_settings_and_options_are_left_out() -> None:
    environ = {
        "AWS_PROFILE": "nosuch",
        "AWS_CA_BUNDLE": "/ca.pem",
        "MLFLOW_INFRA_SERVICE__CPU_UNITS": "1024",
        "MLFLOW_TRACKING_URI": "http://elsewhere",
        "CDKTF_OUTDIR": "elsewhere",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_REATTACH_PROVIDERS": "{}",
        "PGSERVICE": "nosuch",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://elsewhere",
        "TF_CLI_CONFIG_FILE": "/mirror.tfrc",
        "PATH": "/bin",
    }

    shell.forget(environ)

    assert environ == {
        "AWS_CA_BUNDLE": "/ca.pem",
        "TF_CLI_CONFIG_FILE": "/mirror.tfrc",
        "PATH": "/bin",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def test_a_profile_that_does_not_exist_does_not_matter() -> None:
    """boto3 reads the profile as soon as a session is made, whatever keys it is given."""
    code = (
        "import os\nfrom local import shell\nshell.forget(os.environ)\n"
        "import boto3\nboto3.Session(aws_access_key_id='a', aws_secret_access_key='b')\nprint('made')"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, "AWS_PROFILE": "nosuch"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "made\n", done.stderr
