"""D5: a place that comes free is offered at once to who waits longest, and to nobody else's agent."""

from collections.abc import Callable

import pytest

from policies.decisions import Reason, Refused, Released
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
    PhaseEnded,
    PodSeen,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.presets import resolve
from policies.rules.placement import P5
from policies.vocabulary import Outcome, TaskId
from tests.policies.driver import PLAN, PLAN_AND_APPLY, PLAN_ONLY, POOL, Driver, Keep
from tests.policies.streams import BringUp, Player, Submit, Tell, Wait

DAY = 24 * 3600.0


def pool_of(pods: int = 1, *, dispatch: str = "D5", slots: int = 3) -> Driver:
    """A driver of our preset with connected pods, which no autoscaler changes."""
    driver = Driver("windtunnel", {"dispatch": dispatch, "autoscaler": Keep()}, slots=slots)
    for _ in range(pods):
        driver.pod()
    return driver


def fill(driver: Driver) -> None:
    """A plan on every slot of a pool of one pod: tasks 1, 2 and 3 of workspaces of their own."""
    for number in range(driver.pool.slots_per_pod):
        driver.submit(f"busy {number}")


def at(driver: Driver, now: float) -> Driver:
    """The same driver at this time."""
    driver.run(now)
    return driver


def refused(driver: Driver) -> list[tuple[float, TaskId]]:
    """When which task was refused."""
    return [(each.at, each.task) for each in driver.decided(Refused)]


# what is a place that came free


@pytest.mark.parametrize(("dispatch", "sent_at"), [("D3", 12.0), ("D4", 12.0), ("D5", 4.0)])
def test_a_freed_slot_is_offered_at_once_under_d5_and_at_the_next_retry_before(
    dispatch: str, sent_at: float
) -> None:
    driver = pool_of(dispatch=dispatch)
    fill(driver)
    at(driver, 2.0).submit("u")
    at(driver, 4.0).end(1)
    assert at(driver, 20.0).sent()[3:] == [(sent_at, 4)]


def test_a_plan_that_ends_with_changes_leaves_its_pod_to_who_waits() -> None:
    """Its slot is reserved, and the two beside it may be taken again."""
    driver = pool_of()
    driver.submit("w", PLAN_AND_APPLY)
    at(driver, 2.0).submit("u")
    at(driver, 4.0).end(1, Outcome.CHANGES)
    assert driver.sent() == [(0.0, 1), (4.0, 2)]


def planned(slots: int = 1) -> Driver:
    """From 0 s on the only slot is reserved for task 1, and task 2 waits from 2 s on."""
    driver = pool_of(slots=slots)
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    at(driver, 2.0).submit("u")
    return driver


def test_a_reservation_that_is_given_up_is_a_place() -> None:
    driver = planned()
    at(driver, 4.0).tell(TaskCancelled(4.0, 1))
    assert driver.sent() == [(0.0, 1), (4.0, 2)]


def test_a_reservation_that_expires_is_a_place() -> None:
    """The retries are at 2 s, 12 s, ..., and the reservation ends between two of them."""
    driver = planned()
    driver.run(DAY)
    assert driver.sent() == [(0.0, 1), (DAY, 2)]


ARRIVALS: dict[str, Callable[[Driver], None]] = {
    "an agent that connects": lambda driver: driver.tell(AgentConnected(4.0, "a-1")),
    "a first heartbeat": lambda driver: driver.tell(HeartbeatSeen(4.0, "a-1")),
    "a pod that becomes Running": lambda driver: driver.tell(PodSeen(4.0, "a-1", POOL, "Running", 0.0)),
}


def missing(what: str) -> Driver:
    """A pool of one pod that lacks but this."""
    driver = pool_of(0)
    driver.pod(
        phase="Pending" if "pod" in what else "Running",
        connected="connects" not in what,
        heartbeats="heartbeat" not in what,
    )
    return driver


@pytest.mark.parametrize("what", ARRIVALS)
def test_what_a_pod_lacked_makes_it_a_place(what: str) -> None:
    """Two workspaces are refused in one step, so that the second is refused as the first was."""
    driver = missing(what)
    for number, workspace in enumerate("uv", start=1):
        driver.control.observe(TaskSubmitted(0.0, number, POOL, workspace, PLAN_ONLY))
    assert at(driver, 3.0).sent() == []
    ARRIVALS[what](driver)
    assert driver.sent() == [(4.0, 1), (4.0, 2)]


@pytest.mark.parametrize("by_train", [True, False], ids=["a train", "a single heartbeat"])
def test_an_agent_that_is_heard_again_after_a_long_silence_makes_a_place(by_train: bool) -> None:
    """It connects at 201 s, when its last heartbeat is too old, and beats at 203 s."""
    driver = pool_of()
    driver.tell(HeartbeatsEnded(0.0, "a-1", 0.0), AgentDisconnected(0.0, "a-1"))
    at(driver, 192.0).submit("u")
    driver.tell(AgentConnected(201.0, "a-1"))
    driver.tell(HeartbeatsBegan(203.0, "a-1", 10.0) if by_train else HeartbeatSeen(203.0, "a-1"))
    assert at(driver, 210.0).sent() == [(203.0, 1)]


def test_an_agent_that_is_heard_again_before_anybody_cut_it_off_makes_a_place() -> None:
    """Its heartbeat is too old from 120 s on, and the server checks at 150 s: nothing else has changed.

    At 122 s another agent, which is not connected, was heard from for the first time, and nobody was sent.
    """
    driver = pool_of()
    driver.pod(connected=False, heartbeats=False)
    driver.tell(HeartbeatsEnded(0.0, "a-1", 0.0))
    at(driver, 121.0).submit("u")
    driver.tell(HeartbeatsBegan(122.0, "a-2", 10.0), HeartbeatsBegan(125.0, "a-1", 10.0))
    assert refused(driver) == [(121.0, 1), (122.0, 1)]
    assert driver.sent() == [(125.0, 1)]


def test_a_driver_is_told_to_step_at_once_when_a_place_came_free() -> None:
    driver = missing("an agent that connects")
    driver.submit("u")
    driver.run(3.0)
    driver.control.observe(AgentConnected(4.0, "a-1"))
    assert driver.control.next_wakeup() == 4.0


# who gets it


def test_who_has_waited_longest_gets_the_place() -> None:
    driver = pool_of()
    fill(driver)
    for number, workspace in enumerate("uvw", start=1):
        at(driver, float(number)).submit(workspace)
    for number in (1, 2, 3):
        at(driver, 3.0 + number).end(number)
    assert driver.sent()[3:] == [(4.0, 4), (5.0, 5), (6.0, 6)]


def test_all_that_wait_of_a_workspace_are_offered_the_places() -> None:
    driver = missing("an agent that connects")
    for _ in range(2):
        driver.submit("u")
    driver.submit("v")
    driver.tell(AgentConnected(4.0, "a-1"))
    assert driver.sent() == [(4.0, 1), (4.0, 2), (4.0, 3)]


def test_a_fresh_pod_goes_to_a_plan_and_apply_before_a_plan_that_waits_longer() -> None:
    """The plans would bar the pod for it, and may share a slot elsewhere."""
    driver = missing("an agent that connects")
    driver.submit("u", PLAN_ONLY)
    at(driver, 1.0).submit("v", PLAN_AND_APPLY)
    at(driver, 4.0).tell(AgentConnected(4.0, "a-1"))
    assert driver.sent() == [(4.0, 2)]


def test_a_slot_beside_a_running_plan_goes_to_the_plan_as_no_plan_and_apply_fits() -> None:
    driver = pool_of()
    fill(driver)
    at(driver, 1.0).submit("v", PLAN_AND_APPLY)
    at(driver, 2.0).submit("u", PLAN_ONLY)
    at(driver, 4.0).end(1)
    assert driver.sent()[3:] == [(4.0, 5)]


# nobody in vain


def test_one_refusal_closes_a_line() -> None:
    """Of three plan_and_applies only the first is asked when a plan beside another one ends."""
    driver = pool_of()
    fill(driver)
    for number, workspace in enumerate("uvw", start=1):
        at(driver, float(number)).submit(workspace, PLAN_AND_APPLY)
    at(driver, 4.0).end(1)
    assert refused(driver) == [(1.0, 4), (2.0, 5), (3.0, 6), (4.0, 4)]


def test_a_workspace_that_waits_in_both_lines_is_tried_once() -> None:
    """An agent connects to a pod that does not run yet."""
    driver = pool_of(0)
    driver.pod(phase="Pending", connected=False)
    driver.submit("u", PLAN_AND_APPLY)
    at(driver, 1.0).submit("u", PLAN_ONLY)
    driver.tell(AgentConnected(4.0, "a-1"))
    assert refused(driver) == [(0.0, 1), (1.0, 1), (1.0, 2), (4.0, 1), (4.0, 2)]


def test_who_was_refused_in_a_step_is_not_tried_again_in_it() -> None:
    """At 12 s a slot comes free and goes to its own workspace's next task, and u has its retry."""
    driver = pool_of()
    fill(driver)
    at(driver, 2.0).submit("u")
    driver.control.observe(TaskSubmitted(12.0, 5, POOL, "busy 0", PLAN_ONLY))
    driver.control.observe(PhaseEnded(12.0, 1, PLAN, 1, "a-1", Outcome.DONE))
    driver.run(12.0)
    assert driver.sent()[-1] == (12.0, 5)
    assert refused(driver) == [(2.0, 4), (12.0, 4)]


def test_only_pools_where_a_place_came_free_are_looked_at() -> None:
    """Pool b has nobody; an end in pool a makes nobody of b be refused again."""
    player = Player(resolve("windtunnel", {"autoscaler": Keep()}))
    player.play(BringUp("a-1"))
    player.play(Submit("a", "u", PLAN_ONLY))
    player.play(Submit("b", "of b", PLAN_ONLY))
    player.play(Wait(4.0))
    player.play(Tell(AgentConnected(0.0, "a-1")))
    player.play(Tell(HeartbeatsBegan(0.0, "a-1", 10.0)))
    of_b = [each.at for each in player.decisions if isinstance(each, Refused) and each.pool == "b"]
    assert of_b == [0.0]


def test_a_booking_in_vain_is_no_place_that_came_free() -> None:
    """P2 books young pods whether anybody is there or not; each task is released once in the step."""
    driver = Driver("windtunnel", {"placement": "P2", "autoscaler": Keep()})
    driver.pod(connected=False)
    for number in (1, 2):
        driver.control.observe(TaskSubmitted(0.0, number, POOL, f"w{number}", PLAN_ONLY))
    driver.run(0.0)
    assert [each.task for each in driver.decided(Released)] == [1, 2]


def test_nothing_is_left_to_be_served_after_a_step() -> None:
    driver = pool_of()
    fill(driver)
    driver.submit("u")
    for number in (1, 2, 3):
        driver.end(number)
    assert driver.control._books.gains == {}


# sending nowhere else


def booked_on_the_silent() -> Driver:
    """D5 under P5, which books pods without a look at connections: a-1 is not connected, a-2 is."""
    driver = Driver(overrides={"dispatch": "D5", "placement": P5(), "autoscaler": Keep()})
    driver.pod(connected=False)
    driver.pod()
    driver.submit("w")
    return driver


def test_a_booking_on_a_pod_that_is_not_connected_is_given_up_and_nobody_else_stands_in() -> None:
    driver = booked_on_the_silent()
    released = [(each.at, each.pod, each.reason, each.retry_at) for each in driver.decided(Released)]
    assert released == [(0.0, "a-1", Reason.NOT_CONNECTED, 10.0)]
    assert driver.sent() == []
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_a_booking_that_is_given_up_waits_in_the_line() -> None:
    driver = booked_on_the_silent()
    assert driver.pool.waiting_for_place() == (0, 1)
    driver.tell(AgentConnected(4.0, "a-1"))
    assert driver.sent() == [(4.0, 1)]


def test_an_apply_that_is_given_up_keeps_its_reservation() -> None:
    driver = Driver(overrides={"dispatch": "D5", "autoscaler": Keep()})
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.tell(AgentDisconnected(0.0, "a-1"), TaskConfirmed(5.0, 1, "somebody"))
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]
    driver.tell(AgentConnected(7.0, "a-1"))
    assert driver.sent() == [(0.0, 1), (7.0, 1)]
