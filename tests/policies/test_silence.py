"""Silent agents: when their connections are cut, their rows go offline and are deleted, tasks given up."""

import math

import pytest

from policies.actions import CutConnection
from policies.decisions import ConnectionCut, Reason, TaskEnded
from policies.observations import (
    AgentConnected,
    AgentRegistered,
    AnyObservation,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
)
from policies.observed.pod import Pod
from policies.vocabulary import RowState, TaskState
from tests.policies.driver import PLAN_ONLY, POOL, Driver, Keep

DAY = 24 * 3600.0


def driver_of(**constants: object) -> Driver:
    """A connected pod a-1 of an unchanging pool."""
    driver = Driver(overrides={"autoscaler": Keep(), "controller": constants})
    driver.pod()
    return driver


def state_of(driver: Driver, task: int = 1) -> TaskState:
    """The state of a task's row."""
    return driver.control._books.tasks[task].state


def pod_of(driver: Driver) -> Pod:
    """Pod a-1."""
    pod = driver.pool.pod("a-1")
    assert pod is not None
    return pod


def cuts(driver: Driver) -> list[tuple[float, float]]:
    """When connections were cut, and the age of their last heartbeat."""
    return [(at, cut.because.heartbeat_age_s) for at, cut in driver.done(CutConnection)]


@pytest.mark.parametrize(
    ("last_at", "cut_at"),
    [(0.0, 150.0), (29.0, 150.0), (math.nextafter(30.0, 0.0), 180.0), (30.0, 180.0), (31.0, 180.0)],
)
def test_a_connection_is_cut_at_the_first_check_that_finds_it_silent_for_more_than_120_s(
    last_at: float, cut_at: float
) -> None:
    """Checks are every 30 s; a silence of exactly 120 s at a check is not too long."""
    driver = driver_of()
    driver.run(40.0)
    driver.tell(HeartbeatsEnded(40.0, "a-1", last_at))
    driver.run(cut_at + 300.0)
    assert cuts(driver) == [(cut_at, cut_at - last_at)]


def test_a_cut_carries_the_numbers_compared() -> None:
    driver = driver_of()
    driver.tell(HeartbeatsEnded(40.0, "a-1", 30.0))
    driver.run(200.0)
    [(_, cut)] = driver.done(CutConnection)
    assert cut.because == ConnectionCut(at=180.0, pool=POOL, pod="a-1", heartbeat_age_s=150.0, limit_s=120.0)
    assert not pod_of(driver).connected


def test_a_connection_that_never_beats_counts_from_its_beginning() -> None:
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.run(40.0)
    driver.pod(heartbeats=False)
    driver.run(400.0)
    assert cuts(driver) == [(180.0, 140.0)]


def test_a_sync_of_the_pod_list_keeps_no_connection_whatever_the_evidence() -> None:
    """Evidence `list_sync` is what placement reads; the server check asks the agent."""
    driver = driver_of(heartbeat_evidence="list_sync")
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    driver.run(1000.0)
    assert cuts(driver) == [(150.0, 150.0)]


def test_an_agent_that_beats_is_never_cut() -> None:
    driver = driver_of()
    driver.run(10 * DAY)
    assert cuts(driver) == []


def test_single_heartbeats_keep_a_connection_as_a_train_does() -> None:
    driver = driver_of()
    for at in range(10, 500, 100):
        driver.tell(HeartbeatSeen(float(at), "a-1"))
    driver.run(1000.0)
    assert cuts(driver) == [(540.0, 130.0)]


def test_an_agent_that_comes_back_and_falls_silent_again_is_cut_in_time_again() -> None:
    """Its row waits for the clean-up at 600 s meanwhile, which is no reason to look at it only then."""
    driver = driver_of()
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    driver.run(160.0)
    driver.tell(AgentConnected(160.0, "a-1"), HeartbeatSeen(160.0, "a-1"))
    driver.run(1000.0)
    assert cuts(driver) == [(150.0, 150.0), (300.0, 140.0)]


def row_at(driver: Driver, *times: float) -> list[RowState]:
    """The state of the row of a-1's agent at these times."""
    rows = []
    for at in times:
        driver.run(at)
        rows.append(pod_of(driver).row)
    return rows


def test_a_silent_agent_s_row_is_offline_after_2_minutes_and_deleted_at_a_clean_up_after_5() -> None:
    """Offline at the check at 150 s; at the clean-up at 300 s it is not older than 300 s, at 600 s it is."""
    driver = driver_of()
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    assert row_at(driver, 149.0, 150.0, 300.0, 599.0, 600.0) == [
        RowState.ONLINE,
        RowState.OFFLINE,
        RowState.OFFLINE,
        RowState.OFFLINE,
        RowState.ABSENT,
    ]


def test_a_row_is_deleted_at_no_check_that_is_no_clean_up() -> None:
    """Its connection, which is not cut yet, has it looked at every 30 s."""
    driver = driver_of(cut_after=1000.0, row_offline_after=60.0, row_deleted_after=100.0)
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    assert row_at(driver, 90.0, 299.0, 300.0) == [RowState.OFFLINE, RowState.OFFLINE, RowState.ABSENT]


def test_a_row_without_any_sign_of_life_goes_offline_and_is_deleted_too() -> None:
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.run(10.0)
    driver.pod(connected=False, heartbeats=False)
    assert row_at(driver, 149.0, 150.0, 600.0) == [RowState.ONLINE, RowState.OFFLINE, RowState.ABSENT]


@pytest.mark.parametrize("sign", ["heartbeat", "train", "registration"])
def test_an_offline_row_is_online_again_at_the_first_sign_of_life(sign: str) -> None:
    driver = driver_of()
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    driver.run(200.0)
    events: dict[str, AnyObservation] = {
        "heartbeat": HeartbeatSeen(200.0, "a-1"),
        "train": HeartbeatsBegan(200.0, "a-1", 10.0),
        "registration": AgentRegistered(200.0, "a-1"),
    }
    driver.tell(events[sign])
    assert pod_of(driver).row is RowState.ONLINE


@pytest.mark.parametrize("lost_plan", ["fail", "requeue"])
def test_the_tasks_of_an_agent_are_given_up_with_its_row(lost_plan: str) -> None:
    """Nor are they queued again: an agent that is out of reach may be running them still."""
    driver = driver_of(lost_plan=lost_plan)
    driver.submit("w", PLAN_ONLY)
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    driver.run(599.0)
    assert state_of(driver) is TaskState.PLANNING
    driver.run(600.0)
    assert driver.decided(TaskEnded)[-1] == TaskEnded(
        at=600.0, task=1, pool=POOL, state=TaskState.FAILED, reason=Reason.AGENT_LOST
    )


def test_a_gap_that_ends_before_the_row_is_deleted_harms_no_task() -> None:
    driver = driver_of()
    driver.submit("w", PLAN_ONLY)
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    driver.run(590.0)
    driver.tell(AgentConnected(590.0, "a-1"), HeartbeatsBegan(590.0, "a-1", 10.0))
    driver.run(2000.0)
    assert state_of(driver) is TaskState.PLANNING
