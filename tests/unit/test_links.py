"""Each relative link in the documentation leads to a file, and to a heading where it names one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for path in (*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "local").rglob("*.md"))
)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    anchors = set()
    for line in prose(page).splitlines():
        if heading := re.match(r"#+ (.+)", line):
            text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", heading[1]).lower()
            anchors.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return anchors


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def broken(page: Path) -> Iterator[str]:
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and target.suffix == ".md" and anchor not in headings(target):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


def test_a_page_that_errors_name_exists() -> None:
    named = {
        match
        for folder in ("modules", "stacks", "settings", "tools", "docker/tracking_server")
        for file in (PROJECT / folder).rglob("*.py")
        for match in re.findall(r"\bdocs/[\w/.-]+\.md(?:#[\w-]+)?", file.read_text(encoding="utf-8"))
    }
    wrong = []
    for name in sorted(named):
        path, _, anchor = name.partition("#")
        page = PROJECT / path
        if not page.exists() or (anchor and anchor not in headings(page)):
            wrong.append(name)

    assert len(named) > 10
    assert wrong == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading: `code`\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#a-heading-code) [c](there.md#other) [d](gone.md)\n", encoding="utf-8"
    )

    assert list(broken(page)) == [
        "there.md#other: there is no such heading",
        "gone.md: there is no such file",
    ]
