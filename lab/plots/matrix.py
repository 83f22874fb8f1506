"""Policies against scenarios as a grid: in each cell what broke first and when, or how long tasks waited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lab.matrices import Cell, Matrix
from lab.matrix_forms import LOWER_BOUND, brief, cell_text, notes
from lab.plots.heading import joined
from lab.plots.literal import literal
from lab.plots.style import (
    GREY,
    INK,
    MARGIN_IN,
    ORANGE,
    SMALL_PT,
    WIDTH_IN,
    Page,
    legend_columns,
    new_figure,
    shortened,
    styled,
    text_in,
)
from sim.checks import INVARIANTS, Status

TITLE: Final = "What breaks first, scenario by scenario and policy by policy"

_ROW_IN: Final = 0.21
_ROW_TALL_IN: Final = 0.34
"""Where the texts of a cell have to stand on two lines."""
_HEAD_IN: Final = 0.24
_NAME_IN_MAX: Final = 2.3
_GAP_IN: Final = 0.03
"""Between cells."""
_PAD_IN: Final = 0.06
_CODE_ROW_IN: Final = 0.15
_LEGEND_ROW_IN: Final = 0.17


@dataclass(frozen=True)
class _Look:
    """How the cells of one kind look: lightness alone tells them apart, in grey as well."""

    label: str
    face: str
    ink: str
    hatch: str = ""


_UNSAFE: Final = _Look("broken: something happened that never may (S)", "#8C2D04", "#FFFFFF")
_LATE: Final = _Look("broken: something good came too late (L)", ORANGE, INK)
_OPEN: Final = _Look("undecided (?): nothing broke, but the run was too short", "#D9D9D9", INK, "////")
_FINE: Final = _Look("nothing broke", "#EAF4FB", INK)
_LOOKS: Final = (_UNSAFE, _LATE, _OPEN, _FINE)


def matrix_figure(matrix: Matrix) -> Figure:
    """The grid, what its colours mean, and the names of the invariants in it."""
    grid = _Grid(matrix)
    codes = [f"{code}  {INVARIANTS[code].title}" for code in matrix.first_codes]
    code_columns = _columns_of(codes)
    code_rows = -(-len(codes) // code_columns)
    used = [look for look in _LOOKS if any(_look(cell) is look for cell in matrix.cells.values())]
    with styled():
        handles = [
            Patch(facecolor=look.face, edgecolor=GREY, hatch=look.hatch, linewidth=0.4, label=look.label)
            for look in used
        ]
        columns = legend_columns(handles, at_most=2)
        legend_rows = -(-len(handles) // columns)
        below_in = 0.14 + legend_rows * _LEGEND_ROW_IN + 0.06 + code_rows * _CODE_ROW_IN + MARGIN_IN
        page = new_figure(TITLE, _second_line(matrix), grid.height_in + below_in)
        grid.draw(page)
        page.skip(0.14)
        page.legend(handles, left_in=MARGIN_IN, columns=columns)
        page.skip(legend_rows * _LEGEND_ROW_IN + 0.06)
        _write_codes(page, codes, code_columns, code_rows)
    return page.figure


def _second_line(matrix: Matrix) -> str:
    """What a cell is, and what must not be read into it."""
    drawn = ", ".join(row.scenario for row in matrix.drawn)
    meaning = (
        "each cell is one run: the invariant that broke first, and when, "
        "or how long the slowest task waited until it was sent"
    )
    return joined(
        [
            meaning,
            LOWER_BOUND.rstrip(".") if LOWER_BOUND in notes(matrix) else "",
            f"drawn at random, one seed each: {drawn}" if drawn else "",
        ]
    )


def _look(cell: Cell) -> _Look:
    if cell.invariant is not None:
        return _UNSAFE if cell.invariant.startswith("S") else _LATE
    return _OPEN if cell.status is Status.UNDECIDED else _FINE


class _Grid:
    """Where each cell is, in inches from the top left of the panel."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        names = [row.scenario for row in matrix.rows]
        widest = max(text_in(cell_text(cell, brief), SMALL_PT) for cell in matrix.cells.values())
        spare_in = WIDTH_IN - 2 * MARGIN_IN - len(matrix.policies) * (widest + _PAD_IN + _GAP_IN)
        self._name_in = min(max(_NAME_IN_MAX, spare_in), max(map(_name_in, names)) + 0.1)
        self._letters = round((self._name_in - 0.1) / _name_in("m"))
        room_in = WIDTH_IN - 2 * MARGIN_IN - self._name_in
        self._column_in = min(1.4, room_in / len(matrix.policies))
        self._is_tall = widest + _PAD_IN > self._column_in - _GAP_IN
        self._row_in = _ROW_TALL_IN if self._is_tall else _ROW_IN
        self.height_in = _HEAD_IN + len(names) * self._row_in

    def draw(self, page: Page) -> None:
        """As the next part of the page."""
        width_in = self._name_in + self._column_in * len(self._matrix.policies)
        right_in = WIDTH_IN - MARGIN_IN - width_in
        axes = page.panel(self.height_in, left_in=MARGIN_IN, right_in=right_in)
        axes.set(xlim=(0, width_in), ylim=(self.height_in, 0), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        letters = int(self._column_in / (1.1 * text_in("m", SMALL_PT)))  # bold is wider
        for column, policy in enumerate(self._matrix.policies):
            x = self._name_in + (column + 0.5) * self._column_in
            _write(axes, x, _HEAD_IN / 2, shortened(policy, letters), weight="bold")
        for index, row in enumerate(self._matrix.rows):
            y = _HEAD_IN + (index + 0.5) * self._row_in
            name = axes.text(0, y, shortened(row.scenario, self._letters))
            name.set(size=SMALL_PT, color=INK, ha="left", va="center_baseline")
        for look in _LOOKS:
            self._draw_boxes(axes, look)
        for index, row in enumerate(self._matrix.rows):
            for column, cell in enumerate(row.cells):
                self._draw_text(axes, index, column, cell)

    def _draw_boxes(self, axes: Axes, look: _Look) -> None:
        boxes = [
            list(self._corners(index, column))
            for index, row in enumerate(self._matrix.rows)
            for column, cell in enumerate(row.cells)
            if _look(cell) is look
        ]
        if boxes:
            drawn = PolyCollection(boxes, facecolors=look.face, edgecolors="none", zorder=1)
            drawn.set(hatch=look.hatch or None, label=look.label)
            if look.hatch:
                drawn.set_edgecolor("#FFFFFF")
                drawn.set_linewidth(0)
            axes.add_collection(drawn, autolim=False)

    def _corners(self, index: int, column: int) -> Iterator[tuple[float, float]]:
        left = self._name_in + column * self._column_in + _GAP_IN / 2
        top = _HEAD_IN + index * self._row_in + _GAP_IN / 2
        right, bottom = left + self._column_in - _GAP_IN, top + self._row_in - _GAP_IN
        yield from ((left, top), (right, top), (right, bottom), (left, bottom))

    def _draw_text(self, axes: Axes, index: int, column: int, cell: Cell) -> None:
        text, look = cell_text(cell, brief), _look(cell)
        if self._is_tall:
            text = text.replace(" at ", "\nat ").replace("waited ", "waited\n")
        x = self._name_in + (column + 0.5) * self._column_in
        y = _HEAD_IN + (index + 0.5) * self._row_in
        _write(axes, x, y, text, color=look.ink, back=look.face if look.hatch else "")


def _name_in(name: str) -> float:
    """Names are small letters, mostly, which are narrower than others."""
    return 0.9 * text_in(name, SMALL_PT)


def _write(
    axes: Axes, x: float, y: float, text: str, *, color: str = INK, weight: str = "normal", back: str = ""
) -> None:
    lines = "\n".join(map(literal, text.split("\n")))
    drawn = axes.text(x, y, lines, color=color, size=SMALL_PT, weight=weight, linespacing=1.15)
    drawn.set(ha="center", va="center" if "\n" in text else "center_baseline", zorder=3)
    if back:
        drawn.set_bbox({"facecolor": back, "edgecolor": "none", "pad": 0.6})


def _columns_of(codes: Sequence[str]) -> int:
    """In how many columns the names of the invariants fit beside each other."""
    widest_in = max((text_in(each, SMALL_PT) for each in codes), default=1.0) + 0.2
    return max(1, min(len(codes), int((WIDTH_IN - 2 * MARGIN_IN) / widest_in)))


def _write_codes(page: Page, codes: Sequence[str], columns: int, rows: int) -> None:
    """The names of the invariants, column by column."""
    width_in = (WIDTH_IN - 2 * MARGIN_IN) / columns
    for row in range(rows):
        for column, code in enumerate(codes[row::rows]):
            page.write(code, left_in=MARGIN_IN + column * width_in, size=SMALL_PT)
        page.skip(_CODE_ROW_IN)
