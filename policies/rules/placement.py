"""P: which pod and slot a task gets.

A placement answers two questions about a pod: is it *usable* (is somebody there?) and does the task
*fit* (given what stands on it?). The platform changed the first in 599, 604 and 609 and the second
in 606, so the versions P1 to P6 are pairs of one usable rule and one fit, and each is written as
that pair.

A pod that was passed over is noted with its reason and the numbers compared, by `pool.refuse`.
"""

import math
from collections.abc import Hashable
from typing import ClassVar

from policies.decisions import Reason
from policies.observed.pod import HOLDS_RESERVATION, Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.rules.base import Rule
from policies.rules.fits import EXCLUSIVE, ONE_PLAN_AND_APPLY, SLOT_ZERO, Fit
from policies.vocabulary import INSTANT, PodState, Seconds, TaskKind, TaskState

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_APPLY_PENDING = TaskState.APPLY_PENDING
_RUNNING = PodState.RUNNING


class Placement(Rule, frozen=True):
    """Finds a place for a task. Subclass it, write `place`, and note each pod that you pass over."""

    family: ClassVar[str] = "placement"

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        """The idle slot to book (or the one reserved for `task`); a pod, to send without a booking;
        or None.
        """
        raise NotImplementedError

    def same_answer_for(self, task: Task) -> Hashable | None:
        """Tasks with an equal key are refused alike while nothing changes; None: ask for each task."""
        return None


class P0(Placement, frozen=True):
    """No slots: the first connected agent whose reported counters allow the task."""

    plan_limit: int = 3

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        for pod in pool.connected_pods():
            if pod.agent_allows(task.kind, plan_limit=self.plan_limit):
                return pod
            pool.refuse(pod, Reason.AGENT_AT_CAPACITY, tasks=len(pod.tasks))
        if not pool.pods:
            pool.refuse_barred({})
        elif not pool.anyone_connected:
            for pod in pool.pods_with_idle_slot():
                pool.refuse(pod, Reason.NOT_CONNECTED)
        return None


class SlotPlacement(Placement, frozen=True):
    """A placement made of a fit and a usable rule; asks only the pods that the fit does not bar."""

    fit: ClassVar[Fit]
    asks_last: ClassVar[int] = 0
    """Occupancy bits of pods that are asked only if no pod without them takes the task."""

    def usable(self, pod: Pod, pool: Pool) -> bool:
        """Whether somebody is there; notes why not."""
        raise NotImplementedError

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        fit, kind = self.fit, task.kind
        may_apply = kind is _PLAN_AND_APPLY
        if may_apply and task.state is _APPLY_PENDING:
            own = pool.reserved_slot(task)
            if own is not None and fit.may_activate(own) and self.usable(own.pod, pool):
                return own
        bars = fit.plan_and_apply if may_apply else fit.plan
        for pod in pool.pods_with_idle_slot(without=bars.mask | self.asks_last):
            if self.usable(pod, pool):
                return fit.pick(pod, kind)
        if self.asks_last:
            for pod in pool.pods_with_idle_slot(without=bars.mask):
                if pod._occupancy & self.asks_last and self.usable(pod, pool):
                    return fit.pick(pod, kind)
        pool.refuse_barred(bars.reasons)
        return None

    def same_answer_for(self, task: Task) -> Hashable | None:
        return None if task.state is _APPLY_PENDING else task.kind


class P1(SlotPlacement, frozen=True):
    """Phase 2: heartbeat at most `offline_after` old; slot 0 takes anything, the others plans only."""

    offline_after: Seconds = 120.0
    fit: ClassVar[Fit] = SLOT_ZERO

    def usable(self, pod: Pod, pool: Pool) -> bool:
        """A heartbeat of exactly `offline_after` seconds ago still counts; any older one does not."""
        age, limit = pod.heartbeat_age_s(pool.now), self.offline_after
        if age <= limit or age - limit < INSTANT:
            return True
        if age == math.inf:
            pool.refuse(pod, Reason.NEVER_HEARD_FROM, limit_s=limit)
        else:
            pool.refuse(pod, Reason.HEARTBEAT_STALE, heartbeat_age_s=age, limit_s=limit)
        return False


class P2(P1, frozen=True):
    """599: a pod younger than `grace` is always usable; an older one by its heartbeat, as P1.

    Incident 604 (i): a young pod is booked before anybody is connected, and released again.
    """

    grace: Seconds = 300.0

    def usable(self, pod: Pod, pool: Pool) -> bool:
        return pod.age_s(pool.now) < self.grace - INSTANT or P1.usable(self, pod, pool)


class P3(P1, frozen=True):
    """604: a pod younger than `grace` only if `pod.AgentID` is set; an older one by its heartbeat.

    Incident 609: an agent that is online and connected, but that nobody told the pod manager of, is
    refused until its pod is `grace` old.
    """

    grace: Seconds = 300.0

    def usable(self, pod: Pod, pool: Pool) -> bool:
        age = pod.age_s(pool.now)
        if age >= self.grace - INSTANT:
            return P1.usable(self, pod, pool)
        if pod.known_to_pod_manager:
            return True
        pool.refuse(pod, Reason.AGENT_NOT_REGISTERED_YET, pod_age_s=age, limit_s=self.grace)
        return False


class P4(P3, frozen=True):
    """606, before the fix of 609: usable as P3; a running plan_and_apply has its pod for itself.

    A pod with a running plan_and_apply takes nothing, a new one needs a pod with nothing running,
    plans take any idle slot, and a reserved slot does not count as running.
    """

    fit: ClassVar[Fit] = EXCLUSIVE


class P5(P1, frozen=True):
    """609, after the fix: a pod is usable unless its heartbeat is strictly older than
    `offline_after`.

    Fits as P4. It asks for nothing but evidence of life, so it does not matter who registered when.
    """

    fit: ClassVar[Fit] = EXCLUSIVE


class P6(P1, frozen=True):
    """Later: usable as P5; one plan_and_apply a pod, running or reserved, which plans may share
    with it.
    """

    fit: ClassVar[Fit] = ONE_PLAN_AND_APPLY


class P7(P5, frozen=True):
    """Ours: usable is a Running pod whose agent is connected and was heard from recently; fits as P4.

    Of two pods, one that keeps a slot for an apply is taken last: what runs beside the reservation keeps the
    apply from starting there. Of the others the oldest comes first, so that the youngest fall idle.
    """

    asks_last: ClassVar[int] = HOLDS_RESERVATION

    def usable(self, pod: Pod, pool: Pool) -> bool:
        if pod.connected and pod.state is _RUNNING:
            return P5.usable(self, pod, pool)
        pool.refuse(pod, Reason.NOT_CONNECTED)
        return False
