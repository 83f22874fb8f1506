"""What observations about tasks change: submissions, confirmations, cancellations and ends of phases."""

from policies.control.agenda import Agenda
from policies.control.lives import Lives
from policies.control.misfits import Misfits
from policies.decisions import Reason, RolledBack
from policies.errors import FAILURES, fault_of
from policies.lifecycles import TASK, TaskEvent, Verdict
from policies.observations import (
    DispatchFailed,
    PhaseEnded,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.observed.books import Books
from policies.observed.task import Task
from policies.rules.dispatch import DispatchRule, is_wait
from policies.vocabulary import Outcome, Phase, Seconds, TaskKind, TaskState

# Members of an enumeration are slow to look up, and these are asked for at every end of a phase.
_PLANNING = TaskState.PLANNING
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_PLANNED = TaskEvent.PLANNED
_RUNNING_IN = {Phase.PLAN: TaskState.PLANNING, Phase.APPLY: TaskState.APPLYING}

_ENDS = {
    Outcome.DONE: TaskEvent.SUCCEEDED,
    Outcome.CHANGES: TaskEvent.SUCCEEDED,
    Outcome.FAILED: TaskEvent.FAILED,
    Outcome.ABORTED: TaskEvent.FAILED,
}
"""The event that an execution's outcome is for its task."""
_ENDS_BEFORE_APPLY = {
    **_ENDS,
    Outcome.DONE: TaskEvent.NOTHING_TO_APPLY,
    Outcome.CHANGES: TaskEvent.PLANNED,
}
"""The same for the plan of a plan_and_apply."""


class FoldTasks:
    """One method per observation about a task."""

    def __init__(
        self, books: Books, agenda: Agenda, misfits: Misfits, lives: Lives, dispatch: DispatchRule
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._misfits = misfits
        self._lives = lives
        self._dispatch = dispatch

    def submitted(self, event: TaskSubmitted) -> None:
        """A new row, pending; its workspace is tried at once."""
        books = self._books
        known = books.tasks.get(event.task)
        if known is not None:
            self._misfits.record(event, str(event.task), known._state, Verdict.REPEATED)
            return
        home, pool = books.workspaces.get(event.workspace), books.pools.get(event.pool)
        if pool is None or (home is not None and home._pool is not pool):
            self._misfits.record(event, str(event.task), f"no pool {event.pool} for it", Verdict.IMPOSSIBLE)
            return
        if home is None:
            home = books.new_workspace(event.workspace, pool)
        books.enter_task(event.task, home, event.kind, books.now)
        self._agenda.prompt[home] = None

    def confirmed(self, event: TaskConfirmed) -> None:
        """A planned task may apply; a second confirmation is recorded as repeated."""
        task = self._misfits.task(event, event.task)
        if task is None:
            return
        if task._confirmed_at is not None:
            self._misfits.record(event, str(task._id), task._state, Verdict.REPEATED)
        elif self._books.move_task(task, TaskEvent.CONFIRMED):
            task._confirmed_at = self._books.now
            task._confirmed_by = event.by
            self._agenda.wake(task._home)
        else:
            self._misfits.refuse(event, str(task._id), TASK, task._state, TaskEvent.CONFIRMED)

    def cancelled(self, event: TaskCancelled) -> None:
        """The task is over; if it was running, its agent is told, and its slot waits for the answer."""
        task = self._misfits.task(event, event.task)
        if task is None:
            return
        was_running = task._state.is_running
        if not self._books.move_task(task, TaskEvent.CANCELLED):
            self._misfits.refuse(event, str(task._id), TASK, task._state, TaskEvent.CANCELLED)
            return
        if was_running:
            # The slot stays held until the agent has let go: an aborted apply may still be writing.
            task._home._stopping[task._id] = task
            self._lives.abort(task, Reason.CANCELLED)
        else:
            self._books.free(task)
        self._lives.over(task)

    def phase_ended(self, event: PhaseEnded) -> None:
        """The row moves on; the slot is freed, or kept for the apply of a plan with changes."""
        task = self._books.tasks.get(event.task) or self._misfits.task(event, event.task)
        if task is None:
            return
        state = task._state
        if state is not _RUNNING_IN[event.phase] or event.attempt != task._attempt:
            self._ended_out_of_turn(event, task)
            return
        has_apply = task._kind is _PLAN_AND_APPLY and state is _PLANNING
        cause = (_ENDS_BEFORE_APPLY if has_apply else _ENDS)[event.outcome]
        books, home = self._books, task._home
        books.move_task(task, cause)
        task._failed_sends = 0
        if cause is _PLANNED:
            task._planned_on = event.pod
            books.runs_no_more(task)
            self._lives.reserve_slot(task)
            books.lock(home, task)
        else:
            books.vacate(task)
            if home._lock is task:
                books.unlock(home, task)
        self._agenda.prompt[home] = None

    def _ended_out_of_turn(self, event: PhaseEnded, task: Task) -> None:
        """An end that the row does not wait for; it still frees what a cancelled task was holding."""
        same_attempt = event.attempt == task._attempt
        if task._state is TaskState.CANCELLED and self.let_go(task, event.attempt):
            return
        if same_attempt and (not TASK[task._state] or task._state is TaskState.APPLY_PENDING):
            self._misfits.record(event, str(task._id), task._state, Verdict.REPEATED)
        elif (
            not TASK[task._state] or event.attempt < task._attempt or (same_attempt and _was_taken_back(task))
        ):
            self._misfits.record(event, str(task._id), task._state, Verdict.LATE)
        else:
            self._misfits.record(event, str(task._id), task._state, Verdict.IMPOSSIBLE)

    def let_go(self, task: Task, attempt: int) -> bool:
        """A cancelled task's last attempt is over: its place is free; False if it had none any more."""
        pod = self._books.pods.get(task._pod) if task._pod is not None else None
        runs = pod is not None and task._id in pod._tasks
        if attempt != task._attempt or not (runs or task._slot is not None):
            return False
        self._lives.has_stopped(task)
        return True

    def _back_off(self, task: Task) -> Seconds:
        asked, expected = f"back_off({task._failed_sends})", "a time to wait, at least 1 µs"
        try:
            wait = self._dispatch.back_off(task._failed_sends)
        except FAILURES as error:
            raise fault_of(self._dispatch, self._books.now, asked, error, expected) from error
        if not is_wait(wait):
            raise fault_of(self._dispatch, self._books.now, asked, wait, expected)
        return wait

    def dispatch_failed(self, event: DispatchFailed) -> None:
        """The row and the booking are taken back; the next send waits for its back-off."""
        task = self._misfits.task(event, event.task)
        if task is None:
            return
        if event.attempt > task._attempt:
            self._misfits.record(event, str(task._id), task._state, Verdict.IMPOSSIBLE)
            return
        if task._state is TaskState.CANCELLED and self.let_go(task, event.attempt):
            return
        if not task._state.is_running or event.attempt != task._attempt:
            self._misfits.record(event, str(task._id), task._state, Verdict.LATE)
            return
        lost_race = event.reason == Reason.AGENT_AT_CAPACITY
        self.roll_back(task, Reason.LOST_RACE if lost_race else Reason.SEND_FAILED)

    def roll_back(self, task: Task, reason: Reason) -> None:
        """The running attempt of the task never began: row and booking go back, and a back-off begins."""
        applying = task._state is TaskState.APPLYING
        self._books.move_task(task, TaskEvent.ROLLED_BACK)
        if applying and task._pod == task._planned_on:
            self._books.runs_no_more(task)
            self._lives.reserve_slot(task)  # the plan's place is kept until its apply really starts
        else:
            self._books.vacate(task)
        task._failed_sends += 1
        now = self._books.now
        wait = self._dispatch.retry_lost_race if reason is Reason.LOST_RACE else self._back_off(task)
        task._not_before = now + wait
        self._books.journal.append(
            RolledBack(
                at=now,
                task=task._id,
                pool=task.pool,
                attempt=task._attempt,
                reason=reason,
                retry_at=self._agenda.retry(task._home, task._not_before),
            )
        )


def _was_taken_back(task: Task) -> bool:
    """Whether the task waits to be planned again, after a plan of it was sent."""
    return task._state is TaskState.PENDING and task._attempt > 0
