"""A panel with lanes: time runs to the right, inches run down, and texts stand where nothing else does."""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection
from matplotlib.path import Path
from matplotlib.transforms import blended_transform_factory

from lab.plots.literal import literal
from lab.plots.marks import BARS, CONTROL_PLANE_DOWN, MARKS, Bar, Mark
from lab.plots.style import GREY, INK, RULE, SMALL_PT, WIDTH_IN, Page, text_in
from lab.plots.thinning import CROWD, DPI, apart, distinct, merged
from lab.plots.times import Window

LEFT_IN: Final = 1.5
RIGHT_IN: Final = 1.6
PANEL_IN: Final = WIDTH_IN - LEFT_IN - RIGHT_IN
_STROKE: Final = 2
"""How many pixels wide the lines are that a sign is made of, at least."""
_GAP_IN: Final = 0.08
"""Between a panel and the texts beside it."""

_Spans = dict[tuple[float, float], list[tuple[float, float]]]
"""Intervals (left, right) by their lane (top, bottom)."""


class Strip(NamedTuple):
    """The vertical extent of a bar, in inches from the top of its sheet."""

    top_in: float
    height_in: float


@dataclass(frozen=True)
class _Text:
    """A text; `x` is a time in the axis' unit if it stands on the panel, else a share of its width."""

    text: str
    x: float
    y_in: float
    align: Literal["left", "center", "right"]
    size_pt: float
    color: str
    back: str = ""
    """A colour behind it, if it stands on hatching."""

    def put_on(self, axes: Axes) -> None:
        is_beside = self.align != "center"
        across = blended_transform_factory(axes.transAxes, axes.transData)
        drawn = axes.text(self.x, self.y_in, literal(self.text), zorder=4)
        drawn.set(size=self.size_pt, color=self.color)
        drawn.set(ha=self.align, va="center_baseline", transform=across if is_beside else axes.transData)
        if self.back:
            drawn.set_bbox({"facecolor": self.back, "edgecolor": "none", "pad": 0.4})


class Sheet:
    """Collects bars, lines, signs and texts, and then draws them: each kind at once, as big runs have
    thousands, and last, as only then it is known what the legend needs."""

    def __init__(self, window: Window, height_in: float) -> None:
        self.window = window
        self.height_in = height_in
        self.narrow = 0
        """How many bars were too narrow for their text."""
        self._boxes: dict[Bar, _Spans] = {}
        self._lines: dict[Mark, _Spans] = {}
        self._points: dict[Mark, list[tuple[float, float]]] = {}
        self._texts: list[_Text] = []
        self._baselines: list[float] = []

    def bar(self, bar: Bar, since: float, until: float, strip: Strip, text: str = "") -> None:
        """A box from `since` to `until` (s; NaN is open), with a text on it if there is room."""
        start, end = max(since, self.window.from_s), self._end(until)
        if not start <= end:
            return
        left, right = self.window.x(start), self.window.x(end)
        top_in, bottom_in = strip.top_in, strip.top_in + strip.height_in
        self._boxes.setdefault(bar, {}).setdefault((top_in, bottom_in), []).append((left, right))
        if text:
            middle = ((left + right) / 2, (top_in + bottom_in) / 2)
            self._text_on(bar, middle, self.window.inches(end - start, PANEL_IN), text)

    def line(self, mark: Mark, since: float, until: float, y_in: float) -> None:
        """The line of a fact that holds from `since` to `until` (s; NaN is open)."""
        start, end = max(since, self.window.from_s), self._end(until)
        if start <= end:
            ends = (self.window.x(start), self.window.x(end))
            self._lines.setdefault(mark, {}).setdefault((y_in, y_in), []).append(ends)

    def mark(self, mark: Mark, at: float, y_in: float) -> None:
        """A sign at a time (s); NaN is none."""
        if self.window.from_s <= at <= self.window.until_s:
            self._points.setdefault(mark, []).append((self.window.x(at), y_in))

    def left(self, text: str, y_in: float, *, size_pt: float = SMALL_PT, color: str = INK) -> None:
        """A lane's name, left of the panel."""
        self._texts.append(_Text(text, -_GAP_IN / PANEL_IN, y_in, "right", size_pt, color))

    def right(self, text: str, y_in: float, *, size_pt: float = SMALL_PT, color: str = GREY) -> None:
        """What is to be said about a lane, right of the panel."""
        self._texts.append(_Text(text, 1 + _GAP_IN / PANEL_IN, y_in, "left", size_pt, color))

    def baseline(self, y_in: float) -> None:
        """A faint line across: a lane that may be empty."""
        self._baselines.append(y_in)

    def draw(self, page: Page, *, labelled: bool) -> None:
        """Draw what was collected as the next part of a page; the time axis may go without labels."""
        axes = page.panel(self.height_in, left_in=LEFT_IN, right_in=RIGHT_IN)
        axes.set_ylim(self.height_in, 0)
        axes.set_yticks([])
        self.window.put_on(axes, labelled=labelled)
        for y_in in self._baselines:
            axes.axhline(y_in, color=RULE, linewidth=0.6, zorder=0.6)
        pixel = self.window.x(self.window.until_s - self.window.from_s) / (PANEL_IN * DPI)
        for bar, boxes in self._boxes.items():
            axes.add_collection(_polygons(bar, boxes, pixel), autolim=False)
        for mark, lines in self._lines.items():
            axes.add_collection(_segments(mark, lines, pixel), autolim=False)
        for mark, points in self._points.items():
            if len(points) > CROWD:
                points = apart(points, _STROKE * pixel)
            signs = mark.line([x for x, _ in points], [y for _, y in points], label=mark.label)
            signs.set(clip_on=False, zorder=3, snap=False)
            axes.add_line(signs)
        for text in self._texts:
            text.put_on(axes)

    @property
    def bars_used(self) -> list[Bar]:
        """The kinds of bars that were drawn, in a legend's order."""
        return [bar for bar in BARS if bar in self._boxes]

    @property
    def marks_used(self) -> list[Mark]:
        """The kinds of signs that were drawn, in a legend's order; reasons of refusals come last."""
        used = self._points.keys() | self._lines.keys()
        rest = sorted(used - set(MARKS), key=lambda mark: (-len(self._points.get(mark, ())), mark.label))
        return [mark for mark in MARKS if mark in used] + rest

    def _end(self, until: float) -> float:
        return self.window.until_s if math.isnan(until) else min(until, self.window.until_s)

    def _text_on(self, bar: Bar, middle: tuple[float, float], room_in: float, text: str) -> None:
        if text_in(text, SMALL_PT) + 0.06 > room_in:
            self.narrow += 1
            return
        back = bar.face if bar.hatch else ""
        self._texts.append(_Text(text, *middle, "center", SMALL_PT, bar.ink, back))


def _polygons(bar: Bar, boxes: _Spans, pixel: float) -> Collection:
    look: dict[str, Any] = {
        "facecolors": bar.face,
        # A box without an edge would vanish where it is narrower than a pixel.
        "edgecolors": bar.face if bar.edge == "none" else bar.edge,
        "hatch": bar.hatch or None,
        "linewidths": 0.4 if bar.edge == "none" else 0.6,
        "linestyles": bar.linestyle,
        "label": bar.label,
        "zorder": 1 if bar is CONTROL_PLANE_DOWN else 2 + 0.01 * BARS.index(bar),
    }
    if _is_crowd(boxes):
        # One path a lane, as one a box would be slow and large.
        # Where boxes with an edge run into each other, their edges are what is seen.
        thin = merged if bar.edge == "none" else distinct
        lanes = [_lane(strip, thin(spans, pixel)) for strip, spans in boxes.items()]
        return PathCollection(lanes, snap=True, **look)
    return PolyCollection([_box(strip, span) for strip, spans in boxes.items() for span in spans], **look)


def _lane(strip: tuple[float, float], spans: list[tuple[float, float]]) -> Path:
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    corners = [[*box, box[0]] for box in (_box(strip, span) for span in spans)]
    return Path(list(chain.from_iterable(corners)), codes * len(spans))


def _box(strip: tuple[float, float], span: tuple[float, float]) -> list[tuple[float, float]]:
    (top_in, bottom_in), (left, right) = strip, span
    return [(left, top_in), (right, top_in), (right, bottom_in), (left, bottom_in)]


def _segments(mark: Mark, lines: _Spans, pixel: float) -> LineCollection:
    drawn = {lane: merged(spans, pixel) for lane, spans in lines.items()} if _is_crowd(lines) else lines
    ends = [[(left, y_in), (right, y_in)] for (y_in, _), spans in drawn.items() for left, right in spans]
    return LineCollection(ends, colors=mark.color, linewidths=1.3, label=f"{mark.label}: holds", zorder=2.5)


def _is_crowd(spans: _Spans) -> bool:
    return sum(map(len, spans.values())) > CROWD
