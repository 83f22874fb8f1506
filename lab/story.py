"""Why tasks waited to be sent: what refused or blocked them, and what stood idle beside them meanwhile.

A count of free slots is not enough to see an incident such as 609, whose pool is free and whose agents are
connected. So the part of a wait is measured in which some connected agent's pod had an idle slot.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.summary import is_missing
from policies.actions import SendTask
from policies.decisions import Blocked, Refused
from sim.record import Run
from sim.record.truth import TaskCreated


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Something that kept a task from being sent. Times are float s."""

    text: str
    """A reason code; for what befell others of its workspace, with the task that was in the way."""
    tries: int
    """How often the task itself was refused for this reason; 0 if its turn had not come."""
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
    causes: tuple[Cause, ...]
    """In the order in which they first came."""
    pod: str
    """Whose agent it was first sent to; empty if it never was."""
    connected_at: float | None
    """When that agent first connected."""
    state: str

    @property
    def tries(self) -> int:
        """How often it was refused before it was first sent."""
        return sum(cause.tries for cause in self.causes)

    @property
    def main_cause(self) -> Cause | None:
        """The cause that lasted longest, and of two the one with more tries; None if there is none."""
        return max(self.causes, key=lambda each: (each.last_at - each.first_at, each.tries), default=None)


def stories(run: Run, tasks: Iterable[int]) -> list[TaskStory]:
    """The stories of these tasks, in this order; tasks that the run does not have are left out."""
    wanted = list(tasks)
    chosen = set(wanted)
    rows = {row["task"]: row for row in run.records("tasks") if row["task"] in chosen}
    connected_at: dict[str, float] = dict(run.columns("pods", "pod", "connected_at"))
    idle = _idle_times(run)
    waiting = _Waiting(rows.values(), run.ended_at)
    for entry in run.log:
        waiting.read(entry)
    told = {
        task: _story(row, run.ended_at, idle[row["pool"]], waiting, connected_at)
        for task, row in rows.items()
    }
    return [told[task] for task in wanted if task in told]


def waits_to_be_sent(run: Run) -> dict[int, float]:
    """How long (s) each task waited until it was first sent, or ended without, or the run did."""
    columns = ("task", "submitted_at", "sent_at", "ended_at")
    return {
        task: _first_of(sent, ended, run.ended_at) - submitted
        for task, submitted, sent, ended in run.columns("tasks", *columns)
    }


def longest_waits(waits_s: Sequence[Mapping[int, float]], at_most: int) -> list[int]:
    """The tasks with the longest wait under any of the policies, longest first; if even, by their ids."""
    worst: dict[int, float] = {}
    for waits in waits_s:
        for task, wait in waits.items():
            worst[task] = max(wait, worst.get(task, 0.0))
    return sorted(worst, key=lambda task: (-worst[task], task))[:at_most]


def _first_of(sent: float, ended: float, end: float) -> float:
    """Until when a task waited: until it was sent, or ended without, or the run did."""
    if not is_missing(sent):
        return sent
    return end if is_missing(ended) else ended


def _until(row: Mapping[str, Any], end: float) -> float:
    return _first_of(row["sent_at"], row["ended_at"], end)


class _Waiting:
    """Reads a log, and notes what befalls some tasks and their workspaces while they wait to be sent."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], end: float) -> None:
        self.sent_to: dict[int, str] = {}
        self._notes: dict[int, dict[str, Cause]] = {}
        self._workspace_of: dict[int, str] = {}
        self._open: dict[str, dict[int, tuple[float, float]]] = {}
        self._block: dict[str, Blocked] = {}
        for row in rows:
            task, workspace = row["task"], row["workspace"]
            self._notes[task] = {}
            self._open.setdefault(workspace, {})[task] = (row["submitted_at"], _until(row, end))
        self._end = end

    def causes(self, task: int, workspace: str) -> tuple[Cause, ...]:
        """What kept this task, once the log is read."""
        self._end_block(workspace, self._end)
        return tuple(self._notes[task].values())

    def read(self, entry: Any) -> None:
        """Take in one entry of the log."""
        kind = type(entry)
        if kind is TaskCreated:
            self._workspace_of[entry.task] = entry.workspace
        elif kind is SendTask:
            self.sent_to.setdefault(entry.task, entry.pod)
            # A step logs its decisions before its actions, so a block of the same instant came after this.
            if not self._is_blocked_since(entry.at, self._workspace_of[entry.task]):
                self._end_block(self._workspace_of[entry.task], entry.at)
        elif kind is Refused and entry.workspace in self._open:
            self._end_block(entry.workspace, entry.at)
            self._refused(entry)
        elif kind is Blocked and entry.workspace in self._open:
            self._end_block(entry.workspace, entry.at)
            self._block[entry.workspace] = entry

    def _refused(self, e: Refused) -> None:
        reason = e.main_reason
        for task, (since, until) in self._open[e.workspace].items():
            if since <= e.at < until:
                own = task == e.task
                self._note(task, reason if own else f"{reason} of {e.task}", e.at, e.at, tries=int(own))

    def _is_blocked_since(self, at: float, workspace: str) -> bool:
        return workspace in self._block and self._block[workspace].at == at

    def _end_block(self, workspace: str, at: float) -> None:
        """A block holds until the workspace is tried again: the same one is recorded only once."""
        block = self._block.pop(workspace, None)
        if block is None:
            return
        text = str(block.reason) if block.by is None else f"{block.reason} by {block.by}"
        for task, (since, until) in self._open[workspace].items():
            first, last = max(block.at, since), min(at, until)
            if first < last and task != block.by:
                self._note(task, text, first, last, tries=0)

    def _note(self, task: int, text: str, first: float, last: float, *, tries: int) -> None:
        before = self._notes[task].get(text)
        self._notes[task][text] = Cause(
            text=text,
            tries=tries if before is None else before.tries + tries,
            first_at=first if before is None else before.first_at,
            last_at=last,
        )


def _story(
    row: Mapping[str, Any],
    end: float,
    idle: "_IdleTime",
    waiting: _Waiting,
    connected_at: Mapping[str, float],
) -> TaskStory:
    until = _until(row, end)
    pod = waiting.sent_to.get(row["task"], "")
    connected = connected_at.get(pod, math.nan)
    return TaskStory(
        task=row["task"],
        kind=row["kind"],
        workspace=row["workspace"],
        submitted_at=row["submitted_at"],
        sent_at=None if is_missing(row["sent_at"]) else row["sent_at"],
        waited_s=until - row["submitted_at"],
        beside_idle_s=idle.between(row["submitted_at"], until),
        causes=waiting.causes(row["task"], row["workspace"]),
        pod=pod,
        connected_at=None if is_missing(connected) else connected,
        state=row["state"],
    )


def _idle_times(run: Run) -> dict[str, "_IdleTime"]:
    """Of each pool."""
    idle = {pool.name: _IdleTime(slots_per_pod=pool.slots_per_pod) for pool in run.scenario.pools}
    columns = ("pool", "at", "connected", "slots_running", "slots_reserved")
    for pool, at, connected, running, reserved in run.columns("counts", *columns):
        idle[pool].add(at, connected, running + reserved)
    return idle


class _IdleTime:
    """How long, up to any time, a pool had more slots on connected agents' pods than were held.

    Slots that are held on pods whose agent is not connected count as held here, so it is never too long.
    """

    def __init__(self, *, slots_per_pod: int) -> None:
        self._slots_per_pod = slots_per_pod
        self._at: list[float] = []
        self._is_idle: list[bool] = []
        self._up_to: list[float] = []

    def add(self, at: float, connected: int, held: int) -> None:
        """From `at` (s) on so many agents are connected and so many slots are held."""
        self._up_to.append(self._before(at))
        self._at.append(at)
        self._is_idle.append(connected * self._slots_per_pod > held)

    def between(self, start: float, until: float) -> float:
        """Seconds of it between two times (s)."""
        return self._before(until) - self._before(start)

    def _before(self, at: float) -> float:
        if not self._at or at < self._at[0]:
            return 0.0
        index = -1 if at >= self._at[-1] else bisect_right(self._at, at) - 1
        return self._up_to[index] + (at - self._at[index] if self._is_idle[index] else 0.0)
