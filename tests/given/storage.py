"""Settings of an environment whose artifacts are copied."""

from __future__ import annotations

from tests.given.existing import KEY

COPIES = 'replica.bucket_arn = "arn:aws:s3:::example-artifact-copies"\n'
THEIR_KEY = KEY.replace("eu-west-1", "eu-central-1")
