"""Whether a run shows what its scenario expects under its policy.

A scenario's expectations are written for a preset, or for any policy. A policy that differs from a preset
in anything has another name, and only what is expected of any policy is expected of it.
"""

from collections.abc import Sequence

from lab.judgement.findings import Finding, Judgement
from lab.judgement.invariants import Checked, found_of, when_and_how
from lab.judgement.reasons import judge_reasons
from lab.judgement.tasks import Facts, judge_tasks
from sim.checks import Verdict
from sim.record import Run
from sim.scenario import ANY_PRESET

__all__ = ["Finding", "Judgement", "found_of", "judge", "when_and_how"]


def judge(run: Run, verdicts: Sequence[Verdict] | None = None) -> tuple[Judgement, ...]:
    """All that the scenario expects under the run's policy; none if nothing is.

    `verdicts` are what `sim.checks.check` says of the run, if that is known already.
    """
    scenario, name = run.scenario, run.policy.name
    if not scenario.expectations_of(name):
        return ()
    facts, checked = Facts(run), Checked(run, verdicts)
    found: list[Judgement] = []
    for under in (name, ANY_PRESET):
        if under in scenario.expect:
            found += checked.judge(scenario.expect[under], under)
            found += judge_reasons(scenario.expect[under], run, under)
            found += judge_tasks(scenario.expect[under], facts, under)
    return tuple(found)
