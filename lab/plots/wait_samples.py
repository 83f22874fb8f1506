"""The waits of one or several runs by kind, with runs that differ in their seed only taken together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas

from lab.plots.distribution import Waits
from policies.vocabulary import TaskKind
from sim.record import Run

APPLY: Final = "apply"
KINDS: Final = {
    str(TaskKind.PLAN): "plan: from submission to start",
    str(TaskKind.PLAN_AND_APPLY): "plan_and_apply: from submission to start",
    str(TaskKind.DRIFT_CHECK): "drift_check: from submission to start",
    APPLY: "apply: from confirmation to start",
}
"""What is waited for, and what it is called."""


@dataclass(frozen=True)
class Group:
    """Runs of one scenario under one policy, with different seeds."""

    label: str
    runs: Sequence[Run]

    def waits(self, kind: str) -> Waits:
        """All their waits of this kind."""
        return _together([_waits(run, kind) for run in self.runs])


def groups_of(runs: Iterable[Run]) -> list[Group]:
    """The runs by scenario and policy, in the order of their first run; labelled by what differs."""
    by_key: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        key = (run.scenario.name, repr(run.policy.describe()), repr(run.scenario.pools))
        by_key.setdefault(key, []).append(run)
    firsts = [group[0] for group in by_key.values()]
    scenarios = {run.scenario.name for run in firsts}
    names = [
        run.policy.name if len(scenarios) == 1 else f"{run.scenario.name}, {run.policy.name}"
        for run in firsts
    ]
    return [Group(label, group) for label, group in zip(_distinct(names), by_key.values(), strict=True)]


def _distinct(names: Sequence[str]) -> list[str]:
    """The names; those that occur more than once are numbered."""
    return [
        name if names.count(name) == 1 else f"{name} #{names[: index + 1].count(name)}"
        for index, name in enumerate(names)
    ]


def _waits(run: Run, kind: str) -> Waits:
    tasks = run.tasks
    if kind == APPLY:
        rows = tasks[tasks["confirmed_at"].notna()]
        return _split(rows, rows["apply_wait_s"], rows["confirmed_at"], run.ended_at)
    rows = tasks[tasks["kind"] == kind]
    return _split(rows, rows["wait_s"], rows["submitted_at"], run.ended_at)


def _split(
    rows: pandas.DataFrame, waits: "pandas.Series[float]", since: "pandas.Series[float]", end_s: float
) -> Waits:
    """Those that ended, and what is known of the others: until the task ended, or the run did."""
    unended = (rows["ended_at"].fillna(end_s) - since)[waits.isna()]
    started = waits.dropna()
    return Waits(*(np.sort(each.to_numpy(dtype=np.float64).clip(min=0.0)) for each in (started, unended)))


def _together(parts: Sequence[Waits]) -> Waits:
    return Waits(
        np.sort(np.concatenate([each.started_s for each in parts])),
        np.sort(np.concatenate([each.unended_s for each in parts])),
    )
