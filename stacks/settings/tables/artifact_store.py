"""The table `artifact_store`: the bucket of the artifacts."""

from __future__ import annotations

from typing import Annotated

from stacks.settings.checks import AWS, BOOLEAN, Section, Setting, between


class ArtifactStoreSettings(Section):
    """The bucket of the artifacts."""

    force_destroy: Annotated[
        bool,
        Setting(
            "`destroy` deletes the artifacts too, rather than stopping at a bucket that is not empty",
            BOOLEAN,
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket#force_destroy",
        ),
    ]
    noncurrent_version_retention_days: Annotated[
        int,
        Setting(
            "How long overwritten and deleted artifacts can be brought back, in days",
            between(1, 36500, "days"),
            f"{AWS}/AmazonS3/latest/userguide/intro-lifecycle-rules.html",
        ),
    ]
