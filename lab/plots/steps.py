"""Step functions of time, from the table `counts`."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from lab.plots.style import GREY, INK, SMALL_PT, LineStyle
from lab.plots.thinning import DPI, kept
from lab.plots.times import Window

Floats = npt.NDArray[np.float64]
Steps = tuple[Floats, Floats]
"""Times (s), and the values that hold from each of them on."""
_MANY_TURNS: Final = 200


def steps_of(counts: pandas.DataFrame, column: str, end_s: float, pool: str | None = None) -> Steps:
    """Times (s) and the values that hold from them on, from 0 to `end_s`; of one pool or of all.

    The last value stands twice, so that a step drawn 'post' reaches the end.
    """
    pools = [pool] if pool is not None else list(counts["pool"].unique())
    changes = [_changes(counts[counts["pool"] == each], column) for each in pools]
    at = np.concatenate([np.zeros(1), *(times for times, _ in changes)])
    by = np.concatenate([np.zeros(1), *(values for _, values in changes)])
    order = np.argsort(at, kind="stable")
    times, values = at[order], np.cumsum(by[order])
    # Of several changes at one instant the last one holds.
    is_last = np.append(np.diff(times) > 0, True)
    times, values = times[is_last], values[is_last]
    return np.append(times, max(end_s, times[-1])), np.append(values, values[-1])


def _changes(rows: pandas.DataFrame, column: str) -> tuple[Floats, Floats]:
    values = rows[column].to_numpy(dtype=np.float64)
    return rows["at"].to_numpy(dtype=np.float64), np.diff(values, prepend=0.0)


def draw_line(
    axes: Axes, steps: Steps, window: Window, *, color: str, label: str, style: LineStyle = "-"
) -> None:
    """A step line."""
    times, values = _thinned(axes, window, *steps)
    x = times / window.unit.seconds
    # The line of a pool that flaps all the time would become an area.
    width_pt = 1.3 if _turns(steps[1]) <= _MANY_TURNS else 0.5
    axes.step(x, values, where="post", color=color, linewidth=width_pt, linestyle=style, label=label)


def _turns(values: Floats) -> int:
    """How often they change their direction."""
    changes = np.diff(values)
    directions = np.sign(changes[changes != 0])
    return int(np.count_nonzero(np.diff(directions)))


def draw_area(
    axes: Axes,
    steps: Steps,
    window: Window,
    *,
    color: str,
    label: str,
    hatch: str = "",
    above: Steps | None = None,
) -> None:
    """The area between two step functions of the same times, or between one and 0; hatched or filled."""
    # Both sides of the area need a point at the same times.
    lower = np.zeros_like(steps[1]) if above is None else above[1]
    times, upper, lower = _thinned(axes, window, *steps, lower)
    x = times / window.unit.seconds
    axes.fill_between(
        x,
        upper,
        0.0 if above is None else lower,
        step="post",
        facecolor="white" if hatch else color,
        edgecolor=INK if hatch else color,
        hatch=hatch or None,
        # An edge keeps what is narrower than a pixel visible; hatching would become a black bar.
        linewidth=0.0 if hatch else 0.5,
        label=label,
    )


def _thinned(axes: Axes, window: Window, times: Floats, *curves: Floats) -> tuple[Floats, ...]:
    """The times, and the values of each curve, that a saved picture can show."""
    width = axes.bbox.width / axes.figure.dpi * DPI
    pixels = window.inches(1.0, width) * (times - window.from_s)
    # What is before or after the window is a column each.
    places = kept(np.clip(pixels, -1.0, width), *curves)
    return (times[places], *(values[places] for values in curves))


def count_axis(axes: Axes, label: str, highest: float) -> None:
    """A vertical axis for whole numbers from 0 to `highest`, with a little room above."""
    axes.set_ylim(0, max(highest, 1) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=2, steps=[1, 2, 3, 4, 5, 10]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(axis="y", labelsize=SMALL_PT, labelcolor=GREY)
    axes.grid(visible=True, axis="y")
    axes.set_ylabel(label, rotation=0, ha="right", va="center", labelpad=14)
