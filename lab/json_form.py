"""What `--json` prints: summaries and judgements as plain values. What is not a number is null."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from lab.evidence import Evidence, evidence_of_broken, failures
from lab.judgement import Judgement
from lab.quantiles import Waits
from lab.summary import PodUse, Summary
from lab.trials import Outcome, Trial
from sim.checks import Verdict
from sim.record import Run


def run_as_json(
    run: Run, summary: Summary, verdicts: Sequence[Verdict], judgements: Sequence[Judgement]
) -> dict[str, Any]:
    """One run: what made it, what it comes to, what the checks say, what was expected of it."""
    return {
        **run.manifest(),
        "summary": summary_as_json(summary),
        "invariants": [msgspec.to_builtins(each) for each in verdicts],
        "expectations": [asdict(each) for each in judgements],
    }


def outcomes_as_json(outcomes: Sequence[Outcome], *, of: int) -> dict[str, Any]:
    """Scenarios and what came of them; `of` is how many there were to be tried."""
    scenarios = [
        {
            "scenario": each.name,
            "title": each.title,
            "failed": each.has_failed,
            "runs": list(map(_trial, each.trials)),
        }
        for each in outcomes
    ]
    return {"complete": len(outcomes) == of, "scenarios": scenarios}


def _trial(trial: Trial) -> dict[str, Any]:
    evidence = dict(trial.failures)
    return {
        "policy": trial.policy,
        "seed": trial.seed,
        "expectations": [
            {**asdict(each), "evidence": evidence_as_json(evidence.get(each))} for each in trial.judgements
        ],
    }


def evidence_as_json(evidence: Evidence | None) -> dict[str, Any] | None:
    """Evidence; null if there is none."""
    return None if evidence is None else without_nan(asdict(evidence))


def all_evidence_as_json(
    run: Run, verdicts: Sequence[Verdict], judgements: Sequence[Judgement]
) -> list[dict[str, Any]]:
    """What was going on when each broken invariant was first broken, and when what fails was due."""
    broken = [
        {"invariant": verdict.code, "expected": None, **without_nan(asdict(evidence))}
        for verdict, evidence in evidence_of_broken(run, verdicts)
    ]
    failed = [
        {"invariant": None, "expected": judgement.expected, **without_nan(asdict(evidence))}
        for judgement, evidence in failures(run, judgements, verdicts)
        if judgement.invariant is None and evidence is not None
    ]
    return [*broken, *failed]


def summary_as_json(summary: Summary) -> dict[str, Any]:
    """A summary; times and durations are seconds, names end in `_s` where that is not plain."""
    plain = asdict(summary)
    plain["plan_waits"] = {kind: _waits(waits) for kind, waits in summary.plan_waits.items()}
    plain["apply_waits"] = _waits(summary.apply_waits)
    plain["pools"] = {name: _use(use) for name, use in summary.pools.items()}
    plain["all_pods"] = _use(summary.all_pods)
    cleaned: dict[str, Any] = without_nan(plain)
    return cleaned


def without_nan(value: Any) -> Any:
    """The value with null in place of NaN and infinity, which JSON does not know."""
    if isinstance(value, Mapping):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _waits(waits: Waits) -> dict[str, Any]:
    return {**asdict(waits), "is_lower_bound": waits.is_lower_bound}


def _use(use: PodUse) -> dict[str, Any]:
    return {
        **asdict(use),
        "utilisation": use.utilisation,
        "utilisation_running": use.utilisation_running,
    }
