"""What becomes of a statement that the database ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tracking_server.admission import IS_SEARCH
from tracking_server.slow_searches import QUERY_CANCELED, TEXT, refusal


@pytest.mark.parametrize(
    ("is_search", "code", "status"),
    [(True, QUERY_CANCELED, 400), (False, QUERY_CANCELED, None), (True, "40P01", None), (True, None, None)],
)
def test_only_a_slow_search_is_a_client_error(is_search: bool, code: str | None, status: int | None) -> None:
    token = IS_SEARCH.set(is_search)
    try:
        context: Any = SimpleNamespace(original_exception=SimpleNamespace(pgcode=code))
        error: Any = refusal(context)
    finally:
        IS_SEARCH.reset(token)

    assert (error and error.get_http_status_code()) == status
    assert error is None or error.message == TEXT
