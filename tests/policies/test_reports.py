"""What agents report that they run, and what the recovery rule binds of it."""

import pytest

from policies.observations import (
    AgentConnected,
    AnyObservation,
    ControlPlaneRestarted,
    HeartbeatSeen,
    PodGone,
    PodSeen,
    PodTerminating,
    RunningPhase,
)
from tests.policies.driver import APPLY, PLAN, POOL, Driver, Keep


def unbooked(recovery: str) -> Driver:
    """Task 1 runs on a-2 without a booking, as its own pod a-1 was not connected."""
    driver = Driver(overrides={"recovery": recovery, "autoscaler": Keep()})
    driver.pod(connected=False)
    driver.pod()
    driver.submit("w")
    assert (driver.last_send(1).pod, driver.last_send(1).slot) == ("a-2", None)
    return driver


@pytest.mark.parametrize(
    "event",
    [
        HeartbeatSeen(1.0, "a-2", (RunningPhase(1, PLAN, 1),)),
        AgentConnected(1.0, "a-2", (RunningPhase(1, PLAN, 1),)),
    ],
    ids=["heartbeat", "connection"],
)
@pytest.mark.parametrize(("recovery", "state"), [("forget", "idle"), ("rebuild", "running")])
def test_rebuild_binds_what_an_agent_says_and_the_rows_do_not(
    recovery: str, state: str, event: AnyObservation
) -> None:
    driver = unbooked(recovery)
    if isinstance(event, AgentConnected):
        driver.tell(ControlPlaneRestarted(0.5), PodSeen(0.5, "a-2", POOL, "Running", 0.0))
    driver.tell(event)
    assert driver.slots_of("a-2") == [state, "idle", "idle"]


@pytest.mark.parametrize(
    ("pod", "running"),
    [
        ("a-2", RunningPhase(1, PLAN, 2)),
        ("a-2", RunningPhase(1, APPLY, 1)),
        ("a-2", RunningPhase(99, PLAN, 1)),
        ("a-1", RunningPhase(1, PLAN, 1)),
    ],
    ids=["another attempt", "another phase", "an unknown task", "another pod"],
)
def test_a_report_that_contradicts_the_store_binds_nothing(pod: str, running: RunningPhase) -> None:
    driver = unbooked("rebuild")
    driver.tell(HeartbeatSeen(1.0, pod, (running,)))
    assert driver.slots_of("a-1") == driver.slots_of("a-2") == ["idle", "idle", "idle"]


def test_a_report_from_a_leaving_pod_binds_nothing() -> None:
    driver = unbooked("rebuild")
    driver.tell(PodTerminating(1.0, "a-2"), HeartbeatSeen(2.0, "a-2", (RunningPhase(1, PLAN, 1),)))
    assert driver.pool.slots_running == 0
    driver.tell(PodGone(3.0, "a-2"))
    assert driver.pool.slots_running == 0
