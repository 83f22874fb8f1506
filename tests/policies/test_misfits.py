"""Observations that do not fit: counted, recorded, never raised, and never obeyed."""

import math
from typing import Any

import pytest

from policies.decisions import Anomaly
from policies.lifecycles import Verdict
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AnyObservation,
    ControlPlaneRestarted,
    DispatchFailed,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
    PhaseEnded,
    PodCreateAccepted,
    PodCreateFailed,
    PodGone,
    PodSeen,
    PodTerminating,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
    snake_case,
)
from policies.vocabulary import Outcome, TaskKind
from tests.policies.driver import APPLY, PLAN, PLAN_AND_APPLY, PLAN_ONLY, POOL, Driver, Keep
from tests.policies.recount import check

REPEATED, LATE, IMPOSSIBLE = Verdict.REPEATED, Verdict.LATE, Verdict.IMPOSSIBLE
NOW = 20.0
DONE = Outcome.DONE


def world() -> Driver:
    """At 20 s: a-1 is connected and beats; a-2 is gone; a-3 is leaving and not connected.

    On a-1, task 1 is planned, 2 has ended, 3 runs its plan. Behind 1, task 4 is cancelled and 5 pending.
    """
    driver = Driver(overrides={"autoscaler": Keep()})
    for _ in range(3):
        driver.pod()
    driver.tell(PodGone(0.0, "a-2"), AgentDisconnected(0.0, "a-3"), PodTerminating(0.0, "a-3"))
    driver.tell(HeartbeatsEnded(0.0, "a-3", 0.0))
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.submit("u")
    driver.end(2)
    driver.submit("v")
    driver.submit("w", PLAN_AND_APPLY)
    driver.submit("w", PLAN_AND_APPLY)
    driver.tell(TaskCancelled(0.0, 4))
    driver.run(NOW)
    driver.control.step(NOW)
    driver.decisions.clear()
    assert not driver.control.anomalies
    return driver


def snapshot(driver: Driver) -> dict[str, Any]:
    """All that is observed about tasks and pods."""
    books = driver.control._books
    tasks = [(task.id, task.state, task.pod, task.slot, task.attempt) for task in books.tasks.values()]
    pods = [
        (pod.name, pod.state, pod.row, pod.connected, pod.known_to_pod_manager, pod.heartbeat_age_s(NOW))
        for pod in books.pods.values()
    ]
    return {"tasks": tasks, "pods": pods, "slots": {name: driver.slots_of(name) for name in books.pods}}


def plan_ended(task: int, attempt: int) -> PhaseEnded:
    """The end of a plan on a-1."""
    return PhaseEnded(NOW, task, PLAN, attempt, "a-1", DONE)


TASK_MISFITS = [
    (TaskSubmitted(NOW, 3, POOL, "v", PLAN_ONLY), REPEATED, "3", "planning"),
    (TaskSubmitted(NOW, 3, POOL, "elsewhere", PLAN_AND_APPLY), REPEATED, "3", "planning"),
    (TaskSubmitted(NOW, 6, "nowhere", "x", PLAN_ONLY), IMPOSSIBLE, "6", "no pool nowhere for it"),
    (TaskConfirmed(NOW, 99, "somebody"), IMPOSSIBLE, "99", "unknown"),
    (TaskConfirmed(NOW, 3, "somebody"), IMPOSSIBLE, "3", "planning"),
    (TaskConfirmed(NOW, 5, "somebody"), IMPOSSIBLE, "5", "pending"),
    (TaskConfirmed(NOW, 2, "somebody"), LATE, "2", "success"),
    (TaskCancelled(NOW, 99), IMPOSSIBLE, "99", "unknown"),
    (TaskCancelled(NOW, 2), LATE, "2", "success"),
    (TaskCancelled(NOW, 4), REPEATED, "4", "cancelled"),
    (plan_ended(99, 1), IMPOSSIBLE, "99", "unknown"),
    (plan_ended(2, 1), REPEATED, "2", "success"),
    (plan_ended(1, 1), REPEATED, "1", "apply_pending"),
    (plan_ended(3, 0), LATE, "3", "planning"),
    (plan_ended(3, 2), IMPOSSIBLE, "3", "planning"),
    (plan_ended(5, 1), IMPOSSIBLE, "5", "pending"),
    (PhaseEnded(NOW, 3, APPLY, 1, "a-1", DONE), IMPOSSIBLE, "3", "planning"),
    (DispatchFailed(NOW, 99, PLAN, 1, "not_connected"), IMPOSSIBLE, "99", "unknown"),
    (DispatchFailed(NOW, 2, PLAN, 1, "not_connected"), LATE, "2", "success"),
    (DispatchFailed(NOW, 3, PLAN, 0, "not_connected"), LATE, "3", "planning"),
    (DispatchFailed(NOW, 3, PLAN, 7, "not_connected"), IMPOSSIBLE, "3", "planning"),
]

POD_MISFITS = [
    (PodCreateAccepted(NOW, "a-1"), LATE, "a-1", "running"),
    (PodCreateAccepted(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
    (PodCreateFailed(NOW, "a-1", "quota"), IMPOSSIBLE, "a-1", "running"),
    (PodCreateFailed(NOW, "a-2", "quota"), LATE, "a-2", "gone"),
    (PodSeen(NOW, "a-1", POOL, "Pending", 0.0), LATE, "a-1", "running"),
    (PodSeen(NOW, "a-1", POOL, "Unknown", 0.0), IMPOSSIBLE, "a-1", "Unknown"),
    (PodSeen(NOW, "a-2", POOL, "Running", 0.0), LATE, "a-2", "gone"),
    (PodSeen(NOW, "a-3", POOL, "Running", 0.0), LATE, "a-3", "terminating"),
    (PodSeen(NOW, "x-1", "nowhere", "Running", 0.0), IMPOSSIBLE, "x-1", "unknown"),
    (PodTerminating(NOW, "a-2"), LATE, "a-2", "gone"),
    (PodTerminating(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
    (PodGone(NOW, "a-2"), LATE, "a-2", "gone"),
    (PodGone(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
]

AGENT_MISFITS = [
    (AgentRegistered(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
    (AgentRegistered(NOW, "a-2"), LATE, "a-2", "gone"),
    (AgentConnected(NOW, "a-1"), REPEATED, "a-1", "up"),
    (AgentConnected(NOW, "a-2"), LATE, "a-2", "gone"),
    (AgentDisconnected(NOW, "a-3"), REPEATED, "a-3", "down"),
    (AgentKnownToPodManager(NOW, "a-1"), REPEATED, "a-1", "known"),
    (AgentKnownToPodManager(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
    (HeartbeatSeen(NOW, "nobody"), IMPOSSIBLE, "nobody", "unknown"),
    (HeartbeatSeen(NOW, "a-2"), LATE, "a-2", "gone"),
    (HeartbeatsBegan(NOW, "a-1", 0.0), IMPOSSIBLE, "a-1", "every 0.0 s"),
    (HeartbeatsBegan(NOW, "a-1", -1.0), IMPOSSIBLE, "a-1", "every -1.0 s"),
    (HeartbeatsBegan(NOW, "a-1", math.nan), IMPOSSIBLE, "a-1", "every nan s"),
    (HeartbeatsEnded(NOW, "a-3", 0.0), REPEATED, "a-3", "no train"),
    (HeartbeatsEnded(NOW, "a-1", NOW + 1.0), IMPOSSIBLE, "a-1", "last at 21 s"),
    (HeartbeatsEnded(NOW, "a-1", math.inf), IMPOSSIBLE, "a-1", "last at inf s"),
    (HeartbeatsEnded(NOW, "a-1", math.nan), IMPOSSIBLE, "a-1", "last at nan s"),
]


@pytest.mark.parametrize(
    ("event", "verdict", "subject", "state"), TASK_MISFITS + POD_MISFITS + AGENT_MISFITS, ids=str
)
def test_a_misfit_is_counted_recorded_and_not_obeyed(
    event: AnyObservation, verdict: Verdict, subject: str, state: str
) -> None:
    driver = world()
    before = snapshot(driver)
    actions = list(driver.log)
    driver.tell(event)
    name = snake_case(type(event).__name__)
    assert dict(driver.control.anomalies) == {(name, verdict): 1}
    assert driver.decided(Anomaly) == [Anomaly(NOW, name, subject, state, verdict)]
    assert snapshot(driver) == before
    assert driver.log == actions
    check(driver.control)


def test_misfits_add_up() -> None:
    driver = world()
    driver.tell(TaskCancelled(NOW, 2), TaskCancelled(NOW, 2), PodGone(NOW, "a-2"))
    assert driver.control.anomalies == {("task_cancelled", LATE): 2, ("pod_gone", LATE): 1}


def test_a_second_confirmation_is_repeated_and_changes_nobody_s_name() -> None:
    driver = world()
    driver.tell(TaskConfirmed(NOW, 1, "first"), TaskConfirmed(NOW, 1, "second"))
    assert driver.control.anomalies == {("task_confirmed", REPEATED): 1}
    assert driver.control._books.tasks[1].confirmed_by == "first"


def test_a_second_end_of_a_phase_frees_no_slot_that_somebody_else_has_by_then() -> None:
    driver = world()
    driver.end(3)
    driver.submit("x")
    slots = driver.slots_of("a-1")
    driver.end(3)
    assert driver.slots_of("a-1") == slots == ["reserved", "running", "idle"]
    assert driver.control.anomalies == {("phase_ended", REPEATED): 1}


def test_the_end_of_an_attempt_that_was_rolled_back_is_late() -> None:
    """The dispatch was reported as failed and sent again; the first attempt's end is not the second's."""
    driver = world()
    driver.fail_send(3)
    driver.run(NOW + 5.0)
    driver.tell(PhaseEnded(NOW + 5.0, 3, PLAN, 1, "a-1", DONE))
    assert driver.control._books.tasks[3].state == "planning"
    assert driver.control.anomalies == {("phase_ended", LATE): 1}


def test_a_second_end_of_a_cancelled_task_is_repeated() -> None:
    driver = world()
    driver.tell(TaskCancelled(NOW, 3))
    driver.end(3, Outcome.ABORTED)
    assert not driver.control.anomalies
    driver.end(3, Outcome.ABORTED)
    assert driver.control.anomalies == {("phase_ended", REPEATED): 1}


def test_its_own_deletion_is_no_news_to_the_control_plane() -> None:
    driver = world()
    driver.tell(PodTerminating(NOW, "a-3"))
    assert not driver.control.anomalies


def test_an_agent_process_may_register_as_often_as_it_starts() -> None:
    driver = world()
    driver.tell(AgentRegistered(NOW, "a-1"), AgentRegistered(NOW, "a-1"))
    assert not driver.control.anomalies


def test_a_pod_may_be_seen_running_before_its_create_call_is_answered() -> None:
    driver = Driver(min_pods=1)
    driver.run(5.0)
    driver.tell(PodSeen(6.0, "a-1", POOL, "Running", 5.0))
    assert not driver.control.anomalies
    driver.tell(PodCreateAccepted(7.0, "a-1"))
    assert driver.control.anomalies == {("pod_create_accepted", LATE): 1}


def test_an_observation_out_of_order_is_recorded_and_obeyed() -> None:
    driver = world()
    driver.tell(TaskSubmitted(3.0, 6, POOL, "x", TaskKind.PLAN))
    assert driver.control.anomalies == {("task_submitted", Verdict.OUT_OF_ORDER): 1}
    assert driver.decided(Anomaly) == [Anomaly(NOW, "task_submitted", "clock", "20 s", Verdict.OUT_OF_ORDER)]
    assert driver.sent()[-1] == (NOW, 6)


def test_a_task_learned_of_out_of_order_is_created_at_the_time_of_the_last_observation() -> None:
    driver = world()
    driver.control.observe(TaskSubmitted(3.0, 6, POOL, "x", TaskKind.PLAN))
    assert driver.control._books.tasks[6].created_at == NOW


def test_the_answer_to_a_create_call_is_no_misfit_after_the_pod_s_deletion_was_asked_for() -> None:
    driver = Driver(overrides={"autoscaler": "C8"}, min_pods=1)
    driver.run(5.0)
    driver.tell(PodTerminating(6.0, "a-1"), PodCreateAccepted(7.0, "a-1"))
    assert driver.control.anomalies == {}


def test_an_observation_out_of_order_does_not_turn_the_clock_back() -> None:
    driver = world()
    driver.control.observe(TaskSubmitted(3.0, 6, POOL, "x", TaskKind.PLAN))
    with pytest.raises(ValueError, match="step at 19 s after an observation at 20 s"):
        driver.control.step(19.0)


def test_an_old_heartbeat_does_not_make_an_agent_look_older() -> None:
    driver = world()
    driver.tell(HeartbeatSeen(NOW, "a-1"), HeartbeatSeen(3.0, "a-1"))
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert pod.heartbeat_age_s(NOW) == 0.0


def test_a_restart_forgets_no_account_of_misfits() -> None:
    driver = world()
    driver.tell(PodGone(NOW, "a-2"), ControlPlaneRestarted(NOW))
    assert driver.control.anomalies == {("pod_gone", LATE): 1}


def test_a_workspace_belongs_to_one_pool() -> None:
    """A task for the workspace in a pool that is not its own is impossible."""
    driver = world()
    driver.tell(TaskSubmitted(NOW, 6, "b", "w", TaskKind.PLAN))
    assert driver.control.anomalies == {("task_submitted", IMPOSSIBLE): 1}


def test_a_list_that_shows_a_pod_in_its_known_phase_is_nothing_special() -> None:
    """Every list shows every pod; a live driver lists every few seconds."""
    driver = world()
    before = snapshot(driver)
    driver.tell(PodSeen(NOW, "a-1", POOL, "Running", 0.0))
    assert not driver.control.anomalies
    assert snapshot(driver) == before
