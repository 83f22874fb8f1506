"""How Windtunnel's pictures look: colours, type sizes, and pages whose parts are placed in inches.

A page is 8 in wide, 1200 px at the 150 dpi of the saved file. Parts are placed in inches rather
than by a layout engine, so that a lane has the same height in every picture.
"""

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

import matplotlib.style
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from lab.plots.literal import FONT, literal

# Okabe and Ito (2008), "Color Universal Design": eight colours that are told apart by people with
# any of the common colour vision deficiencies.
BLACK: Final = "#000000"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
BLUE: Final = "#0072B2"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"

INK: Final = "#222222"
GREY: Final = "#595959"
"""For text that comes second; 7:1 on white."""
WAITING: Final = "#A6A6A6"
RULE: Final = "#E3E3E3"
"""For grid lines and separators."""

LineStyle = Literal["-", "--", "-.", ":"]

SERIES: Final[tuple[tuple[str, LineStyle], ...]] = (
    (BLUE, "-"),
    (VERMILION, "--"),
    (GREEN, "-."),
    (PURPLE, ":"),
    (SKY, "-"),
    (ORANGE, "--"),
    (BLACK, "-."),
)
"""Colour and line style of one run among several: told apart in black and white, too."""

TITLE_PT: Final = 11.0
TEXT_PT: Final = 8.0
SMALL_PT: Final = 6.8

WIDTH_IN: Final = 8.0
MARGIN_IN: Final = 0.15
EM_SHARE: Final = 0.6
"""Mean width of DejaVu Sans' letters, as a share of the type size."""

_PT_PER_IN: Final = 72.0
_HANDLE_IN: Final = 3.7 * SMALL_PT / _PT_PER_IN
"""A legend's sign with the gaps beside it, as `Page.legend` sets them."""
_RC: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],
    "font.size": TEXT_PT,
    "text.color": INK,
    "text.parse_math": False,  # a name may have a $
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_PT,
    "axes.linewidth": 0.6,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "xtick.labelsize": TEXT_PT,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": TEXT_PT,
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "svg.hashsalt": "windtunnel",
    "svg.fonttype": "path",
}


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with this style and nothing of the user's own; as it was afterwards."""
    with matplotlib.style.context(["default", _RC]):
        yield


class _StyledFigure(Figure):
    """A figure that has this style wherever it is drawn, as in a notebook: some texts are made only then."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw it, with nothing of the user's own style."""
        with styled():
            super().draw(renderer)


class Page:
    """A figure that is filled from top to bottom; all lengths are inches."""

    def __init__(self, figure: Figure, cursor_in: float) -> None:
        self.figure = figure
        self.cursor_in = cursor_in
        """How far from the top the next part begins."""

    @property
    def height_in(self) -> float:
        """The height of the whole page."""
        return float(self.figure.get_figheight())

    def skip(self, height_in: float) -> None:
        """Leave room."""
        self.cursor_in += height_in

    def panel(self, height_in: float, *, left_in: float, right_in: float = MARGIN_IN) -> Axes:
        """Axes across the page between two margins, below what is there."""
        self.cursor_in += height_in
        return self.figure.add_axes(
            (
                left_in / WIDTH_IN,
                1 - self.cursor_in / self.height_in,
                (WIDTH_IN - left_in - right_in) / WIDTH_IN,
                height_in / self.height_in,
            )
        )

    def write(self, text: str, *, left_in: float = MARGIN_IN, **properties: Any) -> None:
        """A text whose top is where the next part begins; it takes no room."""
        self.write_lines([text], left_in=left_in, **properties)

    def write_lines(self, lines: Sequence[str], *, left_in: float = MARGIN_IN, **properties: Any) -> None:
        """The same for several lines."""
        text = "\n".join(map(literal, lines))
        self.figure.text(*self._corner(left_in), text, ha="left", va="top", **properties)

    def legend(self, handles: Sequence[Artist], *, left_in: float, columns: int | None = None) -> Legend:
        """A legend whose top left corner is where the next part begins; it takes no room."""
        legend = Legend(
            self.figure,
            list(handles),
            list(map(_label, handles)),
            loc="upper left",
            bbox_to_anchor=self._corner(left_in),
            bbox_transform=self.figure.transFigure,
            ncols=len(handles) if columns is None else columns,
            borderpad=0,
            borderaxespad=0,
            handlelength=1.8,
            handletextpad=0.5,
            columnspacing=1.4,
            labelspacing=0.35,
        )
        self.figure.add_artist(legend)
        return legend

    def _corner(self, left_in: float) -> tuple[float, float]:
        return left_in / WIDTH_IN, 1 - self.cursor_in / self.height_in


def new_figure(title: str, second_line: str, body_in: float) -> Page:
    """A page with a title, a grey second line, and `body_in` inches of room below them.

    Both are aligned left, and broken into several lines if they are longer than the page is wide.
    """
    head, below = _wrapped(title, TITLE_PT * 1.1), _wrapped(second_line, TEXT_PT)
    title_in, second_in = _lines_in(head, TITLE_PT), _lines_in(below, TEXT_PT)
    header_in = MARGIN_IN + title_in + 0.03 + second_in + 0.17
    page = Page(_StyledFigure(figsize=(WIDTH_IN, header_in + body_in)), MARGIN_IN)
    page.write_lines(head, size=TITLE_PT, weight="bold", linespacing=1.2)
    page.skip(title_in + 0.03)
    page.write_lines(below, size=TEXT_PT, color=GREY, linespacing=1.2)
    page.cursor_in = header_in
    return page


def legend_columns(handles: Sequence[Artist], *, at_most: int = 4) -> int:
    """In how many columns a legend of these fits across the page; they are filled one by one."""
    labels = [text_in(_label(handle), SMALL_PT) + _HANDLE_IN for handle in handles]
    for columns in range(min(at_most, len(labels)), 1, -1):
        # Matplotlib gives the first columns one more if they cannot all have the same number.
        rows, longer = divmod(len(labels), columns)
        ends = np.cumsum([0] + [rows + (index < longer) for index in range(columns)])
        widths = [max(labels[start:end]) for start, end in itertools.pairwise(ends)]
        if sum(widths) <= WIDTH_IN - 2 * MARGIN_IN:
            return columns
    return 1


def text_in(text: str, size_pt: float) -> float:
    """About how wide a text of one line is, in inches."""
    return len(text) * EM_SHARE * size_pt / _PT_PER_IN


def shortened(text: str, letters: int) -> str:
    """The text, or its beginning and end around an ellipsis: names often differ at their end."""
    text = literal(text)
    if len(text) <= letters:
        return text
    end = letters // 2
    return f"{text[: letters - end - 1]}…{text[-end:]}"


def _label(handle: Artist) -> str:
    return literal(str(handle.get_label()))


def _wrapped(text: str, size_pt: float) -> list[str]:
    letters = (WIDTH_IN - 2 * MARGIN_IN) / text_in("m", size_pt)
    return textwrap.wrap(literal(text), int(letters)) or [""]


def _lines_in(lines: Sequence[str], size_pt: float) -> float:
    return len(lines) * 1.25 * size_pt / _PT_PER_IN
