"""When each task was refused, and for which reason, from the table `decisions`."""

import json
from collections import Counter
from typing import Any, Final

import pandas

from sim.record import Run

_UNDONE: Final = ("released", "rolled_back")
"""Decisions that take a booking back: the task waits on, for a reason that they name."""


def refusals_of(run: Run) -> pandas.DataFrame:
    """Every time a task was not sent: columns task, at (s) and reason.

    A refusal that names several reasons counts under the one that most pods had, the first of them
    if they are even.
    """
    decisions = run.decisions
    refused = decisions[decisions["decision"] == "refused"]
    undone = decisions[decisions["decision"].isin(_UNDONE)]
    reasons = [_main_reason(json.loads(detail)) for detail in refused["detail"]]
    columns = ["task", "at", "reason"]
    return pandas.concat([refused.assign(reason=reasons)[columns], undone[columns]]).sort_values(
        ["task", "at"], kind="stable"
    )


def _main_reason(detail: dict[str, Any]) -> str:
    pods: Counter[str] = Counter()
    for each in detail["refusals"]:
        pods[each["reason"]] += max(1, each["pods"])
    return pods.most_common(1)[0][0] if pods else "no_reason_given"
