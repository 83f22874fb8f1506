"""Deadlines of a scene: what is looked at again if nothing in the log comes first."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from policies.vocabulary import INSTANT

Look = Callable[[], None]


class Deadlines:
    """Calls at times (float s), earliest first. A call finds out itself whether it still matters."""

    def __init__(self) -> None:
        self._calls: list[tuple[float, int, Look]] = []
        self._sequence = 0

    def at(self, time: float, look: Look) -> None:
        """Look at `time`, when all that the log has up to that very time is known."""
        self._sequence += 1
        heappush(self._calls, (time, self._sequence, look))

    def is_due_before(self, time: float) -> bool:
        """Whether `before` would give any."""
        return bool(self._calls) and self._calls[0][0] < time - INSTANT

    def before(self, time: float) -> Iterator[tuple[float, Look]]:
        """Take the calls that are due before `time`, one by one; a deadline is met at its own instant."""
        while self.is_due_before(time):
            at, _, look = heappop(self._calls)
            yield at, look
