"""The simulated world as a driver of the real control plane: what it learns, and what it does, takes time.

Three latencies lie between the world and the controller, each a distribution: an observation's way in, the
time a decision takes, and an action's way out. While the process is down it learns nothing; what cannot be
repeated by its sender (heartbeats) is lost, as is what was about the process itself (its connections), and
what people and the cluster have to say waits.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from policies.actions import AnyAction, CreatePod, DeletePod
from policies.controller import Controller
from policies.decisions import TaskMoved
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentReported,
    AnyObservation,
    ControlPlaneRestarted,
)
from sim.engine import Engine
from sim.record.entry import Entry
from sim.record.truth import ControlHappened
from sim.world.delays import Delay

_OF_THE_PROCESS = frozenset({AgentConnected, AgentDisconnected, AgentKnownToPodManager})
"""Facts about the process itself: its connections and its memory. They are void once it is gone."""


class ControlPlaneProcess:
    """Holds the controller, and is the engine's `Stepped`."""

    def __init__(
        self,
        engine: Engine,
        controller: Controller,
        log: list[Entry],
        *,
        observation_delay: Delay,
        action_delay: Delay,
        reorders: bool,
    ) -> None:
        self._engine = engine
        self._controller = controller
        self._log = log.append
        self._entries = log
        self._shown = 0
        self._observation_delay = observation_delay
        self._immediate = observation_delay.is_zero
        self._action_delay = action_delay
        self._obeys_at_once = action_delay.is_zero
        self._reorders = reorders
        self._arrival_of: dict[str, float] = {}
        self._last_arrival_of: dict[str, float] = {}  # if the channel reorders
        self._train_arrival_of: dict[str, float] = {}
        self._effect_of: dict[str, float] = {}
        self._waiting: list[AnyObservation] = []
        self._life = 0
        self.is_up = True
        self.due_at = controller.next_wakeup()
        self.carry_out: Mapping[type[AnyAction], Callable[[Any], None]] = {}
        """Who carries out an action, by its type."""
        self._on_task_moved: Callable[[TaskMoved], None] | None = None
        self.on_up: list[Callable[[], None]] = []
        self.on_down: list[Callable[[], None]] = []

    def tell(self, source: str, event: AnyObservation) -> None:
        """Send an observation on its way. `event.at` is when it happened; it is stamped on arrival.

        Observations of one `source` arrive in the order sent, as on a TCP connection, unless the
        scenario says that the channel reorders. Even then those of its connection keep their order among
        each other: an end that comes after the next beginning would leave the agent cut off for good. An
        answer comes after all that its agent said before: it says that what has ended does not run.
        """
        if self._immediate:
            self._learn(event)
            return
        now = self._engine.now
        arrives_at = now + self._observation_delay.draw()
        is_of_the_process = type(event) in _OF_THE_PROCESS
        if is_of_the_process or not self._reorders:
            line = f"connection of {source}" if self._reorders else source
            arrives_at = self._arrival_of[line] = max(arrives_at, self._arrival_of.get(line, 0.0))
        if self._reorders:
            last = self._last_arrival_of.get(source, 0.0)
            if type(event) is AgentReported:
                arrives_at = max(arrives_at, last)
            self._last_arrival_of[source] = max(arrives_at, last)
        if is_of_the_process:
            self._engine.call_at(arrives_at, self._learn_or_lose, (self._life, event))
        else:
            self._engine.call_at(arrives_at, self._learn, event)

    def tell_beats(self, source: str, delay_s: float, event: AnyObservation) -> None:
        """Send the beginning or the end of a train of heartbeats, whose way takes `delay_s`.

        Trains of one `source` arrive in order whatever the channel does to single messages: the late end of
        one would be taken for the end of the next. While the process is down, nothing is on its way to it:
        the next process would hear of a train that it never knew.
        """
        if not self.is_up:
            return
        earliest = self._train_arrival_of.get(source, 0.0)
        arrives_at = self._train_arrival_of[source] = max(self._engine.now + delay_s, earliest)
        if arrives_at > self._engine.now:
            self._engine.call_at(arrives_at, self._learn_or_lose, (self._life, event))
        else:
            self._learn_or_lose((self._life, event))

    def draw_train_delay(self, source: str) -> float:
        """The observation delay (s) of all heartbeats of a train that begins now."""
        if self._immediate:
            return 0.0
        now = self._engine.now
        arrives_at = max(now + self._observation_delay.draw(), self._train_arrival_of.get(source, 0.0))
        if not self._reorders:
            arrives_at = self._arrival_of[source] = max(arrives_at, self._arrival_of.get(source, 0.0))
        return arrives_at - now

    @contextmanager
    def without_delay(self) -> Iterator[None]:
        """Observations told within it arrive at once: they are of what was so before the run began."""
        before, self._immediate = self._immediate, True
        try:
            yield
        finally:
            self._immediate = before

    def watch_tasks(self, show: Callable[[TaskMoved], None]) -> None:
        """Show what becomes of tasks from now on, after each step; the same watcher may ask again."""
        if self._on_task_moved is None:
            self._on_task_moved = show
            self._shown = len(self._entries)

    def step(self) -> None:
        """Step the controller, log what it decided, and send its actions on their way.

        What is asked of the cluster for one pool, or of one agent, takes effect in the order decided.
        """
        controller = self._controller
        actions = controller.step(self._engine.now)
        self.due_at = controller.wakes_at  # earlier if an action is answered at once
        if self._on_task_moved is not None:
            self._show_moves(self._on_task_moved)
        for action in actions:
            self._entries.append(action)
            if self._obeys_at_once:
                self.carry_out[type(action)](action)
            else:
                self._carry_out_later(action)

    def _carry_out_later(self, action: AnyAction) -> None:
        to = action.pool if isinstance(action, CreatePod | DeletePod) else f"agent {action.pod}"
        at = max(self._engine.now + self._action_delay.draw(), self._effect_of.get(to, 0.0))
        self._effect_of[to] = at
        self._engine.call_at(at, self._carry_out_if_alive, (self._life, action))

    def go_down(self, for_s: float) -> bool:
        """The process stops: memory is lost, connections drop, and actions on their way are not taken.

        Returns whether it was up to then.
        """
        if not self.is_up:
            return False
        self.is_up = False
        self._life += 1
        self.due_at = math.inf
        self._log(ControlHappened(self._engine.now, "down"))
        for hook in self.on_down:
            hook()
        self._engine.call_in(for_s, self._come_up)
        return True

    def _come_up(self, _: object) -> None:
        now = self._engine.now
        self.is_up = True
        self._log(ControlHappened(now, "up"))
        self._learn(ControlPlaneRestarted(at=now))
        waiting, self._waiting = self._waiting, []
        for hook in self.on_up:
            hook()
        for event in waiting:
            self._learn(event)

    def _learn(self, event: AnyObservation) -> None:
        if not self.is_up:
            self._waiting.append(event)
            return
        now = self._engine.now
        if event.at != now:
            event = type(event)(now, *event_fields(event))
        self._entries.append(event)
        self._controller.observe(event)
        self.due_at = now

    def _learn_or_lose(self, sent: tuple[int, AnyObservation]) -> None:
        life, event = sent
        if life == self._life and self.is_up:
            self._learn(event)

    def _carry_out_if_alive(self, sent: tuple[int, AnyAction]) -> None:
        life, action = sent
        if life == self._life:
            self.carry_out[type(action)](action)

    def _show_moves(self, show: Callable[[TaskMoved], None]) -> None:
        """Show those who watch what became of tasks since they last looked."""
        entries = self._entries[self._shown :]
        self._shown += len(entries)
        for entry in entries:
            if type(entry) is TaskMoved:
                show(entry)


def event_fields(event: AnyObservation) -> tuple[Any, ...]:
    """All fields of an observation but its time, in order."""
    return tuple(getattr(event, name) for name in event.__struct_fields__[1:])
