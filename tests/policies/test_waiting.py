"""The lines of those that wait for a place: who joins, in which order, and who is counted."""

import pytest

from policies.observations import (
    ControlPlaneRestarted,
    PodGone,
    PodSeen,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.observed.pool import Pool
from policies.observed.waiting import Line
from policies.vocabulary import Outcome, TaskId, TaskKind
from tests.policies.driver import (
    DRIFT_CHECK,
    PLAN_AND_APPLY,
    PLAN_ONLY,
    POOL,
    Driver,
    Keep,
)

HOME = "w"


def empty_pool(queue: str = "Q9") -> Driver:
    """A driver of a pool without pods, so that whatever may go is refused."""
    return Driver("windtunnel", {"queue": queue, "autoscaler": Keep()})


def refused(*kinds: TaskKind, queue: str = "Q9") -> Pool:
    """A pool in which tasks of one workspace found no place."""
    driver = empty_pool(queue)
    for kind in kinds:
        driver.submit(HOME, kind)
    return driver.pool


def names(line: Line) -> list[str]:
    """The workspaces that stand in a line, whether they still wait or not."""
    return [workspace.name for workspace in line.members]


def first_of(line: Line) -> str | None:
    """The workspace that the line would serve."""
    first = line.first()
    return None if first is None else first.name


@pytest.mark.parametrize(
    ("kinds", "waiting"),
    [
        ((), (0, 0)),
        ((PLAN_ONLY,), (0, 1)),
        ((DRIFT_CHECK,), (0, 1)),
        ((PLAN_AND_APPLY,), (1, 0)),
        ((PLAN_ONLY, DRIFT_CHECK, PLAN_ONLY), (0, 3)),
        ((PLAN_AND_APPLY, PLAN_AND_APPLY, PLAN_AND_APPLY), (1, 0)),  # the others wait for the first
        ((PLAN_AND_APPLY, PLAN_ONLY, DRIFT_CHECK), (1, 2)),
    ],
    ids=str,
)
@pytest.mark.parametrize("queue", ["Q7", "Q9"])
def test_who_is_counted_of_a_workspace(
    queue: str, kinds: tuple[TaskKind, ...], waiting: tuple[int, int]
) -> None:
    """Plans behind a refused plan_and_apply are counted too, even if the queue rule has not tried them."""
    assert refused(*kinds, queue=queue).waiting_for_place() == waiting


def test_counts_are_those_of_all_workspaces_of_the_pool() -> None:
    driver = empty_pool()
    for workspace, kind in (
        ("u", PLAN_ONLY),
        ("v", PLAN_AND_APPLY),
        ("w", PLAN_AND_APPLY),
        ("u", DRIFT_CHECK),
    ):
        driver.submit(workspace, kind)
    assert driver.pool.waiting_for_place() == (2, 2)


def test_a_task_that_nobody_tried_yet_does_not_wait_for_a_place() -> None:
    driver = empty_pool()
    driver.control.observe(TaskSubmitted(0.0, 1, POOL, HOME, PLAN_ONLY))
    assert driver.pool.waiting_for_place() == (0, 0)
    driver.run(0.0)
    assert driver.pool.waiting_for_place() == (0, 1)


def test_what_is_sent_or_cancelled_waits_no_more() -> None:
    driver = empty_pool()
    for _ in range(2):
        driver.submit("u")
    driver.submit("v")
    driver.tell(TaskCancelled(0.0, 1))
    assert driver.pool.waiting_for_place() == (0, 2)
    driver.pod()
    assert driver.pool.waiting_for_place() == (0, 0)


def test_a_plan_whose_pod_is_lost_waits_again() -> None:
    driver = empty_pool()
    driver.pod()
    driver.submit(HOME)
    assert driver.pool.waiting_for_place() == (0, 0)
    driver.tell(PodGone(3.0, "a-1"))
    assert driver.pool.waiting_for_place() == (0, 1)


# locks


def planned() -> Driver:
    """Task 1 of `w` is planned on a-1, where task 2 of `u` runs, and task 3 of `w` came after."""
    driver = empty_pool()
    driver.pod()
    driver.submit(HOME, PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.submit("u")
    driver.submit(HOME)
    return driver


def test_nothing_of_a_locked_workspace_waits_for_a_place() -> None:
    assert planned().pool.waiting_for_place() == (0, 0)


def test_plans_that_wait_are_not_counted_while_their_workspace_is_locked() -> None:
    """They were refused before the lock was taken, and wait again after it."""
    driver = Driver("windtunnel", {"autoscaler": Keep()}, slots=1)
    driver.pod()
    driver.submit(HOME, PLAN_AND_APPLY)
    for _ in range(2):
        driver.submit(HOME)
    assert driver.pool.waiting_for_place() == (0, 2)
    driver.end(1, Outcome.CHANGES)
    assert driver.pool.waiting_for_place() == (0, 0)


def test_a_confirmed_apply_that_finds_no_place_is_counted() -> None:
    driver = planned()
    driver.tell(TaskConfirmed(0.0, 1, "somebody"))
    assert driver.pool.waiting_for_place() == (1, 0)
    driver.end(2)
    assert driver.sent()[-1] == (0.0, 1)
    assert driver.pool.waiting_for_place() == (0, 0)


# order


def test_a_line_is_in_the_order_in_which_workspaces_began_to_wait() -> None:
    driver = empty_pool()
    for workspace in ("v", "u", "w", "v", "u"):
        driver.submit(workspace)
    assert names(driver.pool._waiting.plans) == ["v", "u", "w"]


def test_retries_do_not_send_anybody_to_the_end_of_the_line() -> None:
    driver = empty_pool()
    driver.submit("u")
    driver.run(3.0)
    driver.submit("v")
    driver.run(100.0)
    assert names(driver.pool._waiting.plans) == ["u", "v"]


def test_there_is_one_line_for_each_kind_of_place() -> None:
    driver = empty_pool()
    for workspace, kind in (("u", PLAN_ONLY), ("v", PLAN_AND_APPLY), ("v", DRIFT_CHECK)):
        driver.submit(workspace, kind)
    assert names(driver.pool._waiting.plans) == ["u", "v"]
    assert names(driver.pool._waiting.applies) == ["v"]


def test_who_waits_no_more_leaves_the_line_when_somebody_looks() -> None:
    driver = empty_pool()
    for workspace in "uvw":
        driver.submit(workspace)
    line = driver.pool._waiting.plans
    driver.tell(TaskCancelled(0.0, 1), TaskCancelled(0.0, 3))
    assert names(line) == ["u", "v", "w"]
    assert first_of(line) == "v"
    assert names(line) == ["v", "w"]
    driver.tell(TaskCancelled(0.0, 2))
    assert first_of(line) is None
    assert names(line) == []


def test_who_left_the_line_begins_at_its_end_again() -> None:
    driver = empty_pool()
    driver.submit("u")
    driver.submit("v")
    driver.tell(TaskCancelled(0.0, 1))
    assert first_of(driver.pool._waiting.plans) == "v"
    driver.submit("u")
    assert names(driver.pool._waiting.plans) == ["v", "u"]


# restart


@pytest.mark.parametrize("recovery", ["forget", "rebuild"])
def test_a_restart_forgets_who_waits_until_the_monitor_has_tried_them(recovery: str) -> None:
    driver = Driver("windtunnel", {"autoscaler": Keep(), "recovery": recovery})
    driver.submit("u", PLAN_AND_APPLY)
    driver.submit("v")
    driver.run(3.0)
    driver.tell(ControlPlaneRestarted(3.0))
    assert driver.pool.waiting_for_place() == (0, 0)
    driver.run(13.0)
    assert driver.pool.waiting_for_place() == (1, 1)


def test_a_place_that_came_free_before_a_restart_is_none_after_it() -> None:
    """The plan that waits is tried by the monitor, 10 s after the restart."""
    driver = empty_pool()
    driver.submit(HOME)
    driver.run(3.0)
    driver.control.observe(PodSeen(3.0, "a-1", POOL, "Running", 0.0))
    driver.control.observe(ControlPlaneRestarted(3.0))
    driver.pod()
    assert sent(driver, until=12.9) == []
    assert sent(driver, until=13.0) == [(13.0, 1)]


def sent(driver: Driver, until: float) -> list[tuple[float, TaskId]]:
    """What was sent up to then."""
    driver.run(until)
    return driver.sent()


def test_a_line_that_nobody_looks_at_does_not_grow_for_ever() -> None:
    """Under a dispatch rule that serves nobody: those who wait no more are swept out now and then."""
    driver = empty_pool()
    for number in range(1, 400):
        driver.submit(f"w{number}")
        driver.tell(TaskCancelled(0.0, number))
    assert len(driver.pool._waiting.plans.members) <= 65
