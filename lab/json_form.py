"""What `--json` prints: summaries and judgements as plain values. What is not a number is null."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from lab.judgement import Judgement
from lab.quantiles import Waits
from lab.summary import PodUse, Summary
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
