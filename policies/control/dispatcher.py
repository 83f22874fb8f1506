"""Trying a workspace: choose a task, find it a slot, see who is connected, save the row, send.

A try goes on while it succeeds and ends at the first task that can not go, as in the platform: what
waits behind that task waits with it. Each way to end leaves a decision and, where only time can
help, a retry.
"""

from collections.abc import Hashable

from policies.actions import AnyAction, SendTask
from policies.constants import Constants
from policies.control.agenda import Agenda
from policies.control.capacity import Capacity
from policies.control.lives import Lives
from policies.decisions import Blocked, Placed, PodRefusal, Refused, Released
from policies.errors import PolicyFault
from policies.lifecycles import TaskEvent
from policies.observed.books import Books
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.policy_set import PolicySet
from policies.rules.dispatch import GiveUp
from policies.rules.queue import Block
from policies.vocabulary import Phase, SlotState, TaskState

_PENDING = TaskState.PENDING
_IDLE = SlotState.IDLE


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
        self._dispatch = policy.dispatch
        self._constants: Constants = policy.controller
        self._lives = lives
        self._capacity = capacity
        self._outbox = outbox
        self._refused: dict[tuple[str, Hashable], tuple[int, tuple[PodRefusal, ...]]] = {}

    def try_all(self) -> None:
        """Try every workspace that is awake, in the order in which they woke."""
        prompt = self._agenda.prompt
        self._refused.clear()
        while prompt:
            workspace = next(iter(prompt))
            del prompt[workspace]
            while self._try(workspace):
                pass
            self._books.unattended.pop(workspace, None)

    def _try(self, workspace: Workspace) -> bool:
        """Try the workspace's next task; whether it was sent, so that the one after it may be
        tried.
        """
        choice = self._choose(workspace)
        if choice is None:
            return False
        if isinstance(choice, tuple):
            self._note_block(workspace, choice)
            return False
        workspace._last_block = None
        if choice._not_before > self._books.now:
            self._agenda.retry(workspace, choice._not_before)
            return False
        return self._try_task(choice, workspace, workspace._pool)

    def _choose(self, workspace: Workspace) -> Task | Block | None:
        queue = self._queue
        if not queue.drives_confirmed_applies:
            confirmed = workspace.confirmed_apply()
            if confirmed is not None:
                return confirmed
        try:
            choice = queue.next_task(workspace)
        except Exception as error:
            raise self._fault(
                queue, f"next_task(workspace {workspace._name})", repr(error), "a task"
            ) from error
        if choice is None or isinstance(choice, tuple):
            return choice
        if not isinstance(choice, Task) or not (choice._state is _PENDING or choice.is_confirmed_apply):
            raise self._fault(
                queue,
                f"next_task(workspace {workspace._name})",
                repr(choice),
                "a pending task or a confirmed apply, a reason to wait, or None",
            )
        return choice

    def _try_task(self, task: Task, workspace: Workspace, pool: Pool) -> bool:
        """Place and send one task; False if it has to wait."""
        placement = self._placement
        key = placement.same_answer_for(task)
        place: Slot | Pod | None = None
        if key is not None and self._refused.get((pool._name, key), (-1,))[0] == pool._version:
            refusals = self._refused[pool._name, key][1]
        else:
            place = self._place(task, pool)
            refusals = pool._take_refusals()
        if place is None:
            if key is not None:
                self._refused[pool._name, key] = (pool._version, refusals)
            self._note_refused(task, workspace, pool, refusals)
            return False
        if isinstance(place, Pod):
            self._send(task, pool, place, None)
            return True
        return self._send_booked(task, workspace, pool, place)

    def _place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        asked = f"place(task {task._id}, pool {pool._name})"
        try:
            place = self._placement.place(task, pool)
        except Exception as error:
            raise self._fault(self._placement, asked, repr(error), "a slot, a pod or None") from error
        if place is None:
            return None
        if isinstance(place, Slot):
            taken = place._state is not _IDLE and place._task is not task
            pod = place._pod
        elif isinstance(place, Pod):
            taken, pod = False, place
        else:
            raise self._fault(self._placement, asked, repr(place), "a slot, a pod or None")
        if taken or pod.is_leaving or pool._pods.get(pod._name) is not pod:
            raise self._fault(
                self._placement, asked, repr(place), "an idle slot of a pod that is in the pool"
            )
        return place

    def _send_booked(self, task: Task, workspace: Workspace, pool: Pool, slot: Slot) -> bool:
        if slot._task is not task:
            self._lives.free_slot(task)  # an apply that goes elsewhere gives up its reservation
        own_reservation = slot._task is task
        self._books.book(slot, task)
        pod = slot._pod
        task._pod = pod._name
        if pod.connected:
            self._send(task, pool, pod, slot._index)
            return True
        route = self._dispatch.route(task, pod, pool)
        if not isinstance(route, GiveUp) and route.booked:
            self._send(task, pool, route.pod, slot._index)
            return True
        if own_reservation:
            self._lives.reserve_slot(task)
        else:
            self._books.free(slot)
        if isinstance(route, GiveUp):
            self._note_released(task, workspace, pool, slot, route)
            if route.wants_pod:
                self._capacity.one_more(pool)
            return False
        self._send(task, pool, route.pod, None)
        return True

    def _send(self, task: Task, pool: Pool, pod: Pod, slot: int | None) -> None:
        """Save the row, then send."""
        now = self._books.now
        phase = Phase.PLAN if task._state is _PENDING else Phase.APPLY
        task._attempt += 1
        if task._started_at is None:
            task._started_at = now
        self._books.move_task(task, TaskEvent.SENT)
        self._books.runs(pod, task, phase)
        self._agenda.timeouts.append((now + self._constants.phase_timeout, task, task._attempt))
        self._outbox.append(
            SendTask(
                at=now,
                task=task._id,
                phase=phase,
                attempt=task._attempt,
                pod=pod._name,
                slot=slot,
                because=self._placed(task, phase, pool, pod, slot),
            )
        )

    def _placed(self, task: Task, phase: Phase, pool: Pool, pod: Pod, slot: int | None) -> Placed:
        age = pod.heartbeat_age_s(self._books.now)
        return Placed(
            at=self._books.now,
            task=task._id,
            phase=phase,
            pool=pool._name,
            pod=pod._name,
            slot=slot,
            rule=self._placement.rule_name,
            heartbeat_age_s=age if age < float("inf") else None,
        )

    def _note_refused(
        self, task: Task, workspace: Workspace, pool: Pool, refusals: tuple[PodRefusal, ...]
    ) -> None:
        now = self._books.now
        self._books.decisions.append(
            Refused(
                at=now,
                task=task._id,
                pool=pool._name,
                workspace=workspace._name,
                rule=self._placement.rule_name,
                refusals=refusals,
                retry_at=self._agenda.retry(workspace, now + self._dispatch.retry_no_slot),
            )
        )

    def _note_released(self, task: Task, workspace: Workspace, pool: Pool, slot: Slot, route: GiveUp) -> None:
        now = self._books.now
        self._books.decisions.append(
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
        self._books.decisions.append(
            Blocked(
                at=self._books.now,
                workspace=workspace._name,
                pool=workspace._pool._name,
                rule=self._queue.rule_name,
                reason=reason,
                by=seen[1],
            )
        )

    def _fault(self, rule: object, asked: str, answered: str, expected: str) -> PolicyFault:
        return PolicyFault(
            policy=type(rule).__name__,
            at=self._books.now,
            asked=asked,
            answered=answered,
            expected=expected,
        )
