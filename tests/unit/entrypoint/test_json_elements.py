"""Objects, lists and values in a body of JSON."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from tracking_server.json_elements import COMMAS, ELEMENTS, has_more


@pytest.mark.parametrize(
    ("value", "elements", "commas"),
    [
        ({}, 1, 0),
        ([[], {}, [{}]], 5, 2),
        ({"{[,": "]}[[{{,", 'quoted "{": \\': ['\\"[', "\n{,", "é["]}, 2, 3),
        ("[[[,", 0, 0),
        ([0.1, 2], 1, 1),
    ],
)
def test_brackets_in_strings_are_not_counted(value: object, elements: int, commas: int) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        for marks, count in ((ELEMENTS, elements), (COMMAS, commas)):
            assert not has_more(body, marks, count)
            assert count == 0 or has_more(body, marks, count - 1)


def test_text_after_a_syntax_error_is_not_counted() -> None:
    assert not has_more(b'[1, "[[[', ELEMENTS, 1)


@pytest.mark.parametrize(
    "body",
    [b'"' + b"[" * 2**22 + b'"', b'"[",' * 2**20, b'"' + b'\\"[' * 2**20 + b'"', b'"[["' * 2**20],
    ids=["a long text", "many texts", "escapes", "texts side by side"],
)
def test_counting_uses_no_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        assert not has_more(body, ELEMENTS, 10)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
