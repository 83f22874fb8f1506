"""What was asked of each pool, and what the pool had: pods, agents, slots and pending tasks over time."""

from dataclasses import dataclass
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.heading import about, some_of
from lab.plots.steps import Steps, count_axis, draw_area, draw_line, steps_of
from lab.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    MARGIN_IN,
    SKY,
    SMALL_PT,
    TEXT_PT,
    VERMILION,
    legend_columns,
    new_figure,
    shortened,
    styled,
)
from lab.plots.times import Window, window_between, window_of
from sim.record import Run
from sim.scenario import PoolPlan

POOLS_MAX: Final = 6
TITLE: Final = "Pool against demand: pods, agents, slots and pending tasks"

_LEFT_IN: Final = 0.95
_RIGHT_IN: Final = 0.55
_PANEL_IN: Final = 0.85
_GAP_IN: Final = 0.13
_HEADING_IN: Final = 0.22
_AXIS_IN: Final = 0.5
_LEGEND_ROW_IN: Final = 0.155
_PANELS: Final = 3
_LETTERS: Final = 24


def pool_against_demand(
    run: Run, *, between: tuple[float, float] | None = None, pools_max: int = POOLS_MAX
) -> Figure:
    """For each pool: pods and connected agents; slots held against capacity; pending tasks; over time.

    `between` (s, s) shows a part of the run. Of more than `pools_max` pools those with most tasks
    are shown; the second line says so.
    """
    window = window_of([run]) if between is None else window_between(*between)
    pools, note = _choose(run, pools_max)
    with styled():
        each_in = _HEADING_IN + _PANELS * (_PANEL_IN + _GAP_IN)
        body_in = len(pools) * each_in + _AXIS_IN + 2 * _LEGEND_ROW_IN
        page = new_figure(TITLE, about(run, window.note, note), body_in)
        series = [_series_of(run, pool) for pool in pools]
        handles: dict[str, Artist] = {}
        for index, (pool, drawn) in enumerate(zip(pools, series, strict=True)):
            page.write(_heading(pool, drawn), size=TEXT_PT, weight="bold")
            page.skip(_HEADING_IN)
            for panel, draw in enumerate((_pods, _slots, _pending)):
                axes = page.panel(_PANEL_IN, left_in=_LEFT_IN, right_in=_RIGHT_IN)
                draw(axes, drawn, pool, window)
                is_last = (index, panel) == (len(pools) - 1, _PANELS - 1)
                window.put_on(axes, labelled=is_last)
                page.skip(_GAP_IN)
                handles |= {str(label): handle for handle, label in zip(*_legend_of(axes), strict=True)}
        page.skip(_AXIS_IN - _GAP_IN)
        columns = legend_columns(list(handles.values()))
        page.legend(list(handles.values()), left_in=MARGIN_IN, columns=columns)
    return page.figure


@dataclass(frozen=True)
class _Series:
    """The step functions of one pool."""

    pods: Steps
    connected: Steps
    running: Steps
    held: Steps
    """Running and reserved slots together."""
    capacity: Steps
    usable: Steps
    """Slots of pods whose agent is connected."""
    pending: Steps


def _series_of(run: Run, pool: PoolPlan) -> _Series:
    counts = run.counts.assign(held=run.counts["slots_running"] + run.counts["slots_reserved"])

    def of(column: str) -> Steps:
        return steps_of(counts, column, run.ended_at, pool.name)

    pods, connected = of("pods"), of("connected")
    return _Series(
        pods,
        connected,
        of("slots_running"),
        of("held"),
        (pods[0], pods[1] * pool.slots_per_pod),
        (connected[0], connected[1] * pool.slots_per_pod),
        of("pending"),
    )


def _choose(run: Run, at_most: int) -> tuple[list[PoolPlan], str]:
    tasks = run.tasks["pool"].value_counts().to_dict()
    pools = list(run.scenario.pools)
    busiest = sorted(pools, key=lambda pool: -tasks.get(pool.name, 0))[:at_most]
    chosen = [pool for pool in pools if pool in busiest]
    return chosen, some_of(len(chosen), len(pools), "pools", "those with most tasks")


def _heading(pool: PoolPlan, series: _Series) -> str:
    peaks = [int(max(values)) for _, values in (series.pods, series.held, series.pending)]
    most = "most at a time: pods {:,}, slots held {:,}, tasks pending {:,}".format(*peaks)
    bounds = f"{pool.min:,} to {pool.max:,} pods of {pool.slots_per_pod:,} slots"
    return f"Pool {shortened(pool.name, _LETTERS)}, {bounds}; {most}"


def _pods(axes: Axes, series: _Series, pool: PoolPlan, window: Window) -> None:
    draw_line(axes, series.pods, window, color=BLACK, label="pods that exist")
    draw_line(axes, series.connected, window, color=GREEN, label="agents connected", style="--")
    highest = float(max(series.pods[1]))
    _bound(axes, pool.max, "max", highest)
    if pool.min:
        _bound(axes, pool.min, "min", highest)
    count_axis(axes, "pods,\nagents", highest)


def _slots(axes: Axes, series: _Series, pool: PoolPlan, window: Window) -> None:
    draw_area(axes, series.running, window, color=BLUE, label="slots running")
    draw_area(
        axes, series.held, window, color=SKY, label="slots reserved", hatch="/////", above=series.running
    )
    draw_line(axes, series.capacity, window, color=BLACK, label="slots of all pods that exist")
    usable = "slots of pods whose agent is connected"
    draw_line(axes, series.usable, window, color=GREEN, label=usable, style="--")
    count_axis(axes, "slots", float(max(series.capacity[1].max(), series.held[1].max())))


def _pending(axes: Axes, series: _Series, pool: PoolPlan, window: Window) -> None:
    draw_area(axes, series.pending, window, color=VERMILION, label="tasks pending")
    count_axis(axes, "tasks\npending", float(max(series.pending[1])))


def _bound(axes: Axes, value: int, name: str, highest: float) -> None:
    """A bound of the pool's size, if it is no higher than the panel; its heading says it anyway."""
    if value <= max(highest, 1):
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=":", zorder=1.5)
        beside = axes.get_yaxis_transform()
        axes.text(1.008, value, f"{name} {value:,}", transform=beside, size=SMALL_PT, va="center", color=GREY)


def _legend_of(axes: Axes) -> tuple[list[Artist], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return list(handles), [str(label) for label in labels]
