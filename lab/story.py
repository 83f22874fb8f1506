"""Why tasks waited to be sent: how often each was refused and why, and what stood idle beside it meanwhile.

A count of free slots is not enough to see an incident such as 609, whose pool is free and whose agents are
connected. So the part of a wait is measured in which some connected agent's pod had an idle slot.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.summary import is_missing, main_reason
from policies.actions import SendTask
from policies.decisions import Refused
from sim.record import TABLES, Run
from sim.record.tables import build


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Tries of one task that were refused for one reason. Times are float s."""

    tries: int
    first_at: float
    last_at: float


@dataclass(frozen=True, kw_only=True)
class TaskStory:
    """How one task came to be sent, or did not. Times and durations are float s."""

    task: int
    kind: str
    workspace: str
    submitted_at: float
    sent_at: float | None
    """None if it never was."""
    waited_s: float
    """Until it was first sent, or ended without, or the run did."""
    beside_idle_s: float
    """The part of it in which the pool had more slots on connected agents' pods than were held."""
    refusals: Mapping[str, Refusals]
    """By reason, in the order in which they first came."""
    pod: str
    """Whose agent it was first sent to; empty if it never was."""
    connected_at: float | None
    """When that agent first connected."""
    state: str


def stories(run: Run, tasks: Iterable[int]) -> list[TaskStory]:
    """The stories of these tasks, in this order; tasks that the run does not have are left out."""
    wanted = list(tasks)
    chosen = set(wanted)
    tables = {
        name: [dict(zip(TABLES[name], row, strict=True)) for row in rows]
        for name, rows in build(run.log, ["tasks", "pods", "counts"], run.ended_at).items()
    }
    connected_at = {pod["pod"]: pod["connected_at"] for pod in tables["pods"]}
    idle = {
        pool.name: _IdleTime(
            [row for row in tables["counts"] if row["pool"] == pool.name],
            slots_per_pod=pool.slots_per_pod,
            end=run.ended_at,
        )
        for pool in run.scenario.pools
    }
    refusals, sent_to = _tries(run.log, chosen)
    told = {
        row["task"]: _story(
            row, run.ended_at, idle[row["pool"]], refusals[row["task"]], sent_to, connected_at
        )
        for row in tables["tasks"]
        if row["task"] in chosen
    }
    return [told[task] for task in wanted if task in told]


def waits_to_be_sent(run: Run) -> dict[int, float]:
    """How long (s) each task waited until it was first sent, or ended without, or the run did."""
    rows = (dict(zip(TABLES["tasks"], row, strict=True)) for row in run.rows("tasks"))
    return {row["task"]: _until(row, run.ended_at) - row["submitted_at"] for row in rows}


def longest_waits(waits_s: Sequence[Mapping[int, float]], at_most: int) -> list[int]:
    """The tasks with the longest wait under any of the policies, in the order of their ids."""
    worst: dict[int, float] = {}
    for waits in waits_s:
        for task, wait in waits.items():
            worst[task] = max(wait, worst.get(task, 0.0))
    ordered = sorted(worst, key=lambda task: (-worst[task], task))
    return sorted(ordered[:at_most])


def _until(row: Mapping[str, Any], end: float) -> float:
    for column in ("sent_at", "ended_at"):
        if not is_missing(row[column]):
            return float(row[column])
    return end


def _tries(log: Iterable[Any], tasks: set[int]) -> tuple[dict[int, dict[str, Refusals]], dict[int, str]]:
    """By task: the refusals before it was first sent, and the pod that it was then sent to."""
    refusals: dict[int, dict[str, Refusals]] = {task: {} for task in tasks}
    sent_to: dict[int, str] = {}
    for entry in log:
        kind = type(entry)
        if kind is SendTask:
            sent_to.setdefault(entry.task, entry.pod)
        elif kind is Refused and entry.task in tasks and entry.task not in sent_to:
            reason = main_reason(entry)
            before = refusals[entry.task].get(reason)
            refusals[entry.task][reason] = Refusals(
                tries=1 if before is None else before.tries + 1,
                first_at=entry.at if before is None else before.first_at,
                last_at=entry.at,
            )
    return refusals, sent_to


def _story(
    row: Mapping[str, Any],
    end: float,
    idle: "_IdleTime",
    refusals: Mapping[str, Refusals],
    sent_to: Mapping[int, str],
    connected_at: Mapping[str, float],
) -> TaskStory:
    until = _until(row, end)
    pod = sent_to.get(row["task"], "")
    connected = connected_at.get(pod, math.nan)
    return TaskStory(
        task=row["task"],
        kind=row["kind"],
        workspace=row["workspace"],
        submitted_at=row["submitted_at"],
        sent_at=None if is_missing(row["sent_at"]) else row["sent_at"],
        waited_s=until - row["submitted_at"],
        beside_idle_s=idle.between(row["submitted_at"], until),
        refusals=refusals,
        pod=pod,
        connected_at=None if is_missing(connected) else connected,
        state=row["state"],
    )


class _IdleTime:
    """How long, up to any time, a pool had more slots on connected agents' pods than were held.

    Slots that are held on pods whose agent is not connected count as held here, so it is never too long.
    """

    def __init__(self, counts: Sequence[Mapping[str, Any]], *, slots_per_pod: int, end: float) -> None:
        self._at = [row["at"] for row in counts]
        self._is_idle = [
            row["connected"] * slots_per_pod > row["slots_running"] + row["slots_reserved"] for row in counts
        ]
        self._up_to = [0.0]
        for index, at in enumerate(self._at):
            until = self._at[index + 1] if index + 1 < len(self._at) else end
            self._up_to.append(self._up_to[-1] + (until - at if self._is_idle[index] else 0.0))

    def between(self, start: float, until: float) -> float:
        """Seconds of it between two times (s)."""
        return self._before(until) - self._before(start)

    def _before(self, at: float) -> float:
        index = bisect_right(self._at, at) - 1
        if index < 0:
            return 0.0
        return self._up_to[index] + (at - self._at[index] if self._is_idle[index] else 0.0)
