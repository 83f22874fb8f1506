"""Whether no decision of a run has a reason that the scenario says must never occur."""

from collections.abc import Iterator
from typing import Any

from lab.judgement.findings import Finding, Judgement
from lab.words import exactly
from policies.observations import Observation
from sim.record import Run
from sim.record.entry import Entry
from sim.scenario import Expectation
from sim.words import count


def judge_reasons(expectation: Expectation, run: Run, under: str) -> Iterator[Judgement]:
    """What the run says of each reason code that must never occur."""
    if not expectation.never:
        return
    times: dict[str, list[float]] = {reason: [] for reason in expectation.never}
    for entry in run.log:
        for reason in _reasons_of(entry):
            if reason in times:
                times[reason].append(entry.at)
    for reason, at in times.items():
        if at:
            finding = Finding.FAILS
            found = f"first at {exactly(at[0])}, {count(len(at), 'time')} in all"
        elif run.is_complete:
            finding, found = Finding.HOLDS, "it does not"
        else:
            finding, found = Finding.UNDECIDED, f"not by {exactly(run.ended_at)}, when the run ended"
        yield Judgement(
            expected=f"{reason} never occurs",
            found=found,
            finding=finding,
            under=under,
            at=at[0] if at else None,
        )


def _reasons_of(entry: Entry) -> Iterator[Any]:
    """The reasons of a decision, or of the one behind an action: its own, and those for single pods.

    What an observation says (`dispatch_failed` has a reason, too) nobody has decided.
    """
    if isinstance(entry, Observation):
        return
    decision: Any = getattr(entry, "because", entry)
    yield getattr(decision, "reason", None)
    for refusal in getattr(decision, "refusals", ()):
        yield refusal.reason
