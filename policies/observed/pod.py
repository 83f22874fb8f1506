"""A pod as the control plane knows it: its phase, its slots, and the facts about its agent, kept apart.

`row`, `connected`, `known_to_pod_manager` and the pod's own `state` are the four facts that people call
"the agent is there". Each is fed by its own observation and none is derived from another: incident 609 is
a rule that read the third where the second was meant.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from policies.observed.readonly import reads
from policies.observed.task import Task
from policies.vocabulary import (
    INSTANT,
    LEAVING,
    LinkState,
    Phase,
    PodName,
    PodState,
    RowState,
    Seconds,
    SlotState,
    TaskId,
    TaskKind,
)

if TYPE_CHECKING:
    from policies.observed.idle_pods import Queue
    from policies.observed.pool import Pool

# What stands on a pod, as bits, so that the pods a rule may take can be kept together (see `IdlePods`).
RUNS_TASK: Final = 1
RUNS_PLAN_AND_APPLY: Final = 2
HOLDS_RESERVATION: Final = 4
SLOT_ZERO_TAKEN: Final = 8
NEVER_HEARD_FROM: Final = 16

_IDLE = SlotState.IDLE
_UP = LinkState.UP


class Slot:
    """One place for a task on a pod."""

    __slots__ = ("_index", "_pod", "_state", "_task")

    pod: "Pod" = reads("_pod", "The pod that the slot is on.")
    index: int = reads("_index", "Its index on the pod, from 0.")
    state: SlotState = reads("_state", "Idle, running or reserved.")
    task: Task | None = reads("_task", "The task that holds it; None if idle.")

    def __init__(self, pod: "Pod", index: int) -> None:
        self._pod = pod
        self._index = index
        self._state = SlotState.IDLE
        self._task: Task | None = None

    def __repr__(self) -> str:
        return f"<slot {self._index} of {self._pod.name}: {self._state}>"


class Pod:
    """A pod, its slots, and what is known of its agent."""

    __slots__ = (
        "_agent_since",
        "_connected_at",
        "_created_at",
        "_freed_at",
        "_heard_at",
        "_known_at",
        "_known_to_pod_manager",
        "_link",
        "_listed",
        "_name",
        "_number",
        "_occupancy",
        "_places",
        "_plan_and_applies",
        "_pool",
        "_registered_at",
        "_reserved",
        "_row",
        "_running",
        "_silence_at",
        "_slots",
        "_state",
        "_sync_every",
        "_sync_from",
        "_tasks",
        "_train_every",
        "_train_from",
    )

    name: PodName = reads("_name", "The pod's name, unique for ever.")
    number: int = reads("_number", "Order of creation in its pool, from 1.")
    state: PodState = reads("_state", "The pod's phase as known: the fourth fact.")
    created_at: float = reads("_created_at", "When its creation was asked for (s).")
    known_at: float = reads("_known_at", "Since when this process knows of it: later after a restart (s).")
    slots: tuple[Slot, ...] = reads("_slots", "Its slots, by index.")
    row: RowState = reads("_row", "The agent's row in the store: the first fact.")
    known_to_pod_manager: bool = reads(
        "_known_to_pod_manager", "Whether `pod.AgentID` is set: the third fact."
    )
    running: int = reads("_running", "How many of its slots are running.")
    reserved: int = reads("_reserved", "How many of its slots are reserved.")

    def __init__(
        self, name: PodName, pool: "Pool", *, number: int, created_at: float, known_at: float
    ) -> None:
        self._name = name
        self._pool = pool
        self._number = number
        self._state = PodState.REQUESTED
        self._created_at = created_at
        self._known_at = known_at
        self._freed_at: float | None = None
        self._slots = tuple(Slot(self, index) for index in range(pool._slots_per_pod))
        self._places = len(self._slots)  # for tasks: none on a pod that is leaving
        self._row = RowState.ABSENT
        self._link = LinkState.DOWN
        self._known_to_pod_manager = False
        self._registered_at = -math.inf
        self._agent_since = -math.inf  # when this process of its agent registered: what ran before is gone
        self._connected_at = -math.inf
        self._heard_at = -math.inf
        self._train_from = -math.inf
        self._train_every: Seconds = 0.0
        self._sync_from = math.inf
        self._sync_every: Seconds = 0.0
        self._silence_at = math.inf
        self._running = 0
        self._plan_and_applies = 0
        self._reserved = 0
        self._occupancy = NEVER_HEARD_FROM
        self._listed: Queue | None = None  # if it has an idle slot and is not leaving
        self._tasks: dict[TaskId, Phase] = {}

    @property
    def tasks(self) -> Mapping[TaskId, Phase]:
        """What the store says runs here, with or without a slot."""
        return MappingProxyType(self._tasks)

    @property
    def connected(self) -> bool:
        """Whether the agent's command-and-control connection is up: the second fact."""
        return self._link is _UP

    @property
    def is_idle(self) -> bool:
        """Whether all slots are idle (what a scale-down may take)."""
        return not (self._running or self._reserved)

    def idle_s(self, now: float) -> Seconds:
        """Seconds since all its slots are idle; 0 if some are not."""
        if self._running or self._reserved:
            return 0.0
        return now - (self._known_at if self._freed_at is None else self._freed_at)

    def unreachable_s(self, now: float) -> Seconds:
        """Seconds without a sign of an agent that is not connected; 0 if it is connected.

        Before its first sign they count from when this process knows of the pod.
        """
        if self._link is _UP:
            return 0.0
        return now - max(self.last_sign_at(now), self._known_at)

    def may_come(self, now: float, startup_s: Seconds) -> bool:
        """Whether its agent was never heard from and the pod is not known for as long as `startup_s`."""
        return bool(self._occupancy & NEVER_HEARD_FROM) and now - self._known_at < startup_s - INSTANT

    @property
    def idle(self) -> int:
        """How many slots are idle."""
        return len(self._slots) - self._running - self._reserved

    @property
    def is_leaving(self) -> bool:
        """Whether its deletion was asked for, or it is gone."""
        return self._state in LEAVING

    def age_s(self, now: float) -> Seconds:
        """Seconds since its creation was asked for."""
        return now - self._created_at

    def heartbeat_age_s(self, now: float) -> Seconds:
        """Seconds since the last evidence of life; infinite before the first.

        Within a train the last heartbeat is computed, not stored. Under the evidence `list_sync` each
        sync of the pod list counts as well, from when a list shows the pod, as it did in the platform.
        """
        if self._train_every and now >= self._train_from:
            age = (now - self._train_from) % self._train_every
        else:
            age = now - self._heard_at
        if self._sync_every and now >= self._sync_from:
            return min(age, (now - self._sync_from) % self._sync_every)
        return age

    def last_sign_at(self, now: float) -> float:
        """When its agent last gave a sign of life: a heartbeat, its connection or its registration (s).

        A sync of the pod list is none, whatever the evidence.
        """
        heard = self._heard_at
        if self._train_every and now >= self._train_from:
            heard = now - (now - self._train_from) % self._train_every
        return max(heard, self._connected_at, self._registered_at)

    def first_idle_slot(self) -> Slot:
        """Its idle slot with the lowest index. Raises LookupError if it has none."""
        for slot in self._slots:
            if slot._state is _IDLE:
                return slot
        raise LookupError(f"pod {self._name} has no idle slot")

    def agent_allows(self, kind: TaskKind, *, plan_limit: int) -> bool:
        """Whether the agent's counters leave room: a plan_and_apply wants it empty, a plan a free place."""
        if kind is TaskKind.PLAN_AND_APPLY:
            return not self._tasks
        return len(self._tasks) < plan_limit and Phase.APPLY not in self._tasks.values()

    def __repr__(self) -> str:
        return f"<pod {self._name} {self._state}>"
