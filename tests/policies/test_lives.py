"""How tasks and reservations end when no agent reports that they do, and what they let go of."""

import pytest

from policies.actions import AbortTask
from policies.decisions import Reason, TaskEnded
from policies.lifecycles import Verdict
from policies.observations import (
    PodCreateFailed,
    PodGone,
    PodSeen,
    PodTerminating,
    TaskCancelled,
    TaskConfirmed,
)
from policies.vocabulary import Outcome, TaskState
from tests.policies.driver import PLAN_AND_APPLY, PLAN_ONLY, POOL, Driver, Keep

HOUR = 3600.0
DAY = 24 * HOUR


def driver_of(**constants: object) -> Driver:
    """A connected pod a-1 of an unchanging pool."""
    driver = Driver(overrides={"autoscaler": Keep(), "controller": constants})
    driver.pod()
    return driver


def state_of(driver: Driver, task: int = 1) -> TaskState:
    """The state of a task's row."""
    return driver.control._books.tasks[task].state


def planned(driver: Driver, *, at: float) -> None:
    """Task 1 is planned at this time, and a slot reserved for it."""
    driver.submit("w", PLAN_AND_APPLY)
    driver.run(at)
    driver.end(1, Outcome.CHANGES)


# phases


def test_a_phase_that_has_not_ended_after_60_minutes_is_given_up() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.run(HOUR - 0.001)
    assert state_of(driver) is TaskState.PLANNING
    driver.run(HOUR)
    assert state_of(driver) is TaskState.FAILED
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_a_cancelled_task_whose_agent_never_answers_holds_its_slot_until_the_phase_times_out() -> None:
    """Its dispatch may have been lost, or its agent hang; the pod must not be busy for ever."""
    driver = driver_of()
    driver.submit("w")
    driver.run(10.0)
    driver.tell(TaskCancelled(10.0, 1))
    driver.run(HOUR - 0.001)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]
    driver.run(HOUR)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.CANCELLED


def test_a_plan_that_took_too_long_is_not_queued_again() -> None:
    """Whatever becomes of lost plans: the agent may be running this one still."""
    driver = driver_of(lost_plan="requeue")
    driver.submit("w")
    driver.run(HOUR)
    assert state_of(driver) is TaskState.FAILED
    assert driver.sent() == [(0.0, 1)]


def test_the_agent_is_told_to_stop_what_timed_out() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.run(HOUR)
    [(at, abort)] = driver.done(AbortTask)
    assert (at, abort.task, abort.pod) == (HOUR, 1, "a-1")
    assert abort.because.reason is Reason.PHASE_TIMEOUT
    assert driver.decided(TaskEnded)[-1] == TaskEnded(
        at=HOUR, task=1, pool=POOL, state=TaskState.FAILED, reason=Reason.PHASE_TIMEOUT
    )


def test_the_apply_has_an_hour_of_its_own() -> None:
    driver = driver_of()
    planned(driver, at=1000.0)
    driver.tell(TaskConfirmed(2000.0, 1, "somebody"))
    driver.run(2000.0 + HOUR - 0.001)
    assert state_of(driver) is TaskState.APPLYING
    driver.run(2000.0 + HOUR)
    assert state_of(driver) is TaskState.FAILED


def test_a_phase_that_ended_does_not_time_out() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.run(HOUR - 1.0)
    driver.end(1)
    driver.run(2 * HOUR)
    assert state_of(driver) is TaskState.SUCCESS


# reservations


def test_a_reservation_expires_after_24_hours_and_the_task_waits_on() -> None:
    driver = driver_of()
    planned(driver, at=100.0)
    driver.run(100.0 + DAY - 0.001)
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]
    driver.run(100.0 + DAY)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.APPLY_PENDING
    assert driver.decided(TaskEnded)[-1].reason is Reason.RESERVATION_EXPIRED


def test_an_apply_whose_reservation_expired_is_placed_anew() -> None:
    driver = driver_of(reservation_expires_after=50.0)
    planned(driver, at=100.0)
    driver.tell(TaskConfirmed(200.0, 1, "somebody"))
    assert (driver.last_send(1).attempt, driver.last_send(1).slot) == (2, 0)


def test_a_reservation_never_expires_under_an_apply_that_runs() -> None:
    driver = driver_of(reservation_expires_after=50.0)
    planned(driver, at=100.0)
    driver.tell(TaskConfirmed(140.0, 1, "somebody"))
    driver.run(200.0)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]


def test_a_slot_reserved_again_after_a_failed_send_has_its_full_time() -> None:
    driver = driver_of(reservation_expires_after=50.0)
    planned(driver, at=100.0)
    driver.tell(TaskConfirmed(149.0, 1, "somebody"))
    driver.fail_send(1)
    driver.run(151.0)
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]


# cancellations


def test_a_pending_task_is_cancelled_at_once() -> None:
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.submit("w")
    driver.tell(TaskCancelled(1.0, 1))
    driver.pod()
    driver.run(100.0)
    assert state_of(driver) is TaskState.CANCELLED
    assert driver.sent() == []


def test_a_running_task_that_is_cancelled_keeps_its_slot_until_its_agent_has_let_go() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.tell(TaskCancelled(10.0, 1))
    [(at, abort)] = driver.done(AbortTask)
    assert (at, abort.task, abort.pod, abort.because.reason) == (10.0, 1, "a-1", Reason.CANCELLED)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]
    driver.end(1, Outcome.ABORTED)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.CANCELLED


def test_a_cancelled_task_that_never_reached_its_agent_lets_go_of_its_slot() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.tell(TaskCancelled(10.0, 1))
    driver.fail_send(1)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.CANCELLED


def test_a_cancelled_apply_pending_task_gives_up_reservation_and_lock() -> None:
    driver = driver_of()
    planned(driver, at=100.0)
    driver.tell(TaskCancelled(110.0, 1))
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert driver.control._books.workspaces["w"].lock_owner is None
    assert driver.done(AbortTask) == []


def test_a_cancelled_apply_is_aborted_like_a_plan() -> None:
    driver = driver_of()
    planned(driver, at=100.0)
    driver.tell(TaskConfirmed(100.0, 1, "somebody"), TaskCancelled(110.0, 1))
    assert [(at, abort.task) for at, abort in driver.done(AbortTask)] == [(110.0, 1)]
    assert state_of(driver) is TaskState.CANCELLED


# lost pods


@pytest.mark.parametrize(
    ("lost_plan", "state", "slot_again"),
    [("fail", TaskState.FAILED, False), ("requeue", TaskState.PLANNING, True)],
)
def test_a_plan_whose_pod_is_gone(lost_plan: str, state: TaskState, slot_again: bool) -> None:
    """It fails, or it is queued again if the constants say so, and another pod takes it at once."""
    driver = driver_of(lost_plan=lost_plan)
    driver.submit("w")
    driver.pod()
    driver.tell(PodGone(12.0, "a-1"))
    assert state_of(driver) is state
    assert (driver.sent()[-1] == (12.0, 1)) == slot_again


def test_the_end_of_a_plan_that_was_queued_again_comes_late() -> None:
    driver = driver_of(lost_plan="requeue")
    driver.submit("w")
    driver.tell(PodGone(12.0, "a-1"))
    driver.end(1)
    assert driver.control.anomalies == {("phase_ended", Verdict.LATE): 1}


@pytest.mark.parametrize("lost_plan", ["fail", "requeue"])
def test_an_apply_whose_pod_is_gone_fails_as_it_may_be_half_done(lost_plan: str) -> None:
    driver = driver_of(lost_plan=lost_plan)
    planned(driver, at=10.0)
    driver.tell(TaskConfirmed(10.0, 1, "somebody"), PodGone(20.0, "a-1"))
    assert driver.decided(TaskEnded)[-1] == TaskEnded(
        at=20.0, task=1, pool=POOL, state=TaskState.FAILED, reason=Reason.POD_LOST
    )


def test_a_lost_apply_gives_up_its_lock_and_the_next_task_goes_at_once() -> None:
    driver = driver_of()
    planned(driver, at=10.0)
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.tell(TaskConfirmed(10.0, 1, "somebody"), PodGone(23.0, "a-1"))
    assert driver.control._books.workspaces["w"].lock_owner is None
    assert driver.sent()[-1] == (23.0, 2)


def test_a_planned_task_survives_its_pod_and_is_applied_on_another() -> None:
    driver = driver_of()
    planned(driver, at=10.0)
    driver.pod()
    driver.tell(PodGone(20.0, "a-1"), TaskConfirmed(30.0, 1, "somebody"))
    assert (driver.last_send(1).pod, driver.last_send(1).slot) == ("a-2", 0)


def test_a_terminating_pod_loses_its_slots_at_once_and_its_tasks_when_it_is_gone() -> None:
    driver = driver_of()
    driver.submit("w")
    driver.tell(PodTerminating(10.0, "a-1"))
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.PLANNING
    driver.tell(PodGone(20.0, "a-1"))
    assert state_of(driver) is TaskState.FAILED


def test_what_was_sent_to_a_pod_that_could_not_be_created_is_lost() -> None:
    driver = Driver(overrides={"autoscaler": "C8"}, min_pods=1)
    driver.run(5.0)
    driver.agent("a-1")
    driver.submit("w")
    driver.tell(PodCreateFailed(6.0, "a-1", "quota"))
    assert state_of(driver) is TaskState.FAILED


def test_a_pod_that_only_failed_keeps_its_tasks_until_it_is_gone_or_its_agent_is() -> None:
    driver = driver_of()
    driver.submit("w", PLAN_ONLY)
    driver.tell(PodSeen(10.0, "a-1", POOL, "Failed", 0.0))
    assert state_of(driver) is TaskState.PLANNING
