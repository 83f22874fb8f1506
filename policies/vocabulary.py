"""The words of the domain: kinds, states and the unit of time, each defined once.

Every state is a `StrEnum`, so a value reads the same in code, in a scenario file, in the JSON form and in
a data frame. Times are float seconds since the driver's epoch; durations are float seconds.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, extra={"unit": "s"})]
"""A duration in seconds, never negative; a rule's field of this type is written with its unit in files."""

INSTANT: Final = 1e-6
"""Seconds that are no time: a computed instant misses its true value by less, and a shorter wait is none."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A share between 0 and 1, for example a utilisation."""

TaskId = int
PodName = str


class TaskKind(StrEnum):
    """What a task does: a plan, a plan that may be applied after a person confirms it, or a drift check."""

    PLAN = "plan"
    PLAN_AND_APPLY = "plan_and_apply"
    DRIFT_CHECK = "drift_check"


class Phase(StrEnum):
    """What an agent executes at one time: the plan of any task, or the apply of a `plan_and_apply`."""

    PLAN = "plan"
    APPLY = "apply"


class Outcome(StrEnum):
    """How an execution ended, as its agent reports it."""

    DONE = "done"
    CHANGES = "changes"  # a plan of a plan_and_apply that found something to apply
    FAILED = "failed"
    ABORTED = "aborted"  # the agent was told to stop, or its pod was


class TaskState(StrEnum):
    """A task's state in the store. The platform's status `running` is `planning` or `applying` here."""

    PENDING = "pending"
    PLANNING = "planning"
    APPLY_PENDING = "apply_pending"
    APPLYING = "applying"
    SUCCESS = "success"
    PLANNED_AND_FINISHED = "planned_and_finished"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_running(self) -> bool:
        """What the platform calls `running`."""
        return self in RUNNING


RUNNING: Final = frozenset({TaskState.PLANNING, TaskState.APPLYING})
"""The states of a task that the platform calls `running`."""


class SlotState(StrEnum):
    """A slot of the slot table. `reserved` keeps a planned task's place until its apply."""

    IDLE = "idle"
    RUNNING = "running"
    RESERVED = "reserved"


class PodState(StrEnum):
    """A pod as the control plane knows it, from the create call to its disappearance."""

    REQUESTED = "requested"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TERMINATING = "terminating"
    GONE = "gone"


LEAVING: Final = frozenset({PodState.TERMINATING, PodState.GONE})
"""The states of a pod whose deletion was asked for, or that is gone."""


class RowState(StrEnum):
    """An agent's row in the `agents` table: the first of the four facts (registered over HTTP)."""

    ABSENT = "absent"
    ONLINE = "online"
    OFFLINE = "offline"


class LinkState(StrEnum):
    """An agent's command-and-control connection: the second of the four facts."""

    DOWN = "down"
    UP = "up"


class Evidence(StrEnum):
    """What refreshes the heartbeat that placement reads.

    `agent` is what the incident report intends; `list_sync` is what the platform did: every sync of the
    pod list counted as a heartbeat of each pod on it.
    """

    AGENT = "agent"
    LIST_SYNC = "list_sync"
