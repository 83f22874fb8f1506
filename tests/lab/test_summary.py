"""What a run comes to."""

import pytest

from lab.running import run
from lab.summary import summarise
from tests.lab.scenarios import ONE_TASK, fly

TWO_POOLS = """\
title: Two pools
story: One pool works, the other's agents never connect.
horizon: 10 min
policy: {preset: seed-after, autoscaler: C3}
pools:
  busy: {min: 0, max: 2, workspaces: [a]}
  dead: {min: 1, max: 1, workspaces: [b], agent: {connects_after: never}}
pod_start: 10 s
tasks:
  - {id: 1, at: 0 s, workspace: a, kind: plan, plan: 60 s}
  - {id: 2, at: 100 s, workspace: b, kind: drift_check, plan: 60 s}
"""


def test_the_waits_of_609_before_the_fix() -> None:
    """Both wait 310 s for their plan, and nothing for their confirmed apply."""
    found = summarise(run("609", policy="seed-before"))
    waits = found.plan_waits["plan_and_apply"]
    assert (waits.tasks, waits.never, waits.p50_s, waits.p99_s) == (2, 0, 310.0, 310.0)
    assert (found.apply_waits.tasks, found.apply_waits.max_s) == (2, 0.0)
    assert found.states == {"applied": 2}


def test_refusals_are_counted_by_the_reason_that_most_pods_had() -> None:
    """At 0 s there is no pod; from 10 s to 300 s both pods' agents are unknown."""
    found = summarise(run("609", policy="seed-before"))
    assert found.refusals == {"no_pods": 2, "agent_not_registered_yet": 60}


def test_pods_and_their_time_in_609() -> None:
    """Two pods from 5 s to 900 s with three slots each; two slots run for 70 s and are reserved for 30 s."""
    pods = summarise(run("609", policy="seed-after")).all_pods
    assert (pods.created, pods.deleted, pods.never_used, pods.peak) == (2, 0, 0, 2)
    assert pods.pod_s == pytest.approx(2 * 895.0)
    assert pods.running_s == pytest.approx(2 * 70.0)
    assert pods.reserved_s == pytest.approx(2 * 30.0)
    assert pods.utilisation == pytest.approx(200.0 / (3 * 1790.0))
    assert pods.utilisation_running == pytest.approx(140.0 / (3 * 1790.0))


def test_a_task_that_never_started_makes_its_kinds_waits_lower_bounds() -> None:
    """The drift check came at 100 s and still waits at 600 s; the plan's wait is not touched by it."""
    found = summarise(fly(TWO_POOLS))
    assert set(found.plan_waits) == {"plan", "drift_check", "all"}
    check = found.plan_waits["drift_check"]
    assert (check.never, check.p95_s, check.is_lower_bound) == (1, 500.0, True)
    assert not found.plan_waits["plan"].is_lower_bound
    assert (found.plan_waits["all"].tasks, found.plan_waits["all"].never) == (2, 1)


def test_each_pool_has_its_own_pods() -> None:
    """And all of them together have their sum; the pod that nobody reached is never used."""
    found = summarise(fly(TWO_POOLS))
    assert found.pools["dead"].never_used == found.pools["dead"].created == 1
    assert found.pools["busy"].never_used == 0
    assert found.all_pods.created == found.pools["busy"].created + 1
    assert found.all_pods.pod_s == pytest.approx(sum(use.pod_s for use in found.pools.values()))
    assert found.all_pods.peak == 2


def test_a_cancelled_task_waited_until_it_was_cancelled() -> None:
    """It never started, and does not wait any longer."""
    text = TWO_POOLS.replace("kind: drift_check,", "kind: drift_check, cancelled_at: 130 s,")
    check = summarise(fly(text)).plan_waits["drift_check"]
    assert (check.never, check.max_s) == (1, 30.0)


def test_a_fault_that_found_no_pod_is_counted_as_missed() -> None:
    """What a scenario says and the run could not do is shown, not passed over."""
    fault = "faults: [{fault: pod_killed, pod: 2, at: 30 s}]\n"
    text = ONE_TASK.format(horizon="10 min").replace("max: 1", "max: 2")
    assert summarise(fly(text + fault)).missed == {"pod_killed": 1}
