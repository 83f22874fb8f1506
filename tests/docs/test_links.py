"""Links between pages lead somewhere, and what pages are called agrees."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, anchors, links, name_of, pages


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """The file exists, and so does the heading, where a link names one."""
    missing = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(link)
    assert missing == []


def test_the_index_lists_every_page_once() -> None:
    """A page that nobody links to is not read."""
    listed = [link for link in links(DOCS / "README.md") if "/" not in link]
    assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md") if path.name != "README.md")
