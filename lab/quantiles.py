"""Quantiles of waits, some of which were not over when the run ended.

The definition is the inverse of the empirical distribution function (type 1 of Hyndman and Fan, "Sample
Quantiles in Statistical Packages", The American Statistician 50, 1996): the p-quantile is the smallest
observed value that at least a share p of all values does not exceed. It is always the wait of some task,
and is not interpolated, unlike the default of NumPy and pandas.

A task that never started has a wait that is not known, only that it is at least as long as it has lasted.
Leaving such tasks out would flatter a policy that starts only the lucky ones. They are counted with their
wait so far, which makes every quantile a lower bound of the true one, and `is_lower_bound` says so.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Waits:
    """Waits (float s) of a group of tasks for one phase. All numbers are NaN if the group is empty."""

    tasks: int
    never: int
    """How many of them never started it: cancelled before, or still waiting at the end of the run."""
    p50_s: float
    p95_s: float
    p99_s: float
    mean_s: float
    max_s: float

    @property
    def is_lower_bound(self) -> bool:
        """Whether the numbers are lower bounds, as some tasks never started."""
        return self.never > 0


def quantile(ordered: list[float], p: float) -> float:
    """The p-quantile (0 < p <= 1) of values in ascending order; NaN if there are none."""
    return ordered[rank(p, len(ordered)) - 1] if ordered else math.nan


def rank(p: float, count: int) -> int:
    """Which of `count` values in ascending order is the p-quantile, from 1."""
    # Rounded, as 0.95 * 20 is 19.000000000000004 for some p and n, and would ask for the 20th of 20.
    return max(math.ceil(round(p * count, 9)), 1)


def waits_of(over_s: Iterable[float], so_far_s: Iterable[float] = ()) -> Waits:
    """The waits that are over, and those of tasks that never started, so far."""
    finished, open_ = list(over_s), list(so_far_s)
    ordered = sorted(finished + open_)
    return Waits(
        tasks=len(ordered),
        never=len(open_),
        p50_s=quantile(ordered, 0.50),
        p95_s=quantile(ordered, 0.95),
        p99_s=quantile(ordered, 0.99),
        mean_s=math.fsum(ordered) / len(ordered) if ordered else math.nan,
        max_s=ordered[-1] if ordered else math.nan,
    )
