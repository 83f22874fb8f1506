"""Restarts, silence, lost messages, killed pods and cancellations: what the stories say beyond their files.

What each scenario expects of each preset stands in its file. Here are the steps between, and the same stories
with one thing changed: another recovery rule, an agent that does not look, a pool that may not grow.
"""

from collections import Counter
from typing import Final

import pytest

from policies.actions import AbortTask, CreatePod, CutConnection, DeletePod, SendTask
from policies.decisions import Reason, Recovered, Refused, Released, SlotMoved
from policies.presets import PRESETS
from policies.vocabulary import RUNNING, TaskState
from sim.checks import check, scene_at
from sim.record.run import Run
from sim.record.truth import ExecEnded, ExecStarted
from sim.simulate import simulate
from tests.sim.builders import column, logged, sends, shipped

HISTORY: Final = tuple(name for name in PRESETS if name != "windtunnel")
"""The platform's own presets: what these tests say is what happened there."""


def flown(name: str, policy: str = "", *overrides: str) -> Run:
    """The run of a shipped scenario under a policy, with some keys changed."""
    return simulate(shipped(name, policy=policy, overrides=overrides))


def first_broken(record: Run) -> dict[str, float]:
    """The invariants that break, each with the first time."""
    return {verdict.code: verdict.broken_at for verdict in check(record) if verdict.violations}


def starts(record: Run) -> Counter[tuple[int, str]]:
    """How often an agent began each phase of each task."""
    return Counter((e.task, str(e.phase)) for e in logged(record, ExecStarted))


def refusals(record: Run) -> Counter[Reason]:
    """How often a pod was refused to a task, by reason."""
    return Counter(each.reason for refused in logged(record, Refused) for each in refused.refusals)


# a restart under load


@pytest.mark.parametrize("policy", HISTORY)
def test_a_restart_harms_nothing_if_slots_are_rebuilt(policy: str) -> None:
    """Whatever the other rules: no safety invariant breaks, all tasks end well, and none begins twice."""
    record = flown("restart-under-load", policy, "recovery=rebuild")
    assert not {code for code in first_broken(record) if code.startswith("S")}
    assert column(record, "tasks", "state") == ["success", "applied", "applied", "applied", "success"]
    assert set(starts(record).values()) == {1}
    assert sum(starts(record).values()) == 8


@pytest.mark.parametrize("policy", ["phase2-raw", "seed-after", "later"])
def test_a_restart_costs_no_time_if_slots_are_rebuilt_and_nobody_asks_for_agent_ids(policy: str) -> None:
    """All is as if nothing had happened, but for task 5, which came in between and waits for the agents."""
    record = flown("restart-under-load", policy, "recovery=rebuild")
    assert first_broken(record) == {}
    assert column(record, "tasks", "ended_at") == [600.0, 640.0, 160.0, 260.0, 175.0]


def test_what_is_rebuilt_are_the_slots_that_were_held() -> None:
    """Pod by pod, when the cluster shows them to the new process; the reserved one is reserved again."""
    record = flown("restart-under-load", "seed-after", "recovery=rebuild")
    assert [(e.at, e.pod, e.tasks) for e in logged(record, Recovered)] == [
        (105.0, "default-1", (1,)),
        (105.0, "default-2", (2,)),
        (105.0, "default-3", (3,)),
    ]
    assert (3, "apply", "default-3", 0) in column(record, "phases", "task", "phase", "pod", "slot")


@pytest.mark.parametrize("policy", HISTORY)
def test_a_restart_that_forgets_loses_the_long_plans_but_runs_nothing_twice(policy: str) -> None:
    """Their pods are deleted as idle ones. What was promised fails, but no phase begins a second time."""
    record = flown("restart-under-load", policy)
    assert column(record, "tasks", "state") == ["failed", "failed", "applied", "applied", "success"]
    assert "S07" not in first_broken(record)
    assert set(starts(record).values()) == {1}
    assert {e.because.reason for e in logged(record, DeletePod)} == {Reason.UTILISATION_LOW}


def test_the_same_restart_on_an_idle_pool_is_no_incident() -> None:
    """Nothing is wrong with `forget` as long as there is nothing to forget."""
    idle = "tasks=[{id: 1, at: 150 s, workspace: a, kind: plan}]"
    record = flown("restart-under-load", "seed-after", "pool.min=3", idle, "expect={}")
    assert first_broken(record) == {}
    assert column(record, "tasks", "state") == ["success"]


# the heartbeat edge


@pytest.mark.parametrize("policy", HISTORY)
def test_a_heartbeat_of_exactly_120_s_ago_is_what_placement_went_by(policy: str) -> None:
    """The decision says so, and the server, whose check falls on the same moment, cuts nothing."""
    record = flown("heartbeat-gap-120s", policy)
    [second] = [send for send in logged(record, SendTask) if send.task == 2]
    assert (second.at, second.because.heartbeat_age_s) == (720.0, 120.0)
    assert logged(record, CutConnection) == []


@pytest.mark.parametrize("policy", HISTORY)
def test_a_millisecond_more_is_refused_with_the_two_numbers(policy: str) -> None:
    """Twice, as the next heartbeat comes after the first retry; and still the server cuts nothing."""
    record = flown("heartbeat-gap-over-120s", policy)
    ages = [
        (
            round(refused.at, 3),
            each.reason,
            round(each.numbers["heartbeat_age_s"], 3),
            each.numbers["limit_s"],
        )
        for refused in logged(record, Refused)
        for each in refused.refusals
    ]
    stale = Reason.HEARTBEAT_STALE
    assert ages == [(720.001, stale, 120.001, 120.0), (730.001, stale, 130.001, 120.0)]
    assert logged(record, CutConnection) == []


def test_a_young_pod_is_used_without_a_heartbeat_where_its_age_is_what_counts() -> None:
    """P2 to P4 would have sent task 2 at once if the pod had been younger than five minutes."""
    early = ("tasks.0.at=60 s", "tasks.1.at=220001 ms", "faults.0.at=101 s", "horizon=10 min", "expect={}")
    waits = {
        policy: column(flown("heartbeat-gap-over-120s", policy, *early), "tasks", "wait_s")[1]
        for policy in HISTORY
    }
    assert {policy for policy, wait in waits.items() if wait == 0} == {"post599", "post604", "seed-before"}
    assert {round(wait, 3) for wait in waits.values()} == {0.0, 20.0}


def test_a_connection_is_cut_at_the_first_check_that_finds_it_silent_for_longer() -> None:
    """Not at 720 s, when the silence is 120 s, but at 750 s."""
    [cut] = logged(flown("heartbeat-recovery"), CutConnection)
    assert (cut.at, cut.because.heartbeat_age_s) == (750.0, 150.0)


# verification steps and success criteria


def test_the_line_that_must_not_occur_occurs_under_the_two_rules_that_ask_for_agent_ids() -> None:
    """Step 5 of the report."""
    seen = {policy: refusals(flown("verification-steps", policy)) for policy in HISTORY}
    guilty = {policy for policy, counts in seen.items() if counts[Reason.AGENT_NOT_REGISTERED_YET]}
    assert guilty == {"post604", "seed-before"}


def test_a_pool_has_as_many_pods_as_tasks_that_can_run_and_none_when_all_is_done() -> None:
    """Five tasks wait, of which two are blocked: three pods. They go one by one once nothing runs."""
    record = flown("criterion-scales-up-and-down", "seed-after")
    assert [e.at for e in logged(record, CreatePod)] == [5.0, 5.0, 5.0]
    assert [e.at for e in logged(record, DeletePod)] == [220.0, 225.0, 230.0]


# lost and doubled messages


@pytest.mark.parametrize("policy", HISTORY)
def test_without_deduplication_every_phase_runs_twice_under_every_preset(policy: str) -> None:
    """Both copies begin at the same moment, beside each other; nothing else is wrong."""
    record = flown("dispatch-doubled", policy, "agent.deduplicates=false", "expect={}")
    assert first_broken(record) == {"S07": 0.0}
    assert starts(record) == {(1, "plan"): 2, (1, "apply"): 2, (2, "plan"): 2}


@pytest.mark.parametrize("policy", HISTORY)
def test_for_an_hour_a_row_says_that_a_task_runs_that_nobody_runs(policy: str) -> None:
    """From the first moment to the last one before the phase limit."""
    record = flown("dispatch-lost", policy)
    for at in (0.0, 1800.0, 3599.0):
        scene = scene_at(record, at)
        assert scene.rows[1].state in RUNNING
        assert 1 not in scene.live
    assert scene_at(record, 3600.0).rows[1].state is TaskState.FAILED


# pods that are killed


@pytest.mark.parametrize("policy", HISTORY)
def test_no_preset_creates_a_pod_for_a_confirmed_apply(policy: str) -> None:
    """It takes somebody else's pending task."""
    record = flown("pod-killed-before-apply", policy)
    assert min(e.at for e in logged(record, CreatePod)) == 605.0


@pytest.mark.parametrize("policy", HISTORY)
def test_a_confirmed_apply_without_a_pod_waits_for_ever_if_nobody_else_comes(policy: str) -> None:
    """A whole day, without a single pod."""
    alone = ("tasks=[{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 60 s, confirmed_at: 120 s}]",)
    record = flown("pod-killed-before-apply", policy, *alone, "horizon=1 d", "expect={}")
    assert column(record, "tasks", "state") == ["apply_pending"]
    assert logged(record, CreatePod) == []
    assert first_broken(record) == {"L02": 130.0, "L03": 130.0, "L04": 420.0}


def test_a_lost_plan_is_planned_again_if_the_constants_say_so() -> None:
    """Both tasks go to the next pod, and no invariant minds: an aborted plan has had no effect."""
    record = flown("pod-killed", "seed-after", "controller.lost_plan=requeue", "expect={}")
    assert column(record, "tasks", "state") == ["success", "success", "success"]
    assert starts(record) == {(1, "plan"): 2, (2, "plan"): 2, (3, "plan"): 1}
    assert first_broken(record) == {}


# agents that are registered only


@pytest.mark.parametrize("policy", HISTORY)
def test_nothing_is_ever_sent_to_an_agent_that_never_connects(policy: str) -> None:
    """Whatever its row says."""
    assert {pod for _, _, _, pod in sends(flown("late-connect", policy))} == {"default-1"}


def test_post599_books_the_dead_pod_for_as_long_as_it_is_young() -> None:
    """From 85 s on, when agent 1 is busy, every ten seconds until 295 s; at 305 s the pod is old."""
    released = [e for e in logged(flown("late-connect", "post599"), Released) if e.pod == "default-2"]
    assert [e.at for e in released if e.at >= 85] == [85.0 + 10 * n for n in range(22)]
    assert {e.reason for e in released if e.at >= 85} == {Reason.NOT_CONNECTED}


@pytest.mark.parametrize("policy", HISTORY)
def test_the_dead_pod_is_what_keeps_the_second_task_waiting(policy: str) -> None:
    """With an agent that connects late, too, it is sent to its own pod within a retry or two."""
    mended = "faults=[{fault: late_connect, pod: all, by: 63 s}]"
    record = flown("late-connect", policy, mended, "expect={}")
    assert max(column(record, "tasks", "sent_at")) <= 85.0


# cancellations


@pytest.mark.parametrize("policy", HISTORY)
def test_a_slot_is_not_booked_again_before_the_agent_has_let_go(policy: str) -> None:
    """All of it happens at 120 s: the order to stop, the end of the plan, and the next booking."""
    log = flown("cancellation", policy).log
    order = [
        type(e).__name__
        for e in log
        if e.at == 120.0
        and (
            (isinstance(e, AbortTask | ExecEnded) and e.task == 2)
            or (isinstance(e, SlotMoved) and str(e.cause) == "booked")
        )
    ]
    assert order == ["AbortTask", "ExecEnded", "SlotMoved"]


@pytest.mark.parametrize("policy", HISTORY)
def test_a_cancelled_task_that_nobody_stopped_runs_to_its_end(policy: str) -> None:
    """Nine minutes after its cancellation, in a slot that nobody else may use."""
    record = flown("cancellation-unheard", policy)
    [end] = [e for e in logged(record, ExecEnded) if e.task == 1]
    assert (end.at, str(end.outcome)) == (600.0, "changes")


@pytest.mark.parametrize("policy", HISTORY)
def test_under_rebuild_it_is_stopped_when_its_agent_is_back(policy: str) -> None:
    """At 80 s; that the colleague's plan has begun meanwhile is no matter of recovery."""
    record = flown("cancellation-unheard", policy, "recovery=rebuild")
    [end] = [e for e in logged(record, ExecEnded) if e.task == 1]
    assert (end.at, str(end.outcome)) == (80.0, "aborted")
    assert first_broken(record) == {"S08": 75.0}
