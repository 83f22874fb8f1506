"""Which tasks and pods of a big run a timeline shows, and the words that say so."""

import pandas

from lab.plots.heading import some_of
from lab.plots.times import Window
from lab.words import duration
from sim.record import Run


def sent_or_given_up_s(tasks: pandas.DataFrame, end_s: float) -> "pandas.Series[float]":
    """Until when (s) each task waited to be sent: until it was, or ended without, or to the end."""
    return tasks["sent_at"].fillna(tasks["ended_at"]).fillna(end_s)


def choose_tasks(run: Run, window: Window, at_most: int) -> tuple[pandas.DataFrame, str]:
    """Rows of `tasks` in the order of submission, and a note if some are left out.

    Those that waited longest are shown. Of a part of a run these are tasks that waited, or that were
    confirmed and waited for their apply, in that part.
    """
    tasks = run.tasks
    until = sent_or_given_up_s(tasks, run.ended_at)
    applies = tasks["apply_started_at"].fillna(tasks["ended_at"]).fillna(run.ended_at)
    if window.is_part:
        waited = (tasks["submitted_at"] <= window.until_s) & (until >= window.from_s)
        waited |= (tasks["confirmed_at"] <= window.until_s) & (applies >= window.from_s)
        tasks = tasks[waited]
    waits = until[tasks.index] - tasks["submitted_at"]
    chosen = tasks.loc[waits.sort_values(ascending=False, kind="stable").index[:at_most]]
    note = some_of(len(chosen), len(run.tasks), "tasks", _which(waits, waits[chosen.index], window))
    return chosen.sort_values(["pool", "submitted_at", "task"], kind="stable"), note


def _which(waits: "pandas.Series[float]", shown: "pandas.Series[float]", window: Window) -> str:
    if len(shown) == len(waits):
        return "those that waited in it"
    left_out = waits.drop(shown.index).max()
    where = " in it" if window.is_part else ""
    return f"those that waited longest{where}; the others waited at most {duration(left_out)}"


def choose_pods(
    run: Run, tasks: pandas.DataFrame, window: Window, at_most: int
) -> tuple[pandas.DataFrame, str]:
    """Rows of `pods` by pool and creation, and a note if some are left out.

    First come the pods that the tasks shown were sent to, then the others in the order of creation.
    """
    pods = run.pods
    if window.is_part:
        born = pods["created_at"].fillna(pods["requested_at"])
        pods = pods[(born <= window.until_s) & ~(pods["gone_at"] < window.from_s)]
    used = _pods_of(run, set(tasks["task"]))
    first = pods["pod"].isin(used).sort_values(ascending=False, kind="stable")
    chosen = pods.loc[first.index[:at_most]].sort_index().sort_values("pool", kind="stable")
    there = "those that existed in it" if len(pods) < len(run.pods) else ""
    which = "those that the tasks shown were sent to, then the first created"
    note = some_of(len(chosen), len(run.pods), "pods", which if len(chosen) < len(pods) else there)
    return chosen, note


def _pods_of(run: Run, tasks: set[int]) -> set[str]:
    held, executed = run.slots, run.phases
    return {
        *held.loc[held["task"].isin(tasks), "pod"],
        *executed.loc[executed["task"].isin(tasks), "pod"],
    }
