"""Common random numbers: another policy is another policy, and no other luck."""

import itertools
import math

import pytest

from policies.presets import PRESETS
from sim.record.run import Run
from sim.record.truth import TaskCreated
from sim.simulate import simulate
from tests.sim.builders import column, logged, shipped

MORNING = ["horizon=12 h", "workload.1.bursts.at=[9 h 30 min]"]
PAIRS = list(itertools.pairwise(PRESETS))
STEPS = [("created_at", "running_at"), ("running_at", "registered_at"), ("registered_at", "connected_at")]


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """A morning with a burst, under every preset."""
    return {
        preset: simulate(shipped("daily-with-bursts", policy=preset, overrides=MORNING)) for preset in PRESETS
    }


def durations(record: Run) -> dict[tuple[int, str], float]:
    """How long each phase took that came to its end, without its init, by task and phase."""
    rows = column(record, "phases", "task", "phase", "started_at", "ended_at", "init_s", "outcome")
    return {
        (task, phase): round(ended - started - init_s, 6)
        for task, phase, started, ended, init_s, outcome in rows
        if outcome in ("done", "changes")
    }


def delays(record: Run, since: str, until: str) -> dict[str, float]:
    """How long a step of the way up took, by pod."""
    rows = column(record, "pods", "pod", since, until)
    return {pod: round(end - start, 6) for pod, start, end in rows if not math.isnan(end - start)}


def confirmations(record: Run) -> dict[int, float]:
    """How long people took to confirm, by task."""
    rows = column(record, "tasks", "task", "planned_at", "confirmed_at")
    return {task: round(at - planned_at, 6) for task, planned_at, at in rows if not math.isnan(at)}


def in_both(one: dict, other: dict) -> tuple[dict, dict]:
    """What both have, of each."""
    keys = one.keys() & other.keys()
    assert keys, "two runs without anything in common show nothing"
    return {key: one[key] for key in keys}, {key: other[key] for key in keys}


@pytest.mark.parametrize("pair", PAIRS)
def test_tasks_are_the_same_under_every_policy(runs: dict[str, Run], pair: tuple[str, str]) -> None:
    """When they come, where, of which kind, and what their phases would take."""
    one, other = (logged(runs[preset], TaskCreated) for preset in pair)
    assert one == other
    assert len(one) > 100


@pytest.mark.parametrize("pair", PAIRS)
def test_service_times_are_the_same_under_every_policy(runs: dict[str, Run], pair: tuple[str, str]) -> None:
    one, other = in_both(*(durations(runs[preset]) for preset in pair))
    assert one == other


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("step", STEPS)
def test_start_up_delays_are_the_same_under_every_policy(
    runs: dict[str, Run], pair: tuple[str, str], step: tuple[str, str]
) -> None:
    one, other = in_both(*(delays(runs[preset], *step) for preset in pair))
    assert one == other


@pytest.mark.parametrize("pair", PAIRS)
def test_people_take_as_long_under_every_policy(runs: dict[str, Run], pair: tuple[str, str]) -> None:
    one, other = in_both(*(confirmations(runs[preset]) for preset in pair))
    assert one == other


def test_policies_differ_all_the_same(runs: dict[str, Run]) -> None:
    """Otherwise nothing would have been compared."""
    assert len({len(record.pods) for record in runs.values()}) > 1
    assert len({record.tasks["wait_s"].sum() for record in runs.values()}) > 1


def test_delays_are_not_all_the_same(runs: dict[str, Run]) -> None:
    """Nor would anything have been drawn."""
    assert len(set(delays(runs["seed-after"], "created_at", "running_at").values())) > 5


def test_another_seed_is_other_luck() -> None:
    one, other = (simulate(shipped("daily-with-bursts", overrides=MORNING), seed=seed) for seed in (1, 2))
    assert logged(one, TaskCreated) != logged(other, TaskCreated)


def test_a_slower_pod_does_not_change_what_later_pods_draw() -> None:
    """An exception for pod 2 leaves the delays of the others as they were."""
    plain = simulate(shipped("daily-with-bursts", overrides=MORNING))
    slow = simulate(
        shipped("daily-with-bursts", overrides=[*MORNING, "exceptions=[{pod: 2, image_pull: 1 min}]"])
    )
    one, other = in_both(*(delays(record, "created_at", "running_at") for record in (plain, slow)))
    assert one.pop("default-2") != other.pop("default-2")
    assert one == other
