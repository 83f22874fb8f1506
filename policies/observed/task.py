"""A task's row in the store: what a restart of the control plane does not lose."""

from policies.observed.readonly import reads
from policies.vocabulary import Phase, PodName, Seconds, TaskId, TaskKind, TaskState


class Task:
    """A row of the task table. Read-only to policies; `Fold` and the dispatcher write it."""

    __slots__ = (
        "_attempt",
        "_completed_at",
        "_confirmed_at",
        "_confirmed_by",
        "_created_at",
        "_failed_sends",
        "_id",
        "_kind",
        "_not_before",
        "_planned_on",
        "_pod",
        "_pool",
        "_slot",
        "_started_at",
        "_state",
        "_workspace",
    )

    id: TaskId = reads("_id", "Monotone id: a lower one was submitted earlier.")
    pool: str = reads("_pool", "The pool that the task's workspace belongs to.")
    workspace: str = reads("_workspace", "The task's workspace.")
    kind: TaskKind = reads("_kind", "What the task does.")
    state: TaskState = reads("_state", "The task's state in the store.")
    pod: PodName | None = reads("_pod", "The pod it was last sent to; None before, and once rolled back.")
    slot: int | None = reads("_slot", "The slot it holds on `pod`; None if it holds none.")
    planned_on: PodName | None = reads("_planned_on", "The pod whose plan waits for its apply.")
    created_at: float = reads("_created_at", "When the control plane learned of it (s).")
    started_at: float | None = reads("_started_at", "When it was first sent (s).")
    completed_at: float | None = reads("_completed_at", "When it reached a terminal state (s).")
    confirmed_at: float | None = reads("_confirmed_at", "When a person confirmed its apply (s).")
    confirmed_by: str | None = reads("_confirmed_by", "Who confirmed its apply.")
    attempt: int = reads("_attempt", "How often it was sent, both phases together.")
    failed_sends: int = reads("_failed_sends", "Sends that failed in a row (drives the send back-off).")

    def __init__(
        self, task: TaskId, *, pool: str, workspace: str, kind: TaskKind, created_at: float
    ) -> None:
        self._id = task
        self._pool = pool
        self._workspace = workspace
        self._kind = kind
        self._state = TaskState.PENDING
        self._pod: PodName | None = None
        self._slot: int | None = None
        self._planned_on: PodName | None = None
        self._created_at = created_at
        self._started_at: float | None = None
        self._completed_at: float | None = None
        self._confirmed_at: float | None = None
        self._confirmed_by: str | None = None
        self._attempt = 0
        self._failed_sends = 0
        self._not_before: Seconds = 0.0

    @property
    def next_phase(self) -> Phase:
        """The phase that the next dispatch of this task executes."""
        return Phase.APPLY if self._state is TaskState.APPLY_PENDING else Phase.PLAN

    @property
    def is_confirmed_apply(self) -> bool:
        """Planned, has changes, and a person said yes: it may be sent without further question."""
        return self._state is TaskState.APPLY_PENDING and self._confirmed_at is not None

    def __repr__(self) -> str:
        return f"<task {self._id} {self._kind} {self._state}>"
