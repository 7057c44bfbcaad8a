"""MLflow's S3 store, registered in its place, whose signed uploads S3 accepts when the bucket's owner is checked.

With MLFLOW_S3_EXPECTED_BUCKET_OWNER, MLflow 3.17 signs the header `x-amz-expected-bucket-owner` into the address of
each part and does not tell the client to send it: S3 then refuses every file of 500 MB or more
(SignatureDoesNotMatch). It is a plugin (https://mlflow.org/docs/latest/plugins), so nothing of MLflow is patched.
"""

from __future__ import annotations

import os

from mlflow.entities.multipart_upload import CreateMultipartUploadResponse
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

OWNER_VARIABLE = "MLFLOW_S3_EXPECTED_BUCKET_OWNER"
OWNER_HEADER = "x-amz-expected-bucket-owner"


class OwnedBucketArtifactRepository(S3ArtifactRepository):
    """An `s3://` store whose clients are given the owner's header along with the address of each part."""

    def create_multipart_upload(
        self, local_file: str, num_parts: int = 1, artifact_path: str | None = None
    ) -> CreateMultipartUploadResponse:
        answer: CreateMultipartUploadResponse
        answer = super().create_multipart_upload(local_file, num_parts, artifact_path)  # type: ignore[no-untyped-call]
        if owner := os.environ.get(OWNER_VARIABLE):
            for credential in answer.credentials:
                credential.headers[OWNER_HEADER] = owner
        return answer
