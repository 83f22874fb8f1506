"""S01 to S04: who holds which slot, and who runs beside whom."""

from typing import ClassVar

from policies.decisions import SlotMoved, TaskMoved
from policies.lifecycles import SlotEvent
from policies.observations import ControlPlaneRestarted
from policies.vocabulary import Seconds, SlotState, TaskKind, TaskState
from sim.checks.invariant import BOTH, OBSERVED, Invariant, Report, Watch
from sim.checks.scene.scene import Scene
from sim.checks.terms import Sharing
from sim.record.truth import ExecStarted
from sim.words import count

_TAKES = frozenset({SlotEvent.BOOKED, SlotEvent.ACTIVATED})


class OneTaskASlot(Invariant, frozen=True):
    """At any time each slot of a pod is held by at most one task, in the slot table and in truth."""

    code: ClassVar[str] = "S01"
    title: ClassVar[str] = "one task a slot"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        def slot_moved(e: SlotMoved) -> None:
            held = scene.slots.on(e.pod).get(e.slot)
            if e.cause is not SlotEvent.FREED and held is not None and held.task != e.task:
                text = (
                    f"slot {e.slot} of {e.pod} is {e.cause} for task {e.task} while task {held.task} holds it"
                )
                report(e.at, text, pool=e.pool, task=e.task, pod=e.pod)

        def exec_started(e: ExecStarted) -> None:
            pod = scene.pods.get(e.pod)
            for live in pod.live if pod is not None and e.slot is not None else ():
                if live.slot == e.slot and live.task != e.task:  # a task beside itself is S07's business
                    text = (
                        f"task {e.task} starts in slot {e.slot} of {e.pod}, where task {live.task} "
                        f"has been running since {live.since:g} s"
                    )
                    report(e.at, text, task=e.task, pod=e.pod)

        return Watch(on={SlotMoved: slot_moved, ExecStarted: exec_started})


class OneSlotATask(Invariant, frozen=True):
    """Each task holds at most one slot, and a pending task holds one for at most `within`."""

    within: Seconds = 5.0
    """B: how long a booking may wait for its dispatch."""

    code: ClassVar[str] = "S02"
    title: ClassVar[str] = "one slot a task"
    looks_at: ClassVar[str] = OBSERVED

    def watch(self, scene: Scene, report: Report) -> Watch:
        held_since: dict[int, float] = {}

        def slot_moved(e: SlotMoved) -> None:
            elsewhere = scene.slots.places.get(e.task, set()) - {(e.pod, e.slot)}
            if e.cause is SlotEvent.FREED:
                if not elsewhere:
                    held_since.pop(e.task, None)
                return
            for pod, slot in elsewhere:
                text = f"task {e.task} takes slot {e.slot} of {e.pod} and holds slot {slot} of {pod}"
                report(e.at, text, pool=e.pool, task=e.task, pod=e.pod)
            row = scene.rows.get(e.task)
            if e.cause is SlotEvent.BOOKED and row is not None and row.state is TaskState.PENDING:
                begin(e.task, e.at)

        def begin(task: int, at: float) -> None:
            held_since[task] = at
            scene.deadlines.at(at + self.within, lambda: too_long(task, at))

        def too_long(task: int, since: float) -> None:
            if held_since.get(task) != since:
                return
            del held_since[task]
            for pod, slot in sorted(scene.slots.places.get(task, ()))[:1]:
                text = f"task {task}, pending, has held slot {slot} of {pod} for {self.within:g} s"
                report(since + self.within, text, pool=scene.rows[task].pool, task=task, pod=pod)

        def task_moved(e: TaskMoved) -> None:
            held_since.pop(e.task, None)
            if e.after is TaskState.PENDING and e.task in scene.rows and scene.slots.places.get(e.task):
                begin(e.task, e.at)

        def restarted(e: ControlPlaneRestarted) -> None:
            held_since.clear()

        def still_open() -> str:
            tasks = count(len(held_since), "pending task")
            return f"{tasks} had held a slot, not for long yet" if held_since else ""

        return Watch(
            on={SlotMoved: slot_moved, TaskMoved: task_moved, ControlPlaneRestarted: restarted},
            still_open=still_open,
        )


class CapacityRule(Invariant, frozen=True):
    """What runs on a pod together satisfies the declared capacity rule, in the slot table and in truth.

    The rule is that of the placement, unless the scenario names one (`checks.sharing`): `alone`, a running
    plan_and_apply has its pod for itself; `one_a_pod`, one plan_and_apply a pod, running or reserved;
    `slot_zero`, a plan_and_apply in slot 0 only; `any`. No rule allows more tasks than slots.
    """

    code: ClassVar[str] = "S03"
    title: ClassVar[str] = "the capacity rule"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        counts_reserved = scene.terms.sharing is Sharing.ONE_A_POD
        counting = frozenset(SlotState) if counts_reserved else frozenset({SlotState.RUNNING})

        def slot_moved(e: SlotMoved) -> None:
            row = scene.rows.get(e.task)
            if e.cause not in _TAKES or row is None or scene.is_bound_again(e):
                return
            beside = {
                held.task: scene.rows[held.task].kind
                for held in scene.slots.on(e.pod).values()
                if held.state in counting and held.task != e.task and held.task in scene.rows
            }
            judge("by the slot table", e.at, e.pod, e.task, row.kind, e.slot, beside)

        def exec_started(e: ExecStarted) -> None:
            pod = scene.pods.get(e.pod)
            if pod is not None and e.task in scene.created:
                beside = {live.task: live.kind for live in pod.live if live.task != e.task}
                kind = scene.created[e.task].kind
                judge("in truth", e.at, e.pod, e.task, kind, e.slot, beside)

        def judge(
            where: str,
            at: float,
            pod: str,
            task: int,
            kind: TaskKind,
            slot: int | None,
            beside: dict[int, TaskKind],
        ) -> None:
            pool = scene.pools[scene.pods[pod].pool] if pod in scene.pods else None
            most = pool.terms.slots if pool is not None else len(beside) + 1
            wrong = _wrong(scene.terms.sharing, kind, slot, list(beside.values()), most)
            if wrong:
                others = ", ".join(f"{other} ({its_kind})" for other, its_kind in beside.items())
                company = f" beside {others}" if others else ""
                text = f"task {task} ({kind}) runs on {pod}{company}, {where}; {wrong}"
                report(at, text, pool="" if pool is None else pool.name, task=task, pod=pod)

        return Watch(on={SlotMoved: slot_moved, ExecStarted: exec_started})


def _wrong(sharing: Sharing, kind: TaskKind, slot: int | None, beside: list[TaskKind], most: int) -> str:
    """What the capacity rule has against this kind of task beside those; empty if nothing."""
    is_apply, applies = kind is TaskKind.PLAN_AND_APPLY, beside.count(TaskKind.PLAN_AND_APPLY)
    if len(beside) + 1 > most:
        return f"a pod has {count(most, 'slot')}"
    if sharing is Sharing.ALONE and beside and (is_apply or applies):
        return "a running plan_and_apply has its pod for itself"
    if sharing is Sharing.ONE_A_POD and is_apply and applies:
        return "one plan_and_apply a pod"
    if sharing is Sharing.SLOT_ZERO and is_apply and (applies or slot not in (0, None)):
        return "a plan_and_apply runs in slot 0 only"
    return ""


class StartsWhereBooked(Invariant, frozen=True):
    """A task starts on the pod of the slot that is booked for it.

    Under a placement that has no slot table (P0) there is nothing to compare.
    """

    code: ClassVar[str] = "S04"
    title: ClassVar[str] = "started where it is booked"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        def exec_started(e: ExecStarted) -> None:
            places = scene.slots.places.get(e.task, set())
            if any(pod == e.pod for pod, _ in places):
                return
            booked = ", ".join(f"slot {slot} of {pod}" for pod, slot in sorted(places))
            text = f"task {e.task} starts its {e.phase} on {e.pod}; booked for it: {booked or 'nothing'}"
            report(e.at, text, task=e.task, pod=e.pod)

        return Watch(on={ExecStarted: exec_started} if scene.terms.books_slots else {})
