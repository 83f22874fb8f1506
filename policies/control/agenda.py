"""What the control plane means to do, and when: retries, deadlines and periodic work, without a clock.

Periodic work lies on a grid that starts when the process does. Work that would find nothing to do is not
on the agenda at all, so a driver that sleeps until `next_time` sleeps through an idle month.
"""

import heapq
import math
from collections import deque
from typing import Final

from policies.observed.pod import Pod
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import Seconds

NEVER: Final = math.inf


class Grid:
    """The instants `start + k * every` for k = 1, 2, ..."""

    __slots__ = ("_every", "_start")

    def __init__(self, every: Seconds, start: float) -> None:
        self._every = every
        self._start = start

    def at_or_after(self, time: float) -> float:
        """The first instant of the grid that is not before `time`."""
        k = max(1, math.ceil((time - self._start) / self._every))
        return self._start + k * self._every

    def after(self, time: float) -> float:
        """The first instant of the grid that is later than `time`."""
        instant = self.at_or_after(time)
        return instant if instant > time else self.at_or_after(time + self._every)


class Periodic:
    """Work that is done at instants of a grid, but only at those for which it was asked.

    `due_at` is latched when it is asked for, so a driver that comes late still finds the work due.
    """

    __slots__ = ("_grid", "_last_at", "due_at")

    def __init__(self, every: Seconds, start: float) -> None:
        self._grid = Grid(every, start)
        self._last_at = start
        self.due_at = NEVER

    def ask(self, now: float) -> float:
        """Do it at the next instant that is not before `now` and not done yet; that instant."""
        if self.due_at == NEVER:
            instant = self._grid.at_or_after(now)
            self.due_at = instant if instant > self._last_at else self._grid.after(self._last_at)
        return self.due_at

    def done(self, now: float) -> None:
        """It was done at `now`, and waits to be asked for again."""
        self._last_at = now
        self.due_at = NEVER


class Agenda:
    """Retries by workspace, deadlines by task, and looks at silent agents by pod."""

    __slots__ = (
        "_retries",
        "_sequence",
        "_silences",
        "prompt",
        "reservations",
        "timeouts",
    )

    def __init__(self) -> None:
        self._sequence = 0
        self.clear()

    def clear(self) -> None:
        """Start with nothing on the agenda, as a restarted process does."""
        self.prompt: dict[Workspace, None] = {}
        """Workspaces to try in the next step, in the order in which they woke."""
        self.timeouts: deque[tuple[float, Task, int]] = deque()
        """Phase deadlines in order of sending, which is the order of time: (at, task, attempt)."""
        self.reservations: deque[tuple[float, Task]] = deque()
        """Expiry of reservations in order of planning, which is the order of time."""
        self._retries: list[tuple[float, int, Workspace]] = []
        self._silences: list[tuple[float, int, Pod]] = []

    def wake(self, workspace: Workspace) -> None:
        """Try the workspace in the next step."""
        self.prompt[workspace] = None

    def retry(self, workspace: Workspace, at: float) -> float:
        """Try the workspace again at `at`, or earlier if that was on the agenda; the time that holds.

        A workspace has at most one retry outstanding.
        """
        if workspace._retry_at is not None and workspace._retry_at <= at:
            return workspace._retry_at
        workspace._retry_at = at
        self._sequence += 1
        heapq.heappush(self._retries, (at, self._sequence, workspace))
        return at

    def look_at(self, pod: Pod, at: float) -> None:
        """Look whether the pod's agent has fallen silent, at `at`."""
        self._sequence += 1
        heapq.heappush(self._silences, (at, self._sequence, pod))

    def due_retries(self, now: float) -> None:
        """Move retries that are due to `prompt`, in order of time."""
        retries = self._retries
        while retries and retries[0][0] <= now:
            at, _, workspace = heapq.heappop(retries)
            if workspace._retry_at == at:
                workspace._retry_at = None
                self.prompt[workspace] = None

    def due_silences(self, now: float) -> list[Pod]:
        """Take the pods to look at now."""
        pods = []
        while self._silences and self._silences[0][0] <= now:
            pods.append(heapq.heappop(self._silences)[2])
        return pods

    def next_time(self) -> float:
        """The earliest of all; minus infinity if a workspace is to be tried at once."""
        if self.prompt:
            return -NEVER
        times = [NEVER]
        if self._retries:
            times.append(self._retries[0][0])
        if self._silences:
            times.append(self._silences[0][0])
        while self.timeouts and not _runs(self.timeouts[0][1], self.timeouts[0][2]):
            self.timeouts.popleft()
        if self.timeouts:
            times.append(self.timeouts[0][0])
        while self.reservations and self.reservations[0][1]._slot is None:
            self.reservations.popleft()
        if self.reservations:
            times.append(self.reservations[0][0])
        return min(times)


def _runs(task: Task, attempt: int) -> bool:
    return task._attempt == attempt and task._state.is_running
