"""Doubt: agents are asked after what was sent to them, and what they do not know of is sent again."""

from collections.abc import Mapping
from typing import Any

import pytest

from policies.actions import AskAgent
from policies.decisions import Doubted, Reason, RolledBack, TaskEnded
from policies.lifecycles import Verdict
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentRegistered,
    AgentReported,
    ControlPlaneRestarted,
    PhaseEnded,
    PodSeen,
    RunningPhase,
    TaskCancelled,
    TaskConfirmed,
)
from policies.rules.dispatch import D5
from policies.vocabulary import Outcome, TaskState
from tests.policies.driver import APPLY, PLAN, PLAN_AND_APPLY, PLAN_ONLY, POOL, Driver, Keep


def sent(kind: Any = PLAN_ONLY, preset: str = "windtunnel", **dispatch: Any) -> Driver:
    """Task 1 was sent at 0 s to pod a-1, the only one."""
    overrides: dict[str, Mapping[str, Any] | Keep] = {"autoscaler": Keep()}
    if dispatch:
        overrides["dispatch"] = dispatch
    driver = Driver(preset, overrides)
    driver.pod(created_at=-1000.0)
    driver.submit("w", kind)
    return driver


def apply_sent() -> Driver:
    """Task 1 was planned on pod a-1, and its apply sent there at 10 s."""
    driver = sent(PLAN_AND_APPLY)
    driver.run(10.0)
    driver.end(1, Outcome.CHANGES)
    driver.tell(TaskConfirmed(10.0, 1, "somebody"))
    assert driver.last_send(1).phase is APPLY
    return driver


def asks(driver: Driver) -> list[tuple[float, str]]:
    """When which pod's agent was asked."""
    return [(at, ask.pod) for at, ask in driver.done(AskAgent)]


def reply(driver: Driver, *running: RunningPhase, asked_at: float | None = None) -> None:
    """The agent of a-1 answers the question of `asked_at`, or the last one."""
    if asked_at is None:
        asked_at = driver.done(AskAgent)[-1][0]
    driver.tell(AgentReported(driver.now, "a-1", asked_at, running))


def state_of(driver: Driver, task: int = 1) -> TaskState:
    """The state of a task's row."""
    return driver.control._books.tasks[task].state


# when an agent is asked


def test_an_agent_is_asked_once_30_s_after_a_send_whose_phase_has_not_ended() -> None:
    driver = sent()
    driver.run(29.9)
    assert asks(driver) == []
    driver.run(3000.0)
    assert asks(driver) == [(30.0, "a-1")]


def test_the_question_carries_the_decision_that_explains_it() -> None:
    driver = sent(rule="D5", verify_after=12.0)
    driver.run(12.0)
    [(at, ask)] = driver.done(AskAgent)
    assert ask.because == Doubted(at, 1, POOL, "a-1", 1, "D5", 12.0, 12.0)


def test_what_has_ended_is_not_asked_after() -> None:
    driver = sent()
    driver.run(29.9)
    driver.end(1)
    driver.run(100.0)
    assert asks(driver) == []


def test_each_send_is_asked_after_at_its_own_time() -> None:
    driver = sent()
    driver.run(7.0)
    driver.submit("v")
    driver.run(100.0)
    assert asks(driver) == [(30.0, "a-1"), (37.0, "a-1")]


def test_an_agent_is_asked_once_for_all_that_was_sent_at_one_time() -> None:
    driver = sent()
    driver.submit("v")
    driver.run(100.0)
    assert asks(driver) == [(30.0, "a-1")]


@pytest.mark.parametrize("preset", ["seed-before", "seed-after", "later"])
def test_no_preset_of_the_platform_asks(preset: str) -> None:
    driver = sent(preset=preset)
    driver.run(3000.0)
    driver.tell(AgentDisconnected(3000.0, "a-1"), AgentConnected(3001.0, "a-1"))
    assert asks(driver) == []


def test_a_wait_of_no_time_is_no_parameter() -> None:
    with pytest.raises(ValueError, match="verify_after is 0 s; expected at least 1 µs"):
        D5(verify_after=0.0)


# what an answer leads to


def test_a_phase_that_the_agent_does_not_run_is_sent_again_after_the_back_off() -> None:
    driver = sent()
    driver.run(30.0)
    reply(driver)
    assert driver.decided(RolledBack) == [RolledBack(30.0, 1, POOL, 1, Reason.DISPATCH_LOST, 35.0)]
    assert (state_of(driver), driver.slots_of("a-1")) == (TaskState.PENDING, ["idle"] * 3)
    driver.run(60.0)
    assert driver.sent() == [(0.0, 1), (35.0, 1)]


def test_what_is_sent_again_is_asked_after_again() -> None:
    driver = sent()
    driver.run(30.0)
    reply(driver)
    driver.run(65.0)
    reply(driver)
    assert asks(driver) == [(30.0, "a-1"), (65.0, "a-1")]
    assert [back.retry_at for back in driver.decided(RolledBack)] == [35.0, 75.0]


def test_a_phase_that_the_agent_runs_goes_on() -> None:
    driver = sent()
    driver.run(30.0)
    reply(driver, RunningPhase(1, PLAN, 1))
    driver.run(1000.0)
    assert (state_of(driver), driver.sent()) == (TaskState.PLANNING, [(0.0, 1)])


def test_an_older_attempt_that_runs_does_not_stand_in_for_the_newer_one() -> None:
    driver = sent()
    driver.fail_send(1)
    driver.run(35.0)
    reply(driver, RunningPhase(1, PLAN, 1))
    assert [(back.attempt, back.reason) for back in driver.decided(RolledBack)] == [
        (1, Reason.SEND_FAILED),
        (2, Reason.DISPATCH_LOST),
    ]


def test_a_phase_that_ended_before_the_answer_came_is_over() -> None:
    driver = sent()
    driver.run(30.0)
    driver.end(1)
    reply(driver)
    driver.run(100.0)
    assert (state_of(driver), driver.sent()) == (TaskState.SUCCESS, [(0.0, 1)])
    assert not driver.control.anomalies


def test_a_lost_apply_keeps_its_place_and_is_sent_there_again() -> None:
    driver = apply_sent()
    driver.run(40.0)
    reply(driver)
    assert (state_of(driver), driver.slots_of("a-1")) == (
        TaskState.APPLY_PENDING,
        ["reserved", "idle", "idle"],
    )
    driver.run(45.0)
    send = driver.last_send(1)
    assert (send.at, send.phase, send.attempt, send.slot) == (45.0, APPLY, 3, 0)


def test_a_cancelled_task_that_the_agent_does_not_run_lets_go_of_its_slot() -> None:
    driver = sent()
    driver.tell(TaskCancelled(5.0, 1))
    driver.run(30.0)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]
    reply(driver)
    assert driver.slots_of("a-1") == ["idle"] * 3
    assert driver.decided(RolledBack) == []


def test_a_cancelled_plan_and_apply_that_nobody_runs_lets_the_next_one_go() -> None:
    driver = sent(PLAN_AND_APPLY)
    driver.submit("w", PLAN_AND_APPLY)
    driver.tell(TaskCancelled(5.0, 1))
    driver.run(30.0)
    reply(driver)
    assert driver.sent() == [(0.0, 1), (30.0, 2)]


# what an answer does not speak of


@pytest.mark.parametrize("sent_at", [0.1, 29.0, 30.0])
def test_a_send_that_was_young_when_the_agent_was_asked_may_be_on_its_way(sent_at: float) -> None:
    driver = sent()
    driver.run(sent_at)
    driver.submit("v")
    driver.run(30.0)
    reply(driver, RunningPhase(1, PLAN, 1))
    assert state_of(driver, 2) is TaskState.PLANNING


def test_a_late_answer_does_not_speak_of_what_was_sent_since_the_question() -> None:
    """Task 2 is old enough when the answer comes, but was not when it was asked for."""
    driver = sent()
    driver.run(31.0)
    driver.submit("v")
    driver.run(70.0)
    reply(driver, RunningPhase(1, PLAN, 1), asked_at=30.0)
    assert state_of(driver, 2) is TaskState.PLANNING


def test_an_answer_to_the_first_send_does_not_speak_of_the_second() -> None:
    driver = sent()
    driver.run(30.0)
    driver.fail_send(1)
    driver.run(80.0)
    reply(driver, asked_at=30.0)
    assert [back.reason for back in driver.decided(RolledBack)] == [Reason.SEND_FAILED]


@pytest.mark.parametrize("asked_at", [30.1, float("inf"), float("nan")])
def test_an_answer_to_a_question_of_the_future_is_impossible(asked_at: float) -> None:
    driver = sent()
    driver.run(30.0)
    reply(driver, asked_at=asked_at)
    assert driver.control.anomalies == {("agent_reported", Verdict.IMPOSSIBLE): 1}
    assert state_of(driver) is TaskState.PLANNING


def test_an_answer_to_a_control_plane_that_never_asks_is_impossible() -> None:
    driver = sent(preset="seed-after")
    driver.run(100.0)
    reply(driver, asked_at=99.0)
    assert driver.control.anomalies == {("agent_reported", Verdict.IMPOSSIBLE): 1}
    assert state_of(driver) is TaskState.PLANNING


def test_an_answer_of_an_agent_nobody_knows_is_impossible() -> None:
    driver = sent()
    driver.run(30.0)
    driver.tell(AgentReported(30.0, "nobody", 30.0))
    assert driver.control.anomalies == {("agent_reported", Verdict.IMPOSSIBLE): 1}


# connections


def test_an_agent_that_is_not_connected_when_it_is_due_is_asked_when_it_connects() -> None:
    driver = sent()
    driver.tell(AgentDisconnected(20.0, "a-1"))
    driver.run(50.0)
    assert asks(driver) == []
    driver.tell(AgentConnected(50.0, "a-1"))
    driver.run(1000.0)
    assert asks(driver) == [(50.0, "a-1")]


def test_the_report_of_an_agent_that_connects_decides_nothing_yet() -> None:
    """Its end, which the agent could not tell before, comes after it."""
    driver = sent()
    driver.tell(AgentDisconnected(20.0, "a-1"), AgentConnected(50.0, "a-1"))
    driver.tell(PhaseEnded(50.0, 1, PLAN, 1, "a-1", Outcome.DONE))
    assert state_of(driver) is TaskState.SUCCESS
    assert driver.decided(RolledBack) == []


def test_an_agent_that_connects_with_all_that_it_should_run_is_not_asked() -> None:
    driver = sent()
    driver.tell(AgentDisconnected(20.0, "a-1"))
    driver.tell(AgentConnected(50.0, "a-1", (RunningPhase(1, PLAN, 1),)))
    assert asks(driver) == []


def test_an_agent_that_connects_early_without_a_young_send_is_asked_in_time() -> None:
    driver = sent()
    driver.tell(AgentDisconnected(10.0, "a-1"), AgentConnected(12.0, "a-1"))
    driver.run(100.0)
    assert asks(driver) == [(30.0, "a-1")]


def test_a_plan_that_ran_in_an_agent_that_has_started_anew_is_queued_again() -> None:
    driver = sent()
    driver.tell(AgentDisconnected(100.0, "a-1"), AgentRegistered(110.0, "a-1"))
    driver.tell(AgentConnected(112.0, "a-1"))
    reply(driver)
    assert driver.decided(TaskEnded) == [TaskEnded(112.0, 1, POOL, TaskState.PENDING, Reason.AGENT_RESTARTED)]
    assert driver.sent() == [(0.0, 1), (112.0, 1)]


def test_an_apply_that_ran_in_an_agent_that_has_started_anew_fails() -> None:
    """It may be half done."""
    driver = apply_sent()
    driver.tell(AgentDisconnected(100.0, "a-1"), AgentRegistered(110.0, "a-1"))
    driver.tell(AgentConnected(112.0, "a-1"))
    reply(driver)
    assert (state_of(driver), driver.slots_of("a-1")) == (TaskState.FAILED, ["idle"] * 3)


# restarts of the control plane


def restart(driver: Driver) -> None:
    """The process starts anew, now, and lists show the pod again."""
    driver.tell(ControlPlaneRestarted(driver.now), PodSeen(driver.now, "a-1", POOL, "Running", -1000.0))


def test_what_ran_before_a_restart_is_asked_after_when_its_agent_connects() -> None:
    driver = apply_sent()
    driver.run(60.0)
    restart(driver)
    driver.tell(AgentConnected(62.0, "a-1"))
    reply(driver)
    assert [back.reason for back in driver.decided(RolledBack)] == [Reason.DISPATCH_LOST]


def test_a_young_send_of_before_a_restart_is_asked_after_30_s_after_it() -> None:
    driver = sent()
    driver.run(10.0)
    restart(driver)
    driver.tell(AgentConnected(12.0, "a-1"))
    driver.run(100.0)
    assert asks(driver) == [(40.0, "a-1")]


def test_the_answer_to_a_question_of_before_a_restart_still_holds() -> None:
    """Whoever asked: what was sent 30 s before the question and did not run then, was lost."""
    driver = sent()
    driver.run(30.0)
    restart(driver)
    driver.tell(AgentReported(31.0, "a-1", 30.0))
    assert [back.reason for back in driver.decided(RolledBack)] == [Reason.DISPATCH_LOST]


def test_the_answer_about_a_pod_that_has_not_shown_up_again_changes_nothing() -> None:
    driver = sent()
    driver.run(30.0)
    driver.tell(ControlPlaneRestarted(30.0), AgentReported(31.0, "a-1", 30.0))
    assert state_of(driver) is TaskState.PLANNING
