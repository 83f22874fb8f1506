"""A pool against its demand: what the record counts, for each pool, against what there is room for."""

from collections.abc import Callable

import numpy as np
import pytest

from lab.plots import pool_against_demand
from lab.plots.steps import steps_of
from sim.record import Run
from tests.lab.plots.pictures import (
    NEVER_STARTS,
    NO_TASKS,
    TWO_POOLS,
    collisions,
    curve,
    heading,
    labels,
    run_of,
    shipped,
    words,
)


def test_pods_and_connected_agents_are_those_of_the_record() -> None:
    """Incident 609: two pods from 5 s on, one agent at 9 s, two at 14 s."""
    figure = pool_against_demand(shipped("609", "seed-before"))
    pods, connected = curve(figure, 0, "pods that exist"), curve(figure, 0, "agents connected")
    assert list(zip(*pods, strict=True))[:2] == [(0, 0), (5, 2)]
    at = dict(zip(*connected, strict=True))
    assert (at[5.0], at[9.0], at[14.0]) == (0, 1, 2)


def test_capacity_is_slots_of_pods_that_exist() -> None:
    """Three slots a pod in the era of the incident."""
    figure = pool_against_demand(shipped("609", "seed-before"))
    assert max(curve(figure, 1, "slots of all pods that exist")[1]) == 6


def test_slots_per_pod_are_those_of_the_pool() -> None:
    """Two pools with three and four slots a pod."""
    figure = pool_against_demand(run_of(TWO_POOLS))
    assert max(curve(figure, 1, "slots of all pods that exist")[1]) == 3
    assert max(curve(figure, 4, "slots of all pods that exist")[1]) == 4


def test_every_pool_has_its_panels_and_its_name() -> None:
    """Three panels each, under a heading with the pool's bounds."""
    figure = pool_against_demand(run_of(TWO_POOLS))
    assert len(figure.axes) == 6
    assert any(text.startswith("Pool linux, 1 to 3 pods of 3 slots") for text in words(figure))
    assert any(text.startswith("Pool windows, 0 to 2 pods of 4 slots") for text in words(figure))


def test_pools_that_are_left_out_are_counted() -> None:
    """Those with most tasks are shown."""
    figure = pool_against_demand(run_of(TWO_POOLS), pools_max=1)
    assert "1 of 2 pools: those with most tasks" in heading(figure)[1]
    assert any(text.startswith("Pool linux") for text in words(figure))


def test_peaks_are_written_down() -> None:
    """The heading says the highest counts, as nobody should have to measure them."""
    texts = words(pool_against_demand(shipped("609", "seed-before")))
    assert any(text.endswith("most at a time: pods 2, slots held 2, tasks pending 2") for text in texts)


def test_axes_say_what_they_count_and_time_has_its_unit() -> None:
    """Counts of pods, slots and tasks over seconds."""
    figure = pool_against_demand(shipped("609", "seed-before"))
    assert [" ".join(axes.get_ylabel().split()) for axes in figure.axes] == [
        "pods, agents",
        "slots",
        "tasks pending",
    ]
    assert figure.axes[-1].get_xlabel() == "time since the start of the run (s)"
    assert {"slots running", "slots reserved", "tasks pending"} <= labels(figure)


def test_the_last_of_several_changes_at_one_instant_holds() -> None:
    """A step function has one value at a time, and reaches the end."""
    run = shipped("609", "seed-after")
    times, pending = steps_of(run.counts, "pending", run.ended_at, "default")
    assert list(np.unique(times[:-1])) == list(times[:-1])
    assert (pending[0], pending[-1], times[-1]) == (2, 0, 900.0)


def test_counts_of_several_pools_add_up() -> None:
    """Without a pool's name, all pools are summed."""
    run = run_of(TWO_POOLS)
    _, pods = steps_of(run.counts, "pods", run.ended_at)
    each = [steps_of(run.counts, "pods", run.ended_at, name)[1][-1] for name in ("linux", "windows")]
    assert pods[-1] == sum(each)


def test_a_part_of_a_run_can_be_shown() -> None:
    """`between` is named in the second line."""
    figure = pool_against_demand(shipped("609", "seed-before"), between=(0.0, 60.0))
    assert figure.axes[0].get_xlim() == (0.0, 60.0)
    assert "only from 0 s to 60 s" in heading(figure)[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "run",
    [
        lambda: shipped("609", "seed-before"),
        lambda: shipped("daily-with-bursts", "seed-after"),
        lambda: shipped("cold-start", "seed-before"),
        lambda: run_of(NO_TASKS),
        lambda: run_of(NEVER_STARTS),
        lambda: run_of(TWO_POOLS),
    ],
    ids=["609", "day", "flapping", "no tasks", "never", "two pools"],
)
def test_no_text_overlaps_another_or_the_edge(run: Callable[[], Run]) -> None:
    """Whatever the run, all that is written can be read."""
    assert collisions(pool_against_demand(run())) == []
