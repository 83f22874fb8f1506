"""Several pools: each has its pods, its tasks and its capacity, and none of another's."""

import pytest

from policies.decisions import Scaled
from sim.record.run import Run
from tests.sim.builders import HEAD, column, logged, run, sends

TWO_POOLS = (
    HEAD
    + """\
pools:
  red: {min: 1, max: 2, slots: 1, pod: {container_start: 10 s}}
  blue: {min: 2, max: 3, slots: 3, agent: {connects_after: 20 s}}
tasks:
  - {id: 1, at: 30 s, workspace: r1, pool: red, kind: plan, plan: 100 s}
  - {id: 2, at: 30 s, workspace: r2, pool: red, kind: plan, plan: 100 s}
  - {id: 3, at: 30 s, workspace: b1, pool: blue, kind: plan, plan: 100 s}
"""
)


@pytest.fixture(scope="module")
def record() -> Run:
    return run(TWO_POOLS)


def test_each_pool_has_its_own_minimum(record: Run) -> None:
    at_5 = record.pods.query("requested_at == 5")
    assert dict(at_5["pool"].value_counts()) == {"blue": 2, "red": 1}


def test_pods_are_numbered_in_each_pool_apart(record: Run) -> None:
    names = set(record.pods.query("requested_at == 5")["pod"])
    assert names == {"red-1", "blue-1", "blue-2"}


def test_each_pool_has_its_own_times(record: Run) -> None:
    first = record.pods.set_index("pod")
    assert list(first.loc["red-1", ["created_at", "running_at", "connected_at"]]) == [5.0, 15.0, 15.0]
    assert list(first.loc["blue-1", ["created_at", "running_at", "connected_at"]]) == [5.0, 5.0, 25.0]


def test_each_pool_has_its_own_slots(record: Run) -> None:
    """The second red task finds the one slot of its pool taken, beside six free blue ones."""
    started = dict(column(record, "tasks", "task", "started_at"))
    assert (started[1], started[3]) == (30.0, 30.0)
    assert started[2] > 30.0


def test_tasks_run_on_pods_of_their_pool(record: Run) -> None:
    of_pod = dict(column(record, "pods", "pod", "pool"))
    of_task = dict(column(record, "tasks", "task", "pool"))
    assert {of_pod[pod] == of_task[task] for _, task, _, pod in sends(record)} == {True}


def test_no_send_without_a_booking_goes_to_another_pool() -> None:
    """D3 takes any connected agent, but of the pool."""
    text = TWO_POOLS.replace("slots: 1,", "slots: 1, agent: {connects_after: never},")
    assert {pod.split("-")[0] for _, _, _, pod in sends(run(text))} == {"blue"}


def test_demand_in_one_pool_scales_that_pool(record: Run) -> None:
    wanted = [(scaled.pool, scaled.desired) for scaled in logged(record, Scaled) if scaled.at > 5.0]
    assert ("red", 2) in wanted
    assert {desired for pool, desired in wanted if pool == "blue"} == {2}


def test_no_pool_exceeds_its_own_maximum(record: Run) -> None:
    most = record.counts.groupby("pool")["pods"].max()
    assert dict(most) == {"blue": 2, "red": 2}


def test_what_happens_in_one_pool_is_the_same_without_the_other() -> None:
    """The other's pods draw from other streams."""
    pools = "pools:\n  red: {min: 1, max: 4, slots: 1}\n"
    other = "  blue: {min: 1, max: 4, slots: 1}\n"
    drawn = "pod_start: {exponential: {mean: 20 s}}\n"
    reds = "".join(f"  - {{id: {n}, at: {n} s, workspace: r{n}, pool: red, kind: plan}}\n" for n in (1, 2, 3))
    blues = "".join(
        f"  - {{id: {n}, at: {n} s, workspace: b{n}, pool: blue, kind: plan}}\n" for n in (4, 5, 6)
    )
    alone = run(HEAD + pools + drawn + "tasks:\n" + reds)
    both = run(HEAD + pools + other + drawn + "tasks:\n" + reds + blues)
    for table in ("tasks", "pods", "counts"):
        assert both.frame(table).query("pool == 'red'").reset_index(drop=True).equals(alone.frame(table)), (
            table
        )


def test_counts_are_kept_for_each_pool(record: Run) -> None:
    last = record.counts.groupby("pool").last()
    assert dict(last["pending"] + last["running"]) == {"blue": 0, "red": 0}
    assert last.loc["blue", "pods"] == 2
