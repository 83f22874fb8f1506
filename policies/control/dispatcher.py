"""Trying a workspace: choose a task, find it a slot, see who is connected, save the row, send.

A try goes on while it succeeds and ends at the first task that can not go, as in the platform: what
waits behind that task waits with it, unless the queue rule names another one instead. Each way to end
leaves a decision and, where only time can help, a retry.
"""

from collections.abc import Hashable

from policies.actions import AnyAction, SendTask
from policies.control.agenda import NEVER, Agenda
from policies.control.capacity import Capacity
from policies.control.lives import Lives
from policies.decisions import Blocked, Placed, PodRefusal, Reason, Refused, Released
from policies.errors import FAILURES, PolicyFault, fault_of
from policies.lifecycles import SlotEvent, TaskEvent
from policies.observed.books import Books
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.policy_set import PolicySet
from policies.rules.dispatch import GiveUp, SendTo, is_wait
from policies.rules.placement import SlotPlacement
from policies.rules.queue import Block, QueueRule
from policies.vocabulary import LEAVING, LinkState, Phase, SlotState, TaskState

# Members of an enumeration are slow to look up, and these are asked for at every try.
_PENDING = TaskState.PENDING
_IDLE = SlotState.IDLE
_UP = LinkState.UP
_PLAN = Phase.PLAN
_APPLY = Phase.APPLY
_SENT = TaskEvent.SENT
_BOOKED = SlotEvent.BOOKED
_ACTIVATED = SlotEvent.ACTIVATED

_A_PLACE = "a slot, a pod or None"
"""What is expected of a placement."""
_ANOTHER = "another task of the workspace that may go, or None"
"""What is expected of a queue rule whose task found no place."""


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
        self._sends_confirmed_applies = not policy.queue.drives_confirmed_applies
        self._tries_others = type(policy.queue).instead_of is not QueueRule.instead_of
        self._placement = policy.placement
        self._rule_name = policy.placement.rule_name
        # Then it need not be asked while there is none. A busy pool refuses more often than it sends.
        self._wants_idle_slot = type(policy.placement).place is SlotPlacement.place
        self._dispatch = policy.dispatch
        self._retry_no_slot = policy.dispatch.retry_no_slot
        self._phase_timeout = policy.controller.phase_timeout
        self._doubts_after = policy.dispatch.doubts_after
        self._lives = lives
        self._capacity = capacity
        self._outbox = outbox
        self._refused: dict[tuple[str, Hashable], tuple[int, tuple[PodRefusal, ...]]] = {}
        self._tried: dict[Workspace, int] = {}
        """Workspaces tried in this step since a place came free, and the version of the books after that.

        Of that version the steps are left out that a booking in vain took: it leaves everything as it was.
        """
        self._steps_in_vain = 0

    def try_all(self) -> None:
        """Try every workspace that is awake, in the order in which they woke."""
        prompt, unattended, gains = self._agenda.prompt, self._books.unattended, self._books.gains
        if self._refused:
            self._refused.clear()
        for workspace in prompt:
            self._try(workspace)
            if gains:
                self._tried[workspace] = self._books.version - self._steps_in_vain
        if unattended:
            for workspace in prompt:
                unattended.pop(workspace, None)
        prompt.clear()

    def serve(self) -> None:
        """Try those that wait for a place, longest first, in pools where one may have come free.

        Each line is tried until one that stands in it is refused: those behind want the same. Nor is anybody
        tried who was refused in this step since anything changed.
        """
        books, gains, tried = self._books, self._books.gains, self._tried
        if self._refused:
            self._refused.clear()  # they may be of an earlier step, and a heartbeat changes no version
        for pool in gains:
            for line in (pool._waiting.applies, pool._waiting.plans):
                while (first := line.first()) is not None:
                    if tried.get(first) == books.version - self._steps_in_vain:
                        break
                    self._try(first)
                    tried[first] = books.version - self._steps_in_vain
                    if line.count_of(first):
                        break
        gains.clear()
        tried.clear()

    def _try(self, workspace: Workspace) -> None:
        """Try the workspace's tasks, as the queue chooses them, until one has to wait or all of them run."""
        rows, pool, now = workspace._rows, workspace._pool, self._books.now
        stuck: list[Task] | None = None  # what has to wait, so that others may go instead
        while len(rows) > workspace._running:
            choice: Task | Block | None = None
            if stuck is not None:
                choice = self._instead_of(stuck, workspace)
            else:
                if self._sends_confirmed_applies:
                    choice = workspace.confirmed_apply()
                if choice is None:
                    try:
                        choice = self._queue.next_task(workspace)
                    except FAILURES as error:
                        raise self._fault_of_queue(workspace, error) from error
            if not isinstance(choice, Task):
                if choice is not None:
                    self._note_block(workspace, choice)
                return
            task = choice
            if task._home is not workspace or not (task._state is _PENDING or task.is_confirmed_apply):
                raise self._fault_of_queue(workspace, task)
            workspace._last_block = None
            if task._not_before > now:
                self._agenda.retry(workspace, task._not_before)
            else:
                refusals = self._refused_alike(task, pool) if self._refused else None
                if self._wants_idle_slot and not pool._idle.listed and task._state is _PENDING:
                    refusals = pool._refused_as_full()
                if refusals is None:
                    try:
                        place = self._placement.place(task, pool)
                    except FAILURES as error:
                        raise self._fault_of_placement(task, pool, error, _A_PLACE) from error
                    refusals = pool._take_refusals() if pool._refusals else ()
                    if place is not None:
                        if self._send_to(place, task, workspace):
                            continue
                        return
                    if len(self._agenda.prompt) > 1:  # there are others, who may be refused alike
                        self._refused[pool._name, self._key(task)] = (self._books.version, refusals)
                self._note_refused(task, workspace, refusals)
            if not self._tries_others:
                return
            stuck = [task] if stuck is None else [*stuck, task]

    def _instead_of(self, stuck: list[Task], workspace: Workspace) -> Task | None:
        """The task that the queue rule lets go in place of the last one that has to wait.

        It may not name one of those that were tried: that would go on for ever.
        """
        asked = f"instead_of(task {stuck[-1]._id}, workspace {workspace._name})"
        try:
            another = self._queue.instead_of(stuck[-1], workspace)
        except FAILURES as error:
            raise self._fault(self._queue, asked, error, _ANOTHER) from error
        if another is None:
            return None
        if isinstance(another, Task) and another not in stuck and _may_go(another, workspace):
            return another
        raise self._fault(self._queue, asked, another, _ANOTHER)

    def _refused_alike(self, task: Task, pool: Pool) -> tuple[PodRefusal, ...] | None:
        """Why a task like this one was refused in this step, if nothing has changed since."""
        key = self._key(task)
        if key is None:
            return None
        version, refusals = self._refused.get((pool._name, key), (-1, ()))
        return refusals if version == self._books.version else None

    def _key(self, task: Task) -> Hashable | None:
        try:
            key = self._placement.same_answer_for(task)
            hash(key)
        except FAILURES as error:
            asked, expected = f"same_answer_for(task {task._id})", "something hashable, or None"
            raise self._fault(self._placement, asked, error, expected) from error
        return key

    def _send_to(self, place: Slot | Pod, task: Task, workspace: Workspace) -> bool:
        """Send the task to where the placement said; False if nobody was there to send it to."""
        pool = workspace._pool
        if isinstance(place, Slot):
            pod, own_reservation = place._pod, place._task is task
            is_free = own_reservation or place._state is _IDLE
        elif isinstance(place, Pod):
            pod, own_reservation, is_free = place, False, True
        else:
            raise self._fault_of_placement(task, pool, place, _A_PLACE)
        if not is_free or pool._pods.get(pod._name) is not pod or pod._state in LEAVING:
            expected = "an idle slot of a pod that is in the pool"
            raise self._fault_of_placement(task, pool, place, expected)
        if not isinstance(place, Slot):
            self._send_unbooked(task, pool, pod)
            return True
        if task._slot is not None and not own_reservation:
            self._books.free(task)  # an apply that goes elsewhere gives up its reservation
        before = self._books.version
        self._books.move_slot(place, _ACTIVATED if own_reservation else _BOOKED, task)
        if pod._link is _UP:
            self._send(task, pool, pod, place._index)
            return True
        return self._send_by_route(task, workspace, place, own_reservation, before)

    def _send_by_route(
        self, task: Task, workspace: Workspace, slot: Slot, own_reservation: bool, before: int
    ) -> bool:
        """The agent of the booked slot's pod is not connected: the dispatch rule says what to do.

        `before` is the version of the books before the booking.
        """
        pod, pool = slot._pod, workspace._pool
        task._pod = pod._name
        route = self._route(task, pod, pool)
        if isinstance(route, SendTo):
            if route.booked:
                self._send(task, pool, pod, slot._index)
            else:
                self._send_unbooked(task, pool, route.pod)
            return True
        if own_reservation:
            self._books.reserve(slot)  # until the time that it was reserved for
        else:
            self._books.free(task)
        self._steps_in_vain += self._books.version - before
        self._note_released(task, workspace, pool, slot, route)
        if route.wants_pod:
            self._capacity.one_more(pool)
        return False

    def _route(self, task: Task, pod: Pod, pool: Pool) -> SendTo | GiveUp:
        asked = f"route(task {task._id}, pod {pod._name})"
        expected = (
            "a SendTo of a pod that is in the pool (if booked, this one), "
            "or a GiveUp with a Reason and a wait of at least 1 µs"
        )
        try:
            route = self._dispatch.route(task, pod, pool)
        except FAILURES as error:
            raise self._fault(self._dispatch, asked, error, expected) from error
        pool._refusals.clear()  # only a placement's notes become decisions
        if isinstance(route, SendTo) and isinstance(route.pod, Pod):
            to = route.pod
            if pool._pods.get(to._name) is to and not to.is_leaving and (to is pod or not route.booked):
                return route
        elif isinstance(route, GiveUp) and isinstance(route.reason, Reason) and is_wait(route.retry_after):
            return route
        raise self._fault(self._dispatch, asked, route, expected)

    def _send_unbooked(self, task: Task, pool: Pool, pod: Pod) -> None:
        """Send to an agent without a booking; what the task holds elsewhere is given up."""
        self._books.free(task)
        self._send(task, pool, pod, None)

    def _send(self, task: Task, pool: Pool, pod: Pod, slot: int | None) -> None:
        """Save the row, then send."""
        books, number, name = self._books, task._id, pod._name
        now = books.now
        phase = _PLAN if task._state is _PENDING else _APPLY
        attempt = task._attempt = task._attempt + 1
        if task._started_at is None:
            task._started_at = now
        books.move_task(task, _SENT)
        pod._tasks[number] = phase
        task._pod = name
        self._agenda.await_end(task, now + self._phase_timeout)
        if self._doubts_after is not None:
            task._sent_at = now
            self._agenda.doubt(task, now + self._doubts_after)
        age: float | None = pod.heartbeat_age_s(now)
        if age == NEVER:
            age = None
        because = Placed(now, number, phase, pool._name, name, slot, self._rule_name, age)
        self._outbox.append(SendTask(now, number, phase, attempt, name, slot, because))

    def _note_refused(self, task: Task, workspace: Workspace, refusals: tuple[PodRefusal, ...]) -> None:
        books, pool = self._books, workspace._pool._name
        now = books.now
        workspace._pool._waiting.join(task)
        retry_at = self._agenda.retry(workspace, now + self._retry_no_slot)
        # By position, as tasks may be refused more often than they are sent.
        books.journal.append(
            Refused(now, task._id, pool, workspace._name, self._rule_name, refusals, retry_at)
        )

    def _note_released(self, task: Task, workspace: Workspace, pool: Pool, slot: Slot, route: GiveUp) -> None:
        now = self._books.now
        pool._waiting.join(task)
        self._books.journal.append(
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
        if not _is_block(block):
            raise self._fault_of_queue(workspace, block)
        reason, by = block
        seen = (reason, None if by is None else by._id)
        if workspace._last_block == seen:
            return
        workspace._last_block = seen
        self._books.journal.append(
            Blocked(
                at=self._books.now,
                workspace=workspace._name,
                pool=workspace._pool._name,
                rule=self._queue.rule_name,
                reason=reason,
                by=seen[1],
            )
        )

    def _fault_of_queue(self, workspace: Workspace, answered: object) -> PolicyFault:
        asked = f"next_task(workspace {workspace._name})"
        expected = "a pending task or a confirmed apply, a reason to wait, or None"
        return self._fault(self._queue, asked, answered, expected)

    def _fault_of_placement(self, task: Task, pool: Pool, answered: object, expected: str) -> PolicyFault:
        asked = f"place(task {task._id}, pool {pool._name})"
        return self._fault(self._placement, asked, answered, expected)

    def _fault(self, rule: object, asked: str, answered: object, expected: str) -> PolicyFault:
        return fault_of(rule, self._books.now, asked, answered, expected)


def _may_go(task: Task, workspace: Workspace) -> bool:
    """Whether the task is the workspace's to send: no answer of a rule stands in for a confirmation."""
    return task._home is workspace and (task._state is _PENDING or task.is_confirmed_apply)


def _is_block(choice: object) -> bool:
    if not isinstance(choice, tuple) or len(choice) != 2:
        return False
    reason, by = choice
    return isinstance(reason, Reason) and (by is None or isinstance(by, Task))
