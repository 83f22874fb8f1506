"""L02, L03 and L08: pods are asked for when work waits for them, and not for nothing."""

from collections import deque
from typing import Annotated, ClassVar

import msgspec

from policies.actions import CreatePod, DeletePod
from policies.decisions import TaskMoved
from policies.vocabulary import INSTANT, Seconds, TaskState
from sim.checks.invariant import BOTH, OBSERVED, Invariant, Report, Watch
from sim.checks.liveness.spells import Spells
from sim.checks.scene.pool import PLACES, PoolNow
from sim.checks.scene.scene import Scene
from sim.record.truth import ControlHappened
from sim.words import count

Cycles = Annotated[int, msgspec.Meta(ge=1)]


class ScaledUpSoon(Invariant, frozen=True):
    """If runnable tasks lack an eligible slot and enough pods on their way, one is asked for within `cycles`.

    As long as the pool has fewer pods than its maximum. A pod is on its way until its agent is connected and
    beats, but for no longer than `startup`. The pods needed are those that the waiting tasks would fill by
    the capacity rule. Each request starts the time anew; while the control plane is down it does not run,
    and when it is back every pod is on its way again.
    """

    cycles: Cycles = 2
    """k: autoscaler cycles."""
    startup: Seconds = 300.0
    """How long a pod that nobody hears of still counts as on its way: the grace of a new pod."""

    code: ClassVar[str] = "L02"
    title: ClassVar[str] = "scaled up soon"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        within = self.cycles * scene.terms.cycle_s

        def settled(pool: PoolNow) -> None:
            if lacks_pods(pool) and pool.pods_for_waiting > len(on_their_way(pool)):
                short.begin(pool)
            else:
                short.end(pool.name)

        def lacks_pods(pool: PoolNow) -> bool:
            may_grow = scene.control_is_up and len(pool.staying) < pool.terms.max
            return may_grow and pool.pods_for_waiting > 0

        def on_their_way(pool: PoolNow) -> list[str]:
            oldest = scene.now - self.startup + INSTANT
            after_restart = scene.control_up_since > oldest  # all agents have to connect again
            pods = pool.coming.values()
            return [pod.name for pod in pods if after_restart or (pod.requested_at or 0.0) > oldest]

        def tell(pool: PoolNow, at: float) -> None:
            tasks = sum(pool.waiting[place].count for place in PLACES if not pool.eligible[place])
            text = (
                f"pool {pool.name} has no eligible slot for {count(tasks, 'runnable task')}: "
                f"{count(pool.pods_for_waiting, 'more pod')} needed, {len(on_their_way(pool))} on the way, "
                f"and none was asked for in {within:g} s with {len(pool.staying)} of at most "
                f"{count(pool.terms.max, 'pod')}"
            )
            report(at, text, pool=pool.name)

        def create_pod(e: CreatePod) -> None:
            pool = scene.pools.get(e.pool)
            if pool is not None:
                scene.deadlines.at(e.at + self.startup, lambda: settled(pool))
                short.end(e.pool)

        def control(e: ControlHappened) -> None:
            scene.deadlines.at(e.at + self.startup, look_at_all)

        def look_at_all() -> None:
            for pool in scene.pools.values():
                settled(pool)

        def still_open() -> str:
            young = short.still_young()
            if young:
                return f"pool {young} had been short of pods, not for long yet"
            waiting = [pool.name for pool in scene.pools.values() if lacks_pods(pool)]
            return f"pods of pool {', '.join(waiting)} were on their way" if waiting else ""

        short = Spells(scene, within, tell)
        scene.deadlines.at(self.startup, look_at_all)  # a warm pool's pods should be ready by then
        return Watch(
            on={CreatePod: create_pod, ControlHappened: control}, settled=settled, still_open=still_open
        )


class WokenUpSoon(Invariant, frozen=True):
    """If an empty pool has a runnable task, it has its minimum of pods, and one at least, within `cycles`.

    A pending task counts, and so does a confirmed apply. While the control plane is down the time does not
    run.
    """

    cycles: Cycles = 2
    """k: autoscaler cycles."""

    code: ClassVar[str] = "L03"
    title: ClassVar[str] = "woken up soon"
    looks_at: ClassVar[str] = OBSERVED

    def watch(self, scene: Scene, report: Report) -> Watch:
        within = self.cycles * scene.terms.cycle_s

        def settled(pool: PoolNow) -> None:
            has_work = runnable_tasks(pool) > 0 and scene.control_is_up
            if not has_work or len(pool.staying) >= wanted(pool):
                asleep.end(pool.name)
            elif not pool.staying:
                asleep.begin(pool)

        def runnable_tasks(pool: PoolNow) -> int:
            return sum(pool.waiting[place].count for place in PLACES)

        def wanted(pool: PoolNow) -> int:
            return max(pool.terms.min, 1)

        def tell(pool: PoolNow, at: float) -> None:
            text = (
                f"pool {pool.name} was empty with a runnable task {within:g} s ago, and has "
                f"{count(len(pool.staying), 'pod')} for {count(runnable_tasks(pool), 'task')}; "
                f"expected {wanted(pool)}"
            )
            report(at, text, pool=pool.name)

        def still_open() -> str:
            young = asleep.still_young()
            return f"pool {young} had been empty, not for long yet" if young else ""

        asleep = Spells(scene, within, tell)

        return Watch(settled=settled, still_open=still_open)


class NoFlapping(Invariant, frozen=True):
    """No pod is deleted within `within` of its request without having run a task; directions rarely change.

    A pod that nobody needs any more because a waiting task of its pool was cancelled meanwhile may go. A
    direction changes when a pool that grew shrinks, or the reverse: at most `reversals` times in `window`.
    """

    within: Seconds = 300.0
    """W8: how long a pod that was never used is kept."""
    reversals: Annotated[int, msgspec.Meta(ge=0)] = 2
    """r: changes of direction that one window may see."""
    window: Seconds = 300.0
    """As long as the grace of a new pod."""

    code: ClassVar[str] = "L08"
    title: ClassVar[str] = "no flapping"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        direction: dict[str, str] = {}
        changes: dict[str, deque[float]] = {}
        cancelled_at: dict[str, float] = {}

        def moved(e: TaskMoved) -> None:
            row = scene.rows.get(e.task)
            if row is not None and e.before is TaskState.PENDING and e.after is TaskState.CANCELLED:
                cancelled_at[row.pool] = e.at

        def create_pod(e: CreatePod) -> None:
            turn(e.pool, e.at, "up")

        def delete_pod(e: DeletePod) -> None:
            turn(e.pool, e.at, "down")
            pod = scene.pods.get(e.pod)
            if pod is None or pod.requested_at is None or pod.has_hosted:
                return
            age = e.at - pod.requested_at
            if age < self.within - INSTANT and cancelled_at.get(e.pool, -1.0) < pod.requested_at:
                text = f"pod {e.pod} is deleted {age:g} s after its request and has never run a task"
                report(e.at, text, pool=e.pool, pod=e.pod)

        def turn(pool: str, at: float, to: str) -> None:
            if direction.setdefault(pool, to) == to:
                return
            direction[pool] = to
            recent = changes.setdefault(pool, deque())
            recent.append(at)
            while recent and recent[0] <= at - self.window:
                recent.popleft()
            if len(recent) > self.reversals:
                times = count(len(recent), "time")
                text = f"pool {pool} changed direction {times} in {at - recent[0]:g} s, now {to}"
                report(at, text, pool=pool)

        def still_open() -> str:
            young = [
                pod.name
                for pod in scene.pods.values()
                if pod.is_staying
                and pod.requested_at is not None
                and not pod.has_hosted
                and scene.now < pod.requested_at + self.within
            ]
            return f"{', '.join(young)} had been created lately and not been used yet" if young else ""

        return Watch(
            on={TaskMoved: moved, CreatePod: create_pod, DeletePod: delete_pod}, still_open=still_open
        )
