"""Q: which task of a workspace may go next.

Three generations of one rule. They differ in what blocks what, and in whether a confirmed apply is
a candidate of the queue (Q7) or is driven by its confirmation (Q1, Q8).
"""

from typing import ClassVar

from policies.decisions import Reason
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.rules.base import Rule
from policies.vocabulary import TaskKind, TaskState

_PENDING = TaskState.PENDING
_PLAN = TaskKind.PLAN
_DRIFT_CHECK = TaskKind.DRIFT_CHECK
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY

Block = tuple[Reason, Task | None]
"""Why nothing of a workspace may go, and the task that is in the way, if there is one."""


class QueueRule(Rule, frozen=True):
    """Chooses the next task of a workspace."""

    family: ClassVar[str] = "queue"
    drives_confirmed_applies: ClassVar[bool] = True
    """Whether `next_task` yields confirmed applies; otherwise the controller sends them itself."""

    def next_task(self, workspace: Workspace) -> Task | Block | None:
        """The task to place now; why there is none although some wait; or None if none waits."""
        raise NotImplementedError

    def instead_of(self, task: Task, workspace: Workspace) -> Task | None:
        """Another task to place now, as `task` has to wait for a place; None if those behind wait with it."""
        return None


class Q7(QueueRule, frozen=True):
    """Seed era: plans are independent of everything; a plan_and_apply waits for lower-id ones.

    Oldest plan_and_apply first, then oldest plan, then oldest drift check. A locked workspace
    yields nothing but the confirmed apply that owns the lock.
    """

    def next_task(self, workspace: Workspace) -> Task | Block | None:
        owner = workspace.lock_owner
        if owner is not None:
            confirmed = workspace.confirmed_apply()
            return confirmed if confirmed is not None else (Reason.WORKSPACE_LOCKED, owner)
        first = workspace.oldest_open_plan_and_apply()
        if first is not None and first.state is _PENDING:
            return first
        plan = workspace.oldest_pending(_PLAN) or workspace.oldest_pending(_DRIFT_CHECK)
        if plan is not None:
            return plan
        waiting = first is not None and workspace.oldest_pending(_PLAN_AND_APPLY)
        return (Reason.BLOCKED_BY_LOWER_ID, first) if waiting else None


class Q8(Q7, frozen=True):
    """Later: as Q7, but only pending tasks are candidates; the confirmation itself drives an apply.

    An unconfirmed apply is refused wherever it comes from, so no restart or monitor can stand in
    for the person who has to confirm.
    """

    drives_confirmed_applies: ClassVar[bool] = False

    def next_task(self, workspace: Workspace) -> Task | Block | None:
        if workspace.lock_owner is not None:
            return (Reason.WORKSPACE_LOCKED, workspace.lock_owner)
        return Q7.next_task(self, workspace)


class Q1(QueueRule, frozen=True):
    """First design: anything running, or an apply that waits, blocks the whole workspace; oldest
    first.
    """

    drives_confirmed_applies: ClassVar[bool] = False

    def next_task(self, workspace: Workspace) -> Task | Block | None:
        waiting = [task for kind in TaskKind if (task := workspace.oldest_pending(kind)) is not None]
        if not waiting:
            return None
        if workspace.apply_pending:
            return (Reason.WORKSPACE_LOCKED, workspace.lock_owner)
        if workspace.running:
            return (Reason.SOMETHING_RUNNING, workspace.oldest_open())
        return min(waiting, key=lambda task: task.id)


class Q9(Q7, frozen=True):
    """Ours: as Q7, but a plan does not wait behind a plan_and_apply that has to wait itself.

    The two want different places, so one that finds none is no reason to leave an idle slot unused. A
    plan_and_apply also waits for one that was cancelled until its agent has let go: it may still be applying.
    """

    def next_task(self, workspace: Workspace) -> Task | Block | None:
        choice = Q7.next_task(self, workspace)
        if not isinstance(choice, Task) or choice.kind is not _PLAN_AND_APPLY:
            return choice
        stopping = workspace.stopping_plan_and_apply()
        if stopping is None:
            return choice
        return self.instead_of(choice, workspace) or (Reason.STILL_STOPPING, stopping)

    def instead_of(self, task: Task, workspace: Workspace) -> Task | None:
        if task.kind is not _PLAN_AND_APPLY or workspace.lock_owner is not None:
            return None
        return workspace.oldest_pending(_PLAN) or workspace.oldest_pending(_DRIFT_CHECK)
