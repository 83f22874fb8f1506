"""Who waits for a place: workspaces some of whose tasks were tried and found none, longest first.

Two lines, as there are two kinds of places: a plan_and_apply may want a pod for itself, a plan takes a slot.
Entries are removed lazily: a workspace stands in a line until somebody looks and finds nothing of it waiting.
"""

from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import TaskKind, TaskState

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_PENDING = TaskState.PENDING


class Line:
    """Workspaces that wait for one kind of place, in the order in which they began to."""

    __slots__ = ("_of_applies", "members", "sweep_at")

    def __init__(self, *, of_applies: bool) -> None:
        self._of_applies = of_applies
        self.members: dict[Workspace, None] = {}
        """Whoever joins puts itself in, and sweeps the line when it is longer than `sweep_at`."""
        self.sweep_at = 64

    def first(self) -> Workspace | None:
        """The workspace that has waited longest and still does."""
        while self.members:
            workspace = next(iter(self.members))
            if self.count_of(workspace):
                return workspace
            del self.members[workspace]
        return None

    def count_of(self, workspace: Workspace) -> int:
        """How many tasks of the workspace wait for this kind of place."""
        return applies_waiting(workspace) if self._of_applies else plans_waiting(workspace)

    def sweep(self) -> None:
        """Drop those who wait no more; half of those who stand here have joined since that was done last."""
        self.members = {workspace: None for workspace in self.members if self.count_of(workspace)}
        self.sweep_at = 2 * len(self.members) + 64


class Waiting:
    """The two lines of a pool. What is counted is right once all who are awake have been tried."""

    __slots__ = ("applies", "plans")

    def __init__(self) -> None:
        self.applies = Line(of_applies=True)
        self.plans = Line(of_applies=False)

    def join(self, task: Task) -> None:
        """The task found no place."""
        line = self.applies if task._kind is _PLAN_AND_APPLY else self.plans
        members = line.members
        members[task._home] = None
        if len(members) > line.sweep_at:
            line.sweep()

    def counts(self) -> tuple[int, int]:
        """How many tasks wait: a plan_and_apply or its confirmed apply, and a plan or drift check."""
        members = self.applies.members | self.plans.members
        return sum(map(applies_waiting, members)), sum(map(plans_waiting, members))


def applies_waiting(workspace: Workspace) -> int:
    """Its confirmed apply, or its lowest-id plan_and_apply if that is pending: one at most."""
    if workspace._lock is not None:
        return int(workspace.confirmed_apply() is not None)
    first = workspace.oldest_open_plan_and_apply()
    return int(first is not None and first._state is _PENDING and not workspace.stopping_plan_and_apply())


def plans_waiting(workspace: Workspace) -> int:
    """Its pending plans and drift checks; none while it is locked."""
    return 0 if workspace._lock is not None else workspace._plans_pending
