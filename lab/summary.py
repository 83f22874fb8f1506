"""What a run comes to, as plain values: waits, final states, refusals, pods and what they cost.

Made from the rows of the record, without pandas. Times and durations are float seconds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lab.quantiles import Waits, waits_of
from policies.decisions import Anomaly, Refused, Released, RolledBack
from sim.record import Run
from sim.record.truth import FaultMissed
from sim.scenario import PoolPlan


@dataclass(frozen=True, kw_only=True)
class PodUse:
    """The pods of one pool, or of all of them, and what became of their time."""

    created: int
    """Pods that existed, those of a warm pool included."""
    deleted: int
    """Pods whose deletion was decided."""
    never_used: int
    """Pods on which no task was ever executed (true)."""
    peak: int
    """The most that existed at one time (true)."""
    pod_s: float
    """Pod-seconds: the sum over all pods of the time that each existed (true)."""
    slot_s: float
    """Slot-seconds: pod-seconds times slots of a pod."""
    running_s: float
    """Slot-seconds in which a slot was running, as the slot table had it."""
    reserved_s: float
    """Slot-seconds in which a slot was reserved for an apply, as the slot table had it."""

    @property
    def utilisation(self) -> float:
        """The share of slot-seconds that were running or reserved; NaN if no pod existed."""
        return (self.running_s + self.reserved_s) / self.slot_s if self.slot_s else math.nan

    @property
    def utilisation_running(self) -> float:
        """The share of slot-seconds that were running; NaN if no pod existed."""
        return self.running_s / self.slot_s if self.slot_s else math.nan


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run comes to."""

    tasks: int
    plan_waits: Mapping[str, Waits]
    """Submitted until its plan starts, by kind of task; `all` is all kinds together."""
    apply_waits: Waits
    """Confirmed (as the control plane learned of it) until its apply starts."""
    states: Mapping[str, int]
    """Tasks by their last state."""
    refusals: Mapping[str, int]
    """Tries in which placement found no pod, by reason: that which most pods had, the first if even."""
    undone: Mapping[str, int]
    """Bookings that were released and sends that were rolled back, by reason."""
    anomalies: Mapping[str, int]
    """Observations that did not fit, by name and verdict."""
    missed: Mapping[str, int]
    """Faults that came at their time and found nothing to strike, by name."""
    pools: Mapping[str, PodUse]
    all_pods: PodUse
    ended_at: float
    """How far the run got (s)."""
    is_complete: bool


def summarise(run: Run) -> Summary:
    """What the run comes to."""
    counts = _counted(run.log)
    states = Counter(state for state, _ in run.columns("tasks", "state", "task"))
    pools = _pools(run)
    return Summary(
        tasks=states.total(),
        plan_waits=_plan_waits(run),
        apply_waits=_apply_waits(run),
        states=dict(states),
        refusals=dict(counts["refusals"]),
        undone=dict(counts["undone"]),
        anomalies=dict(counts["anomalies"]),
        missed=dict(counts["missed"]),
        pools=pools,
        all_pods=_together(pools.values(), _peaks(run)[1]),
        ended_at=run.ended_at,
        is_complete=run.is_complete,
    )


def is_missing(value: float) -> bool:
    """Whether a time of the record is NaN: it did not happen."""
    return value != value  # faster than math.isnan, and asked for millions of times


def _plan_waits(run: Run) -> dict[str, Waits]:
    over: defaultdict[str, list[float]] = defaultdict(list)
    so_far: defaultdict[str, list[float]] = defaultdict(list)
    tasks = run.columns("tasks", "kind", "submitted_at", "started_at", "wait_s", "ended_at")
    for kind, submitted, started, wait, ended in tasks:
        if is_missing(started):
            so_far[kind].append(_until(ended, run.ended_at) - submitted)
        else:
            over[kind].append(wait)
    kinds = sorted({*over, *so_far})
    waits = {kind: waits_of(over[kind], so_far[kind]) for kind in kinds}
    if len(kinds) != 1:
        waits["all"] = waits_of(chain(*over.values()), chain(*so_far.values()))
    return waits


def _apply_waits(run: Run) -> Waits:
    over: list[float] = []
    so_far: list[float] = []
    tasks = run.columns("tasks", "confirmed_at", "apply_started_at", "apply_wait_s", "ended_at")
    for confirmed, started, wait, ended in tasks:
        if is_missing(confirmed):
            continue
        if is_missing(started):
            so_far.append(_until(ended, run.ended_at) - confirmed)
        else:
            over.append(wait)
    return waits_of(over, so_far)


def _until(ended: float, end: float) -> float:
    """How long a task that never started was there to wait: until it ended, or the run did."""
    return end if is_missing(ended) else ended


def _counted(log: Iterable[Any]) -> dict[str, Counter[str]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in log:
        kind = type(entry)
        if kind is Refused:
            counts["refusals"][str(entry.main_reason)] += 1
        elif kind is Released or kind is RolledBack:
            counts["undone"][str(entry.reason)] += 1
        elif kind is Anomaly:
            counts["anomalies"][f"{entry.observation} {entry.verdict}"] += 1
        elif kind is FaultMissed:
            counts["missed"][entry.fault] += 1
    return counts


def _pools(run: Run) -> dict[str, PodUse]:
    peaks, _ = _peaks(run)
    held = _held(run)
    used = {pod for pod, _ in run.columns("phases", "pod", "task")}
    pods: dict[str, list[tuple[str, bool, float]]] = {pool.name: [] for pool in run.scenario.pools}
    deleted: Counter[str] = Counter()
    for pool, pod, created, reason, pod_s in run.columns(
        "pods", "pool", "pod", "created_at", "delete_reason", "pod_s"
    ):
        deleted[pool] += bool(reason)
        if not is_missing(created):
            pods[pool].append((pod, pod in used, pod_s))
    return {
        pool.name: _use(pods[pool.name], deleted[pool.name], peaks[pool.name], held, pool)
        for pool in run.scenario.pools
    }


def _use(
    pods: list[tuple[str, bool, float]],
    deleted: int,
    peak: int,
    held: Mapping[tuple[str, str], float],
    pool: PoolPlan,
) -> PodUse:
    pod_s = math.fsum(each for _, _, each in pods)
    return PodUse(
        created=len(pods),
        deleted=deleted,
        never_used=sum(not is_used for _, is_used, _ in pods),
        peak=peak,
        pod_s=pod_s,
        slot_s=pod_s * pool.slots_per_pod,
        running_s=held.get((pool.name, "running"), 0.0),
        reserved_s=held.get((pool.name, "reserved"), 0.0),
    )


def _held(run: Run) -> dict[tuple[str, str], float]:
    """Slot-seconds by pool and state of the slot."""
    pool_of: dict[str, str] = dict(run.columns("pods", "pod", "pool"))
    held: defaultdict[tuple[str, str], float] = defaultdict(float)
    for pod, state, since, until in run.columns("slots", "pod", "state", "since", "until"):
        held[pool_of[pod], state] += (run.ended_at if is_missing(until) else until) - since
    return held


def _peaks(run: Run) -> tuple[Counter[str], int]:
    """The most pods at one time, of each pool, and of all pools together."""
    peaks: Counter[str] = Counter()
    now: dict[str, int] = {}
    total = peak = 0
    for pool, pods in run.columns("counts", "pool", "pods"):
        total += pods - now.get(pool, 0)
        now[pool] = pods
        peaks[pool] = max(peaks[pool], pods)
        peak = max(peak, total)
    return peaks, peak


def _together(pools: Iterable[PodUse], peak: int) -> PodUse:
    each = list(pools)
    return PodUse(
        created=sum(use.created for use in each),
        deleted=sum(use.deleted for use in each),
        never_used=sum(use.never_used for use in each),
        peak=peak,
        pod_s=math.fsum(use.pod_s for use in each),
        slot_s=math.fsum(use.slot_s for use in each),
        running_s=math.fsum(use.running_s for use in each),
        reserved_s=math.fsum(use.reserved_s for use in each),
    )
