"""Every fault: what it does, to whom, when, and for how long; and what it leaves alone."""

import math
from typing import get_args

import pytest

from policies.decisions import Refused, RolledBack, TaskEnded
from policies.observations import PhaseEnded
from sim.record.truth import FaultMissed
from sim.scenario.faults import AnyFault
from tests.sim.builders import (
    COLD,
    HEAD,
    IDLE,
    PLAN,
    WARM,
    column,
    control_times,
    dispatches,
    intervals,
    logged,
    run,
    times_of,
)

TWO = HEAD + "pool: {min: 2, max: 2, slots: 3, initial: 2}\n"
APPLY = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 20 s, apply: 10 s}]\n"


def faults(*entries: str) -> str:
    """The faults of a scenario."""
    return "faults:\n" + "".join(f"  - {{fault: {entry}}}\n" for entry in entries)


# starting


@pytest.mark.parametrize(
    ("fault", "at"),
    [
        ("late_registration, pod: 1, by: 7 s", (13.0, 15.0, 18.0)),
        ("late_connect, pod: 1, by: 7 s", (6.0, 15.0, 18.0)),
        ("late_registration, pod: all, by: 7 s", (13.0, 15.0, 18.0)),
        ("late_registration, pod: 2, by: 7 s", (6.0, 8.0, 11.0)),
    ],
)
def test_an_agent_comes_up_later_by_what_the_fault_says(fault: str, at: tuple[float, ...]) -> None:
    """Without it: registered at 6 s, connected at 8 s, known at 11 s."""
    agent = "agent: {registers_after: 1 s, connects_after: 2 s, known_to_pod_manager_after: 3 s}\n"
    record = run(COLD + agent + faults(fault) + PLAN)
    assert column(record, "pods", "registered_at", "connected_at", "known_to_pod_manager_at") == [at]


@pytest.mark.parametrize(
    ("fault", "facts"),
    [
        ("never_registers", []),
        ("never_connects", ["registered"]),
        ("never_known_to_pod_manager", ["registered", "connected"]),
    ],
)
def test_an_agent_stops_where_the_fault_says(fault: str, facts: list[str]) -> None:
    record = run(COLD + faults(f"{fault}, pod: 1") + PLAN)
    held = [fact for fact in ("registered", "connected", "known_to_pod_manager") if intervals(record, fact)]
    assert held == facts


def test_delays_of_several_faults_add_up() -> None:
    twice = faults("late_connect, pod: 1, by: 7 s", "late_connect, pod: all, by: 5 s")
    assert column(run(COLD + twice + PLAN), "pods", "connected_at") == [17.0]


# heartbeats


def test_a_heartbeat_gap_leaves_the_connection_alone() -> None:
    """From 15 s to 35 s: the beats at 20 s and 30 s are missed."""
    record = run(WARM + faults("heartbeat_gap, pod: 1, at: 15 s, for: 20 s") + PLAN)
    assert intervals(record, "heartbeats") == [(0.0, 15.0), (40.0, None)]
    assert intervals(record, "connected") == [(0.0, None)]


def test_heartbeat_losses_are_independent_of_each_other() -> None:
    """Two that lose each beat with certainty, or either of them, lose all; pods apart."""
    record = run(
        TWO
        + faults("heartbeat_loss, pod: 1, probability: 1", "heartbeat_loss, pod: 1, probability: 0.5")
        + IDLE
    )
    assert intervals(record, "heartbeats", "default-1") == []
    assert intervals(record, "heartbeats", "default-2") == [(0.0, None)]


def test_each_pod_loses_other_heartbeats() -> None:
    record = run(TWO + faults("heartbeat_loss, pod: all, probability: 0.3") + IDLE)
    one, other = (intervals(record, "heartbeats", f"default-{n}") for n in (1, 2))
    assert one != other


# connections and processes


def test_a_lost_connection_is_mended_after_a_while() -> None:
    """Down at 15 s; tries at 17 s, too early, and at 21 s."""
    record = run(WARM + faults("connection_lost, pod: 1, at: 15 s, for: 5 s") + PLAN)
    assert intervals(record, "connected") == [(0.0, 15.0), (21.0, None)]


def test_lost_connections_may_overlap() -> None:
    """Mended when both are: at 30 s; tries at 17, 21, 29 and 45 s."""
    both = faults(
        "connection_lost, pod: 1, at: 15 s, for: 10 s", "connection_lost, pod: 1, at: 20 s, for: 10 s"
    )
    assert intervals(run(WARM + both + PLAN), "connected") == [(0.0, 15.0), (45.0, None)]


def test_a_crashed_agent_takes_its_tasks_with_it_and_reports_nothing() -> None:
    record = run(WARM + faults("agent_crash, pod: 1, at: 15 s, for: never") + PLAN)
    assert column(record, "phases", "ended_at", "outcome") == [(15.0, "aborted")]
    assert logged(record, PhaseEnded) == []


def test_a_crashed_agent_is_started_again_by_its_pod() -> None:
    """It registers and connects anew, and the pod manager hears of it anew."""
    agent = "agent: {registers_after: 1 s, connects_after: 2 s, known_to_pod_manager_after: 3 s}\n"
    record = run(WARM + agent + faults("agent_crash, pod: 1, at: 15 s, for: 5 s") + PLAN)
    assert times_of(record, "process_up") == [0.0, 20.0]
    assert times_of(record, "registered") == [0.0, 21.0]
    assert times_of(record, "connected") == [0.0, 23.0]
    assert times_of(record, "known_to_pod_manager") == [0.0, 26.0]


def test_an_agent_that_crashed_for_ever_leaves_a_running_pod() -> None:
    record = run(WARM + faults("agent_crash, pod: 1, at: 15 s, for: never") + PLAN)
    assert times_of(record, "process_up") == [0.0]
    assert times_of(record, "gone") == []


def test_a_killed_pod_is_gone_at_once_with_its_tasks() -> None:
    record = run(WARM + "pod: {termination: 30 s}\n" + faults("pod_killed, pod: 1, at: 15 s") + PLAN)
    assert (times_of(record, "killed"), times_of(record, "gone")) == ([15.0], [15.0])
    assert column(record, "phases", "ended_at", "outcome") == [(15.0, "aborted")]


def test_the_control_plane_gives_up_what_ran_on_a_killed_pod() -> None:
    record = run(WARM + faults("pod_killed, pod: 1, at: 15 s") + PLAN)
    assert [(ended.at, str(ended.reason)) for ended in logged(record, TaskEnded)] == [(15.0, "pod_lost")]
    assert column(record, "tasks", "state", "ended_at") == [("failed", 15.0)]


def test_a_pod_whose_create_call_is_not_answered_can_not_be_killed() -> None:
    record = run(COLD + "pod: {create_call: 20 s}\n" + faults("pod_killed, pod: all, at: 10 s") + PLAN)
    assert times_of(record, "running") == [25.0]


# whom and when


@pytest.mark.parametrize(
    ("pod", "killed"), [("1", [[15.0], []]), ("2", [[], [15.0]]), ("all", [[15.0], [15.0]])]
)
def test_a_fault_hits_one_pod_or_all(pod: str, killed: list[list[float]]) -> None:
    record = run(TWO + faults(f"pod_killed, pod: {pod}, at: 15 s") + PLAN)
    assert [times_of(record, "killed", f"default-{n}") for n in (1, 2)] == killed


def test_a_fault_hits_the_pods_of_its_pool() -> None:
    pools = HEAD + "pools: {red: {min: 1, max: 1, initial: 1}, blue: {min: 1, max: 1, initial: 1}}\n"
    tasks = "tasks: [{id: 1, at: 0 s, workspace: a, pool: red, kind: plan}]\n"
    record = run(pools + faults("pod_killed, pod: all, pool: blue, at: 15 s") + tasks)
    assert (times_of(record, "killed", "red-1"), times_of(record, "killed", "blue-1")) == ([], [15.0])


def test_a_fault_at_a_time_finds_nobody_where_no_agent_is() -> None:
    """The pod comes up at 65 s."""
    text = COLD + "pod_start: 1 min\n" + faults("heartbeat_gap, pod: 1, at: 15 s, for: 2 min") + PLAN
    assert intervals(run(text), "heartbeats") == [(65.0, None)]


@pytest.mark.parametrize(
    "fault", ["heartbeat_gap, for: 9 s", "connection_lost, for: 9 s", "agent_crash, for: 9 s", "pod_killed"]
)
def test_a_fault_that_strikes_a_pod_too_early_is_recorded_as_missed(fault: str) -> None:
    """Its create call is in flight from 5 s to 65 s."""
    text = COLD + "pod: {create_call: 1 min}\n" + faults(f"{fault}, pod: 1, at: 15 s") + PLAN
    assert [entry.at for entry in logged(run(text), FaultMissed)] == [15.0]


def test_a_fault_of_an_agent_that_is_gone_already_is_recorded_as_missed() -> None:
    text = WARM + faults(
        "agent_crash, pod: 1, at: 15 s, for: never", "connection_lost, pod: 1, at: 20 s, for: 9 s"
    )
    assert logged(run(text + IDLE), FaultMissed) == [FaultMissed(20.0, "connection_lost")]


def test_a_fault_that_strikes_is_not_recorded_as_missed() -> None:
    text = WARM + faults("connection_lost, pod: 1, at: 20 s, for: 9 s")
    assert logged(run(text + IDLE), FaultMissed) == []


def test_a_fault_happens_again_and_again_on_each_pod_apart() -> None:
    """Counted from when the pod's agent comes up: at 0 s, and 4 s after the cycles at 10 s and 25 s."""
    pool = HEAD + "pool: {min: 1, max: 1, initial: 1}\npod_start: 4 s\n"
    record = run(pool + faults("pod_killed, pod: all, every: 10 s") + PLAN, overrides=["horizon=39 s"])
    assert column(record, "pods", "running_at", "gone_at") == [(0.0, 10.0), (14.0, 24.0), (29.0, 39.0)]


def test_times_between_random_faults_are_those_of_the_distribution() -> None:
    """500 of them on one pod."""
    rare = faults("heartbeat_gap, pod: 1, every: {exponential: {mean: 60 s}}, for: 0 s")
    record = run(WARM + rare + IDLE, overrides=["horizon=30000 s"])
    assert len(times_of(record, "heartbeats_ended")) == pytest.approx(500, abs=4 * math.sqrt(500))


def test_lengths_are_drawn_for_each_pod() -> None:
    drawn = faults("connection_lost, pod: all, at: 15 s, for: {uniform: [10 s, 3 min]}")
    record = run(TWO + "agent: {reconnect_backoff: [10 ms]}\n" + drawn + IDLE)
    back = [times_of(record, "connected", f"default-{n}")[1] for n in (1, 2)]
    assert back[0] != back[1]
    assert all(25.0 <= at <= 195.1 for at in back)


# dispatch


def test_a_lost_dispatch_reaches_nobody_and_nobody_is_told() -> None:
    """Its row says that it runs until the phase times out."""
    record = run(WARM + faults("dispatch_lost, task: 1") + PLAN)
    assert dispatches(record) == [(0.0, 1, "lost")]
    assert column(record, "tasks", "state", "attempts") == [("planning", 1)]
    assert len(record.phases) == 0


def test_a_delayed_dispatch_arrives_later() -> None:
    record = run(WARM + faults("dispatch_delayed, by: 7 s") + PLAN)
    assert column(record, "tasks", "sent_at", "started_at") == [(0.0, 7.0)]


def test_a_delayed_dispatch_to_an_agent_that_is_gone_by_then_fails() -> None:
    """The control plane hears of it, and sends again when its back-off of 5 s is over."""
    cut = "connection_lost, pod: 1, at: 3 s, for: 1 s"
    record = run(WARM + faults("dispatch_delayed, by: 4 s, attempt: 1", cut) + PLAN)
    assert dispatches(record) == [(0.0, 1, "delayed"), (4.0, 1, "undeliverable")]
    assert [(back.at, back.retry_at) for back in logged(record, RolledBack)] == [(4.0, 9.0)]
    assert column(record, "tasks", "attempts", "started_at") == [(2, 9.0)]


def test_a_doubled_dispatch_arrives_twice() -> None:
    record = run(WARM + "agent: {deduplicates: false}\n" + faults("dispatch_duplicated") + PLAN)
    assert len(record.phases) == 2


def test_delay_and_doubling_work_together() -> None:
    both = faults("dispatch_duplicated", "dispatch_delayed, by: 3 s")
    record = run(WARM + "agent: {deduplicates: false}\n" + both + PLAN)
    assert column(record, "phases", "started_at") == [3.0, 3.0]


@pytest.mark.parametrize(
    ("only", "started"),
    [
        ("phase: plan", [(5.0, 25.0)]),
        ("phase: apply", [(0.0, 25.0)]),
        ("attempt: 1", [(5.0, 25.0)]),
        ("attempt: 2", [(0.0, 25.0)]),
        ("task: 1", [(5.0, 30.0)]),
    ],
)
def test_a_dispatch_fault_can_be_for_one_phase_attempt_or_task(
    only: str, started: list[tuple[float, float]]
) -> None:
    """The plan takes 20 s, and is confirmed at once."""
    record = run(WARM + faults(f"dispatch_delayed, by: 5 s, {only}") + APPLY)
    assert column(record, "tasks", "started_at", "apply_started_at") == started


def test_a_dispatch_fault_leaves_other_tasks_alone() -> None:
    two = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan}, {id: 2, at: 0 s, workspace: b, kind: plan}]\n"
    record = run(WARM + faults("dispatch_delayed, by: 5 s, task: 2") + two)
    assert column(record, "tasks", "started_at") == [0.0, 5.0]


def test_a_dispatch_fault_strikes_with_its_probability() -> None:
    """The share of 1000 dispatches, within four standard errors."""
    many = "workload: {bursts: {at: [0 s], size: 1000}, workspaces: 1000, plan: 1 s}\n"
    record = run(
        HEAD
        + "pool: {min: 1, max: 1, slots: 1000, initial: 1}\n"
        + faults("dispatch_lost, probability: 0.2")
        + many
    )
    assert len(dispatches(record)) == pytest.approx(200, abs=4 * math.sqrt(1000 * 0.2 * 0.8))


# the control plane


def test_the_control_plane_restarts_once_at_a_time() -> None:
    record = run(WARM + faults("control_plane_restart, at: 15 s, for: 5 s") + PLAN)
    assert control_times(record) == [(15.0, "down"), (20.0, "up")]


def test_the_control_plane_restarts_again_and_again() -> None:
    """Up for 20 s, down for 5 s."""
    record = run(
        WARM + faults("control_plane_restart, every: 20 s, for: 5 s") + PLAN, overrides=["horizon=80 s"]
    )
    assert control_times(record) == [
        (20.0, "down"),
        (25.0, "up"),
        (45.0, "down"),
        (50.0, "up"),
        (70.0, "down"),
        (75.0, "up"),
    ]


def test_a_control_plane_that_is_down_does_not_go_down() -> None:
    twice = faults("control_plane_restart, at: 15 s, for: 9 s", "control_plane_restart, at: 20 s, for: 9 s")
    assert control_times(run(WARM + twice + PLAN)) == [(15.0, "down"), (24.0, "up")]


def test_a_restart_of_a_control_plane_that_is_down_is_recorded_as_missed() -> None:
    twice = faults("control_plane_restart, at: 15 s, for: 9 s", "control_plane_restart, at: 20 s, for: 9 s")
    assert logged(run(WARM + twice + PLAN), FaultMissed) == [FaultMissed(20.0, "control_plane_restart")]


def test_without_faults_nothing_goes_wrong() -> None:
    record = run(WARM + PLAN)
    assert (dispatches(record), control_times(record), logged(record, Refused)) == ([], [], [])
    assert intervals(record, "connected") == intervals(record, "heartbeats") == [(0.0, None)]


def test_this_module_knows_every_fault() -> None:
    blocks = get_args(get_args(AnyFault)[0])
    kinds = {kind for block in blocks for kind in get_args(block.model_fields["fault"].annotation)}
    assert kinds == {
        "heartbeat_gap",
        "heartbeat_loss",
        "connection_lost",
        "agent_crash",
        "pod_killed",
        "control_plane_restart",
        "late_registration",
        "late_connect",
        "never_registers",
        "never_connects",
        "never_known_to_pod_manager",
        "dispatch_lost",
        "dispatch_delayed",
        "dispatch_duplicated",
    }


def test_a_fault_that_finds_no_pod_is_recorded_as_missed() -> None:
    """Pod 2 could exist by then, and does not; nothing that a scenario says is passed over in silence."""
    text = HEAD + "pool: {min: 1, max: 2}\n" + faults("pod_killed, pod: 2, at: 30 s") + IDLE
    assert logged(run(text), FaultMissed) == [FaultMissed(30.0, "pod_killed")]
