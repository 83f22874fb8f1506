"""The people: who submits tasks, confirms applies, loses patience, and comes back with the next task."""

import math
from collections.abc import Iterable

from policies.decisions import TaskMoved
from policies.lifecycles import TASK, TaskEvent
from policies.observations import TaskCancelled, TaskConfirmed, TaskSubmitted
from policies.vocabulary import TaskId, TaskKind
from sim.engine import Engine
from sim.record.entry import Log
from sim.record.truth import TaskCreated
from sim.workloads import Arrival, ClosedSource
from sim.workloads.closed import Coming
from sim.world.control_plane import ControlPlaneProcess
from sim.world.work import Work

_KINDS = {str(kind): kind for kind in TaskKind}
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_PLANNED = TaskEvent.PLANNED


class People:
    """Users of the platform. They see what the control plane shows them, not what is true."""

    def __init__(self, engine: Engine, control: ControlPlaneProcess, log: Log, work: Work) -> None:
        self._engine = engine
        self._control = control
        self._log = log
        self._work = work
        self._closed: dict[TaskId, ClosedSource] = {}

    def submit_all(self, arrivals: Iterable[Arrival]) -> None:
        """Submit an open workload, one arrival at a time; `arrivals` is in order of time."""
        self._arrivals = iter(arrivals)
        first = next(self._arrivals, None)
        if first is not None:
            self._engine.call_at(first.submitted_at, self._submit_and_go_on, first)

    def join(self, source: ClosedSource) -> None:
        """A closed population: each customer submits again some time after the last task ended."""
        self._control.watch_tasks(self._saw_move)
        for coming in source.first_arrivals():
            self._await(source, coming)

    def _submit_and_go_on(self, arrival: Arrival) -> None:
        self._submit(arrival)
        coming = next(self._arrivals, None)
        if coming is not None:
            self._engine.call_at(coming.submitted_at, self._submit_and_go_on, coming)

    def _submit(self, arrival: Arrival) -> None:
        now, log = self._engine.now, self._log
        kind = _KINDS[arrival.kind]
        self._work.enter(arrival)
        if kind is _PLAN_AND_APPLY and arrival.has_changes:
            # Only then: whoever watches goes through the log, and most workloads have nothing to confirm.
            self._control.watch_tasks(self._saw_move)
        task, pool, workspace = arrival.task, arrival.pool, arrival.workspace
        log(TaskCreated(now, task, pool, workspace, kind, arrival.plan_s, arrival.apply_s))
        self._control.tell("people", TaskSubmitted(now, task, pool, workspace, kind))
        if arrival.cancelled_at < math.inf:
            self._engine.call_at(arrival.cancelled_at, self._cancel, arrival.task)
        if arrival.cancelled_after_s < math.inf:
            self._engine.call_in(arrival.cancelled_after_s, self._cancel_if_waiting, arrival.task)

    def _cancel(self, task: TaskId) -> None:
        self._control.tell("people", TaskCancelled(self._engine.now, task))

    def _cancel_if_waiting(self, task: TaskId) -> None:
        if not self._work.has_started(task):
            self._cancel(task)

    def _confirm(self, task: TaskId) -> None:
        self._control.tell("people", TaskConfirmed(self._engine.now, task, "person"))

    def _saw_move(self, move: TaskMoved) -> None:
        if move.cause is _PLANNED:
            self._saw_changes(move.task)
        elif not TASK[move.after]:
            self._saw_end(move)

    def _saw_changes(self, task: TaskId) -> None:
        """A plan waits to be confirmed: somebody will do it, after a while, or never."""
        arrival = self._work.arrival(task)
        if arrival.confirmed_at == arrival.confirmed_at:  # given, hence not NaN
            self._engine.call_at(arrival.confirmed_at, self._confirm, task)
        else:
            self._engine.call_in(arrival.confirmed_after_s, self._confirm, task)

    def _saw_end(self, move: TaskMoved) -> None:
        """A customer of a closed population sees its task end, thinks, and submits the next one."""
        source = self._closed.pop(move.task, None)
        if source is not None:
            self._await(source, source.next_after(move.task, self._engine.now))

    def _await(self, source: ClosedSource, coming: Coming) -> None:
        self._engine.call_at(coming[1].submitted_at, self._submit_of_closed, (source, coming))

    def _submit_of_closed(self, entry: tuple[ClosedSource, Coming]) -> None:
        source, coming = entry
        arrival = source.submitted(coming)
        self._closed[arrival.task] = source
        self._submit(arrival)
