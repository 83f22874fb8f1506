"""Pods in truth: the create call, scheduling, the image, the start, termination, and their numbers."""

import math

import pytest

from policies.observations import PodCreateAccepted, PodGone, PodSeen, PodTerminating
from sim.record.run import Run
from sim.record.truth import PodHappened
from tests.sim.builders import COLD, HEAD, IDLE, PLAN, column, logged, run, times_of

STEPS = """\
pod: {create_call: 1 s, scheduling: 2 s, image_pull: 30 s, container_start: 4 s, termination: 7 s}
"""
SHRINKING = HEAD + "pool: {max: 3, slots: 1, initial: 3}\npolicy: {preset: seed-after, autoscaler: C3}\n"
"""Three pods at first; C3 keeps as many as there are open tasks."""


@pytest.fixture(scope="module")
def stepwise() -> Run:
    return run(COLD + STEPS + PLAN)


@pytest.mark.parametrize(
    ("what", "at"),
    [
        ("create_called", 5.0),
        ("created", 6.0),
        ("scheduled", 8.0),
        ("pulled", 38.0),
        ("running", 42.0),
        ("process_up", 42.0),
    ],
)
def test_a_pod_comes_up_step_by_step(stepwise: Run, what: str, at: float) -> None:
    """Asked for at 5 s, by the first autoscaler cycle."""
    assert times_of(stepwise, what) == [at]


def test_the_control_plane_sees_a_pod_when_it_is_created_and_when_it_runs(stepwise: Run) -> None:
    assert [event.at for event in logged(stepwise, PodCreateAccepted)] == [6.0]
    assert [(seen.at, seen.phase) for seen in logged(stepwise, PodSeen)] == [
        (6.0, "Pending"),
        (42.0, "Running"),
    ]


def test_steps_that_take_no_time_all_happen_at_once() -> None:
    record = run(COLD + PLAN)
    assert column(record, "pods", "created_at", "running_at", "connected_at") == [(5.0, 5.0, 5.0)]


def test_create_calls_are_made_one_by_one() -> None:
    """Three are asked for at 5 s; each call waits for the one before it."""
    record = run(HEAD + "pool: {min: 3, max: 3}\npod: {create_call: 2 s, container_start: 10 s}\n" + PLAN)
    assert column(record, "pods", "requested_at") == [5.0, 5.0, 5.0]
    assert column(record, "pods", "created_at") == [7.0, 9.0, 11.0]
    assert column(record, "pods", "running_at") == [17.0, 19.0, 21.0]


def test_pods_are_numbered_in_the_order_of_their_creation_and_names_are_not_used_again() -> None:
    record = run(
        HEAD + "pool: {min: 2, max: 2, initial: 1}\nfaults: [{fault: pod_killed, pod: 1, at: 12 s}]\n" + PLAN
    )
    assert column(record, "pods", "pod") == ["default-1", "default-2", "default-3"]


def test_a_list_of_delays_is_by_pod() -> None:
    """The last value repeats."""
    record = run(HEAD + "pool: {min: 3, max: 3}\npod_start: [1 s, 9 s]\n" + PLAN)
    assert column(record, "pods", "running_at") == [6.0, 14.0, 14.0]


def test_an_exception_fixes_a_step_of_one_pod() -> None:
    pool = "pool: {min: 3, max: 3}\npod_start: 1 s\nexceptions: [{pod: 2, container_start: 50 s}]\n"
    assert column(run(HEAD + pool + PLAN), "pods", "running_at") == [6.0, 55.0, 6.0]


def test_an_exception_fixes_when_one_pod_runs() -> None:
    pool = "pool: {min: 2, max: 2}\npod_start: 1 s\nexceptions: [{pod: 2, running_at: 20 s}]\n"
    assert column(run(HEAD + pool + PLAN), "pods", "running_at") == [6.0, 20.0]


@pytest.fixture(scope="module")
def shrinking() -> Run:
    return run(SHRINKING + "pod: {termination: 7 s}\n" + PLAN.replace("60 s", "300 s"))


def test_a_deleted_pod_gets_sigterm_at_once_and_is_gone_after_its_termination(shrinking: Run) -> None:
    ends = shrinking.pods.query("delete_requested_at == 5")
    assert list(ends["terminating_at"]) == [5.0, 5.0]
    assert list(ends["gone_at"]) == [12.0, 12.0]


def test_the_control_plane_sees_termination_and_end(shrinking: Run) -> None:
    pod = shrinking.pods.query("gone_at == 12")["pod"].iloc[0]
    told = [
        (type(e).__name__, e.at)
        for e in shrinking.log
        if isinstance(e, PodTerminating | PodGone) and e.pod == pod
    ]
    assert told == [("PodTerminating", 5.0), ("PodGone", 12.0)]


def test_a_pod_costs_from_its_creation_until_it_is_gone_or_the_run_ends(shrinking: Run) -> None:
    """The third one goes when the plan of 300 s is over."""
    assert sorted(column(shrinking, "pods", "pod_s")) == [12.0, 12.0, 307.0]


def test_an_agent_that_terminates_disconnects_at_once(shrinking: Run) -> None:
    pod = shrinking.pods.query("gone_at == 12")["pod"].iloc[0]
    assert times_of(shrinking, "disconnected", pod) == [5.0]


def test_a_pod_that_is_deleted_while_it_pulls_its_image_never_runs() -> None:
    """Its task is cancelled at 12 s; the cycle at 15 s wants no pod."""
    cancelled = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan, cancelled_at: 12 s}]\n"
    text = HEAD + "pool: {max: 1}\npolicy: {preset: seed-after, autoscaler: C3}\npod: {image_pull: 1 min}\n"
    record = run(text + cancelled)
    assert column(record, "pods", "terminating_at", "gone_at") == [(15.0, 15.0)]
    assert times_of(record, "running") == []


def test_a_pod_that_is_deleted_before_its_create_call_is_answered_ends_when_it_is_created() -> None:
    cancelled = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan, cancelled_at: 12 s}]\n"
    text = HEAD + "pool: {max: 1}\npolicy: {preset: seed-after, autoscaler: C3}\n"
    record = run(text + "pod: {create_call: 1 min, termination: 3 s}\n" + cancelled)
    columns = ("delete_requested_at", "created_at", "terminating_at", "gone_at")
    assert column(record, "pods", *columns) == [(15.0, 65.0, 65.0, 68.0)]


def test_a_pod_is_deleted_once_however_often_it_is_asked_for(shrinking: Run) -> None:
    ends = [e.pod for e in logged(shrinking, PodHappened) if e.what == "terminating"]
    assert len(ends) == len(set(ends)) == 3


@pytest.mark.parametrize("initial", [1, 2, 5])
def test_a_warm_pool_is_there_from_the_start(initial: int) -> None:
    """Its pods run, and their agents are registered, connected and known."""
    record = run(HEAD + f"pool: {{min: 1, max: 5, initial: {initial}}}\npod_start: 1 min\n" + IDLE)
    columns = ("created_at", "running_at", "registered_at", "connected_at", "known_to_pod_manager_at")
    assert column(record, "pods", *columns)[:initial] == [(0.0,) * 5] * initial


def test_nobody_asked_for_a_warm_pod() -> None:
    [(requested_at, name)] = column(
        run(HEAD + "pool: {min: 1, max: 1, initial: 1}\n" + IDLE), "pods", "requested_at", "pod"
    )
    assert math.isnan(requested_at)
    assert name == "default-1"


def test_a_warm_pod_takes_a_task_at_once() -> None:
    record = run(HEAD + "pool: {min: 1, max: 1, initial: 1}\n" + PLAN)
    assert column(record, "tasks", "started_at") == [0.0]


@pytest.mark.parametrize("delay", ["12 s", "{exponential: {mean: 2 s}}", "{uniform: [0 s, 30 s]}"])
def test_a_warm_pool_is_known_from_the_start_however_slow_observations_are(delay: str) -> None:
    """Otherwise the first cycle would create pods beside it, under the same names."""
    pool = "pool: {min: 3, max: 3, initial: 3}\n"
    record = run(HEAD + pool + f"control_plane: {{observation_delay: {delay}}}\n" + IDLE)
    assert len(record.pods) == 3
    assert [seen.at for seen in logged(record, PodSeen)] == [0.0, 0.0, 0.0]
    assert times_of(record, "create_called") == []
