"""Waits: nothing that never started is left out, and nothing is claimed of it that nobody knows."""

import math
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from lab.plots import waits
from lab.plots.distribution import Waits
from lab.plots.wait_curves import BAND, WaitAxis
from lab.plots.wait_samples import groups_of
from sim.record import Run
from tests.lab.plots.pictures import (
    NEVER_STARTS,
    NO_TASKS,
    collisions,
    curve,
    curves,
    heading,
    interrupted,
    labels,
    run_of,
    shipped,
    words,
)


def sample(started: list[float], unended: list[float]) -> Waits:
    """Waits (s), sorted."""
    return Waits(np.sort(np.array(started, dtype=float)), np.sort(np.array(unended, dtype=float)))


def test_a_quantile_is_a_wait_that_occurred() -> None:
    """The shortest wait within which the share was started; no interpolation."""
    found = sample([0, 1, 2, 3, 4, 5, 6, 7, 8, 100], [])
    assert [found.quantile(level) for level in (0.5, 0.9, 0.95)] == [4, 8, 100]


def test_tasks_that_never_started_count_as_tasks() -> None:
    """Two of four were started: half of the tasks, not all of them."""
    _, lower, upper = sample([1, 2], [50, 60]).curves(100)
    assert (lower[-1], upper[-1]) == (0.5, 1.0)


def test_the_bounds_are_one_until_a_task_is_lost_from_view() -> None:
    """Up to the first censored wait everything is known."""
    at, lower, upper = sample([1, 2, 70], [50]).curves(100)
    assert list(lower[at < 50]) == list(upper[at < 50])
    assert lower[at == 50] < upper[at == 50]


@pytest.mark.parametrize(
    ("started", "unended", "text"),
    [
        ([10, 20, 30, 40], [], "20 s"),
        ([10, 20, 30], [5], "10 s–20 s"),
        ([10], [50, 60, 70], "≥ 50 s"),
        ([], [], "–"),
        ([0, 0, 0], [], "0 s"),
    ],
)
def test_a_quantile_says_how_well_it_is_known(started: list[float], unended: list[float], text: str) -> None:
    """Exactly, between two bounds, from below only, or not at all."""
    assert sample(started, unended).quantile_text(0.5) == text


def test_a_quantile_that_was_not_reached_is_no_number() -> None:
    """A median of tasks of which most were never started does not exist."""
    assert math.isnan(sample([1], [5, 5]).quantile(0.5))


def test_the_curve_of_tasks_that_never_start_stays_at_zero() -> None:
    """Cold start under the old rules: twenty tasks, none started; the second line counts them."""
    figure = waits([shipped("cold-start", "seed-before")])
    assert set(curve(figure, 0, "started")[1]) == {0.0}
    assert "20 never started: their curves end below 100 %" in heading(figure)[1]
    assert BAND in labels(figure)
    assert words(figure).count("≥ 60 min") == 3


def test_a_run_in_which_all_start_has_no_note_on_those_that_did_not() -> None:
    """No band, no note, and a curve that ends at 100 %."""
    figure = waits([shipped("cold-start", "seed-after")])
    assert curve(figure, 0, "started")[1][-1] == 1.0
    assert "never started:" not in heading(figure)[1]
    assert BAND not in labels(figure)


def test_quantiles_are_marked_on_the_curve() -> None:
    """Incident 609, after: waits of 10 s and 20 s."""
    figure = waits([shipped("609", "seed-after")])
    assert [curve(figure, 0, name)[0][0] for name in ("p50", "p95", "p99")] == [10, 20, 20]


def test_waits_of_zero_are_a_step_at_zero_and_counted() -> None:
    """The curve rises at 0 by their share, on a logarithmic axis too."""
    run = shipped("daily-with-bursts", "seed-after")
    plans = run.tasks[run.tasks["kind"] == "plan"]
    share = float((plans["wait_s"] == 0).mean())
    figure = waits([run])
    points = zip(*curve(figure, 0, "started"), strict=True)
    at_zero = [y for x, y in points if x == 0]
    assert at_zero == pytest.approx([0.0, share])
    assert figure.axes[0].get_xscale() == "symlog"
    assert str(int((plans["wait_s"] == 0).sum())) in words(figure)


def test_kinds_have_panels_and_applies_one_of_their_own() -> None:
    """An apply waits from its confirmation; kinds that do not occur have no panel."""
    figure = waits([shipped("609", "seed-after")])
    assert "plan_and_apply: from submission to start" in words(figure)
    assert "apply: from confirmation to start" in words(figure)
    assert len(figure.axes) == 2


def test_runs_are_compared_on_the_same_axes() -> None:
    """Incident 609 before and after: two curves, 290 s apart."""
    figure = waits([shipped("609", "seed-before"), shipped("609", "seed-after")])
    medians = [x[0] for x, _ in curves(figure, 0, "p50")]
    assert medians == [310.0, 10.0]
    assert {"seed-before", "seed-after"} <= set(words(figure))
    assert "policy seed-before (Q7, P4, D3, C8), seed-after (Q7, P5, D3, C9)" in heading(figure)[1]


@pytest.mark.slow
def test_runs_that_differ_in_their_seed_only_are_one_curve() -> None:
    """Replications are taken together, and their seeds are counted."""
    runs = [shipped("cold-start", "seed-after", seed) for seed in (1, 2, 3)]
    figure = waits(runs)
    assert [len(group.runs) for group in groups_of(runs)] == [3]
    assert "3 seeds, 1 to 3" in heading(figure)[1]
    assert "60" in words(figure)


def test_curves_beyond_what_can_be_told_apart_are_counted() -> None:
    """Seven line styles: an eighth curve is left out, and that is said."""
    run = shipped("609", "seed-after")
    figure = waits([_renamed(run, f"policy-{index}") for index in range(8)])
    assert "7 of 8 curves: the first that were given" in heading(figure)[1]


def _renamed(run: Run, name: str) -> Run:
    policy = msgspec.structs.replace(run.policy, name=name)
    scenario = replace(run.scenario, policy=policy)
    return Run(scenario, run.seed, run.log, ended_at=run.ended_at, is_complete=True, wall_s=None)


def test_a_wait_axis_is_logarithmic_only_where_that_helps() -> None:
    """From one and a half decades on; zero has a place on both."""
    assert not WaitAxis.of([sample([0, 100, 340], [])]).is_logarithmic
    axis = WaitAxis.of([sample([0, 15, 3000], [])])
    assert (axis.is_logarithmic, axis.linear_up_to_s) == (True, 10.0)


def test_axes_have_labels_and_units() -> None:
    """Per cent of tasks over a wait in seconds."""
    figure = waits([shipped("609", "seed-after")])
    assert figure.axes[-1].get_xlabel() == "wait (s)"
    assert figure.axes[0].get_ylabel() == "share of tasks\nstarted"


def test_a_run_without_tasks_says_so() -> None:
    """No axes without data."""
    figure = waits([run_of(NO_TASKS)])
    assert "No task was submitted: nobody waited." in words(figure)
    assert figure.axes == []


def test_without_a_run_there_is_no_picture() -> None:
    """The message says what to give."""
    with pytest.raises(ValueError, match="give it one run"):
        waits([])


def test_an_interrupted_run_censors_what_was_waiting() -> None:
    """At 100 s of incident 609 both tasks have waited 100 s, and nobody knows how much longer."""
    figure = waits([interrupted(shipped("609", "seed-before"), 100.0)])
    assert "interrupted at 100 s" in heading(figure)[1]
    assert words(figure).count("≥ 100 s") == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "runs",
    [
        lambda: [shipped("609", "seed-before"), shipped("609", "seed-after")],
        lambda: [shipped("cold-start", "seed-before"), shipped("cold-start", "seed-after")],
        lambda: [shipped("daily-with-bursts", each) for each in ("seed-before", "seed-after", "later")],
        lambda: [run_of(NO_TASKS)],
        lambda: [run_of(NEVER_STARTS)],
    ],
    ids=["609", "cold start", "day", "no tasks", "never"],
)
def test_no_text_overlaps_another_or_the_edge(runs: Callable[[], list[Run]]) -> None:
    """Whatever the runs, all that is written can be read."""
    assert collisions(waits(runs())) == []
