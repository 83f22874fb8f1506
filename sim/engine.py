"""SimPy's environment, and the one thing this world adds to it: when the control plane gets its turn.

At each instant everything that happens in the world happens first, in the order in which it was scheduled;
then the control plane is stepped, once, if it has news or is due. A step may cause more to happen at the
same instant, after which it is stepped again. The control plane is therefore no SimPy process: its wake-ups
are a number that the loop compares, and an idle autoscaler costs nothing.
"""

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol

import simpy
from simpy.events import NORMAL, Event

_Function = Callable[[Any], None]


class Stepped(Protocol):
    """What the engine steps between instants."""

    due_at: float
    """When it wants to be stepped next (float s); infinity if only news can help."""

    def step(self) -> None:
        """Do what is due now."""


class _Call(Event):
    """A scheduled call of one function with one argument; it can be taken back."""

    def __init__(self, env: simpy.Environment, function: _Function, argument: Any) -> None:
        # Not Event.__init__: a call is born triggered, and 200,000 tasks make many of them.
        self.env = env
        self.callbacks = [self._run]
        self._ok = True
        self._value = argument
        self._function: _Function | None = function

    def _run(self, event: Event) -> None:
        if self._function is not None:
            self._function(self._value)

    def take_back(self) -> None:
        """Do not call after all."""
        self._function = None


class Engine(simpy.Environment):
    """A SimPy environment that steps the control plane whenever an instant is over."""

    def __init__(self) -> None:
        super().__init__()
        self.control: Stepped | None = None

    def call_in(self, delay_s: float, function: _Function, argument: Any = None) -> _Call:
        """Call `function(argument)` after `delay_s` seconds; an infinite delay is never."""
        call = _Call(self, function, argument)
        if delay_s < math.inf:
            heappush(self._queue, (self._now + delay_s, NORMAL, next(self._eid), call))
        return call

    def call_at(self, time: float, function: _Function, argument: Any = None) -> _Call:
        """Call `function(argument)` at `time` (float s), or now if that is past."""
        call = _Call(self, function, argument)
        if time < math.inf:
            heappush(self._queue, (max(time, self._now), NORMAL, next(self._eid), call))
        return call

    def advance(self, until: float) -> None:
        """Let the world happen up to and including `until` (float s)."""
        queue, control = self._queue, self.control
        while True:
            head = queue[0][0] if queue else math.inf
            due = math.inf if control is None else control.due_at
            if due < head:
                if due > until:
                    break
                self._now = max(self._now, due)
                control.step()  # type: ignore[union-attr]  # due is finite, so there is one
                continue
            if head > until or not queue:
                break
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
        if until < math.inf:
            self._now = max(self._now, until)
