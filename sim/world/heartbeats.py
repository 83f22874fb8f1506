"""An agent's heartbeats as trains and gaps: two observations for a month of heartbeats, and no event each.

An agent beats at the moment it connects and every `every_s` seconds from there. A train is a run of beats
that arrive; it ends when the connection drops, while a fault holds the beats back, and around each beat that
is lost at random. A beat at the very moment at which a gap begins is lost; one at its end is not.
"""

import math

import numpy as np

from policies.observations import HeartbeatsBegan, HeartbeatsEnded
from policies.vocabulary import PodName
from sim.engine import Engine
from sim.record.entry import Log
from sim.record.truth import AgentHappened
from sim.world.control_plane import ControlPlaneProcess


class HeartbeatLine:
    """The heartbeats of one agent process, as the control plane gets to see them."""

    def __init__(
        self,
        engine: Engine,
        control: ControlPlaneProcess,
        log: Log,
        pod: PodName,
        *,
        every_s: float,
        loss: float,
        rng: np.random.Generator | None,
    ) -> None:
        self._engine = engine
        self._control = control
        self._log = log
        self._pod = pod
        self._every_s = every_s
        self._loss = loss
        self._rng = rng
        self._beats_from: float | None = None  # connected since; the beats' grid starts here
        self._train_from: float | None = None
        self._train_delay_s = 0.0
        self._holds = 0
        self._plan = 0  # what is scheduled under an older plan is void

    def connected(self) -> None:
        """The agent connected, and beats at once."""
        self._beats_from = self._engine.now
        if not self._holds:
            self._begin_or_lose()

    def disconnected(self) -> None:
        """Nothing arrives any more."""
        self._end()
        self._beats_from = None
        self._plan += 1

    def hold(self) -> None:
        """A fault holds the beats back; holds may overlap."""
        self._holds += 1
        self._end()
        self._plan += 1

    def release(self) -> None:
        """One fault less holds the beats back; the next beat of the grid arrives."""
        self._holds -= 1
        if not self._holds and self._beats_from is not None:
            at = self._beat_at_or_after(self._engine.now)
            self._engine.call_at(at, self._resume_if, self._plan)

    def _resume_if(self, plan: int) -> None:
        if plan == self._plan and not self._holds and self._beats_from is not None:
            self._begin_or_lose()

    def _begin_or_lose(self, surely: int = 0) -> None:
        """A run of beats, of which the first `surely` arrive, begins now, unless the first one is lost."""
        if self._rng is None:
            self._begin()
            return
        arriving = surely + int(self._rng.geometric(self._loss)) - 1
        if arriving:
            self._begin()
        self._engine.call_in(arriving * self._every_s, self._lose, self._plan)

    def _lose(self, plan: int) -> None:
        """The beat of this moment is lost, and maybe more of them in a row."""
        if plan != self._plan or self._rng is None:
            return
        self._end()
        lost = int(self._rng.geometric(1.0 - self._loss)) if self._loss < 1 else math.inf
        self._engine.call_in(lost * self._every_s, self._arrive_again, plan)

    def _arrive_again(self, plan: int) -> None:
        """The beats lost in a row are over, so this one arrives."""
        if plan == self._plan:
            self._begin_or_lose(surely=1)

    def _begin(self) -> None:
        now = self._engine.now
        self._train_from = now
        self._train_delay_s = self._control.draw_train_delay(self._pod)
        self._log(AgentHappened(now, self._pod, "heartbeats_began"))
        event = HeartbeatsBegan(now, self._pod, self._every_s)
        self._control.tell_beats(self._pod, self._train_delay_s, event)

    def _end(self) -> None:
        if self._train_from is None:
            return
        now, start = self._engine.now, self._train_from
        beats = max(0, self._beats_until(now, start) - 1)
        self._train_from = None
        self._log(AgentHappened(now, self._pod, "heartbeats_ended"))
        last_at = start + beats * self._every_s + self._train_delay_s
        event = HeartbeatsEnded(now, self._pod, last_at)
        self._control.tell_beats(self._pod, self._train_delay_s, event)

    def _beat_at_or_after(self, time: float) -> float:
        start = self._beats_from
        assert start is not None
        return start + self._beats_until(time, start) * self._every_s

    def _beats_until(self, time: float, start: float) -> int:
        """How many beats of the grid from `start` on are before `time` (both float s).

        Rounded first: 128.002 s is 12 intervals of 10 s after 8.002 s, and a bit more in binary fractions.
        """
        return math.ceil(round((time - start) / self._every_s, 9))
