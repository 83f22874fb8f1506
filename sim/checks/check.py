"""Checking a log: one pass, all invariants side by side."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from policies.vocabulary import INSTANT
from sim.checks.catalogue import INVARIANTS
from sim.checks.invariant import Invariant, Report, Watch
from sim.checks.scene.scene import Scene
from sim.checks.terms import Terms, terms_of
from sim.checks.verdicts import Status, Verdict, Violation
from sim.record import Run
from sim.record.entry import Entry


def check(run: Run, invariants: Sequence[Invariant] | None = None) -> tuple[Verdict, ...]:
    """What a run says of each invariant; by default all, with the scenario's parameters."""
    chosen = invariants_of(run) if invariants is None else invariants
    return check_log(run.log, terms_of(run.scenario), chosen, ended_at=run.ended_at)


def invariants_of(run: Run) -> tuple[Invariant, ...]:
    """Every invariant, with the parameters that the scenario gives it."""
    given = run.scenario.checks.parameters
    return tuple(cls(**given.get(code, {})) for code, cls in INVARIANTS.items())


def check_log(
    log: Iterable[Entry], terms: Terms, invariants: Sequence[Invariant], *, ended_at: float = math.nan
) -> tuple[Verdict, ...]:
    """What a log says of each invariant. `ended_at` (float s) is when it ends, if not with its last entry."""
    scene = Scene(terms)
    reports = [Report() for _ in invariants]
    watches = [each.watch(scene, report) for each, report in zip(invariants, reports, strict=True)]
    _play(log, scene, watches, ended_at)
    return tuple(_verdict(*each) for each in zip(invariants, reports, watches, strict=True))


def scene_at(run: Run, at: float) -> Scene:
    """The scene of a run after all that happened up to `at` (float s), that very instant included."""
    scene = Scene(terms_of(run.scenario))
    entries = (entry for entry in run.log if entry.at <= at)
    _play(entries, scene, (), at)
    return scene


def scene_of(run: Run, code: str, violation: Violation) -> Scene:
    """The scene of a run when the invariant was broken in this way, the entry that broke it included.

    An instant may go on after that: a pod whose deletion is what breaks may be gone at the end of it. A bound
    breaks when its instant is over. Raises ValueError if the run has no such violation.
    """
    (invariant,) = [each for each in invariants_of(run) if each.code == code]
    scene, report = Scene(terms_of(run.scenario)), Report()

    def until_it_broke() -> Iterator[Entry]:
        for entry in run.log:
            if entry.at > violation.at + INSTANT or violation in report.violations:
                return
            yield entry

    _play(until_it_broke(), scene, [invariant.watch(scene, report)], violation.at)
    if violation not in report.violations:
        raise ValueError(f"{code} is not broken at {violation.at:g} s in this run: {violation.text}")
    return scene


def _play(log: Iterable[Entry], scene: Scene, watches: Sequence[Watch], ended_at: float) -> None:
    steps = _steps_of(scene, watches)
    settled = [watch.settled for watch in watches if watch.settled is not None]
    scene.touch_all()
    for entry in log:
        at = entry.at
        if at > scene.now:
            _settle(scene, settled)
            _advance(scene, settled, at)
            scene.now = at
        for step in steps.get(type(entry), ()):
            step(entry)
    _settle(scene, settled)
    if ended_at > scene.now:
        _advance(scene, settled, ended_at)
    scene.now = max(scene.now, ended_at if ended_at == ended_at else scene.now)
    for _, look in scene.deadlines.before(scene.now + 2 * INSTANT):  # a bound is over at the end itself
        look()


def _steps_of(scene: Scene, watches: Sequence[Watch]) -> dict[type, list[Callable[[Any], None]]]:
    """What is done with an entry, by its type: all watches look at it, and then the scene takes it in."""
    steps: dict[type, list[Callable[[Any], None]]] = {}
    for handlers in (*(watch.on for watch in watches), scene.folds):
        for kind, handler in handlers.items():
            steps.setdefault(kind, []).append(handler)
    return steps


def _settle(scene: Scene, settled: Sequence[Callable[[Any], None]]) -> None:
    for pool in scene.settle():
        for look in settled:
            look(pool)


def _advance(scene: Scene, settled: Sequence[Callable[[Any], None]], to: float) -> None:
    """Pass the deadlines before `to`: nothing has happened until they were over."""
    if not scene.deadlines.is_due_before(to):
        return
    for at, look in scene.deadlines.before(to):
        scene.now = max(scene.now, at)
        look()
        _settle(scene, settled)


def _verdict(invariant: Invariant, report: Report, watch: Watch) -> Verdict:
    still_open = watch.still_open()
    status = Status.BROKEN if report.count else Status.UNDECIDED if still_open else Status.HOLDS
    violations = tuple(sorted(report.violations, key=lambda each: each.at))
    return Verdict(
        code=invariant.code,
        status=status,
        violations=violations,
        count=report.count,
        still_open=still_open if status is Status.UNDECIDED else "",
    )
