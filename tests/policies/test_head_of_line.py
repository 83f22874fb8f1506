"""What goes instead of a task that has to wait (`instead_of`): under Q9 a plan, under all others nothing."""

import pytest

from policies.actions import CreatePod
from policies.decisions import Blocked, Reason, Refused
from policies.observations import PodGone, TaskCancelled, TaskConfirmed, TaskSubmitted
from policies.rules.placement import P5
from policies.rules.queue import Q1, Q7, Q8, Q9, QueueRule
from policies.vocabulary import Outcome, TaskId, TaskKind
from tests.policies.driver import DRIFT_CHECK, PLAN_AND_APPLY, PLAN_ONLY, POOL, Driver, scene

KINDS = (PLAN_AND_APPLY, PLAN_ONLY, DRIFT_CHECK)


def beside_a_plan(queue: str, *kinds: TaskKind, letters: str = "p..") -> Driver:
    """Tasks 4, 5, ... of workspace `w` come at 0 s, on whose only pod a plan_and_apply finds no place."""
    driver = scene(letters, then=P5(), overrides={"queue": queue})
    for number, kind in enumerate(kinds, start=4):
        driver.control.observe(TaskSubmitted(0.0, number, POOL, "w", kind))
    driver.run(0.0)
    return driver


def instead(rule: QueueRule, driver: Driver, task: TaskId) -> TaskId | None:
    """What the rule lets go in place of this task of `w`."""
    books = driver.control._books
    another = rule.instead_of(books.tasks[task], books.workspaces["w"])
    return None if another is None else another.id


@pytest.mark.parametrize("rule", [Q1(), Q7(), Q8()], ids=str)
def test_the_platform_s_queues_let_nothing_go_instead(rule: QueueRule) -> None:
    driver = beside_a_plan("Q7", *KINDS)
    assert [instead(rule, driver, task) for task in (4, 5, 6)] == [None, None, None]


@pytest.mark.parametrize(
    ("kinds", "task", "another"),
    [
        ((PLAN_AND_APPLY,), 4, None),
        ((PLAN_AND_APPLY, PLAN_AND_APPLY), 4, None),  # that one waits for the first
        ((PLAN_AND_APPLY, PLAN_ONLY, PLAN_ONLY), 4, 5),
        ((PLAN_AND_APPLY, DRIFT_CHECK), 4, 5),
        ((PLAN_AND_APPLY, DRIFT_CHECK, PLAN_ONLY), 4, 6),  # plans before drift checks
        ((PLAN_AND_APPLY, PLAN_ONLY, DRIFT_CHECK), 5, None),  # they want the same place
        ((PLAN_AND_APPLY, PLAN_ONLY, DRIFT_CHECK), 6, None),
    ],
    ids=str,
)
def test_q9_names_a_plan_instead_of_a_plan_and_apply_only(
    kinds: tuple[TaskKind, ...], task: TaskId, another: TaskId | None
) -> None:
    assert instead(Q9(), beside_a_plan("Q7", *kinds, letters="ppp"), task) == another


@pytest.mark.parametrize(("queue", "sent"), [("Q7", []), ("Q8", []), ("Q9", [5, 6])])
def test_plans_go_although_a_plan_and_apply_of_their_workspace_found_no_pod(
    queue: str, sent: list[TaskId]
) -> None:
    """Two idle slots, a plan and a drift check."""
    driver = beside_a_plan(queue, *KINDS)
    assert [task for _, task in driver.sent()[3:]] == sent


def test_a_plan_and_apply_is_refused_once_however_many_go_instead() -> None:
    driver = beside_a_plan("Q9", *KINDS)
    assert [(each.at, each.task) for each in driver.decided(Refused)] == [(0.0, 4)]


def test_when_neither_finds_a_place_both_are_refused_and_share_one_retry() -> None:
    driver = beside_a_plan("Q9", *KINDS, letters="ppp")
    refused = [(each.at, each.task, each.retry_at) for each in driver.decided(Refused)]
    assert refused == [(0.0, 4, 10.0), (0.0, 5, 10.0)]


def test_a_plan_submitted_later_does_not_wait_for_the_retry() -> None:
    driver = beside_a_plan("Q9", PLAN_AND_APPLY)
    driver.run(3.0)
    driver.tell(TaskSubmitted(3.0, 5, POOL, "w", PLAN_ONLY))
    assert driver.sent()[-1] == (3.0, 5)


def test_nothing_goes_instead_of_a_confirmed_apply_as_it_holds_the_lock() -> None:
    """Its own pod runs a plan, so the apply finds no place, and a plan would."""
    driver = Driver("windtunnel")
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.submit("u")
    driver.control.observe(TaskSubmitted(0.0, 3, POOL, "w", PLAN_ONLY))
    driver.tell(TaskConfirmed(0.0, 1, "somebody"))
    assert {(each.at, each.task) for each in driver.decided(Refused)} == {(0.0, 1)}
    assert driver.sent() == [(0.0, 1), (0.0, 2)]


def test_a_plan_goes_instead_of_a_plan_and_apply_that_backs_off() -> None:
    """Its send failed, and the back-off is its own: the plan behind it is sent at once."""
    driver = Driver("windtunnel")
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.fail_send(1)
    driver.run(2.0)
    driver.submit("w", PLAN_ONLY)
    driver.end(2)
    driver.run(5.0)
    assert driver.sent() == [(0.0, 1), (2.0, 2), (5.0, 1)]


def test_a_plan_that_backs_off_holds_up_no_plan_and_apply() -> None:
    driver = Driver("windtunnel")
    driver.pod()
    driver.submit("w", PLAN_ONLY)
    driver.fail_send(1)
    driver.run(2.0)
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(2, Outcome.DONE)
    assert driver.sent() == [(0.0, 1), (2.0, 2)]


def with_one_that_is_being_stopped() -> Driver:
    """Task 1 of `w`, a plan_and_apply, was cancelled at 5 s while its agent could not be told; 2 waits."""
    driver = Driver("windtunnel")
    driver.pod()
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.run(5.0)
    driver.tell(TaskCancelled(5.0, 1))
    driver.run(6.0)
    driver.submit("w", PLAN_AND_APPLY)
    return driver


def test_a_plan_and_apply_waits_until_the_agent_of_a_cancelled_one_has_let_go() -> None:
    """It may still be applying; an end of it is what sets the next one free."""
    driver = with_one_that_is_being_stopped()
    assert [(each.reason, each.by) for each in driver.decided(Blocked)] == [(Reason.STILL_STOPPING, 1)]
    assert driver.sent() == [(0.0, 1)]
    driver.run(30.0)
    driver.end(1, Outcome.ABORTED)
    assert driver.sent() == [(0.0, 1), (30.0, 2)]


def test_what_is_being_stopped_is_no_demand_for_pods() -> None:
    """The next plan_and_apply could not use one."""
    driver = with_one_that_is_being_stopped()
    driver.run(100.0)
    assert driver.pool.waiting_for_place() == (0, 0)
    assert driver.done(CreatePod) == []


def test_a_plan_does_not_wait_for_what_is_being_stopped() -> None:
    driver = with_one_that_is_being_stopped()
    driver.submit("w", PLAN_ONLY)
    assert driver.sent() == [(0.0, 1), (6.0, 3)]


def test_a_pod_that_is_gone_has_let_go() -> None:
    driver = with_one_that_is_being_stopped()
    driver.run(20.0)
    driver.tell(PodGone(20.0, driver.last_send(1).pod))
    assert driver.sent()[-1] == (20.0, 2)


def test_an_execution_that_outlives_its_time_has_let_go_as_far_as_anybody_can_know() -> None:
    driver = with_one_that_is_being_stopped()
    driver.run(3600.0)
    assert driver.sent()[-1] == (3600.0, 2)
