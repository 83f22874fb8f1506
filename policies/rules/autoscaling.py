"""C: how many pods a pool should have, and which of them go.

The arithmetic is the platform's, oddities included: a rule that looks wrong is wrong on purpose, and names
the incident that it causes. A rule answers with a target inside the pool's bounds, its reason, and the
numbers it looked at.
"""

import math
from typing import ClassVar, Final

import msgspec

from policies.decisions import Numbers, Reason
from policies.observed.pool import Pool
from policies.rules.base import Rule
from policies.vocabulary import Seconds, Share, TaskKind

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_BETWEEN = Reason.UTILISATION_BETWEEN


class Target(msgspec.Struct, frozen=True, gc=False):
    """How many pods there should be, and why."""

    desired: int
    reason: Reason
    numbers: Numbers = {}


class Autoscaler(Rule, frozen=True):
    """Sizes a pool. Subclass it and write `decide`."""

    family: ClassVar[str] = "autoscaler"
    depends_on_time: ClassVar[bool] = True
    """Whether `decide` may answer differently when only `now` has changed.

    A rule that says False is not asked again until something is observed, so an idle month is free.
    """
    holds_for_applies: ClassVar[bool] = True
    """Whether nothing is scaled down while a task of the pool is between plan and apply."""

    def decide(self, pool: Pool, now: float) -> Target:
        """The wanted number of pods at `now` (float s), within the pool's bounds."""
        raise NotImplementedError


class _Arithmetic(Autoscaler, frozen=True):
    """A rule of counts only: the same counts give the same answer at any time."""

    depends_on_time: ClassVar[bool] = False


def _within(pool: Pool, pods: int) -> int:
    return pool.min if pods < pool.min else pool.max if pods > pool.max else pods


class C2(_Arithmetic, frozen=True):
    """First: as many pods as pending tasks. Running tasks are not counted, so pods go as work starts."""

    def decide(self, pool: Pool, now: float) -> Target:
        pending = pool.pending()
        return Target(_within(pool, pending), Reason.PENDING_TASKS, {"pending": pending})


class C3(_Arithmetic, frozen=True):
    """Second: as many pods as pending and running tasks."""

    def decide(self, pool: Pool, now: float) -> Target:
        pending, running = pool.pending(), pool.tasks_running
        return Target(
            _within(pool, pending + running),
            Reason.OPEN_TASKS,
            {"pending": pending, "running": running},
        )


class C7(_Arithmetic, frozen=True):
    """Phase 2: one pod up when utilisation is over `high`, one down when under `low` and nothing runs.

    A cold start counts unblocked tasks only, and forgets the pool's minimum when there are none.
    """

    high: Share = 0.8
    low: Share = 0.2

    def decide(self, pool: Pool, now: float) -> Target:
        return self.cold_start(pool) if not pool.pods else self.by_utilisation(pool)

    def cold_start(self, pool: Pool) -> Target:
        """The target of an empty pool."""
        first_pending = pool.unblocked_pending()
        numbers = {"unblocked_pending": first_pending}
        if not first_pending:
            return Target(0, Reason.NOTHING_TO_DO, numbers)
        return Target(min(max(pool.min, 1), pool.max), Reason.COLD_START, numbers)

    def by_utilisation(self, pool: Pool) -> Target:
        """The target of a pool that has pods."""
        pods, used, reserved = pool.pods, pool.slots_running, pool.slots_reserved
        utilisation = pool.utilisation
        numbers = {"running": used, "reserved": reserved, "utilisation": utilisation}
        if reserved:
            pods = max(pods, math.ceil(reserved / pool.slots_per_pod))
            reason = Reason.RESERVED_SLOTS
        elif utilisation > self.high:
            pods, reason = pods + 1, Reason.UTILISATION_HIGH
        elif utilisation < self.low and not used:
            pods, reason = pods - 1, Reason.UTILISATION_LOW
        else:
            reason = _BETWEEN
        return Target(_within(pool, pods), reason, numbers)


class C8(C7, frozen=True):
    """599: as C7, but a cold start counts any pending task, and the minimum holds when there is none.

    Fix 3's incident: a fresh pod has utilisation 0, so the pod that was created for a waiting task is
    deleted at the next cycle.
    """

    def cold_start(self, pool: Pool) -> Target:
        pending = pool.pending()
        if not pending:
            return Target(pool.min, Reason.NOTHING_TO_DO, {"pending": 0})
        return Target(min(max(pool.min, 1), pool.max), Reason.COLD_START, {"pending": pending})


class C9a(C8, frozen=True):
    """606, draft: as C8, and one pod more when a plan_and_apply waits and every pod runs something."""

    def decide(self, pool: Pool, now: float) -> Target:
        waiting = pool.pending(_PLAN_AND_APPLY)
        if waiting and pool.pods and pool.pods_running_tasks == pool.pods:
            return Target(
                _within(pool, pool.pods + 1),
                Reason.NO_POD_FREE_OF_TASKS,
                {"pending_plan_and_apply": waiting, "pods_running_tasks": pool.pods_running_tasks},
            )
        return C8.decide(self, pool, now)


class C9(C8, frozen=True):
    """606 and 609, fix 3: jump to what the unblocked plan_and_apply tasks need; never down while any waits.

    need = pods with a running slot + unblocked pending plan_and_apply tasks. Otherwise as C8, but the
    pool is held at its size while any unblocked task is pending.
    """

    def decide(self, pool: Pool, now: float) -> Target:
        busy, unblocked = pool.pods_running_tasks, pool.unblocked_pending(_PLAN_AND_APPLY)
        need = busy + unblocked
        if need > pool.pods:
            numbers = {"pods_running_tasks": busy, "unblocked_plan_and_apply": unblocked}
            return Target(_within(pool, need), Reason.NEED_EXCEEDS_PODS, numbers)
        target = C8.decide(self, pool, now)
        if target.desired < pool.pods and (waiting := pool.unblocked_pending()):
            held = min(pool.pods, pool.max)
            return Target(
                held, Reason.HELD_FOR_UNBLOCKED_TASKS, {**target.numbers, "unblocked_pending": waiting}
            )
        return target


class C10(Autoscaler, frozen=True):
    """Ours: keep the pods that have work, and as many more as the waiting tasks will fill.

    Waiting is whatever the queue would let go and placement found no room for: plans and confirmed applies
    as well as a plan_and_apply. Each plan_and_apply will want a pod for itself, and plans share one. An idle
    pod counts for them if its agent is connected and was heard from within `offline_after`, or if it is young
    and may still connect; one that has been out of reach for `unreachable_after` is not capacity, and goes.
    """

    offline_after: Seconds = 120.0
    unreachable_after: Seconds = 300.0
    holds_for_applies: ClassVar[bool] = False  # a reserved slot keeps its own pod, and no other one

    def decide(self, pool: Pool, now: float) -> Target:
        applies, plans = pool.waiting_for_place()
        wanted = applies + math.ceil(plans / pool.slots_per_pod)
        with_work = pool.pods_with_work
        usable = pool.idle_pods_to_use(self.unreachable_after, self.offline_after)
        numbers = {
            "waiting_plan_and_apply": applies,
            "waiting_plans": plans,
            "pods_with_work": with_work,
            "idle_pods": usable,
        }
        if wanted > usable:
            more = pool.pods + wanted - usable
            if pool.pods < pool.max:
                return Target(_within(pool, more), Reason.NEED_EXCEEDS_PODS, numbers)
        lost = len(pool.unreachable_pods(self.unreachable_after))
        if lost:
            return Target(pool.pods - lost, Reason.AGENT_LOST, {**numbers, "unreachable_pods": lost})
        if wanted:
            return Target(_within(pool, pool.pods), Reason.HELD_FOR_WAITING_TASKS, numbers)
        return Target(_within(pool, with_work), Reason.NOTHING_WAITS, numbers)


OF_COUNTS: Final = frozenset({C2, C3, C7, C8, C9a, C9})
"""The rules that read nothing but the pool's bounds and counts: equal counts, equal answers. A subclass is
none of them, as it may read more."""
