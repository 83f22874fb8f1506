"""The control plane, without I/O: told what was observed, it answers what to do, and when to ask again.

Whoever holds a `Controller` is its driver: a simulated world, a cluster, or a replayed log. The driver tells
it every observation in the order received, calls `step` when observations have arrived or `next_wakeup` is
due, and carries out the actions. The same observations and steps give the same actions, always.

Within one step, what is overdue ends first (phases, reservations, silent agents), then work is placed, then
capacity is judged: so a pod that can take a waiting task is not counted as idle.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from policies.actions import AnyAction
from policies.control.agenda import NEVER, Agenda, Periodic
from policies.control.capacity import Capacity
from policies.control.dispatcher import Dispatcher
from policies.control.fold_agents import FoldAgents
from policies.control.fold_pods import FoldPods
from policies.control.fold_tasks import FoldTasks
from policies.control.lives import Lives
from policies.control.misfits import Misfits
from policies.control.recovery import Recovery
from policies.control.silence import Silence
from policies.control.verification import Verification
from policies.lifecycles import Verdict
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
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.observed.books import Books, Journal
from policies.observed.pool import Pool
from policies.policy_set import PolicySet
from policies.vocabulary import Evidence


class PoolBounds(msgspec.Struct, frozen=True, kw_only=True):
    """A pool that the controller runs: its name, its bounds in pods, and the slots of each pod."""

    name: str
    min: int
    max: int
    slots_per_pod: int


class Controller:
    """Scheduler and autoscaler of some pools, under one policy set.

    Decisions that no action carries are appended to `journal` as they are made: why a task waits, why a pool
    keeps its size, how a task or a slot moved.

    Raises `policies.errors.PolicyFault` from `step`, and for a send's back-off from `observe`, when a policy
    raises or answers nonsense; the controller is not to be used after that.
    """

    def __init__(
        self, policy: PolicySet, pools: Iterable[PoolBounds], *, journal: Journal, start: float = 0.0
    ) -> None:
        constants = policy.controller
        by_list_sync = constants.heartbeat_evidence is Evidence.LIST_SYNC
        self.policy = policy
        self._books = books = Books(
            journal, list_sync_every=constants.autoscaler_every if by_list_sync else 0.0
        )
        books.notes_gains = policy.dispatch.serves_waiting
        for pool in pools:
            books.pools[pool.name] = Pool(
                pool.name,
                books,
                min_pods=pool.min,
                max_pods=pool.max,
                slots_per_pod=pool.slots_per_pod,
            )
        self._outbox: list[AnyAction] = []
        self._agenda = agenda = Agenda()
        self._misfits = misfits = Misfits(books)
        self._lives = lives = Lives(books, agenda, constants, self._outbox)
        self._silence = Silence(books, agenda, constants, lives, self._outbox)
        self._recovery = Recovery(books, agenda, policy, lives, self._silence)
        self._capacity = Capacity(books, policy, self._outbox)
        self._dispatcher = Dispatcher(books, agenda, policy, lives, self._capacity, self._outbox)
        tasks = FoldTasks(books, agenda, misfits, lives, policy.dispatch)
        pods = FoldPods(books, misfits, lives, self._recovery)
        self._verification = verification = Verification(
            books, agenda, misfits, lives, tasks, policy.dispatch, self._outbox
        )
        agents = FoldAgents(books, misfits, self._silence, self._recovery, verification)
        self._handlers: dict[type[AnyObservation], Callable[[Any], None]] = {
            TaskSubmitted: tasks.submitted,
            TaskConfirmed: tasks.confirmed,
            TaskCancelled: tasks.cancelled,
            PhaseEnded: tasks.phase_ended,
            DispatchFailed: tasks.dispatch_failed,
            PodCreateAccepted: pods.create_accepted,
            PodCreateFailed: pods.create_failed,
            PodSeen: pods.seen,
            PodTerminating: pods.terminating,
            PodGone: pods.gone,
            AgentRegistered: agents.registered,
            AgentKnownToPodManager: agents.known_to_pod_manager,
            AgentConnected: agents.connected,
            AgentDisconnected: agents.disconnected,
            AgentReported: verification.reported,
            HeartbeatSeen: agents.heartbeat,
            HeartbeatsBegan: agents.heartbeats_began,
            HeartbeatsEnded: agents.heartbeats_ended,
            ControlPlaneRestarted: self._restarted,
        }
        self._start(start)
        self.wakes_at = self.next_wakeup()
        """What `next_wakeup` answered after the last step; it holds until something is observed."""

    def observe(self, event: AnyObservation) -> None:
        """Fold one observation into the observed state. Never raises for what the observation says.

        An observation that is older than the last one is folded too, at the time of the last one (but a
        heartbeat at its own), and recorded as out of order.
        """
        books, at = self._books, event.at
        if at < books.now:
            self._misfits.record(event, "clock", f"{books.now:g} s", Verdict.OUT_OF_ORDER)
        else:
            books.now = at
        self._handlers[type(event)](event)
        if self._cycles.due_at == NEVER:
            self._capacity.look_ahead()

    def step(self, now: float) -> list[AnyAction]:
        """Do everything that is due at `now` (float s); the actions, in the order to carry them out.

        Raises ValueError if `now` is before what was last observed: that is the driver's mistake.
        """
        books, agenda, cycles = self._books, self._agenda, self._cycles
        if now < books.now:
            raise ValueError(f"step at {now:g} s after an observation at {books.now:g} s")
        books.now = now
        if agenda.next_at <= now:
            self._do_overdue(now)
        if agenda.prompt:
            self._dispatcher.try_all()
        if books.gains:
            self._dispatcher.serve()
        at = cycles.due_at
        if at == NEVER:
            self._capacity.look_ahead()
            at = cycles.due_at
        if at <= now:
            self._capacity.cycle()
            at = cycles.due_at
        # As `next_wakeup`, which would have to look everything up again; nothing is left that is due already.
        if agenda.next_at < at:
            at = agenda.next_at
        self.wakes_at = at
        if not self._outbox:
            return []
        actions = self._outbox[:]
        self._outbox.clear()
        return actions

    def next_wakeup(self) -> float:
        """When to step next even if nothing is observed (float s); infinity if only news can help.

        A step at that time may find nothing to do (a deadline that no longer counts), one before it never
        finds anything.
        """
        now, agenda = self._books.now, self._agenda
        if agenda.prompt or self._outbox or self._books.gains:
            return now
        return max(now, min(self._cycles.due_at, agenda.next_at))

    def close(self) -> None:
        """Let go of what takes room: it knows every task. It is not to be used after that."""
        self._agenda.clear()
        self._capacity.forget()
        self._books.tasks.clear()

    @property
    def anomalies(self) -> Counter[tuple[str, Verdict]]:
        """How often an observation of this name did not fit, by the way in which it did not."""
        return self._misfits.counts

    def pool(self, name: str) -> Pool:
        """The observed state of one pool, read-only. Raises KeyError for a pool that it does not run."""
        return self._books.pools[name]

    def _start(self, at: float) -> None:
        self._monitor = Periodic(self.policy.controller.monitor_every, at)
        self._silence.start(at)
        self._capacity.start(at)
        self._cycles = self._capacity.cycles

    def _restarted(self, event: ControlPlaneRestarted) -> None:
        self._outbox.clear()
        self._recovery.restart()
        self._start(self._books.now)
        if self._books.unattended:
            self._monitor.ask(self._books.now)
            self._agenda.next_at = min(self._agenda.next_at, self._monitor.due_at)

    def _redrive(self, now: float) -> None:
        """The monitor, once after a restart: try what nobody tried since, unless a retry will."""
        self._monitor.done(now)
        for workspace in self._books.unattended:
            if workspace._retry_at is None:
                self._agenda.wake(workspace)
        self._books.unattended.clear()

    def _do_overdue(self, now: float) -> None:
        """End what has had its time, and wake what is to be tried again."""
        agenda = self._agenda
        for task in agenda.due_timeouts(now):
            self._lives.time_out(task)
        for task in agenda.due_reservations(now):
            self._lives.expire(task)
        self._verification.look(now)
        self._silence.look(now)
        agenda.due_retries(now)
        if self._monitor.due_at <= now:
            self._redrive(now)
        agenda.look_ahead()
        if self._books.unattended:
            agenda.next_at = min(agenda.next_at, self._monitor.due_at)
