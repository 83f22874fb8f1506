"""`windtunnel` beside `seed-after` on the daily cycle: waits and pod-seconds, seed by seed, with intervals.

Both policies meet the same tasks and delays in each seed, so what is compared are differences within a seed.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import Final

from lab import load
from lab.summary import is_missing, summarise
from policies.presets import PRESETS
from sim.record import Run
from sim.simulate import simulate

SCENARIO: Final = "daily-with-bursts"
BEFORE: Final = "seed-after"
AFTER: Final = "windtunnel"
T_975: Final = {9: 2.262, 19: 2.093, 29: 2.045, 39: 2.023, 59: 2.001, 99: 1.984}
"""The 97.5 % quantile of Student's t by degrees of freedom; numbers of seeds that have one are offered."""


def mean_wait(run: Run) -> float:
    """Until a task's plan starts (s), on average over all tasks; one that never starts counts so far."""
    return fmean(_until(run, *each) for each in run.columns("tasks", "submitted_at", "started_at"))


def p95_wait(run: Run) -> float:
    """The wait (s) that 95 % of the tasks do not exceed."""
    waits = sorted(_until(run, *each) for each in run.columns("tasks", "submitted_at", "started_at"))
    return waits[math.ceil(0.95 * len(waits)) - 1]


def mean_apply_wait(run: Run) -> float:
    """From a confirmation until the apply starts (s), on average; one that never starts counts so far."""
    times = run.columns("tasks", "confirmed_at", "apply_started_at")
    return fmean(_until(run, *each) for each in times if not is_missing(each[0]))


def _until(run: Run, since: float, at: float) -> float:
    """The wait (s) from `since`; what never happened counts until the end of the run."""
    return (run.ended_at if is_missing(at) else at) - since


def pod_seconds(run: Run) -> float:
    """What the pods cost."""
    return summarise(run).all_pods.pod_s


MEASURES: Final[dict[str, Callable[[Run], float]]] = {
    "mean wait until the plan starts (s)": mean_wait,
    "95th percentile of it (s)": p95_wait,
    "mean wait of a confirmed apply (s)": mean_apply_wait,
    "pod-seconds": pod_seconds,
}


def measured(policy: str, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Each measure, seed by seed."""
    scenario = load(SCENARIO, PRESETS[policy])
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    for seed in seeds:
        if sys.stderr.isatty():
            print(f"{policy}, seed {seed} of {len(seeds)}", end="\r", file=sys.stderr)
        run = simulate(scenario, seed=seed)
        for name, measure in MEASURES.items():
            values[name].append(measure(run))
    return values


def main() -> None:
    """Print the table, in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    offered = [freedom + 1 for freedom in T_975]
    parser.add_argument("--seeds", type=int, default=30, choices=offered, help="how many; default 30")
    count = parser.parse_args().seeds
    seeds = range(1, count + 1)
    before, after = measured(BEFORE, seeds), measured(AFTER, seeds)
    print(f"| {SCENARIO}, {count} seeds | `{BEFORE}` | `{AFTER}` | difference | 95 % interval | lower in |")
    print("|---|---|---|---|---|---|")
    for name in MEASURES:
        pairs = list(zip(before[name], after[name], strict=True))
        differences = [b - a for a, b in pairs]
        half = T_975[count - 1] * stdev(differences) / math.sqrt(count)
        centre = fmean(differences)
        lower = sum(b < a for a, b in pairs)
        print(
            f"| {name} | {fmean(before[name]):,.1f} | {fmean(after[name]):,.1f} | {centre:,.1f} "
            f"| {centre - half:,.1f} to {centre + half:,.1f} | {lower} of {count} |"
        )


if __name__ == "__main__":
    main()
