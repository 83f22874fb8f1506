"""The ends of tasks, and what they let go of: slots, locks, and agents that must be told to stop."""

from typing import Final

from policies.actions import AbortTask, AnyAction
from policies.constants import Constants, LostPlan
from policies.control.agenda import Agenda
from policies.decisions import Reason, TaskEnded
from policies.lifecycles import TaskEvent
from policies.observed.books import Books
from policies.observed.task import Task
from policies.vocabulary import SlotState, TaskState

_SURELY_OVER: Final = frozenset({Reason.POD_LOST, Reason.AGENT_RESTARTED})
"""What leaves no doubt that a phase runs no more."""


class Lives:
    """Ends tasks and releases what they hold. Shared by all that may end one."""

    def __init__(self, books: Books, agenda: Agenda, constants: Constants, outbox: list[AnyAction]) -> None:
        self._books = books
        self._agenda = agenda
        self._constants = constants
        self._outbox = outbox

    def over(self, task: Task) -> None:
        """A task reached a terminal state: its lock goes, and its workspace is tried at once."""
        home = task._home
        if home._lock is task:
            self._books.unlock(home, task)
        self._agenda.prompt[home] = None

    def lose(self, task: Task, reason: Reason) -> None:
        """What ran the task is gone: it fails, or its plan is queued again if the constants say so.

        That is only if the plan surely runs no more: an agent that is out of reach, or took too long, may be
        running it still.
        """
        is_plan = task._state is TaskState.PLANNING and reason in _SURELY_OVER
        requeue = is_plan and self._constants.lost_plan is LostPlan.REQUEUE
        if not self._books.move_task(task, TaskEvent.REQUEUED if requeue else TaskEvent.FAILED):
            self.has_stopped(task)
            return
        self._books.vacate(task)
        self._books.journal.append(self._ended(task, reason))
        if requeue:
            self._agenda.wake(task._home)
        else:
            self.over(task)

    def has_stopped(self, task: Task) -> None:
        """Nobody runs the cancelled task any more: its place is free, and its workspace is tried at once."""
        task._home._stopping.pop(task._id, None)
        self._books.vacate(task)
        self._agenda.wake(task._home)

    def abort(self, task: Task, reason: Reason) -> None:
        """Tell the agent that runs the task to stop."""
        if task._pod is not None and task._pod in self._books.pods:
            because = self._ended(task, reason)
            self._outbox.append(AbortTask(at=self._books.now, task=task._id, pod=task._pod, because=because))

    def time_out(self, task: Task) -> None:
        """The phase has not ended in time: the agent is told to stop, and the task fails.

        Of a cancelled task whose agent never let go, only the slot is left to give up.
        """
        if task._state is TaskState.CANCELLED:
            self.has_stopped(task)
            return
        self.abort(task, Reason.PHASE_TIMEOUT)
        self.lose(task, Reason.PHASE_TIMEOUT)

    def expire(self, task: Task) -> None:
        """The slot kept for an apply is freed; the task goes on waiting for its confirmation."""
        slot = self._books.slot_of(task)
        if slot is not None and slot.state is SlotState.RESERVED:
            self._books.journal.append(self._ended(task, Reason.RESERVATION_EXPIRED))
            self._books.free(task)

    def reserve_slot(self, task: Task) -> None:
        """The slot that the task holds, if it holds one, is kept for its apply, until it expires."""
        slot = self._books.slot_of(task)
        if slot is not None and self._books.reserve(slot):
            expires_at = self._books.now + self._constants.reservation_expires_after
            self._agenda.keep_reserved(task, expires_at)

    def _ended(self, task: Task, reason: Reason) -> TaskEnded:
        return TaskEnded(at=self._books.now, task=task._id, pool=task.pool, state=task._state, reason=reason)
