"""Tasks as the store has them, workspaces with their locks, and which tasks are runnable.

Made from what the log says of rows (`TaskSubmitted`, `TaskMoved`), not from the control plane's own
books: what is checked must not be judged by itself.
"""

from collections.abc import Iterator
from heapq import heappop, heappush

from policies.vocabulary import RUNNING, TaskKind, TaskState

_PENDING = TaskState.PENDING
_APPLY_PENDING = TaskState.APPLY_PENDING
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_OPEN = frozenset({_PENDING, _APPLY_PENDING, *RUNNING})


class Row:
    """One task's row."""

    __slots__ = ("confirmed_at", "id", "kind", "pool", "runnable_since", "state", "workspace")

    def __init__(self, number: int, workspace: "WorkspaceRows", kind: TaskKind) -> None:
        self.id = number
        self.workspace = workspace
        self.pool = workspace.pool
        self.kind = kind
        self.state = _PENDING
        self.confirmed_at: float | None = None
        self.runnable_since: float | None = None
        """Since when it is runnable without a break (float s); None if it is not."""

    @property
    def is_open(self) -> bool:
        """Pending, running or between plan and apply."""
        return self.state in _OPEN

    @property
    def is_plan_and_apply(self) -> bool:
        return self.kind is _PLAN_AND_APPLY

    @property
    def is_running(self) -> bool:
        """What the platform calls running."""
        return self.state in RUNNING


class WorkspaceRows:
    """The open rows of one workspace, and who holds its lock."""

    __slots__ = (
        "_open_plan_and_applies",
        "is_open_for_plans",
        "lock",
        "name",
        "open",
        "plans",
        "pool",
        "runnable_rows",
        "stopping",
    )

    def __init__(self, name: str, pool: str) -> None:
        self.name = name
        self.pool = pool
        self.open: dict[int, Row] = {}
        self.plans: dict[int, Row] = {}
        """Pending plans and drift checks."""
        self.lock: Row | None = None
        self.is_open_for_plans = True
        """Whether its pending plans were runnable when that was last looked at."""
        self.runnable_rows: dict[int, Row] = {}
        """Its runnable tasks but for pending plans, when that was last looked at."""
        self.stopping: set[int] = set()
        """Its plan_and_applies that are over in the store and still run, in truth."""
        self._open_plan_and_applies: list[int] = []

    def enter(self, row: Row) -> None:
        """A new row, pending."""
        self.open[row.id] = row
        if row.is_plan_and_apply:
            heappush(self._open_plan_and_applies, row.id)
        else:
            self.plans[row.id] = row

    def moved(self, row: Row, after: TaskState) -> None:
        """The row's state changed: its place in the orders, and the lock."""
        row.state = after
        if after not in _OPEN:
            self.open.pop(row.id, None)
        elif row.id not in self.open:  # a strange log: what is over is over
            self.enter(row)
        if not row.is_plan_and_apply:
            if after is _PENDING:
                self.plans[row.id] = row
            else:
                self.plans.pop(row.id, None)
        elif after is _APPLY_PENDING and self.lock is None:
            self.lock = row
        elif after not in _OPEN and self.lock is row:
            planned = (each for each in self.open.values() if each.state is _APPLY_PENDING)
            self.lock = min(planned, key=lambda each: each.id, default=None)

    def first_plan_and_apply(self) -> Row | None:
        """The open plan_and_apply with the lowest id."""
        heap = self._open_plan_and_applies
        while heap and heap[0] not in self.open:
            heappop(heap)
        return self.open[heap[0]] if heap else None

    def runnable(self, *, one_at_a_time: bool) -> Iterator[Row]:
        """Its runnable tasks but for pending plans, for which `plans_are_runnable` speaks.

        A pending plan_and_apply is runnable if no lower-id one is open, none that is over still runs, and
        nobody holds the lock; an apply, once it is confirmed and owns the lock.
        """
        owner = self.lock
        if owner is not None:
            if owner.state is _APPLY_PENDING and owner.confirmed_at is not None:
                yield owner
        elif one_at_a_time:
            oldest = min(self.open.values(), key=lambda each: each.id, default=None)
            if oldest is not None and not any(each.state is not _PENDING for each in self.open.values()):
                yield oldest
        elif not self.stopping:
            first = self.first_plan_and_apply()
            if first is not None and first.state is _PENDING:
                yield first

    def plans_are_runnable(self, *, one_at_a_time: bool) -> bool:
        """Whether all its pending plans and drift checks are runnable: only the lock can hold them back."""
        return self.lock is None and not one_at_a_time
