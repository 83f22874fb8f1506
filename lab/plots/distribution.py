"""Distributions of waits of which some had not ended when the run did.

A task that was never started waited at least until the run ended, or until it was cancelled; how long it
would have waited nobody knows. Left out, it would make the distribution look better the worse the
run was. So a distribution is given by two curves: the lower one counts such a task as never started,
the upper one as started at the moment when it was last seen waiting. The truth is between them, and they
are the same up to the first task that was lost from view. (An estimate between them, like Kaplan and
Meier's, would assume that those tasks are like the others; tasks that nobody starts often are not.)
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lab.quantiles import rank
from lab.words import duration

Floats = npt.NDArray[np.float64]

LEVELS: Final = (0.50, 0.95, 0.99)


@dataclass(frozen=True)
class Waits:
    """Waits (s): those that ended with a start, and, for the others, how long they had lasted."""

    started_s: Floats
    """Sorted."""
    unended_s: Floats
    """Sorted."""

    @property
    def count(self) -> int:
        """All tasks, started or not."""
        return len(self.started_s) + len(self.unended_s)

    @property
    def at_once(self) -> int:
        """How many did not wait at all."""
        return int(np.count_nonzero(self.started_s <= 0))

    @property
    def longest_s(self) -> float:
        """The longest wait seen, ended or not; 0 if there is none."""
        return float(max([0.0, *self.started_s[-1:], *self.unended_s[-1:]]))

    @property
    def shortest_s(self) -> float:
        """The shortest wait that ended and was not 0; NaN if there is none."""
        positive = self.started_s[self.started_s > 0]
        return float(positive[0]) if len(positive) else math.nan

    def curves(self, end_s: float) -> tuple[Floats, Floats, Floats]:
        """Waits (s) from 0 to `end_s`, and the lower and the upper share of tasks started within each.

        The first point is (0, 0), so that the step at 0 shows those that did not wait.
        """
        at = np.unique(np.concatenate([[0.0, end_s], self._all()]))
        lower = np.searchsorted(self.started_s, at, side="right") / max(self.count, 1)
        upper = np.searchsorted(self._all(), at, side="right") / max(self.count, 1)
        return np.insert(at, 0, 0.0), np.insert(lower, 0, 0.0), np.insert(upper, 0, 0.0)

    def quantile(self, level: float, *, is_upper: bool = False) -> float:
        """The shortest wait (s) within which this share of all tasks was started; NaN if never.

        It is a wait that occurred, not an interpolation between two.
        """
        waits = self._all() if is_upper else self.started_s
        place = rank(level, self.count)
        return float(waits[place - 1]) if place <= len(waits) else math.nan

    def quantile_text(self, level: float) -> str:
        """A quantile with what is known of it: '12 s', '10 s–12 s', '≥ 50 min'; '–' without tasks."""
        if not self.count:
            return "–"
        most, least = self.quantile(level), self.quantile(level, is_upper=True)
        if math.isnan(most):
            return f"≥ {duration(least)}"
        return duration(most) if most == least else f"{duration(least)}–{duration(most)}"

    def _all(self) -> Floats:
        return np.sort(np.concatenate([self.started_s, self.unended_s]))
