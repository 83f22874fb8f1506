"""What the control plane means to do, and when: retries, deadlines and periodic work, without a clock.

Periodic work lies on a grid that starts when the process does. Work that would find nothing to do is not
on the agenda at all, so a driver that sleeps until the next of these times sleeps through an idle month.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterator
from math import ceil
from typing import Final

from policies.observed.pod import Pod
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import RUNNING, Seconds, TaskState

NEVER: Final = math.inf
_CANCELLED = TaskState.CANCELLED


class Grid:
    """The instants `start + k * every` for k = 1, 2, ..."""

    __slots__ = ("_every", "_start")

    def __init__(self, every: Seconds, start: float) -> None:
        self._every = every
        self._start = start

    def at_or_after(self, time: float) -> float:
        """The first instant of the grid that is not before `time`."""
        start, every = self._start, self._every
        k = ceil((time - start) / every)
        if k <= 1:
            return start + every
        before = start + (k - 1) * every
        # `time` may be an instant of the grid whose quotient is a little more than a whole number.
        return before if before >= time else start + k * every

    def after(self, time: float) -> float:
        """The first instant of the grid that is later than `time`."""
        instant = self.at_or_after(time)
        return instant if instant > time else self.at_or_after(time + self._every)


class Periodic(Grid):
    """Work that is done at instants of a grid, but only at those for which it was asked.

    `due_at` is latched when it is asked for, so a driver that comes late still finds the work due.
    """

    __slots__ = ("_last_at", "due_at")

    def __init__(self, every: Seconds, start: float) -> None:
        super().__init__(every, start)
        self._last_at = start
        self.due_at = NEVER

    def ask(self, now: float) -> None:
        """Do it at the next instant that is not before `now` and not done yet."""
        if self.due_at == NEVER:
            instant = self.at_or_after(now)
            self.due_at = instant if instant > self._last_at else self.after(self._last_at)

    def done(self, now: float) -> None:
        """It was done at `now`, and waits to be asked for again."""
        self._last_at = now
        self.due_at = NEVER


class Agenda:
    """Retries by workspace, deadlines by task, and looks at silent agents by pod."""

    __slots__ = (
        "_doubts",
        "_reservations",
        "_retries",
        "_sequence",
        "_silences",
        "_timeouts",
        "next_at",
        "prompt",
    )

    def __init__(self) -> None:
        self._sequence = 0
        self.clear()

    def clear(self) -> None:
        """Start with nothing on the agenda, as a restarted process does."""
        self.next_at = NEVER
        """Nothing is due before this time. It may be that of a deadline that no longer counts."""
        self.prompt: dict[Workspace, None] = {}
        """Workspaces to try in the next step, in the order in which they woke."""
        # Deadlines are (at, task, attempt), sorted: see `await_end`.
        self._timeouts: deque[tuple[float, Task, int]] = deque()
        self._reservations: deque[tuple[float, Task, int]] = deque()
        self._doubts: deque[tuple[float, Task, int]] = deque()
        self._retries: list[tuple[float, int, Workspace]] = []
        self._silences: list[tuple[float, int, Pod]] = []

    def wake(self, workspace: Workspace) -> None:
        """Try the workspace in the next step."""
        self.prompt[workspace] = None

    def retry(self, workspace: Workspace, at: float) -> float:
        """Try the workspace again at `at`, or earlier if that was on the agenda; the time that holds.

        A workspace has at most one retry outstanding.
        """
        before = workspace._retry_at
        if before is not None and before <= at:
            return before
        workspace._retry_at = at
        self._sequence += 1
        heapq.heappush(self._retries, (at, self._sequence, workspace))
        if at < self.next_at:
            self.next_at = at
        return at

    def look_at(self, pod: Pod, at: float) -> None:
        """Look whether the pod's agent has fallen silent, at `at`."""
        self._sequence += 1
        heapq.heappush(self._silences, (at, self._sequence, pod))
        if at < self.next_at:
            self.next_at = at

    def await_end(self, task: Task, until: float) -> None:
        """The running attempt of the task times out at `until`.

        Every attempt gets the same time, so the order of sending is the order of time.
        """
        self._timeouts.append((until, task, task._attempt))
        if until < self.next_at:
            self.next_at = until

    def doubt(self, task: Task, at: float) -> None:
        """Ask at `at` what became of the task's attempt; in the order of time, as for `await_end`."""
        self._doubts.append((at, task, task._attempt))
        if at < self.next_at:
            self.next_at = at

    def keep_reserved(self, task: Task, until: float) -> None:
        """The slot reserved for the task is freed at `until`; in the order of time, as for `await_end`."""
        self._reservations.append((until, task, task._attempt))
        if until < self.next_at:
            self.next_at = until

    def due_retries(self, now: float) -> None:
        """Move retries that are due to `prompt`, in order of time."""
        retries = self._retries
        while retries and retries[0][0] <= now:
            at, _, workspace = heapq.heappop(retries)
            if workspace._retry_at == at:
                workspace._retry_at = None
                self.prompt[workspace] = None

    def due_silences(self, now: float) -> Iterator[Pod]:
        """Take the pods to look at now, one by one."""
        while self._silences and self._silences[0][0] <= now:
            yield heapq.heappop(self._silences)[2]

    def due_timeouts(self, now: float) -> Iterator[Task]:
        """Take the tasks whose running attempt has had its time, one by one."""
        while self._timeouts and self._timeouts[0][0] <= now:
            _, task, attempt = self._timeouts.popleft()
            if _awaits_end(task, attempt):
                yield task

    def due_doubts(self, now: float) -> Iterator[Task]:
        """Take the tasks whose running attempt is to be asked after, one by one."""
        while self._doubts and self._doubts[0][0] <= now:
            _, task, attempt = self._doubts.popleft()
            if _awaits_end(task, attempt):
                yield task

    def due_reservations(self, now: float) -> Iterator[Task]:
        """Take the tasks whose reserved slot was kept long enough, one by one."""
        while self._reservations and self._reservations[0][0] <= now:
            _, task, attempt = self._reservations.popleft()
            if task._attempt == attempt:
                yield task

    def look_ahead(self) -> None:
        """Find out what is due next, once all that was due is done."""
        at = self._retries[0][0] if self._retries else NEVER
        if self._silences:
            at = min(at, self._silences[0][0])
        timeouts, doubts, reservations = self._timeouts, self._doubts, self._reservations
        while timeouts and not _awaits_end(timeouts[0][1], timeouts[0][2]):
            timeouts.popleft()
        if timeouts:
            at = min(at, timeouts[0][0])
        while doubts and not _awaits_end(doubts[0][1], doubts[0][2]):
            doubts.popleft()
        if doubts:
            at = min(at, doubts[0][0])
        while reservations and not _is_reserved(reservations[0][1], reservations[0][2]):
            reservations.popleft()
        if reservations:
            at = min(at, reservations[0][0])
        self.next_at = at


def _awaits_end(task: Task, attempt: int) -> bool:
    """Whether this attempt runs, or holds the slot of a task that was cancelled until its agent lets go."""
    if task._attempt != attempt:
        return False
    return task._state in RUNNING or (task._slot is not None and task._state is _CANCELLED)


def _is_reserved(task: Task, attempt: int) -> bool:
    """Whether the slot that was reserved after this attempt is still kept."""
    return task._attempt == attempt and task._slot is not None
