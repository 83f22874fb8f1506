"""Who is tried when: at once after news of the workspace, at retries, and at the monitor's turns."""

import pytest

from policies.decisions import Refused
from policies.observations import ControlPlaneRestarted
from tests.policies.driver import Driver, Keep


def pool_of(*, slots: int = 3) -> Driver:
    """A driver of a pool that no autoscaler changes."""
    return Driver(overrides={"autoscaler": Keep()}, slots=slots)


@pytest.mark.parametrize("every_s", [10.0, 30.0])
def test_the_monitor_drives_what_nothing_else_would_try(every_s: float) -> None:
    """After a restart no retry is left; the pending task goes at the monitor's next turn, cycles or not."""
    cadences = {"monitor_every": every_s, "autoscaler_every": 100.0}
    driver = Driver(overrides={"controller": cadences})
    driver.submit("w")
    driver.tell(ControlPlaneRestarted(3.0))
    driver.pod()
    driver.run(50.0)
    assert driver.sent() == [(3.0 + every_s, 1)]


def test_a_completion_leads_to_a_try_at_once() -> None:
    driver = pool_of(slots=1)
    driver.pod()
    driver.submit("w")
    driver.submit("w")
    driver.run(17.0)
    driver.end(1)
    assert driver.sent() == [(0.0, 1), (17.0, 2)]


def test_a_submission_leads_to_a_try_of_its_workspace_at_once() -> None:
    driver = pool_of()
    driver.pod()
    driver.run(3.0)
    driver.submit("w")
    assert driver.sent() == [(3.0, 1)]


def test_a_connection_is_noticed_at_the_next_retry() -> None:
    driver = pool_of()
    driver.submit("w")
    driver.run(12.0)
    driver.pod()
    driver.run(30.0)
    assert driver.sent() == [(20.0, 1)]


def test_a_workspace_has_one_retry_outstanding_however_many_of_its_tasks_wait() -> None:
    driver = pool_of()
    driver.submit("w")
    driver.run(4.0)
    driver.submit("w")
    driver.run(25.0)
    assert [each.at for each in driver.decided(Refused)] == [0.0, 4.0, 10.0, 20.0]
