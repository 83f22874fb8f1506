"""A workspace: its lock, and its tasks in the orders that queue rules ask for.

Each order is a heap of ids with lazy removal: an id counts only while its task is in the state that the
heap is about, so a state change costs O(log tasks) and the oldest is at the top.
"""

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from policies.observed.readonly import reads
from policies.observed.task import Task
from policies.vocabulary import TaskId, TaskKind, TaskState

if TYPE_CHECKING:
    from policies.observed.pool import Pool

_PENDING = TaskState.PENDING
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY


class Workspace:
    """What a queue rule may ask about one workspace."""

    __slots__ = (
        "_apply_pending",
        "_last_block",
        "_lock",
        "_name",
        "_oldest",
        "_open",
        "_open_plan_and_applies",
        "_pending",
        "_plans_pending",
        "_pool",
        "_retry_at",
        "_rows",
        "_running",
        "_stopping",
        "_unblocked",
    )

    name: str = reads("_name", "The workspace's name.")
    pool: str = reads("_pool._name", "The pool that serves it.")
    running: int = reads("_running", "How many of its tasks are planning or applying.")
    apply_pending: int = reads("_apply_pending", "How many of its tasks wait between plan and apply.")
    lock_owner: Task | None = reads("_lock", "Who holds its lock, from the end of its plan to its own end.")

    def __init__(self, name: str, pool: "Pool") -> None:
        self._name = name
        self._pool = pool
        self._lock: Task | None = None
        self._rows: dict[TaskId, Task] = {}  # open tasks only
        self._oldest: Task | None = None
        self._open: list[TaskId] = []
        self._open_plan_and_applies: list[TaskId] = []
        self._pending: dict[TaskKind, list[TaskId]] = {kind: [] for kind in TaskKind}
        self._plans_pending = 0  # plans and drift checks
        self._running = 0
        self._stopping: dict[TaskId, Task] = {}  # cancelled while they ran, and their agents have not let go
        self._apply_pending = 0
        self._retry_at: float | None = None
        self._last_block: tuple[object, ...] | None = None
        self._unblocked: TaskKind | None = None

    def oldest_open(self) -> Task | None:
        """The lowest-id task in pending, running or apply_pending, of any kind."""
        return self._oldest

    def oldest_open_plan_and_apply(self) -> Task | None:
        """The lowest-id plan_and_apply in pending, running or apply_pending."""
        heap = self._open_plan_and_applies
        return self._top(heap) if heap else None

    def oldest_pending(self, kind: TaskKind) -> Task | None:
        """The lowest-id pending task of this kind."""
        heap, rows = self._pending[kind], self._rows
        while heap:
            task = rows.get(heap[0])
            if task is not None and task._state is _PENDING:
                return task
            heappop(heap)
        return None

    def stopping_plan_and_apply(self) -> Task | None:
        """A cancelled plan_and_apply whose agent has not let go of it yet, as far as anybody knows."""
        return next((task for task in self._stopping.values() if task._kind is _PLAN_AND_APPLY), None)

    def confirmed_apply(self) -> Task | None:
        """The apply that a person confirmed and that owns the lock, if it waits to be sent."""
        owner = self._lock
        return owner if owner is not None and owner.is_confirmed_apply else None

    def _enter(self, task: Task) -> None:
        number = task._id
        self._rows[number] = task
        heappush(self._open, number)
        if task._kind is _PLAN_AND_APPLY:
            heappush(self._open_plan_and_applies, number)
        heappush(self._pending[task._kind], number)

    def _enter_pending(self, task: Task) -> None:
        heappush(self._pending[task._kind], task._id)

    def _find_oldest(self) -> None:
        self._oldest = self._top(self._open)

    def _top(self, heap: list[TaskId]) -> Task | None:
        """The task at the top of a heap of open tasks; `_rows` holds no others."""
        rows = self._rows
        while heap:
            task = rows.get(heap[0])
            if task is not None:
                return task
            heappop(heap)
        return None
