"""The agent process of a pod: registers, connects, beats, executes, and dials again when it is cut off.

It has no opinion about scheduling. It runs what it is sent, reports what ended when it is connected and
keeps the report until then when it is not, and knows nothing of the slot table.
"""

from collections.abc import Generator, Iterator
from itertools import chain, repeat
from typing import Any

import msgspec
from simpy.events import Event

from policies.actions import SendTask
from policies.decisions import Reason
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AgentReported,
    AnyObservation,
    DispatchFailed,
    PhaseEnded,
    RunningPhase,
)
from policies.vocabulary import Outcome, Phase, PodName, TaskId
from sim.engine import Engine
from sim.record.entry import Log
from sim.record.truth import AgentHappened, DispatchHappened, ExecEnded, ExecStarted
from sim.scenario import AgentTimes
from sim.world.control_plane import ControlPlaneProcess
from sim.world.heartbeats import HeartbeatLine
from sim.world.work import Work

_CHANGES = Outcome.CHANGES


class Execution(msgspec.Struct, eq=False, gc=False):
    """One phase that an agent is executing; it ends once."""

    task: TaskId
    phase: Phase
    attempt: int
    outcome: Outcome
    is_over: bool = False


class Agent:
    """One agent process. A restarted one is a new object on the same pod."""

    def __init__(
        self,
        engine: Engine,
        control: ControlPlaneProcess,
        log: Log,
        work: Work,
        pod: PodName,
        times: AgentTimes,
        heartbeats: HeartbeatLine,
        *,
        registers_after_s: float,
        connects_after_s: float,
        known_to_pod_manager_after_s: float,
    ) -> None:
        self._engine = engine
        self._control = control
        self._log = log
        self._work = work
        self._pod = pod
        self._times = times
        self.heartbeats = heartbeats
        self._registers_after_s = registers_after_s
        self._connects_after_s = connects_after_s
        self._known_after_s = known_to_pod_manager_after_s
        self.is_alive = True
        """Whether the process is there, in truth."""
        self._is_known = False
        self._line_cuts = 0
        self._dropped: Event | None = None
        self.is_connected = False
        """Whether the command-and-control connection is up, in truth."""
        self._running: list[Execution] = []
        # The attempts received of each task, as bits: a set of pairs would be searched for garbage.
        self._received: dict[TaskId, int] = {}
        self._unsent: list[PhaseEnded] = []

    def start(self) -> None:
        """The process comes up."""
        self._happened("process_up")
        self._engine.process(self._life())

    def start_connected(self) -> None:
        """Be registered, connected and known from the start: an agent of a warm pool."""
        self._happened("process_up")
        self._register()
        self._is_known = True
        self._connect()
        self._become_known(None)
        self._engine.process(self._stay_connected())

    def _life(self) -> Generator[Event, Any, None]:
        if self._registers_after_s == float("inf"):
            return
        yield self._engine.timeout(self._registers_after_s)
        waits = self._back_off()
        while self.is_alive and not self._reaches_server:
            yield self._engine.timeout(next(waits))
        if not self.is_alive:
            return
        self._register()
        if self._connects_after_s == float("inf"):
            return
        yield self._engine.timeout(self._connects_after_s)
        yield from self._stay_connected()

    def _stay_connected(self) -> Generator[Event, Any, None]:
        waits = self._back_off()
        while self.is_alive:
            if self._dropped is None:
                while self.is_alive and not self._reaches_server:
                    yield self._engine.timeout(next(waits))
                if not self.is_alive:
                    return
                self._connect()
            assert self._dropped is not None, "an agent that has just connected is connected"
            yield self._dropped
            waits = self._back_off()
            yield self._engine.timeout(next(waits))

    @property
    def _reaches_server(self) -> bool:
        return self._control.is_up and not self._line_cuts

    def _back_off(self) -> Iterator[float]:
        waits = self._times.reconnect_backoff
        return chain(waits, repeat(waits[-1]))

    def _register(self) -> None:
        self._happened("registered")
        self._tell(AgentRegistered(self._engine.now, self._pod))

    def _connect(self) -> None:
        now = self._engine.now
        self._dropped = self._engine.event()
        self.is_connected = True
        self._happened("connected")
        self._tell(AgentConnected(now, self._pod, self._current_tasks()))
        self.heartbeats.connected()
        unsent, self._unsent = self._unsent, []
        for report in unsent:
            self._tell(report)
        if not self._is_known:
            # `RegisterAgent` is called once in an agent's life, R seconds after it first connected.
            self._is_known = True
            self._engine.call_in(self._known_after_s, self._become_known)

    def _become_known(self, _: object) -> None:
        if self.is_alive and self._control.is_up:
            self._happened("known_to_pod_manager")
            self._tell(AgentKnownToPodManager(self._engine.now, self._pod))

    # connection

    def drop(self, *, noticed: bool = True) -> None:
        """The connection is gone; `noticed` if the server hears of it rather than having cut it."""
        dropped, self._dropped = self._dropped, None
        self.is_connected = False
        if dropped is None:
            return
        self._happened("disconnected")
        self.heartbeats.disconnected()
        if noticed and self._control.is_up:
            self._tell(AgentDisconnected(self._engine.now, self._pod))
        dropped.succeed()

    def cut_line(self) -> None:
        """A fault separates the agent from the server, both ways."""
        self._line_cuts += 1
        self.drop()

    def mend_line(self) -> None:
        """The line is there again; the agent finds out at its next attempt to dial."""
        self._line_cuts -= 1

    # execution

    def receive(self, send: SendTask) -> None:
        """A dispatch arrived. A repeated one is ignored, if the agent looks; a full agent refuses."""
        times, running = self._times, self._running
        attempts, this = self._received.get(send.task, 0), 1 << send.attempt
        if attempts & this and times.deduplicates:
            self._dispatch_happened(send, "ignored")
        elif times.capacity is not None and len(running) >= times.capacity:
            self._dispatch_happened(send, "rejected")
            self._tell(
                DispatchFailed(
                    self._engine.now,
                    send.task,
                    send.phase,
                    send.attempt,
                    Reason.AGENT_AT_CAPACITY,
                )
            )
        else:
            task, phase, attempt, pod = send.task, send.phase, send.attempt, self._pod
            self._received[task] = attempts | this
            duration_s, init_s, outcome = self._work.begin(task, phase, pod)
            execution = Execution(task, phase, attempt, outcome)
            running.append(execution)
            log, engine = self._log, self._engine
            log(ExecStarted(engine.now, task, phase, attempt, pod, send.slot, init_s))
            engine.call_in(duration_s, self._end, execution)

    def _end(self, execution: Execution) -> None:
        if execution.is_over:
            return
        execution.is_over = True
        self._running.remove(execution)
        now, pod, outcome, log = self._engine.now, self._pod, execution.outcome, self._log
        task, phase, attempt = execution.task, execution.phase, execution.attempt
        log(ExecEnded(now, task, phase, attempt, pod, outcome))
        if outcome is _CHANGES:
            self._work.planned(task, pod)
        report = PhaseEnded(now, task, phase, attempt, pod, outcome)
        if self.is_connected:
            self._control.tell(pod, report)
        else:
            self._unsent.append(report)

    def abort(self, task: TaskId) -> None:
        """The control plane said stop."""
        for execution in [each for each in self._running if each.task == task]:
            execution.outcome = Outcome.ABORTED
            self._end(execution)

    def report(self, asked_at: float) -> None:
        """The control plane asked at `asked_at` (float s) what is running here."""
        self._tell(AgentReported(self._engine.now, self._pod, asked_at, self._current_tasks()))

    def _current_tasks(self) -> tuple[RunningPhase, ...]:
        return tuple(RunningPhase(e.task, e.phase, e.attempt) for e in self._running)

    # the end

    def terminate(self) -> None:
        """SIGTERM: tasks are aborted at once and reported, then the process is gone."""
        for execution in list(self._running):
            execution.outcome = Outcome.ABORTED
            self._end(execution)
        self.drop()
        self.is_alive = False

    def die(self) -> None:
        """SIGKILL or a crash: whatever runs ends, and nobody reports it."""
        now = self._engine.now
        self.is_alive = False
        self._unsent.clear()
        for execution in self._running:
            execution.is_over = True
            self._log(
                ExecEnded(
                    now,
                    execution.task,
                    execution.phase,
                    execution.attempt,
                    self._pod,
                    Outcome.ABORTED,
                )
            )
        self._running.clear()
        self.drop()

    def _tell(self, event: AnyObservation) -> None:
        self._control.tell(self._pod, event)

    def _happened(self, what: str) -> None:
        self._log(AgentHappened(self._engine.now, self._pod, what))

    def _dispatch_happened(self, send: SendTask, what: str) -> None:
        self._log(DispatchHappened(self._engine.now, send.task, send.phase, send.attempt, self._pod, what))
