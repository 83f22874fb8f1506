"""The runnable tasks of a pool that ask for the same kind of place, in the order in which they became so."""

from collections import deque

from sim.checks.scene.tasks import Row


class Line:
    """One check's place in the order: the first has waited longest, and can be struck off."""

    def __init__(self) -> None:
        self._queue: deque[tuple[float, Row]] = deque()

    def append(self, since: float, row: Row) -> None:
        """The task is runnable since then."""
        self._queue.append((since, row))

    def first(self) -> Row | None:
        """Who has been runnable longest, without a break."""
        queue = self._queue
        while queue and queue[0][1].runnable_since != queue[0][0]:
            queue.popleft()
        return queue[0][1] if queue else None

    def strike_first(self) -> None:
        """Nothing more is to be said of the first one."""
        self._queue.popleft()


class Waiting:
    """Runnable tasks. A task that stops being runnable starts anew, at the end of the order."""

    def __init__(self) -> None:
        self.count = 0
        self._lines: list[Line] = []

    def line(self) -> Line:
        """A new order, of all that become runnable from now on."""
        self._lines.append(Line())
        return self._lines[-1]

    def begin(self, row: Row, now: float) -> None:
        """The task is runnable from now on."""
        if row.runnable_since is None:
            row.runnable_since = now
            self.count += 1
            for line in self._lines:
                line.append(now, row)

    def end(self, row: Row) -> None:
        """The task is not runnable any more: it was sent, blocked, or is over."""
        if row.runnable_since is not None:
            row.runnable_since = None
            self.count -= 1
