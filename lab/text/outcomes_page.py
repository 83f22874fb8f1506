"""What `windtunnel test` shows: a line for each scenario, evidence of what fails, and a total."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from lab.judgement import Finding, Judgement
from lab.text.evidence_page import failure_parts
from lab.text.parts import FINDING_STYLES, plain_table, verdict
from lab.text.screen import Screen
from lab.trials import Case, Outcome, Trial, undecided
from lab.words import NOTHING
from policies.presets import PRESETS
from sim.words import count

_FOUND_WIDTH: Final = 18
_NAME_WIDTH_MAX: Final = 40
_TABLE_MIN: Final = 80
"""Characters a line that the table needs; on less, each scenario is a sentence."""


class OutcomeLines:
    """Writes a line as soon as its scenario is tried: its name, how many expectations hold, under what."""

    def __init__(self, screen: Screen, cases: Sequence[Case]) -> None:
        self._screen = screen
        widest = max((len(case.name) for case in cases), default=0)
        self._name_width = min(widest, _NAME_WIDTH_MAX, screen.width // 2)

    def show(self, outcome: Outcome) -> None:
        """Write it."""
        if self._screen.width < _TABLE_MIN:
            self._screen.show(self._in_words(outcome))
            return
        table = plain_table("", "", "")
        table.columns[0].min_width = table.columns[0].max_width = self._name_width
        table.columns[1].min_width = _FOUND_WIDTH
        found, under = _found_under(outcome)
        table.add_row(Text(outcome.name, style="bold"), found, under)
        self._screen.show(table)

    def _in_words(self, outcome: Outcome) -> Text:
        """The same where the table has no room."""
        found, under = _found_under(outcome)
        name = Text.assemble((outcome.name, "bold"), ": ")
        return Text.assemble(name, found, "; ", under) if outcome.trials else Text.assemble(name, under)


def _found_under(outcome: Outcome) -> tuple[Text, Text]:
    if not outcome.trials:
        return Text(NOTHING), Text(_nothing(outcome), style="dim")
    under = Text(_policies([trial.policy for trial in outcome.trials]))
    return Text(verdict(outcome.judgements), style=FINDING_STYLES[_worst(outcome)]), under


def _nothing(outcome: Outcome) -> str:
    return "nothing is expected of this policy" if outcome.expects_of_others else "nothing is expected"


def _worst(outcome: Outcome) -> Finding:
    findings = {each.finding for each in outcome.judgements}
    order = (Finding.FAILS, Finding.UNDECIDED, Finding.HOLDS)
    return next(finding for finding in order if finding in findings)


def _policies(names: Sequence[str]) -> str:
    return "every preset" if set(names) == set(PRESETS) else ", ".join(names)


def show_failures(screen: Screen, outcomes: Sequence[Outcome]) -> None:
    """Each expectation that fails, with evidence; then those that were left undecided."""
    for outcome in outcomes:
        for trial in outcome.trials:
            for judgement, evidence in trial.failures:
                where = f"{outcome.name} under {trial.policy}, seed {trial.seed}"
                screen.show("", *failure_parts(judgement, evidence, screen.width, where))
    lines = [_open(outcome, trial, each) for outcome in outcomes for trial, each in undecided(outcome)]
    if lines:
        screen.show("", *lines)


def _open(outcome: Outcome, trial: Trial, judgement: Judgement) -> Text:
    line = Text("undecided ", style=FINDING_STYLES[Finding.UNDECIDED])
    line.append(f"{outcome.name} under {trial.policy}: ", style="default")
    line.append(f"{judgement.expected}: {judgement.found}", style="default")
    return line


def show_total(screen: Screen, outcomes: Sequence[Outcome], *, of: int) -> None:
    """'6 scenarios, 12 runs: 40 hold, 1 fails'; `of` is how many there were to be tried."""
    trials = sum(len(each.trials) for each in outcomes)
    judgements = [judgement for each in outcomes for judgement in each.judgements]
    tried = count(len(outcomes), "scenario") if len(outcomes) == of else f"{len(outcomes)} of {of} scenarios"
    silent = sum(not each.trials for each in outcomes)
    nothing = f"; nothing is expected of {count(silent, 'scenario')}" if silent else ""
    if any(each.expects_of_others for each in outcomes):
        nothing += " under this policy; windtunnel matrix shows what breaks under any"
    found = verdict(judgements) if judgements else "no expectation was judged"
    style = FINDING_STYLES[Finding.FAILS] if any(each.has_failed for each in outcomes) else ""
    screen.show("", Text(f"{tried}, {count(trials, 'run')}: {found}{nothing}", style=style))
