"""`windtunnel test`: scenarios against what they expect."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.cli.options import Json, OnlyPolicies, ScenarioPaths

if TYPE_CHECKING:
    from lab.trials import Case, Outcome


def trials(
    paths: ScenarioPaths = None,
    policies: OnlyPolicies = None,
    as_json: Json = False,
) -> int:
    """Try the scenarios; the exit code."""
    from lab.cli.failures import EXPECTATION_FAILED
    from lab.trials import find_cases
    from sim.errors import PolicyError

    cases = find_cases(paths or (), policies or ())
    outcomes: list[Outcome] = []
    try:
        _try_each(cases, outcomes, is_silent=as_json)
    except (KeyboardInterrupt, PolicyError) as error:
        _show(outcomes, of=len(cases), as_json=as_json)
        error.add_note(f"{len(outcomes)} of {len(cases)} scenarios were tested by then")
        raise
    _show(outcomes, of=len(cases), as_json=as_json)
    return EXPECTATION_FAILED if any(each.has_failed for each in outcomes) else 0


def _try_each(cases: "Sequence[Case]", outcomes: "list[Outcome]", *, is_silent: bool) -> None:
    """Try one after another, and write a line for each as soon as it is over."""
    from lab.cli.progress import Progress
    from lab.cli.streams import err, out
    from lab.text.outcomes_page import OutcomeLines
    from lab.trials import try_case

    progress = Progress(err(), "test")
    lines = OutcomeLines(out(), cases)

    def told(share: float) -> None:
        progress((len(outcomes) + share) / len(cases))

    try:
        for case in cases:
            outcomes.append(try_case(case, told))
            progress.clear()
            if not is_silent:
                lines.show(outcomes[-1])
    finally:
        progress.clear()


def _show(outcomes: "Sequence[Outcome]", *, of: int, as_json: bool) -> None:
    """What failed, with evidence, and a total; or all of it as JSON."""
    from lab.cli.streams import out
    from lab.text.outcomes_page import show_failures, show_total

    screen = out()
    if as_json:
        from lab.json_form import outcomes_as_json

        screen.write(json.dumps(outcomes_as_json(outcomes, of=of), indent=2) + "\n")
        return
    show_failures(screen, outcomes)
    show_total(screen, outcomes, of=of)
