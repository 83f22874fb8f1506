"""L01, L04 and L05: what can be sent is sent soon, and an agent that is there is used."""

import math
from functools import partial
from typing import ClassVar

from policies.decisions import Reason, Refused, Released, TaskMoved
from policies.lifecycles import TaskEvent
from policies.vocabulary import INSTANT, Phase, Seconds, TaskId, TaskKind
from sim.checks.invariant import BOTH, Invariant, Report, Watch
from sim.checks.scene.pool import PLACES, PoolNow
from sim.checks.scene.scene import Scene
from sim.checks.scene.tasks import Row
from sim.record.truth import ExecStarted
from sim.words import count


class SentSoon(Invariant, frozen=True):
    """A runnable task that has an eligible slot all the time for `within` is sent by then.

    Runnable: pending, or a confirmed apply, and not blocked in its workspace. A slot is eligible if the
    capacity rule leaves room for the task and the pod is Running, stays, and has an agent that is connected
    and beats. What a policy asks for beyond that, `pod.AgentID` for example, excuses nothing.
    """

    within: Seconds = 10.0
    """D1: a retry period, and the time of a dispatch."""

    code: ClassVar[str] = "L01"
    title: ClassVar[str] = "sent soon"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        lines = {
            (pool.name, place): pool.waiting[place].line()
            for pool in scene.pools.values()
            for place in PLACES
        }
        looking: dict[tuple[str, TaskKind], float] = {}
        own: dict[TaskId, float] = {}
        told: dict[TaskId, float | None] = {}

        def tell(row: Row, at: float, text: str, pod: str | None) -> None:
            """Once for each time that the task is runnable, whichever slot it is about."""
            if told.get(row.id, -1.0) != row.runnable_since:
                told[row.id] = row.runnable_since
                what = f"task {row.id} ({row.kind}) is not sent, {text}"
                report(at, what, pool=row.pool, task=row.id, pod=pod)

        def deadline(pool: PoolNow, place: TaskKind) -> float:
            first, since = lines[pool.name, place].first(), pool.eligible_since[place]
            if first is None or first.runnable_since is None or since is None:
                return math.inf
            return max(first.runnable_since, since) + self.within

        def settled(pool: PoolNow) -> None:
            for place in PLACES:
                look_next(pool, place)
            if own:
                for task in own.keys() - pool.own_ready_since.keys():
                    if scene.rows[task].pool == pool.name:
                        del own[task]
            for task, since in pool.own_ready_since.items():
                if own.get(task) != since:
                    own[task] = since
                    scene.deadlines.at(since + self.within, partial(own_slot, task, since))

        def look_next(pool: PoolNow, place: TaskKind) -> None:
            at, key = deadline(pool, place), (pool.name, place)
            if at < looking.get(key, math.inf):
                looking[key] = at
                scene.deadlines.at(at, lambda: look(pool, place, at))

        def look(pool: PoolNow, place: TaskKind, at: float) -> None:
            if looking.get((pool.name, place)) == at:
                del looking[pool.name, place]
            while deadline(pool, place) <= at + INSTANT:
                line = lines[pool.name, place]
                row = line.first()
                assert row is not None, "there is a deadline"
                line.strike_first()
                pods = pool.eligible[place]
                which = min(pods) if len(pods) == 1 else f"{min(pods)} and {len(pods) - 1} more"
                tell(row, at, f"with an eligible slot on {which} for {self.within:g} s", min(pods))
            look_next(pool, place)

        def own_slot(task: TaskId, since: float) -> None:
            row = scene.rows[task]
            if scene.pools[row.pool].own_ready_since.get(task) == since:
                pod, slot = min(scene.slots.places[task])
                text = f"with its own slot {slot} on {pod} ready for {self.within:g} s"
                tell(row, since + self.within, text, pod)

        def still_open() -> str:
            ready = any(deadline(scene.pools[pool], place) < math.inf for pool, place in lines)
            young = any(since + self.within > scene.now for since in own.values())
            return "a runnable task had an eligible slot, not for long yet" if ready or young else ""

        return Watch(settled=settled, still_open=still_open)


class AppliedSoon(Invariant, frozen=True):
    """A confirmed apply starts within `within`, while capacity for it exists or could be created.

    Capacity exists if a slot is eligible for it, or its own is ready, and could be created while the pool has
    fewer pods than its maximum, as long as the control plane is up. The time counts anew whenever neither was
    so.
    """

    within: Seconds = 300.0
    """D4: room for two autoscaler cycles, a slow pod start and a retry."""

    code: ClassVar[str] = "L04"
    title: ClassVar[str] = "applied soon after the confirmation"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        confirmed: dict[TaskId, float] = {}
        possible_since: dict[str, float] = {}  # by pool, whoever asks

        def moved(e: TaskMoved) -> None:
            if e.cause is TaskEvent.CONFIRMED and e.task in scene.rows:
                confirmed.setdefault(e.task, e.at)
                scene.deadlines.at(e.at + self.within, lambda: look(e.task))
            elif e.cause is not TaskEvent.SENT and e.cause is not TaskEvent.ROLLED_BACK:
                confirmed.pop(e.task, None)

        def started(e: ExecStarted) -> None:
            if e.phase is Phase.APPLY:
                confirmed.pop(e.task, None)

        def settled(pool: PoolNow) -> None:
            exists = bool(pool.eligible[TaskKind.PLAN_AND_APPLY])
            if scene.control_is_up and (exists or len(pool.staying) < pool.terms.max):
                possible_since.setdefault(pool.name, scene.now)
            else:
                possible_since.pop(pool.name, None)

        def look(task: TaskId) -> None:
            if task not in confirmed:
                return
            pool = scene.rows[task].pool
            since = min(possible_since.get(pool, scene.now), own_slot_since(task))
            until = max(confirmed[task], since) + self.within
            if until > scene.now + INSTANT:
                scene.deadlines.at(until, lambda: look(task))
                return
            text = (
                f"task {task} was confirmed at {confirmed.pop(task):g} s and its apply has not started, "
                f"with capacity for it at hand for {self.within:g} s"
            )
            report(until, text, pool=pool, task=task)

        def own_slot_since(task: TaskId) -> float:
            """Since when its own slot has been ready; now if it is not."""
            if not scene.control_is_up:
                return scene.now
            own = scene.pools[scene.rows[task].pool].own_ready_since.get(task, scene.now)
            return max(own, scene.control_up_since)

        def still_open() -> str:
            applies = count(len(confirmed), "confirmed apply", "confirmed applies")
            return f"{applies} had yet to start" if confirmed else ""

        return Watch(on={TaskMoved: moved, ExecStarted: started}, settled=settled, still_open=still_open)


_ABOUT_THE_AGENT = frozenset(
    {
        Reason.AGENT_NOT_REGISTERED_YET,
        Reason.HEARTBEAT_STALE,
        Reason.NEVER_HEARD_FROM,
        Reason.NOT_CONNECTED,
        Reason.NO_AGENT_CONNECTED,
        Reason.AGENT_NOT_KNOWN,
    }
)


class UsableSoon(Invariant, frozen=True):
    """From `within` after its agent connected, a pod is not refused for what is thought of its agent.

    The agent must have stayed connected and beating all the time. Whether the pod manager knows it makes no
    difference.
    """

    within: Seconds = 10.0
    """One retry."""

    code: ClassVar[str] = "L05"
    title: ClassVar[str] = "usable once connected"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        def refused(e: Refused) -> None:
            for refusal in e.refusals:
                if refusal.pod is not None and refusal.reason in _ABOUT_THE_AGENT:
                    look(e.at, e.pool, refusal.pod, e.task, refusal.reason)

        def released(e: Released) -> None:
            if e.reason in _ABOUT_THE_AGENT:
                look(e.at, e.pool, e.pod, e.task, e.reason)

        def look(at: float, pool: str, name: str, task: TaskId, reason: Reason) -> None:
            pod = scene.truly_ready(name)
            if pod is None or pod.ready_since is None or at < pod.ready_since + self.within - INSTANT:
                return
            text = (
                f"pod {name} is refused for task {task} ({reason}), but its agent has been connected and "
                f"beating for {at - pod.ready_since:g} s"
            )
            report(at, text, pool=pool, task=task, pod=name)

        def still_open() -> str:
            new = [
                pod.name
                for pod in scene.pods.values()
                if pod.ready_since is not None
                and not pod.has_hosted
                and pod.ready_since + self.within > scene.now
            ]
            return f"{', '.join(new)} had only just connected" if new else ""

        return Watch(on={Refused: refused, Released: released}, still_open=still_open)
