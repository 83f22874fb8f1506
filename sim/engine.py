"""SimPy's environment, and the one thing this world adds to it: when the control plane gets its turn.

At each instant everything that happens in the world happens first, in the order in which it was scheduled;
then the control plane is stepped, once, if it has news or is due. A step may cause more to happen at the
same instant, after which it is stepped again. The control plane is therefore no SimPy process: its wake-ups
are a number that the loop compares, and an idle autoscaler costs nothing.
"""

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Final, NoReturn, Protocol

import simpy
from simpy.events import NORMAL

_Function = Callable[[Any], None]

STEPS_MAX = 100_000
"""How many steps one instant may have. Each of a chain of tasks that take no time needs two or three."""


class EndlessInstant(Exception):
    """The control plane was stepped `STEPS_MAX` times at the time `at` (float s), and wants to be again."""

    def __init__(self, at: float) -> None:
        super().__init__(f"{STEPS_MAX} steps at {at:g} s, and time does not move on")
        self.at = at


class Stepped(Protocol):
    """What the engine steps between instants."""

    due_at: float
    """When it wants to be stepped next (float s); infinity if only news can help."""

    def step(self) -> None:
        """Do what is due now."""


class _Nobody:
    """Is never due: what an engine without a control plane steps."""

    due_at = math.inf

    def step(self) -> None:
        """Do nothing."""


_NOBODY: Final = _Nobody()


class Engine(simpy.Environment):
    """A SimPy environment that steps the control plane whenever an instant is over.

    Its queue holds plain calls, of which a SimPy event is one kind: a call costs a tuple in place of an event
    with its callbacks, and 200,000 tasks make half a million of them.
    """

    now: float = 0.0
    """The time (float s), in place of SimPy's property, which is slow: every entry asks for it."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.control: Stepped = _NOBODY
        # Sorted by (time, priority, number); the number is unique, so functions are never compared.
        self._calls: list[tuple[float, int, int, _Function | None, Any]] = []

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: float = 0) -> None:
        """Let an event of SimPy's happen after `delay` seconds; SimPy itself calls this."""
        number = next(self._eid)
        heappush(self._calls, (self.now + delay, priority, number, self._happen, event))

    def call_in(self, delay_s: float, function: _Function, argument: Any = None) -> None:
        """Call `function(argument)` after `delay_s` seconds; an infinite delay is never."""
        if delay_s < math.inf:
            heappush(self._calls, (self.now + delay_s, NORMAL, next(self._eid), function, argument))

    def call_at(self, time: float, function: _Function, argument: Any = None) -> None:
        """Call `function(argument)` at `time` (float s), or now if that is past."""
        if time < math.inf:
            now = self.now
            at = time if time > now else now
            heappush(self._calls, (at, NORMAL, next(self._eid), function, argument))

    def _happen(self, event: Any) -> None:
        """Let an event of SimPy's happen. Raises what a process raised and nobody caught."""
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value

    def run(self, until: object = None) -> NoReturn:
        """SimPy's loop knows nothing of the control plane: RuntimeError says what to call."""
        raise RuntimeError(f"Engine.run(until={until!r}) would leave out the control plane; call advance")

    def advance(self, until: float) -> None:
        """Let the world happen up to and including `until` (float s).

        Raises EndlessInstant if the control plane has so much to do at one instant that it will never end.
        """
        queue, control = self._calls, self.control
        now, instant, steps = self.now, -math.inf, 0
        # An end in the queue, just after `until`, spares each turn of the loop three comparisons.
        end = (math.nextafter(until, math.inf), NORMAL, next(self._eid), None, None)
        heappush(queue, end)
        try:
            while True:
                due_at = control.due_at
                if due_at < queue[0][0]:
                    if due_at > now:
                        self.now = now = due_at
                    elif now > instant:
                        instant, steps = now, 0
                    elif steps < STEPS_MAX:
                        steps += 1
                    else:
                        raise EndlessInstant(instant)
                    control.step()
                    continue
                at, _, _, function, argument = heappop(queue)
                if function is None:
                    break
                self.now = now = at
                function(argument)
        except BaseException:
            if end in queue:  # Ctrl-C may come just after it was taken out
                queue.remove(end)
                heapify(queue)
            raise
        if self.now < until < math.inf:
            self.now = until
