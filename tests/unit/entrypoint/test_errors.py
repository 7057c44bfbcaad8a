"""The texts of errors: one line, and no password."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError
from tracking_server.errors import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql://user:hunter2@host/db now", "at postgresql://user:***@host/db now"),
        ("postgresql+psycopg2://user:hunter2/:?@host", "postgresql+psycopg2://user:***@host"),
        ("host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"),
        ("PASSWORD = 'hunter2 with \\' a quote' x", "PASSWORD = *** x"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("two\n  lines", "two lines"),
    ],
)
def test_a_text(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_the_drivers_own_words_are_taken() -> None:
    error = OperationalError("SELECT 1", {}, Exception("connection refused"))

    assert one_line(error) == "connection refused"
