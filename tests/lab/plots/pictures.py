"""Runs to draw, and what a figure says and shows."""

from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import ArrayLike

from sim.record import Run
from sim.scenario import load_scenario, parse_scenario
from sim.simulate import simulate

SCENARIOS = Path(__file__).parents[3] / "scenarios"

HEAD = "title: A title\nstory: A story\nhorizon: 10 min\n"
AGENT = (
    "pod_start: 6 s\nagent: {registers_after: 2 s, connects_after: 1 s, known_to_pod_manager_after: 3 s}\n"
)

NO_TASKS = HEAD + "pool: {min: 1, max: 5}\nworkload: {poisson: {rate: 1 per day}, workspaces: 1}\n"
NEVER_STARTS = f"""{HEAD}pool: {{max: 5}}
agent: {{connects_after: never}}
tasks: [{{id: 1, at: 3 s, workspace: a, kind: plan}}]
"""
TWO_POOLS = f"""{HEAD}{AGENT}pools: {{linux: {{min: 1, max: 3}}, windows: {{max: 2, slots: 4}}}}
tasks:
  - {{id: 1, at: 0 s, pool: linux, workspace: a, kind: plan}}
  - {{id: 2, at: 0 s, pool: linux, workspace: b, kind: plan}}
  - {{id: 3, at: 0 s, pool: windows, workspace: c, kind: drift_check}}
"""
MANY = f"""{HEAD}{AGENT}pool: {{min: 45, max: 45}}
workload: {{bursts: {{at: [0 s], size: 50}}, workspaces: 60, kinds: {{plan: 1}}}}
"""
FAULTS = f"""{HEAD}{AGENT}pool: {{min: 3, max: 3}}
tasks:
  - {{id: 1, at: 20 s, workspace: a, kind: plan, plan: 200 s}}
faults:
  - {{fault: heartbeat_gap, pod: 1, at: 60 s, for: 100 s}}
  - {{fault: connection_lost, pod: 2, at: 150 s, for: 60 s}}
  - {{fault: pod_killed, pod: 3, at: 100 s}}
  - {{fault: control_plane_restart, at: 300 s, for: 30 s}}
"""


@cache
def shipped(name: str, policy: str, seed: int = 1) -> Run:
    """The run of a shipped scenario."""
    return simulate(load_scenario(SCENARIOS / f"{name}.yaml", policy=policy, seed=seed))


@cache
def run_of(text: str) -> Run:
    """The run of a scenario text, under the default policy."""
    return simulate(parse_scenario(text, name="x.yaml", folder=Path()))


def interrupted(run: Run, at: float) -> Run:
    """The same run, if it had been interrupted then (s)."""
    log = [entry for entry in run.log if entry.at <= at]
    return Run(run.scenario, run.seed, log, ended_at=at, is_complete=False, wall_s=None)


def words(figure: Figure) -> list[str]:
    """All texts of a figure, without the places where lines are broken."""
    return [" ".join(text.get_text().split()) for text in _texts(figure)]


def heading(figure: Figure) -> tuple[str, str]:
    """Its title and its second line."""
    title, second = words(figure)[:2]
    return title, second


def bars(figure: Figure, label: str) -> list[tuple[float, float]]:
    """Begin and end of all bars of this kind, on all panels, in the axis' unit."""
    boxes = [
        path.vertices
        for axes in figure.axes
        for each in axes.collections
        if isinstance(each, PolyCollection) and each.get_label() == label
        for path in each.get_paths()
    ]
    spans = [(float(np.min(box[:, 0])), float(np.max(box[:, 0]))) for box in map(np.asarray, boxes)]
    return sorted(spans)


def marks(figure: Figure, label: str) -> list[float]:
    """Where on the time axis all signs stand whose label begins like this."""
    lines = [line for axes in figure.axes for line in axes.lines if str(line.get_label()).startswith(label)]
    return sorted(float(x) for line in lines for x in np.asarray(line.get_xdata()))


def labels(figure: Figure) -> set[str]:
    """What the legends name."""
    return {
        text.get_text() for legend in _legends(figure) for text in legend.findobj(Text) if text.get_text()
    }


def curve(figure: Figure, panel: int, label: str) -> tuple[list[float], list[float]]:
    """The points of the only line with this label on the panel with this number."""
    (found,) = curves(figure, panel, label)
    return found


def curves(figure: Figure, panel: int, label: str) -> list[tuple[list[float], list[float]]]:
    """The points of all lines with this label on the panel with this number."""
    lines = [line for line in figure.axes[panel].lines if line.get_label() == label]
    return [(_floats(line.get_xdata()), _floats(line.get_ydata())) for line in lines]


def collisions(figure: Figure) -> list[str]:
    """Pairs of texts that overlap, and texts that the page cuts off."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    figure.draw(renderer)
    shown = [text for text in _texts(figure) if text.get_visible() and text.get_text().strip()]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in shown]
    page = figure.bbox
    cut = [
        text
        for text, box in boxes
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
    ]
    # Line spacing is part of a text's box: half a point less all around is what is inked.
    inner = [(text, box.padded(-1.0)) for text, box in boxes]
    pairs = [
        f"{text} / {other}"
        for index, (text, box) in enumerate(inner)
        for other, its in inner[index + 1 :]
        if box.overlaps(its)
    ]
    return cut + pairs


def _floats(data: ArrayLike) -> list[float]:
    return [float(each) for each in np.asarray(data, dtype=np.float64)]


def _texts(figure: Figure) -> list[Text]:
    in_legends = {id(text) for legend in _legends(figure) for text in legend.findobj(Text)}
    first = list(figure.texts)
    others = [
        text
        for axes in figure.axes
        for text in (*axes.texts, axes.xaxis.label, axes.yaxis.label, *_tick_labels(axes))
    ]
    return first + others + [text for text in figure.findobj(Text) if id(text) in in_legends]


def _tick_labels(axes: Axes) -> list[Text]:
    """Those of ticks in view: locators give some beyond it, which are not drawn."""
    return [
        tick.label1
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim()))
        for tick in axis.get_major_ticks()
        if low <= tick.get_loc() <= high and tick.label1.get_visible()
    ]


def _legends(figure: Figure) -> list[Artist]:
    return [artist for artist in figure.artists if hasattr(artist, "legend_handles")]
