"""C10 as arithmetic: what waits for a place, which pods count, and the wanted number of pods.

The pools are written as in `driver.scene`: a string a pod, a letter a slot.
"""

import pytest

from policies.actions import CreatePod, DeletePod
from policies.decisions import Reason
from policies.observations import AgentDisconnected, HeartbeatsEnded, TaskConfirmed
from policies.rules.autoscaling import C10
from policies.rules.placement import P5
from policies.vocabulary import Outcome
from tests.policies.driver import PLAN_AND_APPLY, PLAN_ONLY, Driver, Keep, scene
from tests.policies.test_autoscaling import desired, waiting


def pool_with(
    *pods: str,
    plan_and_applies: int = 0,
    plans: int = 0,
    starting: int = 0,
    lost: int = 0,
    min_pods: int = 0,
) -> Driver:
    """At 300 s: these pods, so many that nobody was heard from, of now or of 0 s, and so many tasks."""
    driver = scene(*pods, min_pods=min_pods)
    for _ in range(lost):
        driver.pod(registered=False, connected=False, heartbeats=False, known=False)
    driver.run(300.0)
    for _ in range(starting):
        driver.pod(phase="Pending", registered=False, connected=False, heartbeats=False, known=False)
    driver.control.step(300.0)
    return waiting(driver, plans, plan_and_applies)


NEED, HELD = Reason.NEED_EXCEEDS_PODS, Reason.HELD_FOR_WAITING_TASKS
LOST, NOTHING = Reason.AGENT_LOST, Reason.NOTHING_WAITS


def of(*pods: str, **numbers: int) -> tuple[tuple[str, ...], dict[str, int]]:
    """What `pool_with` is given, for a table."""
    return pods, numbers


@pytest.mark.parametrize(
    ("scene_of", "wanted", "reason"),
    [
        (of(), 0, NOTHING),
        (of(min_pods=2), 2, NOTHING),
        (of(plans=1), 1, NEED),
        (of(plans=3), 1, NEED),  # plans share a pod
        (of(plans=4), 2, NEED),
        (of(plan_and_applies=3), 3, NEED),  # plan_and_applies do not
        (of(plan_and_applies=2, plans=4), 4, NEED),
        (of(plan_and_applies=9), 5, NEED),  # the maximum
        (of(plans=1, min_pods=3), 3, NEED),
        # pods with work stay, and no others
        (of("p..", "..."), 1, NOTHING),
        (of("r..", "..."), 1, NOTHING),
        (of("A..", "..p", "...", "..."), 2, NOTHING),
        (of("ppp", min_pods=3), 3, NOTHING),
        # idle pods count for who waits
        (of("...", plan_and_applies=1), 1, HELD),
        (of("...", "...", plan_and_applies=1), 2, HELD),
        (of("...", plan_and_applies=1, min_pods=2), 2, HELD),
        (of("...", plan_and_applies=2), 2, NEED),
        (of("...", plans=4), 2, NEED),
        # pods with work do not
        (of("A..", plan_and_applies=1), 2, NEED),  # 604 (ii), 606 (d)
        (of("pp.", plan_and_applies=1), 2, NEED),  # 606 (c)
        (of("r..", plan_and_applies=1), 2, NEED),
        (of("ppp", "...", plans=5), 3, NEED),
        # nor, after all, at the maximum
        (of("A..", "A..", "A..", "A..", "A..", plan_and_applies=2), 5, HELD),
        # a pod that starts counts
        (of(starting=1), 0, NOTHING),
        (of(starting=1, plan_and_applies=1), 1, HELD),
        (of("p..", starting=1, plan_and_applies=2), 3, NEED),
        # one that is out of reach does not, and goes once no more are needed
        (of(lost=1, plan_and_applies=1), 2, NEED),
        (of("...", lost=1, plan_and_applies=1), 1, LOST),
        (of("p..", "...", lost=2), 2, LOST),
        (of(lost=1, min_pods=1), 0, LOST),
        (of("...", starting=1, lost=1, plan_and_applies=3), 4, NEED),
        (of(lost=5, plan_and_applies=1), 0, LOST),  # no room for others before they are gone
        (of("A..", lost=4, plan_and_applies=9), 1, LOST),
    ],
    ids=str,
)
def test_what_is_wanted_for_those_that_wait_for_a_place(
    scene_of: tuple[tuple[str, ...], dict[str, int]], wanted: int, reason: Reason
) -> None:
    pods, numbers = scene_of
    driver = pool_with(*pods, **numbers)
    target = C10().decide(driver.pool, driver.now)
    assert (target.desired, target.reason) == (wanted, reason)


def test_a_pod_of_more_slots_takes_more_of_the_plans_that_wait() -> None:
    assert desired(C10(), waiting(scene(slots=4), plans=8)) == 2


def test_its_target_says_what_was_compared() -> None:
    driver = pool_with("A..", "...", starting=1, lost=1, plan_and_applies=1, plans=1)
    assert C10().decide(driver.pool, driver.now).numbers == {
        "waiting_plan_and_apply": 1,
        "waiting_plans": 1,
        "pods_with_work": 1,
        "idle_pods": 2,
        "unreachable_pods": 1,
    }


@pytest.mark.parametrize(
    ("age_s", "starting", "lost"), [(299.999, 1, 0), (300.0, 0, 1), (300.0 - 1e-9, 0, 1)]
)
def test_an_agent_has_300_s_to_come(age_s: float, starting: int, lost: int) -> None:
    """From when the control plane knows of the pod, however old a list says it is."""
    driver = scene()
    driver.run(7.0)
    driver.pod(created_at=-1000.0, registered=False, connected=False, heartbeats=False, known=False)
    driver.control.step(7.0 + age_s)
    pool = driver.pool
    assert (pool.idle_pods_to_use(300.0, 120.0), len(pool.unreachable_pods(300.0))) == (starting, lost)


@pytest.mark.parametrize(("silent_s", "lost"), [(299.999, 0), (300.0, 1)])
def test_an_agent_that_is_not_connected_is_no_capacity_and_lost_after_300_s(
    silent_s: float, lost: int
) -> None:
    """It was heard from, so nobody waits for its start; the time is that of its last sign of life."""
    driver = scene("...", "...")
    driver.tell(HeartbeatsEnded(50.0, "a-1", 50.0), AgentDisconnected(60.0, "a-1"))
    driver.run(50.0 + silent_s)
    driver.control.step(50.0 + silent_s)
    pool = driver.pool
    assert (pool.idle_pods_to_use(300.0, 120.0), len(pool.unreachable_pods(300.0))) == (1, lost)


@pytest.mark.parametrize(("age_s", "usable"), [(120.0, 2), (120.0 + 1e-9, 2), (120.001, 1)])
def test_an_agent_that_is_connected_and_silent_is_no_capacity_after_120_s(age_s: float, usable: int) -> None:
    """The server cuts it off later, and placement sends nothing to it from then on."""
    driver = scene("...", "...", overrides={"controller": {"cut_after": 1000.0}})
    driver.tell(HeartbeatsEnded(50.0, "a-1", 50.0))
    driver.control.step(50.0 + age_s)
    assert driver.pool.idle_pods_to_use(300.0, 120.0) == usable
    assert driver.pool.unreachable_pods(100.0) == []


def test_the_age_of_a_heartbeat_that_counts_is_a_parameter() -> None:
    driver = waiting(scene("..."), plan_and_applies=1)
    driver.tell(HeartbeatsEnded(0.0, "a-1", 0.0))
    driver.control.step(60.0)
    assert [desired(C10(offline_after=limit), driver) for limit in (60.0, 59.0)] == [1, 2]


def test_a_pod_with_work_is_not_lost_whatever_its_agent() -> None:
    driver = scene("r..", "p..")
    for name in ("a-1", "a-2"):
        driver.tell(HeartbeatsEnded(0.0, name, 0.0), AgentDisconnected(0.0, name))
    driver.run(290.0)
    assert driver.pool.unreachable_pods(100.0) == []
    assert driver.pool.pods_with_work == 2


def test_the_limit_of_being_out_of_reach_is_a_parameter() -> None:
    driver = pool_with(lost=1)
    assert desired(C10(unreachable_after=301.0), driver) == 0
    assert C10(unreachable_after=301.0).decide(driver.pool, driver.now).reason is NOTHING
    assert C10(unreachable_after=300.0).decide(driver.pool, driver.now).reason is LOST


def test_tasks_that_the_queue_holds_back_ask_for_no_pods() -> None:
    """S21: behind an open plan_and_apply, or in a locked workspace, nothing waits for a place."""
    driver = scene("rA.", then=P5())
    for _ in range(3):
        driver.submit("0@a-1", PLAN_ONLY)
        driver.submit("1@a-1", PLAN_AND_APPLY)
    assert driver.pool.pending() == 6
    assert desired(C10(), driver) == 1
    for _ in range(3):
        driver.submit("w", PLAN_AND_APPLY)
    assert driver.pool.waiting_for_place() == (1, 0)
    assert desired(C10(), driver) == 2


def test_a_confirmed_apply_that_finds_no_place_asks_for_a_pod() -> None:
    driver = Driver("windtunnel", {"autoscaler": Keep()})
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.submit("u")
    assert desired(C10(), driver) == 1
    driver.tell(TaskConfirmed(0.0, 1, "somebody"))
    assert desired(C10(), driver) == 2


@pytest.mark.parametrize("preset", ["seed-after", "later"])
def test_c10_counts_what_waits_under_other_dispatch_and_queue_rules_too(preset: str) -> None:
    """Who waits is noted whoever dispatches: a plan_and_apply, and two plans of their own workspaces."""
    driver = Driver(preset, {"autoscaler": "C10"}, slots=3)
    waiting(driver, plans=2, plan_and_applies=1).run(5.0)
    assert [(at, create.pod) for at, create in driver.done(CreatePod)] == [(5.0, "a-1"), (5.0, "a-2")]


def test_an_idle_pod_goes_although_an_apply_waits_for_its_confirmation() -> None:
    """The reserved slot keeps its own pod, and no other one."""
    driver = scene("r..", "...", autoscaler="C10")
    driver.run(60.0)
    assert [(at, delete.pod) for at, delete in driver.done(DeletePod)] == [(5.0, "a-2")]


def test_a_pod_that_never_comes_up_is_replaced_and_then_deleted() -> None:
    """Created at 5 s, given up at 305 s, when another one is created and it goes."""
    driver = Driver("windtunnel", max_pods=2)
    driver.submit("w")
    driver.run(320.0)
    assert [(at, create.pod) for at, create in driver.done(CreatePod)] == [(5.0, "a-1"), (305.0, "a-2")]
    assert [(at, delete.pod) for at, delete in driver.done(DeletePod)] == [(310.0, "a-1")]


def test_at_the_maximum_a_pod_out_of_reach_goes_before_its_replacement_comes() -> None:
    driver = Driver("windtunnel", max_pods=1)
    driver.submit("w")
    driver.run(320.0)
    assert [(at, delete.pod) for at, delete in driver.done(DeletePod)] == [(305.0, "a-1")]
    assert [(at, create.pod) for at, create in driver.done(CreatePod)] == [(5.0, "a-1"), (310.0, "a-2")]
