"""Incident 609, to the second, as its report and the specification of the domain tell it."""

import math
from typing import Any

import pytest

from policies.decisions import Reason, Refused, Scaled
from policies.observations import AgentConnected, AgentKnownToPodManager, AgentRegistered
from sim.record.run import Run
from sim.simulate import simulate
from tests.sim.builders import column, intervals, logged, sends, shipped

PRESETS = ["seed-before", "seed-after"]
R_OF_FILE = {3: "609-registered-after-3s", 30: "609-registered-after-30s", 200: "609-registered-after-200s"}


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    return {preset: simulate(shipped("609", policy=preset)) for preset in PRESETS}


@pytest.fixture(scope="module")
def before(runs: dict[str, Run]) -> Run:
    return runs["seed-before"]


@pytest.fixture(scope="module")
def after(runs: dict[str, Run]) -> Run:
    return runs["seed-after"]


def refusals_of(record: Run, task: int) -> list[Refused]:
    """How often, and why, placement found no pod for a task."""
    return [refused for refused in logged(record, Refused) if refused.task == task]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_first_cycle_scales_to_two_pods_at_5_s(runs: dict[str, Run], preset: str) -> None:
    pods = column(runs[preset], "pods", "pod", "requested_at", "created_at")
    assert pods == [("default-1", 5.0, 5.0), ("default-2", 5.0, 5.0)]


@pytest.mark.parametrize(
    ("preset", "reason"), [("seed-before", "cold_start"), ("seed-after", "need_exceeds_pods")]
)
def test_the_scale_up_says_why(runs: dict[str, Run], preset: str, reason: str) -> None:
    scaled = runs[preset].decisions.query("decision == 'scaled'").iloc[0]
    assert (scaled["at"], scaled["reason"]) == (5.0, reason)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("fact", "at"),
    [("running_at", [6.0, 11.0]), ("registered_at", [8.0, 13.0]), ("connected_at", [9.0, 14.0])],
)
def test_pods_and_agents_come_up_as_the_report_says(
    runs: dict[str, Run], preset: str, fact: str, at: list[float]
) -> None:
    assert column(runs[preset], "pods", fact) == at


@pytest.mark.parametrize("preset", PRESETS)
def test_the_pod_manager_never_hears_of_the_agents(runs: dict[str, Run], preset: str) -> None:
    assert all(math.isnan(at) for at in column(runs[preset], "pods", "known_to_pod_manager_at"))


@pytest.mark.parametrize("preset", PRESETS)
def test_agents_beat_from_their_connection_to_the_end(runs: dict[str, Run], preset: str) -> None:
    beats = [intervals(runs[preset], "heartbeats", pod) for pod in ("default-1", "default-2")]
    assert beats == [[(9.0, None)], [(14.0, None)]]


def test_the_control_plane_is_told_of_rows_and_connections_but_not_of_agent_ids(before: Run) -> None:
    told = [
        (type(event).__name__, event.at, event.pod)
        for event in before.log
        if isinstance(event, AgentRegistered | AgentConnected | AgentKnownToPodManager)
    ]
    assert told == [
        ("AgentRegistered", 8.0, "default-1"),
        ("AgentConnected", 9.0, "default-1"),
        ("AgentRegistered", 13.0, "default-2"),
        ("AgentConnected", 14.0, "default-2"),
    ]


@pytest.mark.parametrize("task", [608, 609])
def test_before_the_fix_every_retry_until_300_s_is_refused(before: Run, task: int) -> None:
    """The first at 0 s, before there are pods, then every ten seconds."""
    assert [refused.at for refused in refusals_of(before, task)] == [10.0 * k for k in range(31)]


@pytest.mark.parametrize("task", [608, 609])
def test_before_the_fix_both_pods_are_refused_for_their_agent_id_alone(before: Run, task: int) -> None:
    first, *others = refusals_of(before, task)
    assert [pod.reason for pod in first.refusals] == [Reason.NO_PODS]
    reasons = [(pod.pod, str(pod.reason)) for refused in others for pod in refused.refusals]
    assert reasons == 30 * [(f"default-{n}", "agent_not_registered_yet") for n in (1, 2)]


def test_a_refusal_says_how_old_the_pod_was_and_what_the_limit_is(before: Run) -> None:
    ages = [dict(refused.refusals[0].numbers) for refused in refusals_of(before, 608)[1:]]
    assert ages == [{"pod_age_s": 10.0 * k + 5.0, "limit_s": 300.0} for k in range(30)]


def test_before_the_fix_both_are_sent_at_310_s(before: Run) -> None:
    """The pods are 300 s old at 305 s, and the next retry is at 310 s."""
    assert sends(before)[:2] == [(310.0, 608, "plan", "default-1"), (310.0, 609, "plan", "default-2")]


def test_before_the_fix_all_slots_are_free_while_both_tasks_wait(before: Run) -> None:
    waiting = before.counts.query("at < 310")
    assert set(waiting["pending"]) == {2}
    assert set(waiting["slots_running"] + waiting["slots_reserved"]) == {0}


def test_after_the_fix_each_is_sent_at_the_first_retry_after_its_agent_connected(after: Run) -> None:
    assert sends(after)[:2] == [(10.0, 608, "plan", "default-1"), (20.0, 609, "plan", "default-2")]


def test_after_the_fix_609_waits_once_because_its_pod_is_not_there_yet(after: Run) -> None:
    """At 10 s one pod was never heard from, and the other runs 608."""
    _, at_10 = refusals_of(after, 609)
    assert at_10.at == 10.0
    reasons = [(pod.pod, pod.reason) for pod in at_10.refusals]
    assert reasons == [("default-2", Reason.NEVER_HEARD_FROM), (None, Reason.PLAN_AND_APPLY_RUNNING)]


def test_after_the_fix_the_log_line_that_must_not_occur_does_not(after: Run) -> None:
    reasons = {pod.reason for refused in logged(after, Refused) for pod in refused.refusals}
    assert Reason.AGENT_NOT_REGISTERED_YET not in reasons


@pytest.mark.parametrize(
    ("preset", "life"),
    [
        ("seed-before", [(310.0, 370.0, 400.0, 400.0, 410.0), (310.0, 370.0, 400.0, 400.0, 410.0)]),
        ("seed-after", [(10.0, 70.0, 100.0, 100.0, 110.0), (20.0, 80.0, 110.0, 110.0, 120.0)]),
    ],
)
def test_once_sent_a_task_takes_its_time(runs: dict[str, Run], preset: str, life: list[Any]) -> None:
    """60 s of plan, 30 s until somebody confirms, 10 s of apply."""
    columns = ("started_at", "planned_at", "confirmed_at", "apply_started_at", "ended_at")
    assert column(runs[preset], "tasks", *columns) == life


@pytest.mark.parametrize("preset", PRESETS)
def test_both_tasks_end_applied_on_the_pods_of_their_plans(runs: dict[str, Run], preset: str) -> None:
    ends = column(runs[preset], "tasks", "task", "state", "pod", "attempts")
    assert ends == [(608, "applied", "default-1", 2), (609, "applied", "default-2", 2)]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_pool_stays_at_its_two_pods(runs: dict[str, Run], preset: str) -> None:
    record = runs[preset]
    assert len(record.pods) == 2
    assert {scaled.desired for scaled in logged(record, Scaled)} == {2}


@pytest.mark.parametrize(("r", "sent"), [(3, [20.0, 20.0]), (30, [40.0, 50.0]), (200, [210.0, 220.0])])
def test_before_the_fix_the_wait_grows_with_the_delay(r: int, sent: list[float]) -> None:
    """The agents are known at 9 s + R and 14 s + R; each task goes at the first retry from there."""
    record = simulate(shipped(R_OF_FILE[r], policy="seed-before"))
    assert column(record, "pods", "known_to_pod_manager_at") == [9.0 + r, 14.0 + r]
    assert column(record, "tasks", "sent_at") == sent


@pytest.mark.parametrize("r", R_OF_FILE)
def test_after_the_fix_the_delay_does_not_matter(r: int) -> None:
    record = simulate(shipped(R_OF_FILE[r], policy="seed-after"))
    assert column(record, "tasks", "sent_at") == [10.0, 20.0]


@pytest.mark.parametrize("r", ["295 s", "296 s", "10 min"])
def test_before_the_fix_no_delay_costs_more_than_five_minutes_of_pod_age(r: str) -> None:
    """From 296 s on the first agent is known when its pod is 300 s old already."""
    record = simulate(
        shipped("609", policy="seed-before", overrides=[f"agent.known_to_pod_manager_after={r}"])
    )
    assert column(record, "tasks", "sent_at") == [310.0, 310.0]


def test_before_the_fix_nothing_is_ever_sent_if_pods_are_replaced_before_they_are_300_s_old() -> None:
    killed = "faults=[{fault: pod_killed, pod: all, every: 250 s}]"
    record = simulate(shipped("609", policy="seed-before", overrides=[killed]))
    assert len(record.pods) == 8
    assert sends(record) == []
