"""SimPy's environment, and the one thing this world adds to it: when the control plane gets its turn.

At each instant everything that happens in the world happens first, in the order in which it was scheduled;
then the control plane is stepped, once, if it has news or is due. A step may cause more to happen at the
same instant, after which it is stepped again. The control plane is therefore no SimPy process: its wake-ups
are a number that the loop compares, and an idle autoscaler costs nothing.
"""

import math
from collections.abc import Callable
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, Protocol

import simpy
from simpy.events import NORMAL

_Function = Callable[[Any], None]


class Stepped(Protocol):
    """What the engine steps between instants."""

    due_at: float
    """When it wants to be stepped next (float s); infinity if only news can help."""

    def step(self) -> None:
        """Do what is due now."""


class Engine(simpy.Environment):
    """A SimPy environment that steps the control plane whenever an instant is over.

    Beside SimPy's events its queue holds plain calls, (function, argument), which cost a tuple in place of an
    event with its callbacks: 200,000 tasks make half a million of them.
    """

    now: float = property(attrgetter("_now"), doc="The time (float s).")  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(0.0)
        self.control: Stepped | None = None
        self._calls: list[tuple[float, int, int, Any]] = self._queue  # type: ignore[assignment]  # one queue

    def call_in(self, delay_s: float, function: _Function, argument: Any = None) -> None:
        """Call `function(argument)` after `delay_s` seconds; an infinite delay is never."""
        if delay_s < math.inf:
            heappush(self._calls, (self._now + delay_s, NORMAL, next(self._eid), (function, argument)))

    def call_at(self, time: float, function: _Function, argument: Any = None) -> None:
        """Call `function(argument)` at `time` (float s), or now if that is past."""
        if time < math.inf:
            at = time if time > self._now else self._now
            heappush(self._calls, (at, NORMAL, next(self._eid), (function, argument)))

    def step(self) -> None:
        """Let the next call or event happen. Raises what a process raised and nobody caught."""
        self._now, _, _, event = heappop(self._calls)
        if type(event) is tuple:
            function, argument = event
            function(argument)
            return
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value

    def advance(self, until: float) -> None:
        """Let the world happen up to and including `until` (float s)."""
        queue, control, happen = self._queue, self.control, self.step
        while True:
            head = queue[0][0] if queue else math.inf
            if control is not None and control.due_at < head:
                if control.due_at > until:
                    break
                if control.due_at > self._now:
                    self._now = control.due_at
                control.step()
            elif head <= until and queue:
                happen()
            else:
                break
        if until < math.inf:
            self._now = max(self._now, until)
