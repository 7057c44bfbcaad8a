"""docs/performance.md shows the results that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load import report
from tests.load.results import Results, Row, Section, Table


@pytest.fixture
def results() -> Results:
    rows = [
        Row("200 writers", "none fails", "3 done, none failed", True),
        Row("start", "8 s", "9 s", False),
        Row("rate", "", "78"),
    ]
    table = Table("By kind", ["request", "done"], [["a | b", "1"]])
    return Results({"writers": Section("Writers", "2 cores", "containers", rows, [table])})


def test_the_document_is_made_of_the_results_that_are_kept() -> None:
    kept = Results.read(report.RESULTS)

    assert report.document(kept) == report.DOCUMENT.read_text(encoding="utf-8")


def test_each_section_says_where_it_ran_and_which_bars_were_met(results: Results) -> None:
    assert report.text(results).splitlines() == [
        "### Writers",
        "",
        "In containers, on 2 cores.",
        "",
        "| what | bar | measured | met |",
        "| --- | --- | --- | --- |",
        "| 200 writers | none fails | 3 done, none failed | yes |",
        "| start | 8 s | 9 s | **no** |",
        "| rate |  | 78 |  |",
        "",
        "By kind:",
        "",
        "| request | done |",
        "| --- | --- |",
        "| a \\| b | 1 |",
    ]


def test_results_are_read_as_they_were_written(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "results.json"

    results.write(file)

    assert Results.read(file) == results
