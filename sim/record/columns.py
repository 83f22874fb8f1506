"""The tables of a run and their columns, with meaning and unit. Times and durations are float seconds.

Truth and observation stand side by side and are told apart by name: what a column's meaning calls *true*
happened in the world; the rest is what the control plane knew or decided.
"""

from collections.abc import Mapping
from typing import Final

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "tasks": {
        "task": "id",
        "pool": "pool that serves its workspace",
        "workspace": "workspace",
        "kind": "plan, plan_and_apply or drift_check",
        "submitted_at": "s, true: when its user submitted it",
        "sent_at": "s: when it was first sent to an agent; NaN if never",
        "started_at": "s, true: when an agent first began to execute it; NaN if never",
        "wait_s": "s, true: started_at - submitted_at",
        "planned_at": "s, true: when its plan last ended; NaN if it has not",
        "confirmed_at": "s: when the control plane learned of the confirmation; NaN if it has not",
        "apply_started_at": "s, true: when an agent first began its apply; NaN if never",
        "apply_wait_s": "s: apply_started_at - confirmed_at",
        "ended_at": "s: when the control plane saw it end; NaN if it has not",
        "state": "its last state in the store",
        "attempts": "how often it was sent, both phases together",
        "refusals": "how often placement found no pod for it",
        "pod": "the pod it was last sent to; empty if never",
    },
    "phases": {
        "task": "id",
        "phase": "plan or apply",
        "attempt": "the send that caused it, from 1 for each task",
        "pod": "the pod that executed it",
        "slot": "the slot that was booked; -1 if sent without a booking",
        "started_at": "s, true",
        "ended_at": "s, true; NaN if it was still running at the end",
        "init_s": "s, true: part of it that an apply on another pod than its plan paid",
        "outcome": "true: done, changes, failed or aborted; empty if still running",
    },
    "pods": {
        "pod": "name",
        "pool": "pool",
        "requested_at": "s: when its creation was decided; NaN for a pod of a warm pool",
        "created_at": "s, true: when the create call was accepted",
        "running_at": "s, true: when its container ran",
        "registered_at": "s, true: when its agent first registered",
        "connected_at": "s, true: when its agent first connected",
        "known_to_pod_manager_at": "s, true: when `pod.AgentID` was first set",
        "delete_requested_at": "s: when its deletion was decided",
        "delete_reason": "why; empty if its deletion was never decided",
        "terminating_at": "s, true: when it got SIGTERM",
        "gone_at": "s, true: when it disappeared; NaN if it was there at the end",
        "pod_s": "s, true: from created to gone, or to the end of the run",
    },
    "slots": {
        "pod": "name",
        "slot": "index",
        "state": "running or reserved, as the slot table has it",
        "task": "who holds it",
        "since": "s",
        "until": "s; NaN if it held to the end",
    },
    "agents": {
        "pod": "name",
        "fact": "true: registered, connected, known_to_pod_manager or heartbeats",
        "since": "s",
        "until": "s; NaN if it held to the end",
    },
    "decisions": {
        "at": "s",
        "pool": "pool; empty if it concerns none",
        "decision": "what was decided, by the name of the event",
        "rule": "the rule that decided; empty if it is no rule's",
        "reason": "reason code, of a refusal the main one; empty if it needs none",
        "task": "id; -1 if it concerns none",
        "pod": "name; empty if it concerns none",
        "detail": "JSON: all of the decision's other values",
    },
    "counts": {
        "at": "s: from then on, until the next row of the pool",
        "pool": "pool",
        "pods": "true: pods that exist",
        "connected": "true: agents that are connected",
        "slots_running": "slots running, as the slot table has it",
        "slots_reserved": "slots reserved, as the slot table has it",
        "pending": "tasks pending",
        "running": "tasks planning or applying",
        "apply_pending": "tasks between plan and apply",
    },
}
"""Table -> column -> meaning."""
