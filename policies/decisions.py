"""Why the control plane did what it did, or did nothing: values, made at the moment of the decision.

Explanations are rendered from these and never reconstructed afterwards. Every number that a rule looked at
is in its decision. A decision that repeats the one before it (the autoscaler holding for the same reason,
a task blocked by the same task) is not recorded again.
"""

import math
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from policies.lifecycles import SlotEvent, TaskEvent, Verdict
from policies.observations import snake_case
from policies.vocabulary import Phase, PodName, TaskId, TaskState


class Reason(StrEnum):
    """Why a pod was refused, a task held back, a dispatch undone, or a pool resized."""

    # placement: why not this pod (or these)
    NO_PODS = "no_pods"
    NO_FREE_SLOT = "no_free_slot"
    SLOT_ZERO_TAKEN = "slot_zero_taken"
    PLAN_AND_APPLY_RUNNING = "plan_and_apply_running"
    TASK_RUNNING_ON_POD = "task_running_on_pod"
    PLAN_AND_APPLY_ON_POD = "plan_and_apply_on_pod"
    AGENT_NOT_REGISTERED_YET = "agent_not_registered_yet"
    HEARTBEAT_STALE = "heartbeat_stale"
    NEVER_HEARD_FROM = "never_heard_from"
    NOT_CONNECTED = "not_connected"
    AGENT_AT_CAPACITY = "agent_at_capacity"
    NO_REASON_GIVEN = "no_reason_given"
    # queue: why nothing of this workspace may go
    WORKSPACE_LOCKED = "workspace_locked"
    BLOCKED_BY_LOWER_ID = "blocked_by_lower_id"
    SOMETHING_RUNNING = "something_running"
    STILL_STOPPING = "still_stopping"
    # dispatch: why a booking was undone
    NO_AGENT_CONNECTED = "no_agent_connected"
    AGENT_NOT_KNOWN = "agent_not_known"
    SEND_FAILED = "send_failed"
    DISPATCH_LOST = "dispatch_lost"
    LOST_RACE = "lost_race"
    # lives of tasks and slots
    POD_LOST = "pod_lost"
    AGENT_LOST = "agent_lost"
    AGENT_RESTARTED = "agent_restarted"
    PHASE_TIMEOUT = "phase_timeout"
    RESERVATION_EXPIRED = "reservation_expired"
    CANCELLED = "cancelled"
    # capacity
    COLD_START = "cold_start"
    NOTHING_TO_DO = "nothing_to_do"
    PENDING_TASKS = "pending_tasks"
    OPEN_TASKS = "open_tasks"
    RESERVED_SLOTS = "reserved_slots"
    UTILISATION_HIGH = "utilisation_high"
    UTILISATION_LOW = "utilisation_low"
    UTILISATION_BETWEEN = "utilisation_between"
    NO_POD_FREE_OF_TASKS = "no_pod_free_of_tasks"
    NEED_EXCEEDS_PODS = "need_exceeds_pods"
    HELD_FOR_UNBLOCKED_TASKS = "held_for_unblocked_tasks"
    HELD_FOR_WAITING_TASKS = "held_for_waiting_tasks"
    NOTHING_WAITS = "nothing_waits"
    HELD_FOR_APPLY_PENDING = "held_for_apply_pending"
    POD_ENDED = "pod_ended"
    BY_RULE = "by_rule"  # for a user's rule, whose numbers say the rest
    NOTHING_CONNECTED = "nothing_connected"


Numbers: TypeAlias = Mapping[str, float | int | bool]
"""What a rule compared, by name with its unit (`heartbeat_age_s`, `limit_s`, `pending`)."""
NO_NUMBERS: Final[Numbers] = {}
"""One for all that compared none."""
_BEYOND: Final = 1e300
"""No rule measures so much, and a whole number with thousands of digits cannot be written."""
_PLAIN = (int, float, bool)  # their subclasses, NumPy's for example, cannot be written


def is_explained(reason: object, numbers: object) -> bool:
    """Whether a rule's reason and numbers are what a record can hold: plain numbers by name.

    NaN and minus infinity are none, as the JSON form has neither; a name is text that can be written.
    """
    if not isinstance(reason, Reason) or type(numbers) is not dict:
        return False
    for name, value in numbers.items():
        if type(name) is not str or type(value) not in _PLAIN:
            return False
        if not (-_BEYOND < value < _BEYOND or value == math.inf):
            return False
        if not (name.isascii() or _is_writable(name)):
            return False
    return True


def _is_writable(name: str) -> bool:
    """Whether a name is text, and no half of a letter is in it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class Decision(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=snake_case):
    """Something the control plane decided at `at` (float s)."""

    at: float


class PodRefusal(msgspec.Struct, frozen=True, gc=False):
    """One pod, or `pods` of them with the same reason, that placement passed over.

    `numbers` are what the rule compared, named with their unit (`heartbeat_age_s`, `limit_s`).
    """

    pod: PodName | None
    reason: Reason
    numbers: Numbers
    pods: int = 1


class Placed(Decision, frozen=True):
    """A slot was booked for a task (`slot` None: sent to an agent without a booking)."""

    task: TaskId
    phase: Phase
    pool: str
    pod: PodName
    slot: int | None
    rule: str
    heartbeat_age_s: float | None


class Refused(Decision, frozen=True):
    """No pod could take the task; it is tried again at `retry_at` (float s) at the latest."""

    task: TaskId
    pool: str
    workspace: str
    rule: str
    refusals: tuple[PodRefusal, ...]
    retry_at: float

    @property
    def main_reason(self) -> Reason:
        """The reason that most of the pods passed over had; the first of them if they are even."""
        pods: Counter[Reason] = Counter()
        for refusal in self.refusals:
            pods[refusal.reason] += max(refusal.pods, 1)
        return pods.most_common(1)[0][0] if pods else Reason.NO_REASON_GIVEN


class Released(Decision, frozen=True):
    """A booking was undone before anything was sent, because nobody was there to send it to."""

    task: TaskId
    pool: str
    pod: PodName
    slot: int | None
    rule: str
    reason: Reason
    retry_at: float


class Blocked(Decision, frozen=True):
    """The queue rule lets nothing of this workspace go; `by` is the task in the way, where there is one."""

    workspace: str
    pool: str
    rule: str
    reason: Reason
    by: TaskId | None


class RolledBack(Decision, frozen=True):
    """A dispatch failed: the row went back, the slot was freed, the next try is at `retry_at` (float s)."""

    task: TaskId
    pool: str
    attempt: int
    reason: Reason
    retry_at: float


class Doubted(Decision, frozen=True):
    """A phase was sent to the pod `age_s` ago, and nobody heard of its end: its agent is asked.

    `limit_s` is the age at which the rule begins to doubt. Others on the pod may be as old.
    """

    task: TaskId
    pool: str
    pod: PodName
    attempt: int
    rule: str
    age_s: float
    limit_s: float


class TaskEnded(Decision, frozen=True):
    """The control plane itself ended a task or put it back, rather than its agent."""

    task: TaskId
    pool: str
    state: str
    reason: Reason


class TaskMoved(Decision, frozen=True):
    """A task's row changed its state."""

    task: TaskId
    before: TaskState
    after: TaskState
    cause: TaskEvent


class SlotMoved(Decision, frozen=True):
    """A slot was booked, reserved, activated or freed; `task` is who holds it, or held it until now."""

    pool: str
    pod: PodName
    slot: int
    cause: SlotEvent
    task: TaskId


class Scaled(Decision, frozen=True):
    """What the autoscaler wants: `desired` pods where there are `pods`, and the numbers it looked at."""

    pool: str
    rule: str
    pods: int
    desired: int
    reason: Reason
    numbers: Numbers


class PodChosen(Decision, frozen=True):
    """A pod was chosen for deletion."""

    pool: str
    pod: PodName
    rule: str
    reason: Reason


class ConnectionCut(Decision, frozen=True):
    """The server check cut a connection whose last heartbeat is too old."""

    pool: str
    pod: PodName
    heartbeat_age_s: float
    limit_s: float


class Recovered(Decision, frozen=True):
    """What recovery restored on one pod after a restart: slots bound again to the tasks that hold them."""

    pool: str
    pod: PodName
    rule: str
    tasks: tuple[TaskId, ...]


class Anomaly(Decision, frozen=True):
    """An observation that did not fit, counted and otherwise ignored."""

    observation: str
    subject: str
    state: str
    verdict: Verdict


AnyDecision: TypeAlias = (
    Placed
    | Refused
    | Released
    | Blocked
    | RolledBack
    | Doubted
    | TaskEnded
    | TaskMoved
    | SlotMoved
    | Scaled
    | PodChosen
    | ConnectionCut
    | Recovered
    | Anomaly
)
