"""Time axes: which unit reads best, where the ticks are, and how much of the run is worth showing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, StrMethodFormatter

from lab.words import duration
from sim.record import Run

_TICKS_MAX: Final = 10
_CROPPED_BELOW: Final = 0.75
"""The end of a run is cut off only if that leaves less than this share of it."""
_CHANGES: Final = ("created_at", "running_at", "terminating_at", "gone_at")
"""Columns of the table `pods`."""
_STEPS: Final = {
    "s": (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200),
    "min": (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60),
    "h": (0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 6, 12, 24, 48, 168),
}


@dataclass(frozen=True)
class TimeUnit:
    """A unit of time and how many seconds it has."""

    name: str
    seconds: float


def unit_of(span_s: float) -> TimeUnit:
    """The unit in which a span (s) reads best: s up to 20 min, min up to 3 h, h beyond."""
    if span_s <= 1200:
        return TimeUnit("s", 1.0)
    return TimeUnit("min", 60.0) if span_s <= 3 * 3600 else TimeUnit("h", 3600.0)


def tick_step(span: float, unit: TimeUnit) -> float:
    """The distance of the ticks, for a span in this unit; it doubles where no usual one is enough."""
    steps = _STEPS[unit.name]
    step = float(next((each for each in steps if span / each <= _TICKS_MAX), steps[-1]))
    while span / step > _TICKS_MAX:
        step *= 2
    return step


@dataclass(frozen=True)
class Window:
    """What a time axis shows: from `from_s` to `until_s` (s), in `unit`."""

    until_s: float
    unit: TimeUnit
    note: str
    """Says what was cut off; empty if nothing was."""
    from_s: float = 0.0
    is_part: bool = False
    """Whether somebody asked for a part of the run."""

    def x(self, seconds: float) -> float:
        """A time (s) in the axis' unit."""
        return seconds / self.unit.seconds

    def inches(self, seconds: float, panel_in: float) -> float:
        """How wide a duration (s) is on a panel of this width."""
        return seconds / (self.until_s - self.from_s) * panel_in

    def overlaps(self, since_s: float, until_s: float) -> bool:
        """Whether any of an interval (s, NaN is open) is shown."""
        return not (since_s > self.until_s or until_s < self.from_s)

    def put_on(self, axes: Axes, *, labelled: bool) -> None:
        """Give `axes` this axis, with a label and tick labels or with grid lines only."""
        start, end = self.x(self.from_s), self.x(self.until_s)
        step = tick_step(end - start, self.unit)
        first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
        axes.set_xlim(start, end)
        axes.xaxis.set_major_locator(FixedLocator([step * each for each in range(first, last + 1)]))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.grid(visible=True, axis="x")
        if labelled:
            axes.set_xlabel(f"time since the start of the run ({self.unit.name})")
        else:
            axes.tick_params(axis="x", length=0, labelbottom=False)
            axes.spines["bottom"].set_visible(False)


def window_of(runs: Sequence[Run]) -> Window:
    """From the start to the end of the longest run, or to a little after the last change of any.

    Where nothing happens in the last quarter of the runs, showing it would only make the rest
    smaller.
    """
    end_s = max((run.ended_at for run in runs), default=0.0) or 1.0
    last_s = max((last_change_s(run) for run in runs), default=end_s)
    unit = unit_of(last_s * 1.05)
    step_s = tick_step(last_s * 1.05 / unit.seconds, unit) * unit.seconds
    until_s = math.ceil(last_s * 1.05 / step_s) * step_s
    if last_s <= 0 or until_s > _CROPPED_BELOW * end_s:
        return Window(end_s, unit_of(end_s), "")
    note = f"nothing changes from {duration(last_s)} to the end at {duration(end_s)}"
    return Window(until_s, unit, note)


def window_between(from_s: float, until_s: float) -> Window:
    """A part of a run (s), in the unit that its distance from the start asks for.

    Raises ValueError if it is empty, or begins before the run.
    """
    if not 0 <= from_s < until_s < math.inf:
        raise ValueError(
            f"between=({from_s:g}, {until_s:g}) s is no part of a run; expected 0 <= from < until"
        )
    note = f"only from {duration(from_s)} to {duration(until_s)}"
    return Window(until_s, unit_of(until_s), note, from_s, is_part=True)


def last_change_s(run: Run) -> float:
    """When (s) a pod, an agent, a slot or a task last changed, or placement last refused a task."""
    refused = run.decisions.loc[run.decisions["decision"] == "refused", "at"]
    waiting = run.tasks["started_at"].isna() & run.tasks["ended_at"].isna()
    times = [run.counts["at"], refused, run.agents["since"], run.agents["until"]]
    times += [run.pods[each] for each in _CHANGES]
    is_open = bool(waiting.any()) or bool(run.phases["ended_at"].isna().any())
    return run.ended_at if is_open else max((_latest(each) for each in times), default=0.0)


def _latest(times: pandas.Series) -> float:
    return float(times.max()) if times.notna().any() else 0.0
