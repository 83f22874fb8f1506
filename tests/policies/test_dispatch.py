"""The dispatch protocol: from a booked slot to a sent task, what undoes it, and when it is tried again."""

import pytest

from policies.actions import CreatePod, DeletePod
from policies.decisions import PodChosen, Reason, Refused, Released, RolledBack, Scaled
from policies.observations import (
    AgentDisconnected,
    DispatchFailed,
    PodSeen,
    PodTerminating,
    TaskCancelled,
    TaskConfirmed,
)
from policies.observed.pool import Pool
from policies.rules.autoscaling import Target
from policies.rules.placement import P2, P5, Placement
from policies.vocabulary import Outcome, TaskState
from tests.policies.driver import APPLY, PLAN, PLAN_AND_APPLY, POOL, Driver, Keep


def pool_of(
    *, dispatch: str = "D3", placement: Placement | None = None, max_pods: int = 5, slots: int = 3
) -> Driver:
    """A driver of a pool that no autoscaler changes."""
    rules = {"dispatch": dispatch, "placement": placement or P5(), "autoscaler": Keep()}
    return Driver(overrides=rules, max_pods=max_pods, slots=slots)


def planned(driver: Driver) -> None:
    """Task 1 is planned on the first pod and waits there for its confirmation."""
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)


def state_of(driver: Driver, task: int = 1) -> TaskState:
    """The state of a task's row."""
    return driver.control._books.tasks[task].state


# success


def test_a_task_is_sent_at_once_to_a_connected_agent_on_the_booked_slot() -> None:
    driver = pool_of()
    driver.pod()
    driver.run(7.0)
    driver.submit("w")
    send = driver.last_send(1)
    assert (send.at, send.phase, send.attempt, send.pod, send.slot) == (7.0, PLAN, 1, "a-1", 0)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]


def test_a_send_carries_the_decision_that_explains_it() -> None:
    driver = pool_of()
    driver.pod()
    driver.run(17.0)
    driver.submit("w")
    because = driver.last_send(1).because
    assert (because.rule, because.pod, because.slot, because.heartbeat_age_s) == ("P5", "a-1", 0, 7.0)


def test_the_row_is_saved_when_the_task_is_sent() -> None:
    driver = pool_of()
    driver.pod()
    driver.run(7.0)
    driver.submit("w")
    row = driver.control._books.tasks[1]
    assert (row.state, row.pod, row.slot, row.started_at) == (TaskState.PLANNING, "a-1", 0, 7.0)


def test_one_try_sends_all_that_may_go() -> None:
    """Three plans of one workspace wait for a pod; its slots are filled in one step."""
    driver = pool_of()
    for _ in range(3):
        driver.submit("w")
    driver.run(5.0)
    driver.pod()
    driver.run(10.0)
    assert driver.sent() == [(10.0, 1), (10.0, 2), (10.0, 3)]


# no place, nobody there


def test_without_an_eligible_slot_the_workspace_is_tried_again_every_10_s() -> None:
    driver = pool_of()
    driver.submit("w")
    driver.run(35.0)
    refused = driver.decided(Refused)
    assert [(each.at, each.retry_at) for each in refused] == [(0, 10), (10, 20), (20, 30), (30, 40)]


def test_604_a_young_pod_is_booked_and_released_every_15_s_until_its_agent_connects() -> None:
    """The incident's times: refused at 0 s, booked at 10, 25, 40 and 55 s, connected at 65, sent at 70."""
    driver = Driver("post599", min_pods=1)  # or C8 deletes the idle pod at 10 s, which is another incident
    driver.submit("w")
    driver.run(65.0)
    driver.agent("a-1")
    driver.run(75.0)
    released = driver.decided(Released)
    assert [(each.at, each.retry_at) for each in released] == [(10, 25), (25, 40), (40, 55), (55, 70)]
    assert {(each.pod, each.slot, each.reason) for each in released} == {
        ("a-1", 0, Reason.NO_AGENT_CONNECTED)
    }
    assert driver.sent() == [(70.0, 1)]


def test_604_no_slot_is_booked_before_the_agent_is_connected_after_the_fix_of_609() -> None:
    driver = Driver("seed-after")
    driver.submit("w")
    driver.run(65.0)
    driver.agent("a-1")
    driver.run(75.0)
    assert driver.decided(Released) == []
    assert driver.sent() == [(70.0, 1)]


def test_a_released_slot_is_idle_again_and_the_task_pending() -> None:
    driver = pool_of(placement=P2())
    driver.pod(registered=False, connected=False)
    driver.submit("w")
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
    assert state_of(driver) is TaskState.PENDING


def test_a_known_agent_that_is_not_connected_is_replaced_by_any_other_without_a_booking() -> None:
    driver = pool_of()
    driver.pod(connected=False)
    driver.pod()
    driver.submit("w")
    send = driver.last_send(1)
    assert (send.pod, send.slot) == ("a-2", None)
    assert driver.slots_of("a-1") == driver.slots_of("a-2") == ["idle", "idle", "idle"]


def test_nothing_but_its_own_count_keeps_that_agent_from_a_second_task() -> None:
    """Three plans go to the connected agent, none of them booked; the fourth is released."""
    driver = pool_of()
    driver.pod(connected=False)
    driver.pod(heartbeats=False)
    for number in range(4):
        driver.submit(f"w{number}")
    assert [task for _, task in driver.sent()] == [1, 2, 3]
    [released] = driver.decided(Released)
    assert (released.task, released.reason, released.retry_at) == (4, Reason.NOT_CONNECTED, 10.0)


def test_an_agent_that_never_registered_is_waited_for_while_others_are_connected() -> None:
    driver = pool_of()
    driver.pod(registered=False, connected=False)
    driver.pod(heartbeats=False)
    driver.submit("w")
    [released] = driver.decided(Released)
    assert (released.reason, released.retry_at) == (Reason.AGENT_NOT_KNOWN, 15.0)


def test_the_agent_of_a_leaving_pod_stands_in_for_nobody() -> None:
    driver = pool_of()
    driver.pod(connected=False)
    driver.pod()
    driver.tell(PodTerminating(0.0, "a-2"))
    driver.submit("w")
    assert driver.decided(Released)[0].reason is Reason.NO_AGENT_CONNECTED


def test_an_apply_sent_to_another_agent_gives_up_its_reservation() -> None:
    """Its slot on the silent agent's pod is free, and its end frees nobody else's slot."""
    driver = pool_of()
    driver.pod()
    driver.pod()
    planned(driver)
    for _ in range(3):
        driver.submit("beside")
    driver.tell(AgentDisconnected(0.0, "a-1"), TaskCancelled(0.0, 2), TaskCancelled(0.0, 3))
    driver.tell(TaskCancelled(0.0, 4))
    for number in (2, 3, 4):
        driver.end(number, Outcome.ABORTED)
    driver.tell(TaskConfirmed(5.0, 1, "somebody"))
    send = driver.last_send(1)
    assert (send.phase, send.pod, send.slot) == (APPLY, "a-2", None)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_an_apply_that_nobody_is_there_for_keeps_its_reservation() -> None:
    driver = pool_of()
    driver.pod()
    planned(driver)
    driver.tell(AgentDisconnected(0.0, "a-1"), TaskConfirmed(5.0, 1, "somebody"))
    assert driver.decided(Released)[0].reason is Reason.NO_AGENT_CONNECTED
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]


def test_retries_of_such_an_apply_do_not_pile_up_deadlines() -> None:
    """Its reservation ends when it would have, and a day of retries leaves one deadline."""
    driver = pool_of()
    driver.pod()
    planned(driver)
    driver.tell(AgentDisconnected(0.0, "a-1"), TaskConfirmed(5.0, 1, "somebody"))
    driver.run(1000.0)
    assert len(driver.control._agenda._reservations) == 1


class Talkative(Keep, frozen=True):
    """Notes that it refuses a pod, which is a placement's to do."""

    def decide(self, pool: Pool, now: float) -> Target:
        """As many pods as there are."""
        for pod in pool.idle_pods():
            pool.refuse(pod, Reason.BY_RULE)
        return Keep.decide(self, pool, now)


def test_only_what_a_placement_noted_is_in_a_refusal() -> None:
    driver = Driver(overrides={"autoscaler": Talkative()})
    driver.pod(heartbeats=False)
    driver.run(6.0)
    driver.submit("w")
    assert [each.reason for each in driver.decided(Refused)[-1].refusals] == [Reason.NEVER_HEARD_FROM]


# failed sends


def test_failed_sends_back_off_for_5_10_20_40_60_and_60_s() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w")
    for wait_s in (5.0, 10.0, 20.0, 40.0, 60.0, 60.0):
        driver.fail_send(1)
        rolled_back = driver.decided(RolledBack)[-1]
        assert (rolled_back.reason, rolled_back.retry_at) == (Reason.SEND_FAILED, driver.now + wait_s)
        driver.run(driver.now + wait_s)
        assert driver.sent()[-1] == (driver.now, 1)


def test_a_lost_race_is_tried_again_after_5_s_however_often() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w")
    for _ in range(3):
        driver.fail_send(1, "agent_at_capacity")
        assert driver.decided(RolledBack)[-1].reason is Reason.LOST_RACE
        driver.run(driver.now + 5.0)
    assert [at for at, _ in driver.sent()] == [0.0, 5.0, 10.0, 15.0]


def test_a_failed_send_of_a_plan_is_rolled_back_to_pending_and_releases_its_slot() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w")
    driver.fail_send(1)
    assert state_of(driver) is TaskState.PENDING
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_a_failed_send_of_an_apply_is_rolled_back_to_its_reservation() -> None:
    driver = pool_of()
    driver.pod()
    planned(driver)
    driver.tell(TaskConfirmed(0.0, 1, "somebody"))
    driver.fail_send(1)
    assert state_of(driver) is TaskState.APPLY_PENDING
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]
    driver.run(5.0)
    assert driver.last_send(1).attempt == 3


def test_a_phase_that_ran_ends_the_row_of_failures() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.fail_send(1)
    driver.run(5.0)
    driver.end(1, Outcome.CHANGES)
    driver.tell(TaskConfirmed(5.0, 1, "somebody"))
    driver.fail_send(1)
    assert driver.decided(RolledBack)[-1].retry_at == 10.0


def test_no_news_of_its_workspace_shortens_a_back_off() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w")
    driver.fail_send(1)
    driver.run(2.0)
    driver.submit("w")
    driver.run(5.0)
    assert driver.sent() == [(0.0, 1), (5.0, 1), (5.0, 2)]


def test_a_failure_that_is_learned_of_out_of_order_counts_from_now() -> None:
    driver = pool_of()
    driver.pod()
    driver.submit("w")
    driver.control.step(30.0)
    driver.control.observe(DispatchFailed(20.0, 1, PLAN, 1, "not_connected"))
    driver.run(30.0)
    [rolled_back] = driver.decided(RolledBack)
    assert (rolled_back.at, rolled_back.retry_at) == (30.0, 35.0)


# D4


def test_d4_asks_for_a_pod_at_once_when_nobody_is_connected() -> None:
    driver = pool_of(dispatch="D4", placement=P2())
    driver.pod(registered=False, connected=False)
    driver.run(3.0)
    driver.submit("w")
    [(at, create)] = driver.done(CreatePod)
    assert (at, create.pod) == (3.0, "a-2")
    assert create.because == Scaled(
        at=3.0, pool=POOL, rule="D4", pods=1, desired=2, reason=Reason.NOTHING_CONNECTED, numbers={}
    )


def test_d4_asks_for_no_pod_beyond_the_maximum() -> None:
    driver = pool_of(dispatch="D4", placement=P2(), max_pods=1)
    driver.pod(registered=False, connected=False)
    driver.submit("w")
    assert driver.done(CreatePod) == []


def test_d3_leaves_that_to_the_next_cycle() -> None:
    driver = pool_of(placement=P2())
    driver.pod(registered=False, connected=False)
    driver.submit("w")
    assert driver.done(CreatePod) == []


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
@pytest.mark.parametrize(("dispatch", "deleted"), [("D3", []), ("D4", [(5.0, "a-1")])])
def test_ended_pods_are_deleted_at_sync_under_d4_only(
    dispatch: str, deleted: list[tuple[float, str]], phase: str
) -> None:
    driver = pool_of(dispatch=dispatch)
    driver.pod()
    driver.tell(PodSeen(1.0, "a-1", POOL, phase, 0.0))
    driver.run(20.0)
    assert [(at, delete.pod) for at, delete in driver.done(DeletePod)] == deleted


def test_the_deletion_of_an_ended_pod_says_so() -> None:
    driver = pool_of(dispatch="D4")
    driver.pod()
    driver.tell(PodSeen(1.0, "a-1", POOL, "Failed", 0.0))
    driver.run(5.0)
    [(_, delete)] = driver.done(DeletePod)
    assert delete.because == PodChosen(at=5.0, pool=POOL, pod="a-1", rule="sync", reason=Reason.POD_ENDED)
