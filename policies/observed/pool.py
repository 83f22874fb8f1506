"""One pool as policies see it: counts that are kept, not counted, and the questions that rules ask.

Rules get this object and nothing else. Its public names can be read and not written; the only thing that a
rule may leave behind is a note of whom it refused and why (`refuse`).
"""

from collections.abc import Iterator
from typing import Protocol

from policies.decisions import NO_NUMBERS, PodRefusal, Reason, is_explained
from policies.observed.idle_pods import IdlePods
from policies.observed.pod import HOLDS_RESERVATION, RUNS_TASK, Pod, Slot
from policies.observed.readonly import reads
from policies.observed.task import Task
from policies.observed.waiting import Waiting
from policies.vocabulary import INSTANT, PodName, TaskKind

_NO_PODS = Reason.NO_PODS
_NO_FREE_SLOT = Reason.NO_FREE_SLOT
_NO_POD_AT_ALL = (PodRefusal(None, _NO_PODS, {"pods": 0}, 0),)


class Clock(Protocol):
    """Knows the time of the current step."""

    now: float


class Pool:
    """The observed state of one pool at `now`, read-only to policies."""

    __slots__ = (
        "_apply_pending",
        "_clock",
        "_connected",
        "_created",
        "_full",
        "_idle",
        "_known",
        "_max",
        "_min",
        "_name",
        "_pending",
        "_pods",
        "_pods_running_tasks",
        "_refusals",
        "_slots_per_pod",
        "_slots_reserved",
        "_slots_running",
        "_tasks_running",
        "_unblocked",
        "_waiting",
    )

    name: str = reads("_name", "The pool's name.")
    now: float = reads("_clock.now", "The time of the current step (s).")
    min: int = reads("_min", "Lower bound of pods.")
    max: int = reads("_max", "Upper bound of pods.")
    slots_per_pod: int = reads("_slots_per_pod", "Slots of a new pod.")
    pods: int = reads("_known", "n: pods known and not leaving, create calls in flight included.")
    slots_running: int = reads("_slots_running", "U: slots running.")
    slots_reserved: int = reads("_slots_reserved", "R: slots reserved.")
    pods_running_tasks: int = reads("_pods_running_tasks", "Pods with at least one running slot.")
    tasks_running: int = reads("_tasks_running", "Tasks planning or applying, by the store.")
    apply_pending: int = reads("_apply_pending", "Tasks between plan and apply, by the store.")

    def __init__(self, name: str, clock: Clock, *, min_pods: int, max_pods: int, slots_per_pod: int) -> None:
        self._name = name
        self._clock = clock
        self._min = min_pods
        self._max = max_pods
        self._slots_per_pod = slots_per_pod
        self._created = 0
        self._tasks_running = 0
        self._apply_pending = 0
        self._pending = dict.fromkeys(TaskKind, 0)
        self._unblocked = dict.fromkeys(TaskKind, 0)
        self._refusals: list[PodRefusal] = []
        self._full = (PodRefusal(None, _NO_FREE_SLOT, NO_NUMBERS, 0),)
        self._forget_memory()

    def _forget_memory(self) -> None:
        """No pod is known: at the start, and after a restart of the control plane."""
        self._known = 0
        self._slots_running = 0
        self._slots_reserved = 0
        self._pods_running_tasks = 0
        self._pods: dict[PodName, Pod] = {}
        self._connected: dict[PodName, Pod] = {}
        self._idle = IdlePods()
        self._waiting = Waiting()

    @property
    def slots_total(self) -> int:
        """T: slots of all known pods."""
        return self._known * self._slots_per_pod

    @property
    def utilisation(self) -> float:
        """(U+R)/T, the share of slots that are running or reserved; 0 without pods."""
        total = self._known * self._slots_per_pod
        return (self._slots_running + self._slots_reserved) / total if total else 0.0

    def pending(self, kind: TaskKind | None = None) -> int:
        """Pending tasks of the pool: of one kind, or of all."""
        return sum(self._pending.values()) if kind is None else self._pending[kind]

    def unblocked_pending(self, kind: TaskKind | None = None) -> int:
        """Pending tasks with no lower-id task of any kind of their workspace open.

        The lock is ignored: this is the autoscaler's definition, which differs from the queue's on
        purpose, as it did in the platform.
        """
        return sum(self._unblocked.values()) if kind is None else self._unblocked[kind]

    def waiting_for_place(self) -> tuple[int, int]:
        """Tasks that could go if there were a place: plan_and_applies and their applies; plans.

        By the queue's definition, not that of `unblocked_pending`; a cycle comes after all have been tried.
        """
        return self._waiting.counts()

    def unreachable_pods(self, limit_s: float) -> list[Pod]:
        """Idle pods whose agent is not connected and has given no sign for `limit_s`."""
        if self._known == len(self._connected):
            return []
        return [pod for pod in self.idle_pods() if pod.unreachable_s(self.now) >= limit_s - INSTANT]

    def idle_pods_to_use(self, startup_s: float, offline_after_s: float) -> int:
        """How many idle pods can take work, or soon may.

        Their agent is connected and its last heartbeat at most `offline_after_s` old, or the pod is younger
        than `startup_s` and nobody has heard of its agent yet.
        """
        now, limit = self.now, offline_after_s + INSTANT
        return sum(
            pod.may_come(now, startup_s) or (pod.connected and pod.heartbeat_age_s(now) <= limit)
            for pod in self.idle_pods()
        )

    @property
    def pods_with_work(self) -> int:
        """Pods with a slot that is running or reserved."""
        return self._known - self._idle.count(lacking=RUNS_TASK | HOLDS_RESERVATION)

    def pods_with_idle_slot(self, *, without: int = 0) -> Iterator[Pod]:
        """Pods with an idle slot and none of the occupancy bits `without`.

        Those that were heard from at least once come first, each group by creation.
        """
        return self._idle.without(without) if self._idle.listed else iter(())

    def idle_pods(self) -> Iterator[Pod]:
        """Pods whose slots are all idle, those heard from first, each group by creation."""
        return self._idle.without(RUNS_TASK | HOLDS_RESERVATION)

    def connected_pods(self) -> Iterator[Pod]:
        """Pods that are not leaving and whose agent's connection is up, in order of connection."""
        return iter(self._connected.values())

    @property
    def anyone_connected(self) -> bool:
        """Whether any agent of a pod that is not leaving is connected."""
        return bool(self._connected)

    def pod(self, name: PodName) -> Pod | None:
        """The pod of this name, if it is known."""
        return self._pods.get(name)

    def reserved_slot(self, task: Task) -> Slot | None:
        """The slot that is reserved for the task's apply, if it still is."""
        if task._slot is None or task._pod is None:
            return None
        pod = self._pods.get(task._pod)
        return None if pod is None or pod.is_leaving else pod._slots[task._slot]

    def refuse(self, pod: Pod, reason: Reason, **numbers: float) -> None:
        """Note that a placement passed over this pod, why, and the numbers it compared (named by unit).

        Notes of rules other than placements are dropped.
        Raises TypeError for a reason that is no `Reason`, and for what is no number.
        """
        if not is_explained(reason, numbers):
            raise TypeError(f"refuse({pod._name}, {reason!r}, {numbers}): expected a Reason and numbers")
        self._refusals.append(PodRefusal(pod=pod._name, reason=reason, numbers=numbers))

    def refuse_barred(self, barred: dict[int, Reason]) -> None:
        """Note how many pods had no idle slot, or were barred by what stands on them."""
        if not self._idle.listed:
            self._refusals += self._refused_as_full()
            return
        full = self._known - self._idle.listed
        if full:
            self._refusals += self._full_pods(full)
        seen = 0
        for bit, reason in barred.items():
            pods = self._idle.count(having=bit, lacking=seen)
            seen |= bit
            if pods:
                self._refusals.append(PodRefusal(None, reason, NO_NUMBERS, pods))

    def _refused_as_full(self) -> tuple[PodRefusal, ...]:
        """The refusals by a pool without an idle slot, or without a pod."""
        return self._full_pods(self._known) if self._known else _NO_POD_AT_ALL

    def _full_pods(self, pods: int) -> tuple[PodRefusal, ...]:
        if self._full[0].pods != pods:
            self._full = (PodRefusal(None, _NO_FREE_SLOT, NO_NUMBERS, pods),)
        return self._full

    def _counts(self) -> tuple[str | int, ...]:
        """Every number that an autoscaler of counts can read here and that may change, after the name."""
        return (
            self._name,
            self._known,
            self._slots_running,
            self._slots_reserved,
            self._pods_running_tasks,
            self._tasks_running,
            self._apply_pending,
            *self._pending.values(),
            *self._unblocked.values(),
        )

    def _take_refusals(self) -> tuple[PodRefusal, ...]:
        refusals = tuple(self._refusals)
        self._refusals.clear()
        # Most refusals of a busy pool say just this, and they are kept by the hundred thousand.
        return self._full if refusals == self._full else refusals
