"""How much work a trace export is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tracking_server import traces
from tracking_server.traces import (
    MAX_FIELDS,
    MAX_JSON_ELEMENTS,
    MAX_JSON_VALUES,
    MAX_MESSAGES,
    MAX_SPANS,
    MAX_TRACES,
    TooManyError,
    check_json,
    check_protobuf,
)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, or of a message, as protobuf writes it."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def spans(content: bytes) -> bytes:
    """An export whose one scope has `content`."""
    return field(1, field(2, content))


def span(content: bytes) -> bytes:
    return spans(field(2, content))


def export(*, count: int, attributes: int, of_resource: int = 10) -> Any:
    """What an instrumented program sends."""
    made = ExportTraceServiceRequest()
    group = made.resource_spans.add()
    for number in range(of_resource):
        group.resource.attributes.add(key=f"service.attribute.{number}").value.string_value = "mlflow"
    scope = group.scope_spans.add()
    scope.scope.name = "openinference"
    for number in range(count):
        one = scope.spans.add(trace_id=bytes(16), span_id=number.to_bytes(8, "big"), name=f"call {number}")
        one.start_time_unix_nano, one.end_time_unix_nano = 2**60, 2**60 + 1
        one.status.code = 1
        one.events.add(name="first token", time_unix_nano=2**60)
        for attribute in range(attributes):
            value = one.attributes.add(key=f"llm.attribute.{attribute}").value
            if attribute % 2:
                value.string_value = "{prompt}, with [brackets]" * 16
            else:
                value.array_value.values.add().double_value = 0.5
    return made


@pytest.mark.parametrize(
    ("count", "attributes", "of_resource"), [(0, 0, 0), (1, 1, 1), (500, 20, 30), (8192, 2, 30)]
)
def test_typical_protobuf_export_is_accepted(count: int, attributes: int, of_resource: int) -> None:
    check_protobuf(export(count=count, attributes=attributes, of_resource=of_resource).SerializeToString())


def test_typical_json_export_is_accepted() -> None:
    check_json(json_format.MessageToJson(export(count=500, attributes=10)).encode())


def test_every_message_in_an_export_is_counted() -> None:
    # Given the messages that OpenTelemetry defines
    def table(message: Any, known: dict[str, Any]) -> Any:
        if message.full_name not in known:
            known[message.full_name] = {}
            known[message.full_name].update(
                {
                    inner.number: table(inner.message_type, known)
                    for inner in message.fields
                    if inner.message_type
                }
            )
        return known[message.full_name]

    def equal(one: Any, other: Any, depth: int = 12) -> bool:
        # Values hold values.
        return not depth or (
            one.keys() == other.keys() and all(equal(one[key], other[key], depth - 1) for key in one)
        )

    # Then the tables have all of them
    assert equal(traces._EXPORT, table(ExportTraceServiceRequest.DESCRIPTOR, {}))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(spans(b"\x12\x00" * (MAX_SPANS + 1)), id="spans"),
        pytest.param(
            spans(b"".join(field(2, field(1, n.to_bytes(16, "big"))) for n in range(MAX_TRACES + 1))),
            id="traces",
        ),
        pytest.param(b"\x0a\x00" * (MAX_MESSAGES + 1), id="resources"),
        pytest.param(field(1, b"\x12\x00" * (MAX_MESSAGES + 1)), id="scopes"),
        pytest.param(span(b"\x4a\x00" * (MAX_MESSAGES + 1)), id="attributes"),
        pytest.param(span(b"\x5a\x00" * (MAX_MESSAGES + 1)), id="events"),
        pytest.param(span(b"\x6a\x00" * (MAX_MESSAGES + 1)), id="links"),
        pytest.param(
            span(field(9, field(2, field(5, b"\x0a\x00" * (MAX_MESSAGES + 1))))), id="values of an attribute"
        ),
        pytest.param(b"\xd8\x3e\x00" * (MAX_FIELDS + 1), id="unknown fields"),
        pytest.param(b"\xdb\x3e" * (MAX_FIELDS + 1), id="unknown groups"),
        pytest.param(
            field(1, field(1, field(1, b"") * 1000) + field(2, field(2, b"") * 2000)),
            id="resource, then spans",
        ),
        pytest.param(
            field(1, field(2, field(2, b"") * 2000) + field(1, field(1, b"") * 1000)),
            id="spans, then resource",
        ),
    ],
)
def test_too_large_an_export_is_refused(body: bytes) -> None:
    with pytest.raises(TooManyError, match="more than"):
        check_protobuf(body)


def span_of_json(**changes: Any) -> dict[str, Any]:
    return {"traceId": "00", "spanId": "00", **changes}


@pytest.mark.parametrize("name", ["traceId", "trace_id"])
def test_too_many_traces_as_json_are_refused(name: str) -> None:
    of_each = [{name: f"{number:032x}", "spanId": "00"} for number in range(MAX_TRACES + 1)]
    export = {"resourceSpans": [{"scopeSpans": [{"spans": of_each}]}]}

    with pytest.raises(TooManyError, match="1,000 traces"):
        check_json(json.dumps(export).encode())


@pytest.mark.parametrize("names", [("resourceSpans", "scopeSpans"), ("resource_spans", "scope_spans")])
@pytest.mark.parametrize(
    ("count", "of_resource"),
    [
        pytest.param(MAX_SPANS + 1, 0, id="spans"),
        pytest.param(MAX_SPANS // 2, 300, id="spans of a resource"),
        pytest.param(2000, 1000, id="attributes of a resource"),
    ],
)
def test_too_large_an_export_as_json_is_refused(names: tuple[str, str], count: int, of_resource: int) -> None:
    groups, scopes = names
    resource = {"attributes": [{"key": "a"}] * of_resource}
    export = {groups: [{"resource": resource, scopes: [{"spans": [span_of_json()] * count}]}]}

    with pytest.raises(TooManyError, match="more than"):
        check_json(json.dumps(export).encode())


@pytest.mark.parametrize(
    "values",
    [pytest.param([{}] * MAX_JSON_ELEMENTS, id="objects"), pytest.param([0] * MAX_JSON_VALUES, id="values")],
)
def test_a_span_of_too_much_json_is_refused(values: list[Any]) -> None:
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [span_of_json(attributes=[*values, {}])]}]}]}

    with pytest.raises(TooManyError, match="more than"):
        check_json(json.dumps(export).encode())


@pytest.mark.parametrize(
    ("check", "body"),
    [
        (check_protobuf, b"\x0a"),
        (check_protobuf, b"\x0a\x05\x0a"),
        (check_protobuf, b"\x80" * 11),
        (check_protobuf, b"\x09\x00"),
        (check_protobuf, b"\x0f"),
        (check_protobuf, field(1, b"\x0a\x7f")),
        (check_json, b"[]"),
        (check_json, b'{"resourceSpans": [1]}'),
        (check_json, b'{"resourceSpans": {}, "resource_spans": 1}'),
        (check_json, b"{"),
        (check_json, b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
        (check_json, b"\xff"),
    ],
)
def test_malformed_export_is_refused(check: Callable[[bytes], None], body: bytes) -> None:
    with pytest.raises(ValueError):
        check(body)
