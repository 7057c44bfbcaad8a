"""What a request asks for, told from its wire format; no secret of it is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from local.aws.recorder import Recorder
from local.aws.requests import AwsRequest, read_request

SECRET = "correct-horse-battery-staple"


def asked(
    service: str, method: str, path: str, *, query: str = "", body: bytes = b"", **headers: str
) -> tuple[str | None, dict[str, str]]:
    """Operation and kept parameters of a signed request."""
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential=AKIA1/20260101/eu-west-1/{service}/aws4_request"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = read_request(method=method, path=path, query=query, headers={**signed, **named}, body=body)
    assert (request.who, request.service, request.region) == ("AKIA1", service, "eu-west-1")
    return request.operation, dict(request.parameters)


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "parameters"),
    [
        ("GET", "/", "", "ListBuckets", {}),
        ("HEAD", "/bucket", "", "HeadBucket", {"Bucket": "bucket"}),
        ("GET", "/bucket/", "list-type=2&prefix=", "ListObjectsV2", {"Bucket": "bucket"}),
        ("GET", "/bucket", "versions", "ListObjectVersions", {"Bucket": "bucket"}),
        ("GET", "/bucket", "policy=", "GetBucketPolicy", {"Bucket": "bucket"}),
        ("GET", "/bucket", "lifecycle", "GetBucketLifecycleConfiguration", {"Bucket": "bucket"}),
        ("POST", "/bucket", "delete", "DeleteObjects", {"Bucket": "bucket"}),
        ("PUT", "/bucket/a/b%20c", "x-id=PutObject", "PutObject", {"Bucket": "bucket", "Key": "a/b c"}),
        ("DELETE", "/bucket/a", "x-id=DeleteObject", "DeleteObject", {"Bucket": "bucket", "Key": "a"}),
        ("DELETE", "/bucket/a", "uploadId=1", "AbortMultipartUpload", {"Bucket": "bucket", "Key": "a"}),
    ],
)
def test_s3_operation_follows_method_path_and_query(
    method: str, path: str, query: str, operation: str, parameters: dict[str, str]
) -> None:
    assert asked("s3", method, path, query=query) == (operation, parameters)


def test_s3_copy_is_recognized_by_its_header() -> None:
    operation, parameters = asked("s3", "PUT", "/bucket/a", x_amz_copy_source="/bucket/b")

    assert operation == "CopyObject"
    assert parameters["x-amz-copy-source"] == "/bucket/b"


def test_a_replication_tells_its_role() -> None:
    role = "arn:aws:iam::123456789012:role/replication"
    body = f'<ReplicationConfiguration xmlns="s3"><Role>{role}</Role></ReplicationConfiguration>'

    operation, parameters = asked("s3", "PUT", "/bucket", query="replication", body=body.encode())

    assert operation == "PutBucketReplication"
    assert role in parameters.values()


@pytest.mark.parametrize("path", ["/2013-04-01/hostedzone/Z1/rrset", "/2013-04-01/hostedzone/Z1/rrset/"])
def test_route_53_operation_follows_path_and_body(path: str) -> None:
    body = (
        '<R xmlns="r53"><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet>'
        "<Name>a.example.com</Name><Type>A</Type></ResourceRecordSet></Change></Changes></ChangeBatch></R>"
    )

    operation, parameters = asked("route53", "POST", path, body=body.encode())

    assert operation == "ChangeResourceRecordSets"
    assert {"Z1", "UPSERT", "a.example.com", "A"} <= set(parameters.values())


def test_json_operation_follows_the_target_header() -> None:
    body = {
        "cluster": "mlflow",
        "services": ["one"],
        "tags": [{"key": "Team", "value": "ml"}],
        "desiredCount": 2,
    }

    operation, parameters = asked(
        "ecs",
        "POST",
        "/",
        body=json.dumps(body).encode(),
        x_amz_target="AmazonEC2ContainerServiceV20141113.CreateService",
    )

    assert operation == "CreateService"
    assert parameters == {
        "cluster": "mlflow",
        "services.0": "one",
        "tags.0.key": "Team",
        "tags.0.value": "ml",
    }


@pytest.mark.parametrize("operation", ["PutTargets", "RemoveTargets", "ListTargetsByRule"])
def test_targets_tell_their_rule(operation: str) -> None:
    body = json.dumps({"Rule": "mlflow-test-deployments", "EventBusName": "default"}).encode()

    assert asked("events", "POST", "/", body=body, x_amz_target=f"AWSEvents.{operation}") == (
        operation,
        {"Rule": "mlflow-test-deployments", "EventBusName": "default"},
    )


def test_query_operation_follows_the_action() -> None:
    body = b"Action=DescribeDBInstances&Version=2014-10-31&Filters.Filter.1.Name=dbi-resource-id"

    assert asked("rds", "POST", "/", body=body) == (
        "DescribeDBInstances",
        {"Filters.Filter.1.Name": "dbi-resource-id"},
    )


def test_web_identity_request_is_unsigned() -> None:
    body = f"Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::1:role/a&WebIdentityToken={SECRET}"

    request = read_request(method="POST", path="/", query="", headers={}, body=body.encode())

    assert (request.who, request.service, request.operation) == (None, "sts", "AssumeRoleWithWebIdentity")
    assert request.parameters == {"RoleArn": "arn:aws:iam::1:role/a"}


@pytest.mark.parametrize(
    ("service", "target", "body"),
    [
        ("secretsmanager", "secretsmanager.PutSecretValue", {"SecretId": "a", "SecretString": SECRET}),
        ("ssm", "AmazonSSM.PutParameter", {"Name": "/a", "Value": SECRET}),
        ("acm", "CertificateManager.ImportCertificate", {"PrivateKey": SECRET, "Certificate": SECRET}),
        (
            "ecs",
            "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
            {"family": "a", "containerDefinitions": [{"environment": [{"name": "KEY", "value": SECRET}]}]},
        ),
    ],
)
def test_no_secret_of_json_is_kept(service: str, target: str, body: dict[str, Any]) -> None:
    _, parameters = asked(service, "POST", "/", body=json.dumps(body).encode(), x_amz_target=target)

    assert SECRET not in str(parameters)


@pytest.mark.parametrize(
    ("service", "parameters"),
    [
        ("rds", "Action=ModifyDBInstance&DBInstanceIdentifier=a&MasterUserPassword="),
        (
            "elasticloadbalancing",
            "Action=CreateRule&Actions.member.1.AuthenticateOidcConfig.ClientSecret=",
        ),
        ("cloudformation", "Action=CreateStack&StackName=a&Parameters.member.1.ParameterValue="),
    ],
)
def test_no_secret_of_a_form_is_kept(service: str, parameters: str) -> None:
    _, kept = asked(service, "POST", "/", body=f"{parameters}{SECRET}".encode())

    assert SECRET not in str(kept)


def test_unknown_path_is_recorded_without_an_operation() -> None:
    assert asked("route53", "GET", "/2013-04-01/elsewhere")[0] is None


def test_body_that_is_no_form_is_recorded_without_an_operation() -> None:
    request = read_request(method="PUT", path="/bucket/a", query="", headers={}, body=b"\x80\xff")

    assert (request.who, request.operation, request.parameters) == (None, None, {})


def test_recorder_writes_a_line_and_leaves_the_body_readable(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    seen = []

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ["wsgi.input"].read())
        return [b"answer"]

    body = b"Action=DescribeVpcs"
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "RAW_URI": "/?",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=AKIA1/20260101/eu-west-1/ec2/aws4_request",
    }
    recorder = Recorder(application, file=file)

    answer = list(recorder(environ, dict))
    recorder({**environ, "PATH_INFO": "/moto-api/reset-auth", "RAW_URI": "/moto-api/reset-auth"}, dict)

    assert answer == [b"answer"]
    assert seen[0] == body
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert AwsRequest.of_line(line).operation == "DescribeVpcs"
