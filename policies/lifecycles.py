"""The state machines of task, slot, pod and agent: one transition table each, and the reader of tables.

A table maps a state to the events that are legal in it and the state each leads to. What a table does not
list is impossible, and an impossible event changes nothing: `judge` says in which way it was impossible, and
the control plane counts and records it. Nothing here raises: an observation comes from a network.

The agent has two machines, its row and its connection, because the platform keeps them apart, and incident
609 is what happens when code treats two of an agent's facts as one. The third fact, `known_to_pod_manager`
(`pod.AgentID`), only ever goes from no to yes, and the fourth is the pod's own machine.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from policies.vocabulary import LinkState, PodState, RowState, SlotState, TaskState

Table: TypeAlias = Mapping[Any, Mapping[Any, Any]]
"""A state machine, whatever its states and events are."""


class TaskEvent(StrEnum):
    """What can happen to a task."""

    SENT = "sent"
    ROLLED_BACK = "rolled_back"
    SUCCEEDED = "succeeded"
    PLANNED = "planned"
    NOTHING_TO_APPLY = "nothing_to_apply"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REQUEUED = "requeued"


class SlotEvent(StrEnum):
    """What can happen to a slot."""

    BOOKED = "booked"
    RESERVED = "reserved"
    ACTIVATED = "activated"
    FREED = "freed"


class PodEvent(StrEnum):
    """What can happen to a pod, as seen by the control plane."""

    CREATE_ACCEPTED = "create_accepted"
    CREATE_FAILED = "create_failed"
    SEEN_PENDING = "seen_pending"
    SEEN_RUNNING = "seen_running"
    SEEN_SUCCEEDED = "seen_succeeded"
    SEEN_FAILED = "seen_failed"
    DELETE_REQUESTED = "delete_requested"
    SEEN_TERMINATING = "seen_terminating"
    SEEN_GONE = "seen_gone"


class RowEvent(StrEnum):
    """What can happen to an agent's row."""

    REGISTERED = "registered"
    PINGED = "pinged"
    SILENT = "silent"
    DELETED = "deleted"


class LinkEvent(StrEnum):
    """What can happen to an agent's connection."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CUT = "cut"


TASK: Final[Mapping[TaskState, Mapping[TaskEvent, TaskState]]] = {
    TaskState.PENDING: {
        TaskEvent.SENT: TaskState.PLANNING,
        TaskEvent.CANCELLED: TaskState.CANCELLED,
    },
    TaskState.PLANNING: {
        TaskEvent.ROLLED_BACK: TaskState.PENDING,
        TaskEvent.REQUEUED: TaskState.PENDING,
        TaskEvent.SUCCEEDED: TaskState.SUCCESS,
        TaskEvent.PLANNED: TaskState.APPLY_PENDING,
        TaskEvent.NOTHING_TO_APPLY: TaskState.PLANNED_AND_FINISHED,
        TaskEvent.FAILED: TaskState.FAILED,
        TaskEvent.CANCELLED: TaskState.CANCELLED,
    },
    TaskState.APPLY_PENDING: {
        TaskEvent.CONFIRMED: TaskState.APPLY_PENDING,
        TaskEvent.SENT: TaskState.APPLYING,
        TaskEvent.CANCELLED: TaskState.CANCELLED,
    },
    TaskState.APPLYING: {
        TaskEvent.ROLLED_BACK: TaskState.APPLY_PENDING,
        TaskEvent.SUCCEEDED: TaskState.APPLIED,
        TaskEvent.FAILED: TaskState.FAILED,
        TaskEvent.CANCELLED: TaskState.CANCELLED,
    },
    TaskState.SUCCESS: {},
    TaskState.PLANNED_AND_FINISHED: {},
    TaskState.APPLIED: {},
    TaskState.FAILED: {},
    TaskState.CANCELLED: {},
}

SLOT: Final[Mapping[SlotState, Mapping[SlotEvent, SlotState]]] = {
    SlotState.IDLE: {SlotEvent.BOOKED: SlotState.RUNNING},
    SlotState.RUNNING: {
        SlotEvent.RESERVED: SlotState.RESERVED,
        SlotEvent.FREED: SlotState.IDLE,
    },
    SlotState.RESERVED: {
        SlotEvent.ACTIVATED: SlotState.RUNNING,
        SlotEvent.FREED: SlotState.IDLE,
    },
}

_ENDINGS: Final[Mapping[PodEvent, PodState]] = {
    PodEvent.DELETE_REQUESTED: PodState.TERMINATING,
    PodEvent.SEEN_TERMINATING: PodState.TERMINATING,
    PodEvent.SEEN_GONE: PodState.GONE,
}

POD: Final[Mapping[PodState, Mapping[PodEvent, PodState]]] = {
    # A watch may outrun the answer to the create call, so a requested pod can be seen running.
    PodState.REQUESTED: {
        PodEvent.CREATE_ACCEPTED: PodState.PENDING,
        PodEvent.CREATE_FAILED: PodState.GONE,
        PodEvent.SEEN_PENDING: PodState.PENDING,
        PodEvent.SEEN_RUNNING: PodState.RUNNING,
        PodEvent.SEEN_SUCCEEDED: PodState.SUCCEEDED,
        PodEvent.SEEN_FAILED: PodState.FAILED,
        **_ENDINGS,
    },
    # Every list shows every pod, so to be seen in the phase that is known already is nothing special.
    PodState.PENDING: {
        PodEvent.SEEN_PENDING: PodState.PENDING,
        PodEvent.SEEN_RUNNING: PodState.RUNNING,
        PodEvent.SEEN_SUCCEEDED: PodState.SUCCEEDED,
        PodEvent.SEEN_FAILED: PodState.FAILED,
        **_ENDINGS,
    },
    PodState.RUNNING: {
        PodEvent.SEEN_RUNNING: PodState.RUNNING,
        PodEvent.SEEN_SUCCEEDED: PodState.SUCCEEDED,
        PodEvent.SEEN_FAILED: PodState.FAILED,
        **_ENDINGS,
    },
    PodState.SUCCEEDED: {PodEvent.SEEN_SUCCEEDED: PodState.SUCCEEDED, **_ENDINGS},
    PodState.FAILED: {PodEvent.SEEN_FAILED: PodState.FAILED, **_ENDINGS},
    # Its deletion may be asked for while its create call is in flight.
    PodState.TERMINATING: {
        PodEvent.CREATE_ACCEPTED: PodState.TERMINATING,
        PodEvent.CREATE_FAILED: PodState.GONE,
        PodEvent.SEEN_GONE: PodState.GONE,
    },
    PodState.GONE: {},
}

ROW: Final[Mapping[RowState, Mapping[RowEvent, RowState]]] = {
    RowState.ABSENT: {RowEvent.REGISTERED: RowState.ONLINE},
    RowState.ONLINE: {
        RowEvent.REGISTERED: RowState.ONLINE,  # a restarted agent process registers again
        RowEvent.PINGED: RowState.ONLINE,
        RowEvent.SILENT: RowState.OFFLINE,
        RowEvent.DELETED: RowState.ABSENT,
    },
    RowState.OFFLINE: {
        RowEvent.REGISTERED: RowState.ONLINE,
        RowEvent.PINGED: RowState.ONLINE,
        RowEvent.DELETED: RowState.ABSENT,
    },
}

LINK: Final[Mapping[LinkState, Mapping[LinkEvent, LinkState]]] = {
    LinkState.DOWN: {LinkEvent.CONNECTED: LinkState.UP},
    LinkState.UP: {
        LinkEvent.DISCONNECTED: LinkState.DOWN,
        LinkEvent.CUT: LinkState.DOWN,
    },
}

TABLES: Final[Mapping[str, Table]] = {
    "task": TASK,
    "slot": SLOT,
    "pod": POD,
    "agent row": ROW,
    "agent connection": LINK,
}


class Verdict(StrEnum):
    """In which way an observation did not fit what was known."""

    REPEATED = "repeated"  # it leads to the state that already holds
    LATE = "late"  # its subject has moved on, or is over
    IMPOSSIBLE = "impossible"  # no history leads there, or its subject was never heard of
    OUT_OF_ORDER = "out_of_order"  # it is older than one that was folded before it


def judge(table: Table, state: str, event: str) -> Verdict:
    """Say why `event` is not legal in `state` (call it only when the table does not list the pair)."""
    targets = {targets[event] for targets in table.values() if event in targets}
    if state in targets:
        return Verdict.REPEATED
    if not table[state] or any(state in _reachable(table, target) for target in targets):
        return Verdict.LATE
    return Verdict.IMPOSSIBLE


def _reachable(table: Table, start: str) -> set[str]:
    """All states that some sequence of events leads to from `start`, without `start` itself."""
    found: set[str] = set()
    open_states = [start]
    while open_states:
        for target in table[open_states.pop()].values():
            if target not in found and target != start:
                found.add(target)
                open_states.append(target)
    return found


def mermaid(name: str) -> str:
    """Draw the table `name` of `TABLES` as a Mermaid state diagram (the diagrams in `docs/` are these)."""
    lines = ["stateDiagram-v2"]
    for state, events in TABLES[name].items():
        by_target: dict[str, list[str]] = {}
        for event, target in events.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"    {state} --> {to}: {', '.join(names)}" for to, names in by_target.items()]
        if not events:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines)
