"""Whether the invariants break that a scenario says break, when it says so, and all others hold."""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from lab.judgement.findings import Finding, Judgement
from lab.words import exactly
from sim.checks import Status, Verdict, Violation, check
from sim.record import Run
from sim.scenario import Breaks, Expectation

_SAME_TIME_S: Final = 1e-5
"""Two times of a run that differ by less are one: checks and files round them."""


class Checked:
    """What the checks say of a run; they are made when they are first asked for."""

    def __init__(self, run: Run, verdicts: Sequence[Verdict] | None) -> None:
        self._run = run
        self._verdicts = verdicts

    def judge(self, expectation: Expectation, under: str) -> Iterator[Judgement]:
        """The invariants that should break, one by one; then all others."""
        if expectation.breaks is None:
            return
        if self._verdicts is None:
            self._verdicts = check(self._run)
        verdicts = {each.code: each for each in self._verdicts}
        for breaks in expectation.breaks:
            yield self._broken(breaks, verdicts.pop(breaks.code), under)
        others = [self._other(each, expectation, under) for each in verdicts.values()]
        remarkable = [each for each in others if each is not None]
        yield from remarkable
        if not remarkable:
            which = "every invariant holds" if not expectation.breaks else "every other invariant holds"
            found = _in_words(verdicts.values())
            if self._run.is_complete:
                yield Judgement(expected=which, found=found, finding=Finding.HOLDS, under=under)
            else:
                found = f"{found}, when the run ended"
                yield Judgement(expected=which, found=found, finding=Finding.UNDECIDED, under=under)

    def _broken(self, wanted: Breaks, verdict: Verdict, under: str) -> Judgement:
        first = verdict.first
        at = None if first is None else first.at
        if first is not None:
            in_time = wanted.earliest - _SAME_TIME_S <= first.at <= wanted.latest + _SAME_TIME_S
            finding = Finding.HOLDS if in_time else Finding.FAILS
        elif self._may_still_break(verdict, wanted.latest):
            finding = Finding.UNDECIDED
        else:
            finding = Finding.FAILS
            at = min(wanted.latest, self._run.ended_at) if math.isfinite(wanted.latest) else None
        return Judgement(
            expected=f"{wanted.code} breaks{_when(wanted)}",
            found=found_of(verdict),
            finding=finding,
            under=under,
            invariant=wanted.code,
            at=at,
        )

    def _may_still_break(self, verdict: Verdict, latest: float) -> bool:
        """Whether the run ended before it could be said that the invariant does not break by `latest`."""
        is_open = verdict.status is Status.UNDECIDED or not self._run.is_complete
        return is_open and self._run.ended_at <= latest + _SAME_TIME_S

    def _other(self, verdict: Verdict, expectation: Expectation, under: str) -> Judgement | None:
        """What must be said of an invariant that should hold; None if nothing."""
        if verdict.status is Status.HOLDS or verdict.code in expectation.may_break:
            return None
        is_broken = verdict.status is Status.BROKEN
        if not is_broken and verdict.code in expectation.undecided:
            return None
        return Judgement(
            expected=f"{verdict.code} holds",
            found=found_of(verdict),
            finding=Finding.FAILS if is_broken else Finding.UNDECIDED,
            under=under,
            invariant=verdict.code,
            at=verdict.first.at if verdict.first is not None else None,
        )


def found_of(verdict: Verdict) -> str:
    """What a verdict says, in words: 'first broken at 19 s: task 608 ...'."""
    first = verdict.first
    if first is not None:
        return f"first broken {when_and_how(verdict, first)}"
    return f"undecided, {verdict.still_open}" if verdict.status is Status.UNDECIDED else "holds"


def when_and_how(verdict: Verdict, first: Violation) -> str:
    """'at 19 s, 3 times in all: task 608 ...'."""
    times = "" if verdict.count == 1 else f", {verdict.count:,} times in all"
    return f"at {exactly(first.at)}{times}: {first.text}"


def _when(wanted: Breaks) -> str:
    if wanted.earliest == wanted.latest:
        return f" at {exactly(wanted.earliest)}"
    if wanted.latest == math.inf:
        return ""
    return f" between {exactly(wanted.earliest)} and {exactly(wanted.latest)}"


def _in_words(verdicts: Collection[Verdict]) -> str:
    """All of these are as expected: those that do not hold need not."""
    text = f"{sum(each.status is Status.HOLDS for each in verdicts)} hold"
    for status in (Status.UNDECIDED, Status.BROKEN):
        codes = [each.code for each in verdicts if each.status is status]
        if codes:
            text += f", {' and '.join(codes)} {status}, as expected"
    return text
