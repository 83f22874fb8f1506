"""What `windtunnel matrix` shows on a terminal: a table that fits, and what its signs mean."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lab.matrices import Cell, Matrix
from lab.matrix_forms import brief, notes, wait_text
from lab.text.parts import plain_table
from lab.text.screen import Screen
from sim.checks import INVARIANTS, Status

_NAME_MIN: Final = 20
_MEANING: Final = (
    "A cell is one run: the invariant that broke first, and when; or ok, and how long the slowest task "
    "waited until it was sent."
)


def show_matrix(screen: Screen, matrix: Matrix) -> None:
    """Write the table, in several parts if it is too wide, and a legend."""
    for part in _parts(screen, matrix):
        screen.show(part, "")
    codes = ", ".join(f"{code} {INVARIANTS[code].title}" for code in matrix.first_codes)
    screen.show(*(Text(each, style="dim") for each in (_MEANING, *notes(matrix))))
    if codes:
        screen.show(Text(codes, style="dim"))


def _parts(screen: Screen, matrix: Matrix) -> Iterator[RenderableType]:
    texts = [[short_text(cell) for cell in row.cells] for row in matrix.rows]
    widths = [
        max(len(name), *(len(row[column]) for row in texts)) for column, name in enumerate(matrix.policies)
    ]
    longest = max(len(row.scenario) for row in matrix.rows)
    gap = 2 if longest + sum(widths) + 2 * len(widths) <= screen.width else 1
    name_width = _name_width(longest, screen.width - sum(widths) - gap * len(widths))
    for columns in _columns_at_once([width + gap for width in widths], screen.width - name_width):
        yield _table(matrix, columns, name_width, gap)


def _name_width(longest: int, room: int) -> int:
    """Names are folded rather than the table be cut in two, as long as they stay readable."""
    return min(longest, room if room >= _NAME_MIN else _NAME_MIN)


def _columns_at_once(widths: Sequence[int], room: int) -> Iterator[slice]:
    start, used = 0, 0
    for index, width in enumerate(widths):
        if index > start and used + width > room:
            yield slice(start, index)
            start, used = index, 0
        used += width
    yield slice(start, len(widths))


def _table(matrix: Matrix, columns: slice, name_width: int, gap: int) -> Table:
    table = plain_table("", *matrix.policies[columns], gap=gap)
    table.columns[0].min_width = name_width
    for row in matrix.rows:
        name = "\n".join(wrap(row.scenario, name_width, subsequent_indent="  ")) or row.scenario
        cells = [Text(short_text(cell), style=_STYLES[cell.status]) for cell in row.cells[columns]]
        table.add_row(Text(name, style="bold"), *cells)
    return table


_STYLES: Final = {Status.HOLDS: "green", Status.BROKEN: "red", Status.UNDECIDED: "yellow"}


def short_text(cell: Cell) -> str:
    """'L01 19 s', 'ok 20 s', 'ok ≥ 15 min', '? 20 s'."""
    if cell.invariant is not None:
        return f"{cell.invariant} {brief(cell.at)}"
    return f"{'?' if cell.status is Status.UNDECIDED else 'ok'} {wait_text(cell, brief)}"
