"""Trying a workspace: choose a task, find it a slot, see who is connected, save the row, send.

A try goes on while it succeeds and ends at the first task that can not go, as in the platform: what
waits behind that task waits with it. Each way to end leaves a decision and, where only time can
help, a retry.
"""

import math
from collections.abc import Hashable

from policies.actions import AnyAction, SendTask
from policies.constants import Constants
from policies.control.agenda import Agenda
from policies.control.capacity import Capacity
from policies.control.lives import Lives
from policies.decisions import Blocked, Placed, PodRefusal, Reason, Refused, Released
from policies.errors import PolicyFault
from policies.lifecycles import TaskEvent
from policies.observed.books import Books
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.policy_set import PolicySet
from policies.rules.dispatch import GiveUp, SendTo, is_wait
from policies.rules.queue import Block
from policies.vocabulary import LinkState, Phase, PodState, SlotState, TaskState

# Members of an enumeration are slow to look up, and these are asked for at every try.
_PENDING = TaskState.PENDING
_APPLY_PENDING = TaskState.APPLY_PENDING
_IDLE = SlotState.IDLE
_UP = LinkState.UP
_PLAN = Phase.PLAN
_APPLY = Phase.APPLY
_SENT = TaskEvent.SENT
_LEAVING = frozenset({PodState.TERMINATING, PodState.GONE})


class Dispatcher:
    """Tries workspaces, by the queue, placement and dispatch rules of the policy set."""

    def __init__(
        self,
        books: Books,
        agenda: Agenda,
        policy: PolicySet,
        lives: Lives,
        capacity: Capacity,
        outbox: list[AnyAction],
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._queue = policy.queue
        self._placement = policy.placement
        self._rule_name = policy.placement.rule_name
        self._dispatch = policy.dispatch
        self._constants: Constants = policy.controller
        self._lives = lives
        self._capacity = capacity
        self._outbox = outbox
        self._refused: dict[tuple[str, Hashable], tuple[int, tuple[PodRefusal, ...]]] = {}

    def try_all(self) -> None:
        """Try every workspace that is awake, in the order in which they woke."""
        prompt, unattended = self._agenda.prompt, self._books.unattended
        self._refused.clear()
        while prompt:
            workspace = next(iter(prompt))
            del prompt[workspace]
            count = workspace._tasks_in
            while (count[_PENDING] or count[_APPLY_PENDING]) and self._try(workspace):
                pass
            unattended.pop(workspace, None)

    def _try(self, workspace: Workspace) -> bool:
        """Try the workspace's next task; whether it was sent, so that the one after it may be tried."""
        choice: Task | Block | None = None
        if not self._queue.drives_confirmed_applies:
            choice = workspace.confirmed_apply()
        if choice is None:
            choice = self._ask_queue(workspace)
        if isinstance(choice, Task):
            workspace._last_block = None
            if choice._not_before <= self._books.now:
                return self._try_task(choice, workspace)
            self._agenda.retry(workspace, choice._not_before)
        elif choice is not None:
            self._note_block(workspace, choice)
        return False

    def _ask_queue(self, workspace: Workspace) -> Task | Block | None:
        try:
            choice = self._queue.next_task(workspace)
        except Exception as error:
            raise self._fault_of_queue(workspace, repr(error)) from error
        if isinstance(choice, Task):
            if choice._home is workspace and (choice._state is _PENDING or choice.is_confirmed_apply):
                return choice
        elif choice is None or _is_block(choice):
            return choice
        raise self._fault_of_queue(workspace, repr(choice))

    def _try_task(self, task: Task, workspace: Workspace) -> bool:
        """Place and send one task; False if it has to wait."""
        pool = workspace._pool
        refusals = self._refused_alike(task, pool) if self._refused else None
        if refusals is None:
            place = self._place(task, pool)
            refusals = pool._take_refusals() if pool._refusals else ()
            if isinstance(place, Slot):
                return self._send_booked(task, workspace, place)
            if isinstance(place, Pod):
                self._send_unbooked(task, pool, place)
                return True
            if self._agenda.prompt:  # there are others, who may be refused alike
                self._refused[pool._name, self._key(task, pool)] = (self._books.version, refusals)
        self._note_refused(task, workspace, refusals)
        return False

    def _refused_alike(self, task: Task, pool: Pool) -> tuple[PodRefusal, ...] | None:
        """Why a task like this one was refused in this step, if nothing has changed since."""
        key = self._key(task, pool)
        if key is None:
            return None
        version, refusals = self._refused.get((pool._name, key), (-1, ()))
        return refusals if version == self._books.version else None

    def _key(self, task: Task, pool: Pool) -> Hashable | None:
        try:
            key = self._placement.same_answer_for(task)
            hash(key)
        except Exception as error:
            asked, expected = f"same_answer_for(task {task._id})", "something hashable, or None"
            raise self._fault(self._placement, asked, repr(error), expected) from error
        return key

    def _place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        try:
            place = self._placement.place(task, pool)
        except Exception as error:
            raise self._fault_of_placement(task, pool, repr(error), "a slot, a pod or None") from error
        if place is None:
            return None
        if isinstance(place, Slot):
            pod, is_free = place._pod, place._state is _IDLE or place._task is task
        elif isinstance(place, Pod):
            pod, is_free = place, True
        else:
            raise self._fault_of_placement(task, pool, repr(place), "a slot, a pod or None")
        if is_free and pool._pods.get(pod._name) is pod and pod._state not in _LEAVING:
            return place
        expected = "an idle slot of a pod that is in the pool"
        raise self._fault_of_placement(task, pool, repr(place), expected)

    def _send_booked(self, task: Task, workspace: Workspace, slot: Slot) -> bool:
        pod, pool = slot._pod, workspace._pool
        own_reservation = slot._task is task
        if task._slot is not None and not own_reservation:
            self._books.free(task)  # an apply that goes elsewhere gives up its reservation
        self._books.book(slot, task)
        task._pod = pod._name
        if pod._link is _UP:
            self._send(task, pool, pod, slot._index)
            return True
        route = self._route(task, pod, pool)
        if isinstance(route, SendTo):
            if route.booked:
                self._send(task, pool, pod, slot._index)
            else:
                self._send_unbooked(task, pool, route.pod)
            return True
        if own_reservation:
            self._lives.reserve_slot(task)
        else:
            self._books.free(task)
        self._note_released(task, workspace, pool, slot, route)
        if route.wants_pod:
            self._capacity.one_more(pool)
        return False

    def _route(self, task: Task, pod: Pod, pool: Pool) -> SendTo | GiveUp:
        asked = f"route(task {task._id}, pod {pod._name})"
        expected = "a SendTo of a pod that is in the pool (if booked, this one), or a GiveUp of 0 s or more"
        try:
            route = self._dispatch.route(task, pod, pool)
        except Exception as error:
            raise self._fault(self._dispatch, asked, repr(error), expected) from error
        if isinstance(route, SendTo) and isinstance(route.pod, Pod):
            to = route.pod
            if pool._pods.get(to._name) is to and not to.is_leaving and (to is pod or not route.booked):
                return route
        elif isinstance(route, GiveUp) and is_wait(route.retry_after):
            return route
        raise self._fault(self._dispatch, asked, repr(route), expected)

    def _send_unbooked(self, task: Task, pool: Pool, pod: Pod) -> None:
        """Send to an agent without a booking; what the task holds elsewhere is given up."""
        self._books.free(task)
        self._send(task, pool, pod, None)

    def _send(self, task: Task, pool: Pool, pod: Pod, slot: int | None) -> None:
        """Save the row, then send."""
        now = self._books.now
        phase = _PLAN if task._state is _PENDING else _APPLY
        task._attempt += 1
        if task._started_at is None:
            task._started_at = now
        self._books.move_task(task, _SENT)
        self._books.runs(pod, task, phase)
        self._agenda.await_end(task, now + self._constants.phase_timeout)
        age = pod.heartbeat_age_s(now)
        because = Placed(
            now,
            task._id,
            phase,
            pool._name,
            pod._name,
            slot,
            self._rule_name,
            age if age < math.inf else None,
        )
        self._outbox.append(SendTask(now, task._id, phase, task._attempt, pod._name, slot, because))

    def _note_refused(self, task: Task, workspace: Workspace, refusals: tuple[PodRefusal, ...]) -> None:
        now = self._books.now
        self._books.note(
            Refused(
                at=now,
                task=task._id,
                pool=workspace._pool._name,
                workspace=workspace._name,
                rule=self._rule_name,
                refusals=refusals,
                retry_at=self._agenda.retry(workspace, now + self._dispatch.retry_no_slot),
            )
        )

    def _note_released(self, task: Task, workspace: Workspace, pool: Pool, slot: Slot, route: GiveUp) -> None:
        now = self._books.now
        self._books.note(
            Released(
                at=now,
                task=task._id,
                pool=pool._name,
                pod=slot._pod._name,
                slot=slot._index,
                rule=self._dispatch.rule_name,
                reason=route.reason,
                retry_at=self._agenda.retry(workspace, now + route.retry_after),
            )
        )

    def _note_block(self, workspace: Workspace, block: Block) -> None:
        reason, by = block
        seen = (reason, None if by is None else by._id)
        if workspace._last_block == seen:
            return
        workspace._last_block = seen
        self._books.note(
            Blocked(
                at=self._books.now,
                workspace=workspace._name,
                pool=workspace._pool._name,
                rule=self._queue.rule_name,
                reason=reason,
                by=seen[1],
            )
        )

    def _fault_of_queue(self, workspace: Workspace, answered: str) -> PolicyFault:
        asked = f"next_task(workspace {workspace._name})"
        expected = "a pending task or a confirmed apply, a reason to wait, or None"
        return self._fault(self._queue, asked, answered, expected)

    def _fault_of_placement(self, task: Task, pool: Pool, answered: str, expected: str) -> PolicyFault:
        asked = f"place(task {task._id}, pool {pool._name})"
        return self._fault(self._placement, asked, answered, expected)

    def _fault(self, rule: object, asked: str, answered: str, expected: str) -> PolicyFault:
        return PolicyFault(
            policy=type(rule).__name__,
            at=self._books.now,
            asked=asked,
            answered=answered,
            expected=expected,
        )


def _is_block(choice: object) -> bool:
    if not isinstance(choice, tuple) or len(choice) != 2:
        return False
    reason, by = choice
    return isinstance(reason, Reason) and (by is None or isinstance(by, Task))
