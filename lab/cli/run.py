"""`windtunnel run`: one scenario, one policy, one seed."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Json, Out, PolicyName, ScenarioName, Seed, Settings

if TYPE_CHECKING:
    from lab.judgement import Judgement
    from sim.checks import Verdict
    from sim.record import Run


def run(
    scenario: ScenarioName,
    policy: PolicyName = None,
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    log: Annotated[
        bool, typer.Option("--log", help="Print the platform's log lines in place of the summary.")
    ] = False,
    as_json: Json = False,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence", help="Show what was going on when invariants broke and expectations failed."
        ),
    ] = False,
) -> int:
    """Run a scenario; the exit code."""
    from lab.cli.flight import fly
    from lab.cli.saving import check_folder, save_pictures, save_record, telling_what_is_saved
    from lab.cli.streams import err
    from lab.judgement import judge
    from lab.running import load
    from sim.checks import check
    from sim.errors import InputError
    from sim.garbage import rarely_collected
    from sim.simulate import PolicyFailed

    if log and as_json:
        raise InputError("--log and --json: each prints in place of the summary; give one of them")
    if log and evidence:
        raise InputError("--log and --evidence: the log has all of it; give one of them")
    check_folder(out)
    loaded = load(scenario, policy, settings or ())
    try:
        flown = fly(loaded, seed=seed, out=out)
    except PolicyFailed as failure:
        if log:
            _show_log(failure.run, ())
        raise
    unsaved = None if out is None else save_record(flown, out)
    saved = [] if out is None or unsaved is not None else [out]
    with telling_what_is_saved(saved):
        with rarely_collected():
            verdicts = check(flown)
            judgements = judge(flown, verdicts)
            _show(flown, verdicts, judgements, as_log=log, as_json=as_json, with_evidence=evidence)
        for folder in saved:
            save_pictures(flown, folder)
            err().write(f"saved in {folder}\n")
    if unsaved is not None:
        raise unsaved
    return exit_code(judgements)


def exit_code(judgements: Sequence["Judgement"]) -> int:
    """1 if an expectation fails; one that is undecided does not."""
    from lab.cli.failures import EXPECTATION_FAILED
    from lab.judgement import Finding

    return EXPECTATION_FAILED if any(each.finding is Finding.FAILS for each in judgements) else 0


def _show(
    flown: "Run",
    verdicts: Sequence["Verdict"],
    judgements: Sequence["Judgement"],
    *,
    as_log: bool,
    as_json: bool,
    with_evidence: bool,
) -> None:
    from lab.cli.streams import out as standard_output
    from lab.summary import summarise

    screen = standard_output()
    if as_log:
        _show_log(flown, judgements)
    elif as_json:
        from lab.json_form import all_evidence_as_json, run_as_json

        plain = run_as_json(flown, summarise(flown), verdicts, judgements)
        if with_evidence:
            plain["evidence"] = all_evidence_as_json(flown, verdicts, judgements)
        screen.write(json.dumps(plain, indent=2) + "\n")
    else:
        from lab.text.run_page import show_run

        show_run(screen, flown, summarise(flown), verdicts, judgements)
        if with_evidence:
            from lab.text.evidence_page import show_evidence

            show_evidence(screen, flown, verdicts, judgements)


def _show_log(flown: "Run", judgements: Sequence["Judgement"]) -> None:
    """The log on standard output, and what failed on standard error, as the log does not say it."""
    from lab.cli.streams import err
    from lab.cli.streams import out as standard_output
    from lab.judgement import Finding
    from lab.log_text import log_lines
    from lab.words import visible

    screen = standard_output()
    lines: list[str] = []
    for line in log_lines(flown):
        lines.append(line)
        if len(lines) == 1000:
            screen.write("\n".join([*lines, ""]))
            lines.clear()
        if not screen.is_open:
            break
    screen.write("".join(f"{line}\n" for line in lines))
    for each in judgements:
        if each.finding is Finding.FAILS:
            err().write(visible(f"fails: {each.expected}: {each.found}") + "\n")
