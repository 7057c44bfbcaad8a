"""How much work a trace export is, found out before anything is made of it.

A message of protobuf takes two bytes of a body and, parsed, up to 170 bytes. A span becomes several kilobytes in
MLflow, and the attributes of a resource are read once for each of its spans. The body is therefore counted first, field
by field, without making anything of it.

https://protobuf.dev/programming-guides/encoding/
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from __future__ import annotations

import json
from typing import Any

from tracking_server.json_elements import COMMAS, ELEMENTS, has_more

# As sent or decompressed: MLflow takes up to 25 times as much for what it makes of it.
MAX_BYTES = 8 * 2**20
# The exporters of OpenTelemetry send 512 at a time, its collector 8,192.
MAX_SPANS = 10_000
# Each costs the database a dozen statements.
MAX_TRACES = 1_000
# Spans, events, links, attributes and values.
MAX_MESSAGES = 100_000
# The same in JSON, which takes MLflow ten times as long, and the values.
MAX_JSON_ELEMENTS = 40_000
MAX_JSON_VALUES = 200_000
# Fields of all messages, and the messages of each resource once more for each of its spans.
MAX_FIELDS = 1_000_000

_VARINT, _FIXED64, _DELIMITED, _START, _END, _FIXED32 = range(6)
# The messages within a message: number of the field → its own such table.
_Table = dict[int, "_Table"]
_ANY_VALUE: _Table = {}
_KEY_VALUE: _Table = {2: _ANY_VALUE}
_ANY_VALUE.update({5: {1: _ANY_VALUE}, 6: {1: _KEY_VALUE}})
_TRACE_ID = 1
_SPAN: _Table = {9: _KEY_VALUE, 11: {3: _KEY_VALUE}, 13: {4: _KEY_VALUE}, 15: {}}
_RESOURCE: _Table = {1: _KEY_VALUE, 3: {}}
_RESOURCE_SPANS: _Table = {1: _RESOURCE, 2: {1: {3: _KEY_VALUE}, 2: _SPAN}}
_EXPORT: _Table = {1: _RESOURCE_SPANS}


class TooManyError(ValueError):
    """The export is more than is processed at a time."""


def check_protobuf(body: bytes) -> None:
    """Raises TooManyError for too large an export, ValueError for what is no protobuf.

    Takes time in proportion to the fields, of which no more than the limit are looked at.
    """
    fields = messages = spans = repeated = of_resource = of_spans = 0
    traces: set[bytes] = set()
    position, size = 0, len(body)
    # The messages around the present one: their ends and tables, and whether they are a resource or in one.
    around: list[tuple[int, _Table, bool]] = []
    end, table, in_resource = size, _EXPORT, False
    try:
        while True:
            while position == end and around:
                end, table, in_resource = around.pop()
            if position >= end:
                break
            fields += 1
            if fields + repeated > MAX_FIELDS:
                raise TooManyError(f"more than {MAX_FIELDS:,} fields")
            tag, position = _varint(body, position)
            kind = tag & 7
            if kind == _VARINT:
                _, position = _varint(body, position)
            elif kind == _DELIMITED:
                length, position = _varint(body, position)
                if position + length > end:
                    raise ValueError("a field is longer than its message")
                inner = table.get(tag >> 3)
                if inner is None:
                    if table is _SPAN and tag >> 3 == _TRACE_ID:
                        traces.add(body[position : position + length])
                        if len(traces) > MAX_TRACES:
                            raise TooManyError(f"more than {MAX_TRACES:,} traces")
                    position += length
                    continue
                messages += 1
                if messages > MAX_MESSAGES:
                    raise TooManyError(f"more than {MAX_MESSAGES:,} spans, events, links and attributes")
                around.append((end, table, in_resource))
                end, table = position + length, inner
                if inner is _RESOURCE_SPANS:
                    of_resource = of_spans = 0
                elif inner is _RESOURCE:
                    in_resource = True
                elif inner is _SPAN:
                    spans, of_spans = spans + 1, of_spans + 1
                    if spans > MAX_SPANS:
                        raise TooManyError(f"more than {MAX_SPANS:,} spans")
                    repeated += of_resource
                elif in_resource:
                    # A resource may come after its spans, too.
                    of_resource, repeated = of_resource + 1, repeated + of_spans
            elif kind in (_FIXED64, _FIXED32):
                position += 8 if kind == _FIXED64 else 4
            elif kind not in (_START, _END):
                raise ValueError("a field of no known kind")
            if position > size:
                raise ValueError("it is cut off")
    except IndexError:
        raise ValueError("it is cut off") from None


def _varint(body: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, and where it ends."""
    byte = body[position]
    if byte < 0x80:
        return byte, position + 1
    value, shift = byte & 0x7F, 7
    while shift < 70:
        position += 1
        byte = body[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    raise ValueError("a number is too long")


def check_json(body: bytes) -> None:
    """Raises TooManyError for too large an export, ValueError for what is no JSON of one."""
    if has_more(body, ELEMENTS, MAX_JSON_ELEMENTS):
        raise TooManyError(f"more than {MAX_JSON_ELEMENTS:,} objects and lists")
    if has_more(body, COMMAS, MAX_JSON_VALUES):
        raise TooManyError(f"more than {MAX_JSON_VALUES:,} values")
    try:
        export = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    traces: set[str] = set()
    spans = repeated = 0
    for of_resource in _lists(export, "resourceSpans", "resource_spans"):
        of_these = [
            span
            for scope in _lists(of_resource, "scopeSpans", "scope_spans")
            for span in _lists(scope, "spans")
        ]
        count = len(of_these)
        traces.update(
            str(span.get("traceId", span.get("trace_id"))) for span in of_these if isinstance(span, dict)
        )
        spans, repeated = spans + count, repeated + count * _elements(of_resource.get("resource"))
    if spans > MAX_SPANS:
        raise TooManyError(f"more than {MAX_SPANS:,} spans")
    if len(traces) > MAX_TRACES:
        raise TooManyError(f"more than {MAX_TRACES:,} traces")
    if repeated > MAX_FIELDS:
        raise TooManyError(f"more than {MAX_FIELDS:,} attributes of resources, counted for each span")


def _lists(parent: Any, *names: str) -> list[Any]:
    """The objects in the lists of these names together."""
    if not isinstance(parent, dict):
        raise ValueError("it is no export")
    found: list[Any] = []
    for name in names:
        children = parent.get(name) or []
        if not isinstance(children, list):
            raise ValueError("it is no export")
        found += children
    return found


def _elements(value: Any) -> int:
    """How many objects and lists it has."""
    count, left = 0, [value]
    while left:
        value = left.pop()
        if isinstance(value, (dict, list)):
            count += 1
            left += value.values() if isinstance(value, dict) else value
    return count
