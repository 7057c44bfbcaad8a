"""Which operation of which AWS service a request asks for, and on what: as every protocol of AWS says it.

https://smithy.io/2.0/aws/protocols/index.html. The paths of REST services come from botocore's models.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree

import botocore.session

# What a request is signed for → botocore's name of the service, of those whose requests name their operation by a path.
REST_SERVICES = {"route53": "route53", "s3": "s3"}
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Only STS has operations for those who have no credentials yet.
UNSIGNED_SERVICE = "sts"
# What a parameter's name ends with where it tells a resource, its kind or a tag. Nothing else is kept: no secret value,
# and no text of a policy.
KEPT_WORDS = (
    "action arn arns boundary cluster clusters dimension family id identifier identifiers ids key keyid kmskey"
    " managemasteruserpassword name names namespace path privatednsenabled resource role rule service services"
    " taskdefinition type types url"
)
KEPT = re.compile(rf"(?:{KEPT_WORDS.replace(' ', '|')})$", re.IGNORECASE)
SECRET = re.compile(r"(?:private|secret|access|symmetric)key$", re.IGNORECASE)
# Of a list, in the notations of all protocols.
INDEX = re.compile(r"(?:\.member)?\.\d+$")
TAG = re.compile(r"(?:^|\.)(?:add)?tags?\.", re.IGNORECASE)
# S3 tells the rest of what a request does by these.
KEPT_HEADERS = (
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-copy-source",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption-aws-kms-key-id",
)
LONGEST_VALUE = 2048


@dataclass(frozen=True)
class AwsRequest:
    """One request.

    Attributes:
        who: the access key that signed it; None for a request without a signature.
        service: what it is signed for, such as `elasticloadbalancing`.
        region: it is signed for.
        operation: as in the service's API, such as `CreateLoadBalancer`; None if it is unknown.
        parameters: dotted name → value, of those that tell resources and tags.
        request: method and path.
    """

    who: str | None
    service: str
    region: str
    operation: str | None
    parameters: Mapping[str, str]
    request: str

    def line(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def of_line(line: str) -> AwsRequest:
        return AwsRequest(**json.loads(line))


def has_needed_body(service: str, query: str) -> bool:
    """Whether the body tells resources; of S3's, which are large, only a replication's does: it names a role."""
    return service != "s3" or "replication" in urllib.parse.parse_qs(query, keep_blank_values=True)


def signed_for(authorization: str, query: str) -> tuple[str | None, str, str]:
    """Access key, service and region, of a header or of a presigned address."""
    presigned = dict(urllib.parse.parse_qsl(query)).get("X-Amz-Credential")
    found = CREDENTIAL.search(f"Credential={presigned}" if presigned else authorization)
    return (found[1], found[3], found[2]) if found else (None, UNSIGNED_SERVICE, "")


def read_request(
    *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> AwsRequest:
    """What is asked.

    Args:
        method, path, query: of the HTTP request; the path as it was sent, with its escapes.
        headers: names in lower case.
        body: empty for services without `has_needed_body`.
    """
    who, service, region = signed_for(headers.get("authorization", ""), query)
    told = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    if service in REST_SERVICES:
        operation, of_path = _rest_operation(REST_SERVICES[service], method, path, query, told)
        told |= of_path
        sent = _flat_xml(body)
    elif target := headers.get("x-amz-target"):
        operation, sent = target.rpartition(".")[2], list(_flat(json.loads(body or b"{}")))
    else:
        sent = urllib.parse.parse_qsl(body.decode(errors="replace") if body else query)
        operation = dict(sent).get("Action")
        sent = [(name, value) for name, value in sent if name != "Action"]
    return AwsRequest(
        who=who,
        service=service,
        region=region,
        operation=operation,
        parameters={**told, **{name: value for name, value in sent if _is_kept(name, value)}},
        request=f"{method} {path}",
    )


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{prefix}{name}.")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{prefix}{number}.")
    elif value is not None:
        yield prefix.removesuffix("."), str(value).lower() if isinstance(value, bool) else str(value)


def _is_kept(name: str, value: str) -> bool:
    word = INDEX.sub("", name)
    named = bool(KEPT.search(word) or TAG.search(name)) and not SECRET.search(word)
    return named and len(value) <= LONGEST_VALUE


@dataclass(frozen=True)
class _Route:
    """A REST operation, as botocore's model has it."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    required: frozenset[str]
    copies: bool

    def asks(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether a request with these is for it; a copy differs from a write by a header alone."""
        copies = "x-amz-copy-source" in headers
        fits = all(query.get(name) == value for name, value in self.query.items())
        return copies == self.copies and fits and self.required <= query.keys()


@cache
def _routes(service: str) -> list[_Route]:
    """The most particular first: those with the longer query, then those with the longer path."""
    model = botocore.session.get_session().get_service_model(service)
    routes: list[tuple[tuple[int, int, int], _Route]] = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        path, _, query = operation.http["requestUri"].partition("?")
        # S3 takes a bucket's own address with and without a last slash, as does Route 53.
        parts = re.split(r"{(\w+)(\+?)}", path.rstrip("/"))
        pattern = "".join(
            f"(?P<{parts[at + 1]}>{'.+' if parts[at + 2] else '[^/]+'}){re.escape(parts[at + 3])}"
            for at in range(0, len(parts) - 1, 3)
        )
        wanted = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        shape = operation.input_shape
        members = [shape.members[one].serialization for one in shape.required_members] if shape else []
        required = frozenset(one["name"] for one in members if one.get("location") == "querystring")
        route = _Route(
            operation=name,
            method=operation.http["method"],
            path=re.compile(f"{re.escape(parts[0])}{pattern}/?"),
            query=wanted,
            required=required,
            copies=name in ("CopyObject", "UploadPartCopy"),
        )
        routes.append(((len(wanted) + len(required), path.count("/"), len(path)), route))
    return [route for _, route in sorted(routes, key=lambda ranked: ranked[0], reverse=True)]


def _rest_operation(
    service: str, method: str, path: str, query: str, headers: Mapping[str, str]
) -> tuple[str | None, dict[str, str]]:
    asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    for route in _routes(service):
        found = route.path.fullmatch(path)
        if found and method == route.method and route.asks(asked, headers):
            return route.operation, {
                name: urllib.parse.unquote(text) for name, text in found.groupdict().items()
            }
    return None, {}


def _flat_xml(body: bytes) -> list[tuple[str, str]]:
    return list(_flat_element(ElementTree.fromstring(body), "")) if body else []


def _flat_element(element: ElementTree.Element, prefix: str) -> Iterator[tuple[str, str]]:
    for number, child in enumerate(element):
        name = f"{prefix}{child.tag.rpartition('}')[2]}.{number}"
        if len(child):
            yield from _flat_element(child, f"{name}.")
        else:
            yield name, child.text or ""
