"""Agents in truth: how they come up, dial again, refuse what is too much, and ignore what came twice."""

import pytest

from policies.decisions import RolledBack
from policies.observations import AgentConnected, AgentDisconnected, DispatchFailed, PhaseEnded
from tests.sim.builders import (
    COLD,
    HEAD,
    PLAN,
    WARM,
    column,
    dispatches,
    intervals,
    logged,
    run,
    times_of,
)

LATE = "agent: {registers_after: 2 s, connects_after: 3 s, known_to_pod_manager_after: 4 s}\n"
CUT_AT_15 = "faults: [{{fault: connection_lost, pod: 1, at: 15 s, for: {}}}]\n"


@pytest.mark.parametrize(
    ("fact", "at"),
    [("process_up", 5.0), ("registered", 7.0), ("connected", 10.0), ("known_to_pod_manager", 14.0)],
)
def test_each_fact_follows_the_one_before_it(fact: str, at: float) -> None:
    """The pod runs at 5 s; the pod manager's delay counts from the connection."""
    assert times_of(run(COLD + LATE + PLAN), fact) == [at]


@pytest.mark.parametrize(
    ("never", "facts"),
    [
        ("registers_after", []),
        ("connects_after", ["registered"]),
        ("known_to_pod_manager_after", ["registered", "connected"]),
    ],
)
def test_a_fact_that_never_holds_keeps_those_after_it_from_holding(never: str, facts: list[str]) -> None:
    """But for the pod manager's, on which nothing depends."""
    record = run(COLD + f"agent: {{{never}: never}}\n" + PLAN)
    held = [fact for fact in ("registered", "connected", "known_to_pod_manager") if intervals(record, fact)]
    assert held == facts


def test_an_agent_that_is_not_connected_does_not_beat() -> None:
    assert intervals(run(COLD + "agent: {connects_after: never}\n" + PLAN), "heartbeats") == []


@pytest.mark.parametrize(
    ("fixed", "at"),
    [
        ("registers_at: 40 s", (40.0, 43.0, 47.0)),
        ("connects_at: 40 s", (7.0, 40.0, 44.0)),
        ("known_to_pod_manager_at: 40 s", (7.0, 10.0, 40.0)),
        ("registers_at: 40 s, connects_at: 50 s, known_to_pod_manager_at: 60 s", (40.0, 50.0, 60.0)),
        ("registers_after: 30 s", (35.0, 38.0, 42.0)),
        ("connects_at: 3 s", (7.0, 7.0, 11.0)),
    ],
)
def test_an_exception_fixes_one_agent_by_time_or_by_delay(fixed: str, at: tuple[float, ...]) -> None:
    """What is not fixed follows by its own delay; a time that is past is now."""
    record = run(COLD + LATE + f"exceptions: [{{pod: 1, {fixed}}}]\n" + PLAN)
    columns = ("registered_at", "connected_at", "known_to_pod_manager_at")
    assert column(record, "pods", *columns) == [at]


@pytest.mark.parametrize(
    ("cut_for", "back_at"),
    [("1 s", 17.0), ("3 s", 21.0), ("10 s", 29.0), ("20 s", 45.0), ("40 s", 77.0), ("70 s", 137.0)],
)
def test_an_agent_dials_again_after_2_4_8_16_32_and_60_seconds(cut_for: str, back_at: float) -> None:
    """Cut at 15 s, it tries at 17, 21, 29, 45, 77 and 137 s."""
    record = run(WARM + CUT_AT_15.format(cut_for) + PLAN)
    assert intervals(record, "connected") == [(0.0, 15.0), (back_at, None)]


@pytest.mark.parametrize(("cut_for", "back_at"), [("150 s", 197.0), ("190 s", 257.0)])
def test_the_last_wait_of_the_back_off_repeats(cut_for: str, back_at: float) -> None:
    record = run(WARM + CUT_AT_15.format(cut_for) + PLAN)
    assert times_of(record, "connected") == [0.0, back_at]


def test_the_back_off_is_the_scenarios() -> None:
    """Cut from 15 s to 24 s: tries at 16, 19, 22 and 25 s."""
    record = run(WARM + "agent: {reconnect_backoff: [1 s, 3 s]}\n" + CUT_AT_15.format("9 s") + PLAN)
    assert times_of(record, "connected") == [0.0, 25.0]


def test_the_back_off_begins_anew_after_a_connection() -> None:
    faults = "faults: [{fault: connection_lost, pod: 1, at: 15 s, for: 10 s},\n"
    again = "  {fault: connection_lost, pod: 1, at: 40 s, for: 1 s}]\n"
    assert times_of(run(WARM + faults + again + PLAN), "connected") == [0.0, 29.0, 42.0]


@pytest.mark.parametrize(("for_s", "registered_at"), [(3, 12.0), (10, 20.0), (13, 20.0)])
def test_an_agent_registers_with_the_same_back_off(for_s: int, registered_at: float) -> None:
    """First tried at 6 s, while the control plane is down from 5.5 s on; then at 8, 12 and 20 s."""
    down = f"faults: [{{fault: control_plane_restart, at: 5500 ms, for: {for_s} s}}]\n"
    record = run(COLD + "agent: {registers_after: 1 s}\n" + down + PLAN)
    assert times_of(record, "registered") == [registered_at]


def test_an_agent_registers_once_and_the_pod_manager_hears_of_it_once() -> None:
    """However often it connects."""
    record = run(WARM + CUT_AT_15.format("1 s") + PLAN)
    assert (times_of(record, "registered"), times_of(record, "known_to_pod_manager")) == ([0.0], [0.0])


def test_the_control_plane_hears_of_each_loss_and_each_connection() -> None:
    record = run(WARM + CUT_AT_15.format("1 s") + PLAN)
    assert [event.at for event in logged(record, AgentDisconnected)] == [15.0]
    assert [event.at for event in logged(record, AgentConnected)] == [0.0, 17.0]


def test_an_agent_says_what_it_runs_when_it_connects() -> None:
    record = run(WARM + CUT_AT_15.format("1 s") + PLAN)
    reports = [
        [(e.task, str(e.phase), e.attempt) for e in event.running] for event in logged(record, AgentConnected)
    ]
    assert reports == [[], [(1, "plan", 1)]]


def test_a_task_goes_on_while_its_agent_is_cut_off_and_its_end_is_told_afterwards() -> None:
    """It ends at 60 s; the agent is back at 77 s."""
    record = run(WARM + CUT_AT_15.format("50 s") + PLAN)
    assert column(record, "phases", "started_at", "ended_at", "outcome") == [(0.0, 60.0, "done")]
    assert [event.at for event in logged(record, PhaseEnded)] == [77.0]
    assert column(record, "tasks", "ended_at", "state") == [(77.0, "success")]


THREE = "tasks:\n" + "".join(f"  - {{id: {n}, at: 0 s, workspace: w{n}, kind: plan}}\n" for n in (1, 2, 3))


def test_a_full_agent_refuses_and_the_task_is_sent_again() -> None:
    """Two of the three are accepted; the third is tried again every 5 s until they end at 60 s."""
    record = run(WARM + "agent: {capacity: 2}\n" + THREE)
    assert dispatches(record) == [(5.0 * k, 3, "rejected") for k in range(12)]
    assert column(record, "tasks", "started_at") == [0.0, 0.0, 60.0]


def test_a_refusal_by_the_agent_is_a_lost_race_to_the_control_plane() -> None:
    record = run(WARM + "agent: {capacity: 2}\n" + THREE)
    assert {(event.reason) for event in logged(record, DispatchFailed)} == {"agent_at_capacity"}
    assert {str(decision.reason) for decision in logged(record, RolledBack)} == {"lost_race"}


def test_an_agent_without_a_limit_of_its_own_takes_what_it_is_sent() -> None:
    assert column(run(WARM + THREE), "tasks", "started_at") == [0.0, 0.0, 0.0]


DOUBLED = "faults: [{fault: dispatch_duplicated, task: 1}]\n"


def test_an_agent_ignores_a_dispatch_that_it_has_had() -> None:
    record = run(WARM + DOUBLED + PLAN)
    assert dispatches(record) == [(0.0, 1, "duplicated"), (0.0, 1, "ignored")]
    assert len(record.phases) == 1


def test_an_agent_that_does_not_look_runs_it_twice() -> None:
    record = run(WARM + "agent: {deduplicates: false}\n" + DOUBLED + PLAN)
    assert column(record, "phases", "started_at", "ended_at") == [(0.0, 60.0), (0.0, 60.0)]


def test_a_task_that_runs_twice_counts_twice_for_the_agents_capacity() -> None:
    """Each of the two executions takes a place; task 2 finds none, and tries every 5 s."""
    two = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan}, {id: 2, at: 1 s, workspace: b, kind: plan}]\n"
    record = run(WARM + "agent: {deduplicates: false, capacity: 2}\n" + DOUBLED + two)
    assert column(record, "tasks", "started_at") == [0.0, 61.0]


@pytest.mark.parametrize("end", ["pod_killed, pod: 1, at: 20 s", "agent_crash, pod: 1, at: 20 s, for: never"])
def test_nothing_outlives_its_agent(end: str) -> None:
    """Both executions of a doubled dispatch end with it."""
    faults = f"faults: [{{fault: dispatch_duplicated, task: 1}}, {{fault: {end}}}]\n"
    record = run(WARM + "agent: {deduplicates: false}\n" + faults + PLAN)
    assert column(record, "phases", "ended_at", "outcome") == [(20.0, "aborted")] * 2


def test_an_abort_stops_every_execution_of_the_task() -> None:
    cancelled = PLAN.replace("60 s", "60 s, cancelled_at: 20 s")
    record = run(WARM + "agent: {deduplicates: false}\n" + DOUBLED + cancelled)
    assert column(record, "phases", "ended_at", "outcome") == [(20.0, "aborted")] * 2


def test_sigterm_aborts_what_runs_and_reports_it() -> None:
    """C2 does not count running tasks: it deletes a pod as soon as all its slots are idle, and no earlier.

    So the pod that is deleted with work on it is one whose restarted control plane forgot the work.
    """
    text = HEAD + "pool: {max: 1, initial: 1}\npolicy: {preset: seed-after, autoscaler: C2}\n"
    restart = "faults: [{fault: control_plane_restart, at: 10 s, for: 1 s}]\n"
    record = run(text + "pod: {termination: 9 s}\n" + restart + PLAN)
    [(ended_at, outcome)] = column(record, "phases", "ended_at", "outcome")
    [(terminating_at, gone_at)] = column(record, "pods", "terminating_at", "gone_at")
    assert (ended_at, outcome, gone_at) == (terminating_at, "aborted", terminating_at + 9.0)
    assert [(event.at, str(event.outcome)) for event in logged(record, PhaseEnded)] == [
        (terminating_at, "aborted")
    ]
