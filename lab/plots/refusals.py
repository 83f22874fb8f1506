"""When each task was refused, and for which reason, from the table `decisions`."""

from typing import Final

import pandas

from sim.record import Run

_NOT_SENT: Final = ("refused", "released", "rolled_back")
"""Placement found no pod, or a booking was taken back: the task waits on, for a reason that they name."""


def refusals_of(run: Run) -> pandas.DataFrame:
    """Every time a task was not sent: columns task, at (s) and reason.

    A refusal that names several reasons counts under its main one.
    """
    return refusals_among(run.decisions)


def refusals_among(decisions: pandas.DataFrame) -> pandas.DataFrame:
    """The same, of these rows of the table."""
    refused = decisions[decisions["decision"].isin(_NOT_SENT)]
    return refused[["task", "at", "reason"]].sort_values(["task", "at"], kind="stable")
