"""What a run comes to, as plain values: waits, final states, refusals, pods and what they cost.

Made from the rows of the record, without pandas. Times and durations are float seconds.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.quantiles import Waits, waits_of
from policies.decisions import Anomaly, Refused, Released, RolledBack
from policies.lifecycles import Verdict
from sim.record import TABLES, Run
from sim.record.tables import build

Record = dict[str, Any]
"""A row of a table by column."""


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
    pools: Mapping[str, PodUse]
    all_pods: PodUse
    ended_at: float
    """How far the run got (s)."""
    is_complete: bool

    @property
    def misfits(self) -> dict[str, int]:
        """The anomalies that say something: a fact that is merely told twice does not."""
        return {name: n for name, n in self.anomalies.items() if not name.endswith(str(Verdict.REPEATED))}


def summarise(run: Run) -> Summary:
    """What the run comes to."""
    tables = {
        name: [dict(zip(TABLES[name], row, strict=True)) for row in rows]
        for name, rows in build(run.log, ["tasks", "phases", "pods", "slots", "counts"], run.ended_at).items()
    }
    refusals, undone, anomalies = _decided(run.log)
    pools = _pools(run, tables)
    return Summary(
        tasks=len(tables["tasks"]),
        plan_waits=_plan_waits(tables["tasks"], run.ended_at),
        apply_waits=_apply_waits(tables["tasks"], run.ended_at),
        states=dict(Counter(task["state"] for task in tables["tasks"])),
        refusals=refusals,
        undone=undone,
        anomalies=anomalies,
        pools=pools,
        all_pods=_together(pools.values(), _peak(tables["counts"])),
        ended_at=run.ended_at,
        is_complete=run.is_complete,
    )


def is_missing(value: float) -> bool:
    """Whether a time of the record is NaN: it did not happen."""
    return math.isnan(value)


def _plan_waits(tasks: list[Record], end: float) -> dict[str, Waits]:
    kinds = sorted({task["kind"] for task in tasks})
    groups = {kind: [task for task in tasks if task["kind"] == kind] for kind in kinds}
    if len(kinds) != 1:
        groups["all"] = tasks
    return {
        name: waits_of(
            (task["wait_s"] for task in group if not is_missing(task["started_at"])),
            (_until(task, end) - task["submitted_at"] for task in group if is_missing(task["started_at"])),
        )
        for name, group in groups.items()
    }


def _apply_waits(tasks: list[Record], end: float) -> Waits:
    confirmed = [task for task in tasks if not is_missing(task["confirmed_at"])]
    return waits_of(
        (task["apply_wait_s"] for task in confirmed if not is_missing(task["apply_started_at"])),
        (
            _until(task, end) - task["confirmed_at"]
            for task in confirmed
            if is_missing(task["apply_started_at"])
        ),
    )


def _until(task: Record, end: float) -> float:
    """How long a task that never started was there to wait: until it ended, or the run did."""
    return end if is_missing(task["ended_at"]) else float(task["ended_at"])


def _decided(log: Iterable[Any]) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    refusals: Counter[str] = Counter()
    undone: Counter[str] = Counter()
    anomalies: Counter[str] = Counter()
    for entry in log:
        kind = type(entry)
        if kind is Refused:
            refusals[str(entry.main_reason)] += 1
        elif kind is Released or kind is RolledBack:
            undone[str(entry.reason)] += 1
        elif kind is Anomaly:
            anomalies[f"{entry.observation} {entry.verdict}"] += 1
    return dict(refusals), dict(undone), dict(anomalies)


def _pools(run: Run, tables: Mapping[str, list[Record]]) -> dict[str, PodUse]:
    used = {phase["pod"] for phase in tables["phases"]}
    pool_of = {pod["pod"]: pod["pool"] for pod in tables["pods"]}
    return {
        pool.name: _use(
            [pod for pod in tables["pods"] if pod["pool"] == pool.name],
            [slot for slot in tables["slots"] if pool_of.get(slot["pod"]) == pool.name],
            used,
            slots_per_pod=pool.slots_per_pod,
            peak=_peak(row for row in tables["counts"] if row["pool"] == pool.name),
            end=run.ended_at,
        )
        for pool in run.scenario.pools
    }


def _use(
    pods: list[Record], slots: list[Record], used: set[str], *, slots_per_pod: int, peak: int, end: float
) -> PodUse:
    existed = [pod for pod in pods if not is_missing(pod["created_at"])]
    held: Counter[str] = Counter()
    for slot in slots:
        held[slot["state"]] += (end if is_missing(slot["until"]) else slot["until"]) - slot["since"]
    pod_s = math.fsum(pod["pod_s"] for pod in existed)
    return PodUse(
        created=len(existed),
        deleted=sum(bool(pod["delete_reason"]) for pod in pods),
        never_used=sum(pod["pod"] not in used for pod in existed),
        peak=peak,
        pod_s=pod_s,
        slot_s=pod_s * slots_per_pod,
        running_s=held["running"],
        reserved_s=held["reserved"],
    )


def _peak(counts: Iterable[Record]) -> int:
    """The most pods at one time; of several pools, the sum of what each has at that time."""
    now: dict[str, int] = {}
    peak = 0
    for row in counts:
        now[row["pool"]] = row["pods"]
        peak = max(peak, sum(now.values()))
    return peak


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
