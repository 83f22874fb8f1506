"""What was going on when something broke: values that can be shown, saved, or put into a report.

The log lines before that moment, who held which slot beside what truly ran there, what the control plane
believed of each pod beside what was true, and where the task stood. All of it is folded from the log anew,
so it needs no more than the run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lab.judgement import Finding, Judgement
from lab.log_text import AUTOSCALER, log_lines_by_entry
from policies.actions import CreatePod
from policies.vocabulary import INSTANT, SlotState
from sim.checks import Verdict, Violation, scene_at, scene_of
from sim.checks.scene.pods import Live, PodNow
from sim.checks.scene.scene import Scene
from sim.errors import InputError
from sim.record import Run
from sim.record.truth import PodHappened, TaskCreated

WINDOW_S: Final = 10.0
"""How far back the log lines go; a retry period."""
LINES_MIN: Final = 3
LINES_MAX: Final = 12
LINES_FIRST: Final = 3
"""Of more lines than LINES_MAX, how many of the first ones are kept; the others are the last ones."""
PODS_MAX: Final = 8
WAITING_MAX: Final = 5


@dataclass(frozen=True, kw_only=True)
class Running:
    """An execution that was going on, in truth. `since` is float s."""

    task: int
    phase: str
    pod: str
    since: float


@dataclass(frozen=True, kw_only=True)
class SlotFacts:
    """A slot: who holds it by the slot table, and what truly runs in it."""

    slot: int | None
    """None for what was sent without a booking."""
    held_by: int | None
    is_reserved: bool
    """Held for an apply, by the slot table."""
    runs: tuple[Running, ...]


@dataclass(frozen=True, kw_only=True)
class PodFacts:
    """A pod: what the control plane was told of it, and what was true."""

    pod: str
    seen_phase: str
    """As the control plane last saw it; empty if it never did."""
    phase: str
    """Requested, called (the create call is on its way), pending, running, terminating or gone: in truth."""
    is_seen_connected: bool
    is_connected: bool
    heartbeat_age_s: float | None
    """How long ago its agent's last heartbeat was, in truth; None if there never was one."""
    is_known_to_pod_manager: bool
    """Whether `pod.AgentID` is set."""
    delete_requested_at: float | None
    slots: tuple[SlotFacts, ...]


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """A task: its row in the store, the slots that it holds, and where it truly runs."""

    task: int
    kind: str
    workspace: str
    state: str
    """Of its row; empty if the control plane has not heard of it."""
    runnable_since: float | None
    """Since when nothing in its workspace is in its way; None if something is, or it is not waiting."""
    holds: tuple[tuple[str, int], ...]
    """Pod and slot, by the slot table."""
    runs: tuple[Running, ...]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One moment of a run, seen from where something is wrong."""

    at: float
    pool: str
    """The pool concerned; empty for all."""
    since: float
    """Of the first log line."""
    autoscaler: str
    """The line of the autoscaler's last decision, if it is older: the same one is not logged again."""
    lines: tuple[str, ...]
    """Log lines of that pool, as `log_lines` has them, up to this moment."""
    left_out: tuple[int, ...]
    """For each of `lines`, how many are left out before it."""
    pods: tuple[PodFacts, ...]
    """The pods concerned, then others of the pool."""
    pods_left_out: int
    task: TaskFacts | None
    waiting: tuple[TaskFacts, ...]
    """If it is about no task and no pod: tasks of the pool that are runnable, for the longest time first."""
    waiting_left_out: int


def evidence_of(run: Run, code: str, violation: Violation) -> Evidence:
    """What was going on when this invariant was broken in this way."""
    scene = scene_of(run, code, violation)
    return _evidence(run, scene, violation.at, violation.pool, violation.task, violation.pod)


def evidence_at(run: Run, at: float, *, task: int | None = None, pod: str | None = None) -> Evidence:
    """What was going on at a time (float s), once all of that instant had happened.

    Raises InputError if the run has no such time.
    """
    if not 0 <= at <= run.ended_at:
        raise InputError(f"at={at!r}: expected a time of the run, from 0 to {run.ended_at:g} s")
    return _evidence(run, scene_at(run, at), at, "", task, pod)


def evidence_for(run: Run, judgement: Judgement, verdicts: Sequence[Verdict]) -> Evidence | None:
    """What was going on when the run did what fails, or did not do what was due; None if nobody can say when.

    `verdicts` are what `sim.checks.check` says of the run.
    """
    for verdict in verdicts:
        if verdict.code == judgement.invariant and verdict.first is not None:
            return evidence_of(run, verdict.code, verdict.first)
    return None if judgement.at is None else evidence_at(run, judgement.at, task=judgement.task)


def evidence_of_broken(run: Run, verdicts: Sequence[Verdict]) -> Iterator[tuple[Verdict, Evidence]]:
    """For each invariant that is broken, what was going on when it was first, in the order of time."""
    for verdict in sorted(verdicts, key=lambda each: (each.broken_at, each.code)):
        if verdict.first is not None:
            yield verdict, evidence_of(run, verdict.code, verdict.first)


def failures(
    run: Run, judgements: Sequence[Judgement], verdicts: Sequence[Verdict]
) -> Iterator[tuple[Judgement, Evidence | None]]:
    """For each expectation that fails, what was going on."""
    for judgement in judgements:
        if judgement.finding is Finding.FAILS:
            yield judgement, evidence_for(run, judgement, verdicts)


def _evidence(run: Run, scene: Scene, at: float, pool: str, task: int | None, pod: str | None) -> Evidence:
    pools = _Pools(run)
    concerned = pool or pools.of_task.get(task) or pools.of_pod.get(pod) or pools.only
    lines, autoscaler = _lines(run, pools, concerned, at)
    kept = _kept([text for _, text in lines])
    is_of_nobody = task is None and pod is None
    waiting = _waiting(scene, concerned) if is_of_nobody else []
    names = list(_names(scene, pools, task, pod))
    if concerned:
        names = [name for name in names if pools.of_pod.get(name) in (concerned, None)]
    return Evidence(
        at=at,
        pool=concerned if len(run.scenario.pools) > 1 else "",
        since=lines[0][0] if lines else at,
        autoscaler=autoscaler,
        lines=tuple(lines[index][1] for index in kept),
        left_out=tuple(index - before - 1 for before, index in pairwise([-1, *kept])),
        pods=tuple(_pod(scene, name, pools) for name in names[:PODS_MAX]),
        pods_left_out=max(0, len(names) - PODS_MAX),
        task=None if task is None else _task(scene, task),
        waiting=tuple(_task(scene, each) for each in waiting[:WAITING_MAX]),
        waiting_left_out=max(0, len(waiting) - WAITING_MAX),
    )


def _kept(lines: Sequence[str]) -> list[int]:
    """Which lines are shown: the first and the last ones, and what the autoscaler decided last."""
    if len(lines) <= LINES_MAX + 1:  # a line is no longer than the note that it is left out
        return list(range(len(lines)))
    last_ones = range(len(lines) - LINES_MAX + LINES_FIRST, len(lines))
    kept = {*range(LINES_FIRST), *last_ones}
    decided = [index for index, text in enumerate(lines) if AUTOSCALER in text][-1:]
    if decided and decided[0] not in kept:
        kept = {*kept - {last_ones[0]}, decided[0]}
    return sorted(kept)


def _waiting(scene: Scene, pool: str) -> list[int]:
    """Tasks of a pool that are runnable, for the longest time first; of all pools if it is empty."""
    waiting = [
        (row.runnable_since, row.id)
        for row in scene.rows.values()
        if row.runnable_since is not None and pool in ("", row.workspace.pool)
    ]
    return [task for _, task in sorted(waiting)]


class _Pools:
    """To which pool tasks, pods and entries belong."""

    def __init__(self, run: Run) -> None:
        pools = run.scenario.pools
        self.only = pools[0].name if len(pools) == 1 else ""
        self.of_task: dict[int | None, str] = {}
        self.of_pod: dict[str | None, str] = {}
        for entry in run.log:
            if type(entry) is TaskCreated:
                self.of_task[entry.task] = entry.pool
            elif isinstance(entry, CreatePod | PodHappened):
                self.of_pod.setdefault(entry.pod, entry.pool)

    def of(self, entry: Any) -> str:
        """The pool of an entry of the log; empty if it is about all pools."""
        if self.only:
            return self.only
        if getattr(entry, "pool", ""):
            return str(entry.pool)
        task, pod = getattr(entry, "task", None), getattr(entry, "pod", None)
        subject = getattr(entry, "subject", None)
        return self.of_task.get(task) or self.of_pod.get(pod) or self.of_pod.get(subject) or ""


_Lines = list[tuple[float, str]]


def _lines(run: Run, pools: _Pools, pool: str, at: float) -> tuple[_Lines, str]:
    """The log lines of a pool up to a time, with their times: of the last seconds, and at least a few.

    Also the last line of the autoscaler, if it is not among them; empty otherwise.
    """
    found: _Lines = []
    for entry, text in log_lines_by_entry(run):
        if entry.at > at + INSTANT:
            break
        if not pool or pools.of(entry) in (pool, ""):
            found.append((entry.at, text))
    recent = [line for line in found if line[0] >= at - WINDOW_S - INSTANT]
    if len(recent) < LINES_MIN:
        recent = found[-LINES_MIN:]
    decided = [line for line in found if AUTOSCALER in line[1]][-1:]
    return recent, decided[0][1] if decided and decided[0] not in recent else ""


def _names(scene: Scene, pools: _Pools, task: int | None, pod: str | None) -> Iterator[str]:
    """The pods that are there, asked for, or thought to be: those concerned first, then those in use.

    If it is about no pod and no task, a want of capacity for example, those on their way come first.
    """
    holds = [where for where, _ in sorted(scene.slots.places.get(task, ()))] if task is not None else []
    runs = [each.pod for each in scene.live.get(task, ())] if task is not None else []
    concerned = [*([pod] if pod is not None else []), *holds, *runs]
    in_use = [name for name in scene.pods if scene.slots.on(name) or scene.pods[name].live]
    unready = [name for name in scene.pods if scene.truly_ready(name) is None]
    if task is None and pod is None:
        concerned = unready
    forgotten = [name for name in scene.slots.held if name not in scene.pods]
    yield from dict.fromkeys([*concerned, *in_use, *forgotten, *scene.pods])


def _pod(scene: Scene, name: str, pools: _Pools) -> PodFacts:
    pool = pools.of_pod.get(name, pools.only)
    pod = scene.pods.get(name) or PodNow(name, pool, phase="gone")
    terms = scene.terms.pools.get(pool)
    return PodFacts(
        pod=name,
        seen_phase=pod.seen_phase,
        phase="terminating" if pod.is_terminating and pod.phase != "gone" else pod.phase,
        is_seen_connected=pod.is_seen_connected,
        is_connected=pod.connected_since is not None,
        heartbeat_age_s=None if terms is None else pod.heartbeat_age_s(scene.now, terms.heartbeat_every_s),
        is_known_to_pod_manager=pod.is_known_to_pod_manager,
        delete_requested_at=pod.delete_requested_at,
        slots=tuple(_slots(scene, pod, 0 if terms is None else terms.slots)),
    )


def _slots(scene: Scene, pod: PodNow, slots: int) -> Iterator[SlotFacts]:
    table = scene.slots.on(pod.name)
    in_truth = [each.slot for each in pod.live if each.slot is not None]
    indexes: list[int | None] = [*range(max([slots, *(1 + slot for slot in [*table, *in_truth])]))]
    if any(each.slot is None for each in pod.live):
        indexes.append(None)
    for index in indexes:
        held = None if index is None else table.get(index)
        yield SlotFacts(
            slot=index,
            held_by=None if held is None else held.task,
            is_reserved=held is not None and held.state is SlotState.RESERVED,
            runs=tuple(_running(each) for each in pod.live if each.slot == index),
        )


def _running(live: Live) -> Running:
    return Running(task=live.task, phase=str(live.phase), pod=live.pod, since=live.since)


def _task(scene: Scene, task: int) -> TaskFacts:
    row, created = scene.rows.get(task), scene.created.get(task)
    return TaskFacts(
        task=task,
        kind=str(row.kind if row is not None else created.kind if created is not None else "task"),
        workspace=row.workspace.name if row is not None else created.workspace if created is not None else "",
        state="" if row is None else str(row.state),
        runnable_since=None if row is None else row.runnable_since,
        holds=tuple(sorted(scene.slots.places.get(task, ()))),
        runs=tuple(map(_running, scene.live.get(task, ()))),
    )
