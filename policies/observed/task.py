"""A task's row in the store: what a restart of the control plane does not lose."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from policies.observed.readonly import reads
from policies.vocabulary import Phase, PodName, TaskId, TaskKind, TaskState

if TYPE_CHECKING:
    from policies.observed.workspace import Workspace

_APPLY_PENDING = TaskState.APPLY_PENDING
_PLAN = Phase.PLAN
_APPLY = Phase.APPLY


class Task(msgspec.Struct, eq=False):
    """A row of the task table. Read-only to policies; only `policies.control` writes it.

    A struct and not a slotted class because hundreds of thousands are made, with fifteen fields each.
    """

    _id: TaskId
    _home: "Workspace"
    _kind: TaskKind
    _created_at: float
    _state: TaskState = TaskState.PENDING
    _pod: PodName | None = None
    _slot: int | None = None
    _planned_on: PodName | None = None
    _started_at: float | None = None
    _completed_at: float | None = None
    _confirmed_at: float | None = None
    _confirmed_by: str | None = None
    _attempt: int = 0
    _failed_sends: int = 0
    _not_before: float = 0.0
    _sent_at: float = 0.0  # of the last attempt; kept only for a dispatch rule that asks after it

    id: ClassVar[TaskId] = reads("_id", "Monotone id: a lower one was submitted earlier.")
    pool: ClassVar[str] = reads("_home._pool._name", "The pool that serves its workspace.")
    workspace: ClassVar[str] = reads("_home._name", "The task's workspace.")
    kind: ClassVar[TaskKind] = reads("_kind", "What the task does.")
    state: ClassVar[TaskState] = reads("_state", "The task's state in the store.")
    pod: ClassVar[PodName | None] = reads(
        "_pod", "The pod it was last sent to or, in vain, booked on; None before."
    )
    slot: ClassVar[int | None] = reads("_slot", "The slot it holds on `pod`; None if none.")
    planned_on: ClassVar[PodName | None] = reads("_planned_on", "The pod whose plan waits for its apply.")
    created_at: ClassVar[float] = reads("_created_at", "When the control plane learned of it (s).")
    started_at: ClassVar[float | None] = reads("_started_at", "When it was first sent (s).")
    completed_at: ClassVar[float | None] = reads("_completed_at", "When it reached a terminal state (s).")
    confirmed_at: ClassVar[float | None] = reads("_confirmed_at", "When a person confirmed its apply (s).")
    confirmed_by: ClassVar[str | None] = reads("_confirmed_by", "Who confirmed its apply.")
    attempt: ClassVar[int] = reads("_attempt", "How often it was sent, both phases together.")
    failed_sends: ClassVar[int] = reads(
        "_failed_sends", "Sends that failed in a row (drives the send back-off)."
    )

    @property
    def next_phase(self) -> Phase:
        """The phase that the next dispatch of this task executes."""
        return _APPLY if self._state is _APPLY_PENDING else _PLAN

    @property
    def is_confirmed_apply(self) -> bool:
        """Planned, has changes, and a person said yes: it may be sent without further question."""
        return self._state is _APPLY_PENDING and self._confirmed_at is not None

    def __repr__(self) -> str:
        return f"<task {self._id} {self._kind} {self._state}>"
