"""How many objects, lists and values a body of JSON has, before it is parsed.

An object takes at least 60 bytes when it is parsed, and two in a body.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Marks(NamedTuple):
    """Characters that stand for what is counted.

    Attributes:
        each: of them.
        up_to_next: matches up to the next one that is not in a text; prompts in traces have many that are. It tries
            nothing twice, so it takes time in proportion to the body, and no memory.
    """

    each: bytes
    up_to_next: re.Pattern[bytes]


def _marks(each: bytes) -> Marks:
    of_set = re.escape(each)
    text = rb'"(?:[^"\\]++|\\.)*+"'
    return Marks(
        each, re.compile(rb'(?:[^"' + of_set + rb"]++|" + text + rb")*+[" + of_set + rb"]", re.DOTALL)
    )


ELEMENTS = _marks(b"{[")
COMMAS = _marks(b",")


def has_more(body: bytes, marks: Marks, limit: int) -> bool:
    """Whether there are more than `limit` of these in `body`, up to where it is no JSON any more."""
    if sum(body.count(mark) for mark in marks.each) <= limit:
        return False
    count = position = 0
    while count <= limit and (found := marks.up_to_next.match(body, position)):
        count, position = count + 1, found.end()
    return count > limit
