"""L02, L03 and L08: pods are asked for when work waits for them, and not for nothing."""

from collections import deque
from typing import Annotated, ClassVar

import msgspec

from policies.actions import CreatePod, DeletePod
from policies.decisions import TaskMoved
from policies.vocabulary import INSTANT, Seconds, TaskState
from sim.checks.invariant import BOTH, OBSERVED, Invariant, Report, Watch
from sim.checks.scene.pool import PLACES, PoolNow
from sim.checks.scene.scene import Scene
from sim.record.truth import ControlHappened

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
        short_since: dict[str, float] = {}

        def settled(pool: PoolNow) -> None:
            if not is_short(pool):
                short_since.pop(pool.name, None)
            elif pool.name not in short_since:
                begin(pool, scene.now)

        def is_short(pool: PoolNow) -> bool:
            return lacks_pods(pool) and pool.pods_for_waiting > len(on_their_way(pool))

        def lacks_pods(pool: PoolNow) -> bool:
            may_grow = scene.control_is_up and len(pool.staying) < pool.terms.max
            return may_grow and pool.pods_for_waiting > 0

        def on_their_way(pool: PoolNow) -> list[str]:
            oldest = scene.now - self.startup + INSTANT
            after_restart = scene.control_up_since > oldest  # all agents have to connect again
            pods = pool.coming.values()
            return [pod.name for pod in pods if after_restart or (pod.requested_at or 0.0) > oldest]

        def begin(pool: PoolNow, now: float) -> None:
            short_since[pool.name] = now
            scene.deadlines.at(now + within, lambda: look(pool, now))

        def look(pool: PoolNow, since: float) -> None:
            if short_since.get(pool.name) != since:
                return
            waiting = {place: pool.waiting[place] for place in PLACES if not pool.eligible[place]}
            tasks = sum(each.count for each in waiting.values())
            coming = len(on_their_way(pool))
            text = (
                f"{tasks} runnable tasks of pool {pool.name} have no eligible slot and need "
                f"{pool.pods_for_waiting} more pods, {coming} are on their way, and none was asked for in "
                f"{within:g} s with {len(pool.staying)} of at most {pool.terms.max} pods"
            )
            report(since + within, text, pool=pool.name)
            short_since[pool.name] = -1.0  # one report for each time that it begins

        def create_pod(e: CreatePod) -> None:
            pool = scene.pools.get(e.pool)
            if pool is not None:
                scene.deadlines.at(e.at + self.startup, lambda: settled(pool))
                short_since.pop(e.pool, None)

        def control(e: ControlHappened) -> None:
            scene.deadlines.at(e.at + self.startup, look_at_all)

        def look_at_all() -> None:
            for pool in scene.pools.values():
                settled(pool)

        def still_open() -> str:
            begun = [name for name, since in short_since.items() if since >= 0]
            if begun:
                return f"pool {', '.join(begun)} had been short of pods, not for long yet"
            waiting = [pool.name for pool in scene.pools.values() if lacks_pods(pool)]
            return f"pods of pool {', '.join(waiting)} were on their way" if waiting else ""

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
        asleep_since: dict[str, float] = {}

        def settled(pool: PoolNow) -> None:
            has_work = any(pool.waiting[place].count for place in PLACES)
            wanted = max(pool.terms.min, 1)
            if not has_work or not scene.control_is_up or len(pool.staying) >= wanted:
                asleep_since.pop(pool.name, None)
            elif not pool.staying and pool.name not in asleep_since:
                now = asleep_since[pool.name] = scene.now
                scene.deadlines.at(now + within, lambda: look(pool, now))

        def look(pool: PoolNow, since: float) -> None:
            if asleep_since.get(pool.name) != since:
                return
            asleep_since[pool.name] = -1.0
            tasks = sum(pool.waiting[place].count for place in PLACES)
            text = (
                f"pool {pool.name} was empty with a runnable task {within:g} s ago, and has "
                f"{len(pool.staying)} pods for {tasks}; expected {max(pool.terms.min, 1)}"
            )
            report(since + within, text, pool=pool.name)

        def still_open() -> str:
            begun = [name for name, since in asleep_since.items() if since >= 0]
            return f"pool {', '.join(begun)} had been empty, not for long yet" if begun else ""

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
                text = f"pool {pool} changed direction {len(recent)} times in {at - recent[0]:g} s, now {to}"
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
