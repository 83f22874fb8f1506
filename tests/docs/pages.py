"""Reading the repository's pages: fenced blocks, tables, headings and links of a Markdown file.

Only as much of Markdown as the pages use: fences of three backticks, tables with pipes, `#` headings, and
links in brackets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DOCS: Final = ROOT / "docs"

_FENCE: Final = re.compile(r"^( *)```(\S*)")
_LINK: Final = re.compile(r"!?\[[^\]]+\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^(#+) +(.*)")
_FILE_COMMENT: Final = re.compile(r"^# (?P<name>[\w./-]+\.(?:py|yaml|csv))$")
_TABLE_ROW: Final = re.compile(r"(?<!\\)\|")


def pages() -> list[Path]:
    """The pages that exist: the README, those of docs/, and two that lie where they are needed."""
    single = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
    return [path for path in (*single, *sorted(DOCS.glob("*.md"))) if path.is_file()]


def name_of(page: Path) -> str:
    """A page as people call it: its path from the repository's root."""
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind the fence, its lines, and the line of the page it begins in."""

    info: str
    lines: tuple[str, ...]
    line: int

    @property
    def file(self) -> tuple[str, str] | None:
        """Name and text of the file that the block shows, if its first line names one.

        CSV has no comments, so there the first line is not part of the file.
        """
        named = _FILE_COMMENT.match(self.lines[0]) if self.lines else None
        if named is None:
            return None
        kept = self.lines[1:] if named["name"].endswith(".csv") else self.lines
        return named["name"], "\n".join(kept) + "\n"


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    opened: tuple[str, str, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, inside = (fence[1], fence[2], number), []
        elif opened is not None and fence:
            found.append(Block(opened[1], tuple(inside), opened[2]))
            opened = None
        elif opened is not None:
            inside.append(line.removeprefix(opened[0]))
    assert opened is None, f"{name_of(page)}:{opened and opened[2]}: the block is not closed"
    return found


def _prose(page: Path) -> Iterator[str]:
    """The lines outside fenced blocks."""
    is_fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if _FENCE.match(line):
            is_fenced = not is_fenced
        elif not is_fenced:
            yield line


def links(page: Path) -> list[str]:
    """Where the page's links lead, as they are written."""
    return _LINK.findall("\n".join(_prose(page)))


def anchors(page: Path) -> set[str]:
    """The anchors of the page's headings, as Git forges make them."""
    return {anchor(found[2]) for line in _prose(page) if (found := _HEADING.match(line))}


def anchor(heading: str) -> str:
    """`What is refused` is `what-is-refused`."""
    plain = re.sub(r"[^\w\- ]", "", heading.lower())
    return plain.replace(" ", "-")


def tables(page: Path) -> dict[str, list[dict[str, str]]]:
    """By heading, the rows of the tables below it, each by column; cells without their backticks."""
    found: dict[str, list[dict[str, str]]] = {}
    heading, columns = "", None
    for line in _prose(page):
        title = _HEADING.match(line)
        if title:
            heading = title[2].replace("`", "")
        if not line.startswith("|"):
            columns = None
            continue
        cells = [cell.replace("\\|", "|").strip() for cell in _TABLE_ROW.split(line)[1:-1]]
        if columns is None:
            columns = cells
        elif not set("".join(cells)) <= set("-: "):
            found.setdefault(heading, []).append(dict(zip(columns, cells, strict=True)))
    return found


def plain(cell: str) -> str:
    """A cell without backticks."""
    return cell.replace("`", "")
