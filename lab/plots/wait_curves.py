"""The curves of waits, and their axes: a share of tasks over a wait that may be 0, seconds or days."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from lab.plots.distribution import LEVELS, Waits
from lab.plots.style import GREY, INK, SERIES, SMALL_PT
from lab.plots.thinning import DPI, kept
from lab.plots.times import TimeUnit, tick_step, unit_of

MARKERS: Final = ("o", "s", "D")
"""Of the quantiles in `LEVELS`."""
BAND: Final = "possible, had those never started been started when last seen waiting"

_DECADES_MIN: Final = 1.5
"""From so many decades between the shortest and the longest wait on, the axis is logarithmic."""
_TICKS: Final = {
    0.0: "0",
    1.0: "1 s",
    10.0: "10 s",
    60.0: "1 min",
    600.0: "10 min",
    3600.0: "1 h",
    36_000.0: "10 h",
    360_000.0: "100 h",
}
"""Ticks of a logarithmic axis, by their place (s)."""
_BAND_ALPHA: Final = 0.22


@dataclass(frozen=True)
class WaitAxis:
    """The horizontal axis that all panels share: from 0 to `end_s` (s)."""

    end_s: float
    linear_up_to_s: float
    """From here on (s) it is logarithmic: waits of 0 need a place, too. Infinity: it is linear."""

    @property
    def is_logarithmic(self) -> bool:
        """Whether any of it is."""
        return self.linear_up_to_s < self.end_s

    @staticmethod
    def of(samples: Iterable[Waits]) -> "WaitAxis":
        """The axis on which these can be compared."""
        several = list(samples)
        longest = max((each.longest_s for each in several), default=0.0) or 1.0
        positive = [each.shortest_s for each in several if not math.isnan(each.shortest_s)]
        shortest = min(positive, default=longest)
        if longest < 10 or math.log10(longest / max(shortest, 1.0)) < _DECADES_MIN:
            return WaitAxis(longest * 1.06, math.inf)
        below = [each for each in _TICKS if 0 < each <= shortest]
        return WaitAxis(longest * 1.06, max(below, default=1.0))

    @property
    def unit(self) -> TimeUnit:
        """The unit of a linear axis; a logarithmic one is in seconds, with the unit at each tick."""
        return TimeUnit("s", 1.0) if self.is_logarithmic else unit_of(self.end_s)

    def put_on(self, axes: Axes, *, labelled: bool) -> None:
        """Give `axes` this axis, and the vertical one in per cent."""
        end = self.end_s / self.unit.seconds
        if self.is_logarithmic:
            axes.set_xscale("symlog", linthresh=self.linear_up_to_s, linscale=0.4)
            ticks = [each for each in _TICKS if self.linear_up_to_s <= each <= self.end_s]
            axes.xaxis.set_major_locator(FixedLocator([0.0, *ticks]))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _TICKS[seconds]))
            axes.set_xlim(-0.12 * self.linear_up_to_s, end)
        else:
            step = tick_step(end, self.unit)
            axes.xaxis.set_major_locator(FixedLocator([step * each for each in range(int(end / step) + 1)]))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            axes.set_xlim(-0.008 * end, end)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(-0.03, 1.06)
        axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.tick_params(axis="y", labelsize=SMALL_PT, labelcolor=GREY)
        axes.set_ylabel("share of tasks\nstarted", size=SMALL_PT)
        axes.grid(visible=True)
        if labelled:
            start = _TICKS.get(self.linear_up_to_s)
            axes.set_xlabel(f"wait (logarithmic above {start})" if start else f"wait ({self.unit.name})")


def draw_waits(axes: Axes, index: int, sample: Waits, axis: WaitAxis) -> None:
    """The curve number `index` (from 0), its quantiles, and what its censored tasks leave open."""
    if not sample.count:
        return
    color, style = SERIES[index]
    x, lower, upper = sample.curves(axis.end_s)
    x = x / axis.unit.seconds
    pixels = axes.transData.transform(np.column_stack([x, lower]))[:, 0] / axes.figure.dpi * DPI
    places = kept(pixels, lower, upper)
    x, lower, upper = x[places], lower[places], upper[places]
    axes.step(x, lower, where="post", color=color, linestyle=style, linewidth=1.5, label="started")
    if len(sample.unended_s):
        axes.fill_between(
            x, lower, upper, step="post", color=color, alpha=_BAND_ALPHA, linewidth=0, label=BAND
        )
    for level, marker in zip(LEVELS, MARKERS, strict=True):
        at = sample.quantile(level)
        if not math.isnan(at):
            axes.add_line(_quantile(at / axis.unit.seconds, level, marker, color))


def level_name(level: float) -> str:
    """'p95'."""
    return f"p{100 * level:g}"


def legend_of(samples: Iterable[Waits]) -> list[Artist]:
    """Signs of the quantiles, and of the band if there is one."""
    several = list(samples)
    signs = [_quantile(math.nan, level, marker, INK) for level, marker in zip(LEVELS, MARKERS, strict=True)]
    band = Patch(facecolor=GREY, alpha=_BAND_ALPHA * 1.6, label=BAND)
    return [*signs, band] if any(len(each.unended_s) for each in several) else list(signs)


def _quantile(at: float, level: float, marker: str, color: str) -> Line2D:
    return Line2D(
        [at],
        [level],
        marker=marker,
        markersize=4.5,
        markerfacecolor="white",
        markeredgecolor=color,
        markeredgewidth=1.1,
        linestyle="none",
        clip_on=False,
        zorder=4,
        label=level_name(level),
    )
