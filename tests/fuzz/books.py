"""Books of a run that are kept from the log alone, apart from the tables that they are compared with."""

from collections import Counter
from collections.abc import Iterable

from policies.decisions import TaskMoved
from policies.lifecycles import TASK
from policies.vocabulary import TaskId, TaskState
from sim.record import Run
from sim.record.truth import TaskCreated


def states_of(run: Run) -> dict[TaskId, TaskState]:
    """The last state of each task that was submitted. AssertionError for a step in no table."""
    states: dict[TaskId, TaskState] = {}
    for entry in run.log:
        if isinstance(entry, TaskCreated):
            assert entry.task not in states, f"task {entry.task} is created twice"
            states[entry.task] = TaskState.PENDING
        elif isinstance(entry, TaskMoved):
            assert states[entry.task] is entry.before, entry
            assert TASK[entry.before][entry.cause] is entry.after, entry
            states[entry.task] = entry.after
    return states


def counts_by_state(run: Run) -> Counter[TaskState]:
    """How many tasks are in each state at the end."""
    return Counter(states_of(run).values())


def area_under(run: Run, pool: str, *columns: str) -> float:
    """The integral over the run of a sum of columns of `counts`: of the number there, time by time."""
    area, since, height = 0.0, 0.0, 0
    for row in run.records("counts"):
        if row["pool"] == pool:
            area += height * (row["at"] - since)
            since, height = row["at"], sum(row[name] for name in columns)
    return area + height * (run.ended_at - since)


def sojourn(run: Run, intervals: Iterable[tuple[float, float]]) -> float:
    """The sum of the lengths of intervals within the run, where NaN is an end that did not come."""
    return sum((run.ended_at if until != until else until) - since for since, until in intervals)


def entries_at_most(run: Run) -> int:
    """A generous bound on the length of a log: what each thing in it may cause."""
    horizon, tasks = run.scenario.horizon_s, len(run.rows("tasks"))
    controller = run.policy.controller
    shortest_s = min(controller.autoscaler_every, controller.monitor_every, 0.5)
    pods = sum(pool.max for pool in run.scenario.pools)
    ticks = horizon / shortest_s
    return int(100 * (tasks + 1) * (pods + 1) + 20 * (pods + tasks + 1) * ticks)
