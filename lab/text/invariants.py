"""What the checks say of a run, as lines of text."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from lab.judgement import when_and_how
from sim.checks import INVARIANTS, Status, Verdict
from sim.words import count

_STYLES: Final = {Status.HOLDS: "green", Status.BROKEN: "bold red", Status.UNDECIDED: "yellow"}


def verdict_lines(verdicts: Sequence[Verdict]) -> Iterator[Text]:
    """One line for each invariant that is broken or undecided, with its first violation."""
    for each in verdicts:
        if each.status is not Status.HOLDS:
            line = Text(f"{each.status:<10}", style=_STYLES[each.status])
            line.append(
                f"{each.code} {INVARIANTS[each.code].title}: {_found(each)}", style="not bold default"
            )
            yield line


def summary_of(verdicts: Sequence[Verdict]) -> str:
    """'17 hold, 2 are broken'."""
    numbers = {status: sum(each.status is status for each in verdicts) for status in Status}
    parts = [
        count(numbers[Status.HOLDS], "holds", "hold"),
        count(numbers[Status.BROKEN], "is broken", "are broken"),
        count(numbers[Status.UNDECIDED], "is undecided", "are undecided"),
    ]
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "none was checked"


def _found(verdict: Verdict) -> str:
    first = verdict.first
    if first is None:
        return verdict.still_open
    return f"first {when_and_how(verdict, first)}"
