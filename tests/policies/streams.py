"""Random streams of observations, sensible and senseless, and a driver that plays them.

A stream is a list of moves. What a move tells may depend on what the controller did before (an agent
answers the last dispatch that it got), so the same stream and the same controller give the same events.
"""

from typing import TypeAlias

import msgspec
from hypothesis import strategies as st

from policies.actions import AnyAction, AskAgent, SendTask
from policies.controller import Controller, PoolBounds
from policies.decisions import AnyDecision
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AgentReported,
    AnyObservation,
    ControlPlaneRestarted,
    DispatchFailed,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
    PhaseEnded,
    PodCreateAccepted,
    PodCreateFailed,
    PodGone,
    PodSeen,
    PodTerminating,
    RunningPhase,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.policy_set import PolicySet
from policies.vocabulary import Outcome, Phase, TaskKind

POOLS = (
    PoolBounds(name="a", min=2, max=4, slots_per_pod=3),
    PoolBounds(name="b", min=1, max=2, slots_per_pod=2),
)


class Tell(msgspec.Struct, frozen=True):
    """This event, whether it makes sense or not, `times` times; `stale_s` seconds old."""

    event: AnyObservation
    stale_s: float = 0.0
    times: int = 1


class Submit(msgspec.Struct, frozen=True):
    """The next task, in a workspace of its pool."""

    pool: str
    workspace: str
    kind: TaskKind


class BringUp(msgspec.Struct, frozen=True):
    """A pod runs, and its agent registers, connects and sends heartbeats."""

    pod: str


class Answer(msgspec.Struct, frozen=True):
    """The agent that got a task's last dispatch reports an end, or the dispatch failed (None)."""

    task: int
    outcome: Outcome | None


class Report(msgspec.Struct, frozen=True):
    """A pod's agent sends a heartbeat that names the tasks whose last dispatch it got."""

    pod: str


class Reply(msgspec.Struct, frozen=True):
    """A pod's agent answers the last question, and says that it runs these."""

    pod: str
    running: tuple[RunningPhase, ...]


class Wait(msgspec.Struct, frozen=True):
    """Nothing is told for a while."""

    for_s: float


Move: TypeAlias = Tell | Submit | BringUp | Answer | Report | Reply | Wait


class Player:
    """Plays moves to a controller, and keeps all that came out."""

    def __init__(self, policy: PolicySet, *, extra_steps: int = 0) -> None:
        self.decisions: list[AnyDecision] = []
        self.control = Controller(policy, POOLS, journal=self.decisions)
        self.now = 0.0
        self.actions: list[tuple[float, AnyAction]] = []
        self._extra_steps = extra_steps
        self._last_id = 0

    def play(self, move: Move) -> None:
        """Make one move, then step."""
        if isinstance(move, Wait):
            self.run(self.now + move.for_s)
            return
        for event in self._events(move):
            self.control.observe(event)
            self._last_id = max(self._last_id, event.task if isinstance(event, TaskSubmitted) else 0)
        self.run(self.now)

    def run(self, until: float) -> None:
        """Step at every wake-up up to `until`, and `extra_steps` times before each when nothing is due."""
        while (at := self.control.next_wakeup()) <= until:
            for part in range(self._extra_steps):
                between = self.now + (at - self.now) * part / self._extra_steps
                if between < at:
                    self._keep(between, self.control.step(between))
            self.now = at
            self._keep(at, self.control.step(at))
        self.now = until

    def _keep(self, at: float, actions: list[AnyAction]) -> None:
        self.actions += [(at, action) for action in actions]

    def _events(self, move: Move) -> list[AnyObservation]:
        now = self.now
        match move:
            case Tell():
                at = max(0.0, now - move.stale_s)
                return [msgspec.structs.replace(move.event, at=at)] * move.times
            case Submit():
                return [TaskSubmitted(now, self._last_id + 1, move.pool, move.workspace, move.kind)]
            case BringUp():
                pod = move.pod
                return [
                    PodSeen(now, pod, pod[0], "Running", now),
                    AgentRegistered(now, pod),
                    AgentConnected(now, pod),
                    HeartbeatsBegan(now, pod, 10.0),
                ]
            case Answer():
                send = self._last_send(move.task)
                if send is None:
                    return []
                if move.outcome is None:
                    return [DispatchFailed(now, send.task, send.phase, send.attempt, "not_connected")]
                return [PhaseEnded(now, send.task, send.phase, send.attempt, send.pod, move.outcome)]
            case Report():
                last = [self._last_send(task) for task in range(1, self._last_id + 1)]
                running = tuple(
                    RunningPhase(send.task, send.phase, send.attempt)
                    for send in last
                    if send is not None and send.pod == move.pod
                )
                return [HeartbeatSeen(now, move.pod, running)]
            case Reply():
                asked = [ask for _, ask in self.actions if isinstance(ask, AskAgent) and ask.pod == move.pod]
                return [AgentReported(now, move.pod, asked[-1].at, move.running)] if asked else []
        return []

    def _last_send(self, task: int) -> SendTask | None:
        sends = [send for _, send in self.actions if isinstance(send, SendTask) and send.task == task]
        return sends[-1] if sends else None


NO_TIME = st.just(0.0)
TASKS = st.integers(1, 8)
PODS = st.sampled_from(["a-1", "a-2", "a-3", "a-4", "b-1", "b-2", "nobody"])
POOL_NAMES = st.sampled_from(["a", "a", "b", "nowhere"])
WORKSPACES = st.sampled_from(["u", "v", "w"])
KINDS = st.sampled_from(list(TaskKind))
PHASES = st.sampled_from(list(Phase))
OUTCOMES = st.sampled_from(list(Outcome))
ATTEMPTS = st.integers(0, 3)
RUNNING = st.lists(st.builds(RunningPhase, TASKS, PHASES, ATTEMPTS), max_size=2).map(tuple)
TIMES = st.sampled_from([0.0, 5.0, 100.0, 1000.0])
REASONS = st.sampled_from(["not_connected", "agent_at_capacity", ""])
POD_PHASES = st.sampled_from(["Pending", "Running", "Running", "Succeeded", "Failed", "Unknown", ""])

EVENTS: st.SearchStrategy[AnyObservation] = st.one_of(
    st.builds(TaskSubmitted, NO_TIME, TASKS, POOL_NAMES, WORKSPACES, KINDS),
    st.builds(TaskConfirmed, NO_TIME, TASKS, st.just("somebody")),
    st.builds(TaskCancelled, NO_TIME, TASKS),
    st.builds(PodCreateAccepted, NO_TIME, PODS),
    st.builds(PodCreateFailed, NO_TIME, PODS, st.just("quota")),
    st.builds(PodSeen, NO_TIME, PODS, POOL_NAMES, POD_PHASES, TIMES),
    st.builds(PodTerminating, NO_TIME, PODS),
    st.builds(PodGone, NO_TIME, PODS),
    st.builds(AgentRegistered, NO_TIME, PODS),
    st.builds(AgentConnected, NO_TIME, PODS, RUNNING),
    st.builds(AgentDisconnected, NO_TIME, PODS),
    st.builds(AgentKnownToPodManager, NO_TIME, PODS),
    st.builds(AgentReported, NO_TIME, PODS, TIMES, RUNNING),
    st.builds(HeartbeatSeen, NO_TIME, PODS, RUNNING),
    st.builds(HeartbeatsBegan, NO_TIME, PODS, st.sampled_from([10.0, 0.0, -1.0])),
    st.builds(HeartbeatsEnded, NO_TIME, PODS, TIMES),
    st.builds(
        DispatchFailed,
        NO_TIME,
        TASKS,
        PHASES,
        ATTEMPTS,
        REASONS,
    ),
    st.builds(PhaseEnded, NO_TIME, TASKS, PHASES, ATTEMPTS, PODS, OUTCOMES),
    st.builds(ControlPlaneRestarted, NO_TIME),
)
"""Events of a small world whose time is set when they are told; most of them fit nothing."""

STALE = st.sampled_from([0.0, 0.0, 0.0, 3.0, 500.0])
WAITS = st.sampled_from([0.0, 1.0, 5.0, 5.0, 10.0, 31.0, 121.0, 301.0, 3601.0])
OFTEN = st.sampled_from(["a-1", "a-1", "a-2", "a-4"])
FIRST = st.integers(1, 5)
"""Tasks and pods that most streams have."""


def told(kind: type[AnyObservation], *fields: st.SearchStrategy[object]) -> st.SearchStrategy[Tell]:
    """An event that often makes sense, told once and in time."""
    return st.builds(Tell, st.builds(kind, NO_TIME, *fields))


MOVES: st.SearchStrategy[Move] = st.one_of(
    st.builds(Submit, st.just("a"), WORKSPACES, KINDS),
    st.builds(Submit, st.just("a"), WORKSPACES, st.just(TaskKind.PLAN_AND_APPLY)),
    st.builds(Submit, st.just("b"), st.just("of b"), KINDS),
    st.builds(BringUp, OFTEN),
    st.builds(BringUp, PODS),
    st.builds(Answer, FIRST, st.just(Outcome.CHANGES)),
    st.builds(Answer, FIRST, st.one_of(st.none(), OUTCOMES)),
    told(TaskConfirmed, FIRST, st.just("somebody")),
    told(TaskCancelled, FIRST),
    told(TaskSubmitted, TASKS, st.just("a"), WORKSPACES, st.just(TaskKind.PLAN_AND_APPLY)),
    told(AgentDisconnected, OFTEN),
    told(PodTerminating, OFTEN),
    told(HeartbeatsEnded, OFTEN, st.just(0.0)),
    told(ControlPlaneRestarted),
    told(HeartbeatSeen, OFTEN, st.lists(st.builds(RunningPhase, FIRST, PHASES, st.just(1))).map(tuple)),
    st.builds(Report, OFTEN),
    st.builds(Reply, OFTEN, st.lists(st.builds(RunningPhase, FIRST, PHASES, ATTEMPTS)).map(tuple)),
    st.builds(Wait, WAITS),
    st.builds(Tell, EVENTS, STALE, st.sampled_from([1, 1, 2])),
)

PROLOGUE: list[Move] = [Wait(5.0), BringUp("a-1"), BringUp("a-2")]

STREAMS = st.lists(MOVES, min_size=5, max_size=50).map(lambda moves: PROLOGUE + moves)
"""Streams that begin with two pods and go on anyhow."""
