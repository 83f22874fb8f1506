"""The incidents of the platform's history to the second: as they happened, and as they were fixed."""

import pytest

from policies.actions import CreatePod, DeletePod
from policies.decisions import Reason, Refused, Scaled
from policies.observations import AgentKnownToPodManager, PodCreateAccepted, PodSeen
from tests.policies.driver import PLAN_AND_APPLY, POOL, Driver


def two_late_pods(preset: str, *, known_after_s: float | None) -> Driver:
    """609: two plan_and_applies at 0 s, two pods at 5 s whose agents connect at 9 and 14 s."""
    driver = Driver(preset, min_pods=2)
    driver.submit("a", PLAN_AND_APPLY)
    driver.submit("b", PLAN_AND_APPLY)
    driver.run(5.0)
    driver.tell(PodCreateAccepted(5.0, "a-1"), PodCreateAccepted(5.0, "a-2"))
    for name, connects_at in (("a-1", 9.0), ("a-2", 14.0)):
        driver.tell(PodSeen(connects_at - 3.0, name, POOL, "Running", 5.0))
        driver.run(connects_at)
        driver.agent(name, known=False)
    if known_after_s is not None:
        driver.tell(AgentKnownToPodManager(9.0 + known_after_s, "a-1"))
        driver.tell(AgentKnownToPodManager(14.0 + known_after_s, "a-2"))
    return driver


def test_609_nothing_is_dispatched_to_online_agents_until_their_pods_are_300_s_old() -> None:
    driver = two_late_pods("seed-before", known_after_s=None)
    driver.run(320.0)
    assert driver.sent() == [(310.0, 1), (310.0, 2)]
    reasons = {
        refusal.reason
        for refused in driver.decided(Refused)
        for refusal in refused.refusals
        if refused.at >= 10.0
    }
    assert reasons == {Reason.AGENT_NOT_REGISTERED_YET}


@pytest.mark.parametrize(
    ("known_after_s", "sent"),
    [(0.0, [(20.0, 1), (20.0, 2)]), (20.0, [(30.0, 1), (40.0, 2)]), (100.0, [(110.0, 1), (120.0, 2)])],
)
def test_609_a_late_registration_delays_the_dispatch_by_as_much(
    known_after_s: float, sent: list[tuple[float, int]]
) -> None:
    """Sent at the first retry after the pod manager knows the agent."""
    driver = two_late_pods("seed-before", known_after_s=known_after_s)
    driver.run(200.0)
    assert driver.sent() == sent


@pytest.mark.parametrize("known_after_s", [None, 20.0])
def test_609_after_the_fix_tasks_go_at_the_first_retry_after_their_agent_connected(
    known_after_s: float | None,
) -> None:
    driver = two_late_pods("seed-after", known_after_s=known_after_s)
    driver.run(60.0)
    assert driver.sent() == [(10.0, 1), (20.0, 2)]
    assert [driver.last_send(task).pod for task in (1, 2)] == ["a-1", "a-2"]


def one_busy_pod(preset: str, overrides: dict[str, object] | None = None, *, min_pods: int = 0) -> Driver:
    """One connected pod runs the plan_and_apply of workspace a; that of workspace b waits."""
    driver = Driver(preset, overrides, min_pods=min_pods)
    driver.pod(created_at=-86.0)
    driver.submit("a", PLAN_AND_APPLY)
    driver.submit("b", PLAN_AND_APPLY)
    return driver


def changes(driver: Driver) -> list[tuple[float, str]]:
    """When pods were created or deleted."""
    kinds = {CreatePod: "up", DeletePod: "down"}
    return [(at, kinds[type(action)]) for at, action in driver.log if type(action) in kinds]


@pytest.mark.parametrize("preset", ["phase2-raw", "post599", "post604"])
def test_604_a_task_waits_for_slot_0_beside_two_idle_slots_and_no_pod_is_added(preset: str) -> None:
    driver = one_busy_pod(preset, min_pods=1)
    driver.run(300.0)
    assert changes(driver) == []
    driver.end(1)
    driver.run(311.0)
    assert driver.sent() == [(0.0, 1), (310.0, 2)]


def test_604_after_the_fix_a_pod_is_added_at_the_next_cycle() -> None:
    driver = one_busy_pod("seed-after")
    driver.run(300.0)
    assert changes(driver) == [(5.0, "up")]


def test_606_d_utilisation_never_scales_a_pool_whose_pods_all_run_a_plan_and_apply() -> None:
    driver = one_busy_pod("seed-before")
    driver.run(300.0)
    assert changes(driver) == []
    assert driver.decided(Scaled)[-1].numbers == {"running": 1, "reserved": 0, "utilisation": 1 / 3}


@pytest.mark.parametrize(
    ("autoscaler", "expected"),
    [("C8", [(15.0, "down")]), ("C9a", [(5.0, "up"), (15.0, "down")]), ("C9", [(5.0, "up")])],
)
def test_fix_3_a_pod_is_deleted_while_a_task_waits_for_it(
    autoscaler: str, expected: list[tuple[float, str]]
) -> None:
    """Task 1 ends at 12 s, and the next try of task 2 is at 20 s: only the fix holds until then."""
    driver = one_busy_pod("seed-after", {"autoscaler": autoscaler})
    driver.run(12.0)
    driver.end(1)
    driver.run(19.0)
    assert changes(driver) == expected


def test_fix_3_the_waiting_task_goes_to_the_free_pod_at_its_next_retry() -> None:
    driver = one_busy_pod("seed-after")
    driver.run(12.0)
    driver.end(1)
    driver.run(25.0)
    assert driver.sent() == [(0.0, 1), (20.0, 2)]
