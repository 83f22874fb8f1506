"""A workspace: its lock, and its tasks in the orders that queue rules ask for.

Each order is a heap of ids with lazy removal: an id counts only while its task is in the state that the
heap is about, so a state change costs O(log tasks) and the oldest is at the top.
"""

import heapq
from collections.abc import Callable

from policies.observed.readonly import reads
from policies.observed.task import Task
from policies.vocabulary import TaskId, TaskKind, TaskState

_OPEN = frozenset(
    {TaskState.PENDING, TaskState.PLANNING, TaskState.APPLY_PENDING, TaskState.APPLYING}
)


def _is_open(task: Task) -> bool:
    return task._state in _OPEN


def _is_pending(task: Task) -> bool:
    return task._state is TaskState.PENDING


class Workspace:
    """What a queue rule may ask about one workspace."""

    __slots__ = (
        "_apply_pending",
        "_last_block",
        "_lock",
        "_name",
        "_open",
        "_open_plan_and_applies",
        "_pending",
        "_pool",
        "_retry_at",
        "_rows",
        "_running",
        "_unblocked",
    )

    name: str = reads("_name", "The workspace's name.")
    pool: str = reads("_pool", "The pool that serves it.")
    running: int = reads("_running", "How many of its tasks are planning or applying.")
    apply_pending: int = reads("_apply_pending", "How many of its tasks wait between plan and apply.")

    def __init__(self, name: str, pool: str) -> None:
        self._name = name
        self._pool = pool
        self._lock: Task | None = None
        self._rows: dict[TaskId, Task] = {}
        self._open: list[TaskId] = []
        self._open_plan_and_applies: list[TaskId] = []
        self._pending: dict[TaskKind, list[TaskId]] = {kind: [] for kind in TaskKind}
        self._running = 0
        self._apply_pending = 0
        self._retry_at: float | None = None
        self._last_block: tuple[object, ...] | None = None
        self._unblocked: TaskKind | None = None

    @property
    def lock_owner(self) -> Task | None:
        """The task that holds the workspace's lock, from the end of its plan to its own end."""
        return self._lock

    def oldest_open(self) -> Task | None:
        """The lowest-id task in pending, running or apply_pending, of any kind."""
        return self._oldest(self._open, _is_open)

    def oldest_open_plan_and_apply(self) -> Task | None:
        """The lowest-id plan_and_apply in pending, running or apply_pending."""
        return self._oldest(self._open_plan_and_applies, _is_open)

    def oldest_pending(self, kind: TaskKind) -> Task | None:
        """The lowest-id pending task of this kind."""
        return self._oldest(self._pending[kind], _is_pending)

    def confirmed_apply(self) -> Task | None:
        """The apply that a person confirmed and that owns the lock, if it waits to be sent."""
        owner = self._lock
        return owner if owner is not None and owner.is_confirmed_apply else None

    def _enter(self, task: Task) -> None:
        self._rows[task._id] = task
        heapq.heappush(self._open, task._id)
        if task._kind is TaskKind.PLAN_AND_APPLY:
            heapq.heappush(self._open_plan_and_applies, task._id)
        self._enter_pending(task)

    def _enter_pending(self, task: Task) -> None:
        heapq.heappush(self._pending[task._kind], task._id)

    def _oldest(self, heap: list[TaskId], counts: Callable[[Task], bool]) -> Task | None:
        rows = self._rows
        while heap:
            task = rows.get(heap[0])
            if task is not None and counts(task):
                return task
            heapq.heappop(heap)
        return None
