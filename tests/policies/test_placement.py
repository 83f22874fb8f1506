"""The placement rules clause by clause: whose pod is usable, and why it was passed over."""

import math

import pytest

from policies.decisions import PodRefusal, Reason, Refused
from policies.observations import (
    AgentDisconnected,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
    PodCreateAccepted,
    PodTerminating,
    TaskConfirmed,
)
from policies.rules.placement import P0, P1, P2, P3, P4, P5, P6, P7, Placement
from policies.vocabulary import Outcome, TaskKind
from tests.policies.driver import PLAN_AND_APPLY, PLAN_ONLY, Driver, Place, place, refusals, scene, where

A_BIT = 0.001


def one_pod(*, created_at: float, heard_at: float | None, known: bool, now: float) -> Driver:
    """A connected pod of this age and this last heartbeat, seen at `now`."""
    driver = scene()
    driver.pod(created_at=created_at, heartbeats=False, known=known)
    if heard_at is not None:
        driver.tell(HeartbeatSeen(heard_at, "a-1"))
    driver.run(now)
    driver.control.step(now)
    return driver


# who is usable

EDGES = [(120.0, True), (120.0 + A_BIT, False)]


@pytest.mark.parametrize("rule", [P1(), P2(), P3(), P4(), P5(), P6(), P7()], ids=str)
@pytest.mark.parametrize(("age_s", "usable"), EDGES)
def test_an_old_pod_is_usable_up_to_a_heartbeat_age_of_exactly_120_s(
    rule: Placement, age_s: float, usable: bool
) -> None:
    """Strictly older is offline; whether the pod manager knows the agent makes no difference."""
    driver = one_pod(created_at=-1000.0, heard_at=7.0, known=False, now=7.0 + age_s)
    assert (place(rule, driver) is not None) == usable


@pytest.mark.parametrize("rule", [P1(), P5(), P6(), P7()], ids=str)
def test_a_heartbeat_age_is_120_s_however_its_instants_are_rounded(rule: Placement) -> None:
    """As floats, 128.002 - 8.002 is a little more than 120."""
    driver = one_pod(created_at=-1000.0, heard_at=8.002, known=False, now=128.002)
    assert place(rule, driver) == ("a-1", 0)


@pytest.mark.parametrize(("rule", "usable"), [(P2(), False), (P3(), True)], ids=str)
def test_a_pod_is_300_s_old_however_its_instants_are_rounded(rule: Placement, usable: bool) -> None:
    """As floats, 308.001 - 8.001 may be a little less than 300."""
    heard_at = 250.0 if usable else None
    driver = one_pod(created_at=math.nextafter(8.0, 9.0), heard_at=heard_at, known=False, now=308.0)
    assert (place(rule, driver) is not None) == usable


@pytest.mark.parametrize("rule", [P1(), P4(), P5(), P6()], ids=str)
def test_one_heartbeat_makes_a_silent_pod_usable_again(rule: Placement) -> None:
    driver = one_pod(created_at=-1000.0, heard_at=7.0, known=False, now=500.0)
    assert place(rule, driver) is None
    driver.tell(HeartbeatSeen(500.0, "a-1"))
    assert rule.place(driver.control._books.tasks[1], driver.pool) is not None


@pytest.mark.parametrize(
    ("rule", "limit_s"), [(P1(offline_after=30.0), 30.0), (P5(offline_after=200.0), 200.0)], ids=str
)
def test_the_limit_is_the_rule_s_parameter(rule: Placement, limit_s: float) -> None:
    driver = one_pod(created_at=-1000.0, heard_at=7.0, known=False, now=7.0 + limit_s)
    assert place(rule, driver) == ("a-1", 0)
    driver.control.step(7.0 + limit_s + A_BIT)
    assert rule.place(driver.control._books.tasks[1], driver.pool) is None


@pytest.mark.parametrize(
    ("rule", "known", "usable"),
    [
        (P1(), True, False),
        (P2(), False, True),  # 599: always
        (P3(), False, False),  # 604: only if `AgentID` is set
        (P3(), True, True),
        (P4(), False, False),
        (P4(), True, True),
        (P5(), True, False),  # 609: heartbeats only
        (P6(), True, False),
        (P7(), True, False),
    ],
    ids=str,
)
def test_a_young_pod_that_was_never_heard_from(rule: Placement, known: bool, usable: bool) -> None:
    driver = one_pod(created_at=0.0, heard_at=None, known=known, now=299.0)
    assert (place(rule, driver) is not None) == usable


@pytest.mark.parametrize("rule", [P1(), P2(), P5(), P6(), P7()], ids=str)
def test_609_a_young_pod_with_a_heartbeat_is_usable_although_the_pod_manager_knows_no_agent(
    rule: Placement,
) -> None:
    assert place(rule, one_pod(created_at=0.0, heard_at=10.0, known=False, now=10.0)) == ("a-1", 0)


@pytest.mark.parametrize("rule", [P3(), P4()], ids=str)
def test_609_a_young_pod_with_a_heartbeat_is_refused_until_the_pod_manager_knows_its_agent(
    rule: Placement,
) -> None:
    driver = one_pod(created_at=0.0, heard_at=10.0, known=False, now=10.0)
    assert refusals(rule, driver) == (
        PodRefusal("a-1", Reason.AGENT_NOT_REGISTERED_YET, {"pod_age_s": 10.0, "limit_s": 300.0}),
    )


@pytest.mark.parametrize(
    ("rule", "known", "heard_at", "at_299_999", "at_300"),
    [
        (P2(), False, None, True, False),  # the grace ends, and there is no heartbeat
        (P2(), False, 290.0, True, True),
        (P3(), False, 290.0, False, True),  # 609: the refusals end with the grace
        (P4(), False, 290.0, False, True),
        (P3(), True, None, True, False),
        (P4(), True, None, True, False),
    ],
    ids=str,
)
def test_a_pod_of_exactly_300_s_is_young_no_more(
    rule: Placement, known: bool, heard_at: float | None, at_299_999: bool, at_300: bool
) -> None:
    driver = one_pod(created_at=0.0, heard_at=heard_at, known=known, now=300.0 - A_BIT)
    assert (place(rule, driver) is not None) == at_299_999
    driver.control.step(300.0)
    assert (rule.place(driver.control._books.tasks[1], driver.pool) is not None) == at_300


@pytest.mark.parametrize("rule", [P1(), P2(), P3(), P4(), P5(), P6()], ids=str)
def test_a_usable_rule_of_the_platform_does_not_ask_for_a_connection(rule: Placement) -> None:
    """Who is connected is the dispatch protocol's question."""
    driver = one_pod(created_at=-1000.0, heard_at=10.0, known=True, now=10.0)
    driver.tell(AgentDisconnected(10.0, "a-1"))
    assert place(rule, driver) == ("a-1", 0)


def test_a_train_of_heartbeats_is_as_good_as_its_heartbeats() -> None:
    """Its last one at 50 s counts until 170 s, and not a bit longer."""
    driver = scene("...")
    driver.run(55.0)
    driver.tell(HeartbeatsEnded(55.0, "a-1", 50.0))
    driver.run(170.0)
    driver.control.step(170.0)
    assert place(P5(), driver) == ("a-1", 0)
    driver.control.step(170.0 + A_BIT)
    assert refusals(P5(), driver)[0].reason is Reason.HEARTBEAT_STALE


def test_a_stale_heartbeat_is_refused_with_the_numbers_compared() -> None:
    driver = one_pod(created_at=-1000.0, heard_at=7.0, known=False, now=137.0)
    assert refusals(P5(), driver) == (
        PodRefusal("a-1", Reason.HEARTBEAT_STALE, {"heartbeat_age_s": 130.0, "limit_s": 120.0}),
    )


# evidence


@pytest.mark.parametrize(("evidence", "usable"), [("agent", False), ("list_sync", True)])
def test_a_dead_agent_is_taken_for_alive_when_the_sync_of_the_list_is_the_evidence(
    evidence: str, usable: bool
) -> None:
    driver = scene(overrides={"controller": {"heartbeat_evidence": evidence}})
    driver.pod(created_at=-1000.0, connected=False, heartbeats=False)
    driver.run(1000.0)
    assert (place(P5(), driver) == ("a-1", 0)) == usable


def test_under_list_sync_the_heartbeat_age_is_that_of_the_last_sync() -> None:
    driver = scene(overrides={"controller": {"heartbeat_evidence": "list_sync"}})
    driver.pod(created_at=0.0, heartbeats=False)
    driver.run(33.0)
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert pod.heartbeat_age_s(33.0) == 3.0


def test_under_list_sync_a_sync_counts_between_two_heartbeats_of_a_train_too() -> None:
    driver = scene(overrides={"controller": {"heartbeat_evidence": "list_sync"}})
    driver.pod(heartbeats=False)
    driver.tell(HeartbeatsBegan(0.0, "a-1", 100.0))
    driver.run(57.0)
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert pod.heartbeat_age_s(57.0) == 2.0


def test_a_pod_that_is_only_asked_for_is_on_no_list() -> None:
    """Its first sync is that which shows it, however early its creation was asked for."""
    driver = Driver(overrides={"controller": {"heartbeat_evidence": "list_sync"}}, min_pods=1)
    driver.run(7.0)
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert pod.heartbeat_age_s(7.0) == math.inf
    driver.tell(PodCreateAccepted(8.0, "a-1"))
    assert pod.heartbeat_age_s(9.0) == 1.0


# P0


def test_p0_takes_the_agent_that_connected_first_without_a_slot() -> None:
    driver = Driver(overrides={"placement": "P0"})
    driver.pod(connected=False)
    driver.pod()
    driver.agent("a-1")
    assert place(P0(), driver) == ("a-2", None)


@pytest.mark.parametrize(
    ("running", "kind", "allowed"),
    [
        ((), PLAN_AND_APPLY, True),
        ((PLAN_ONLY,), PLAN_AND_APPLY, False),
        ((PLAN_ONLY, PLAN_ONLY), PLAN_ONLY, True),
        ((PLAN_ONLY, PLAN_ONLY, PLAN_ONLY), PLAN_ONLY, False),
        ((PLAN_AND_APPLY,), PLAN_ONLY, True),  # its plan is a plan
    ],
    ids=str,
)
def test_p0_goes_by_the_agent_s_counters(
    running: tuple[TaskKind, ...], kind: TaskKind, allowed: bool
) -> None:
    driver = Driver(overrides={"placement": "P0", "autoscaler": "C3"})
    driver.pod()
    for number, each in enumerate(running):
        driver.submit(f"w{number}", each)
    sent = len(driver.sent())
    driver.submit("new", kind)
    assert len(driver.sent()) == sent + allowed


def test_p0_sends_nothing_to_an_agent_that_applies() -> None:
    driver = Driver(overrides={"placement": "P0"})
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.tell(TaskConfirmed(0.0, 1, "somebody"))
    driver.submit("new")
    assert driver.decided(Refused)[-1].refusals == (
        PodRefusal("a-1", Reason.AGENT_AT_CAPACITY, {"tasks": 1}),
    )


def test_p0_says_that_there_are_no_pods() -> None:
    assert refusals(P0(), scene()) == (PodRefusal(None, Reason.NO_PODS, {"pods": 0}, 0),)


def test_p0_says_of_which_pods_nobody_is_connected() -> None:
    driver = scene()
    driver.pod(connected=False)
    driver.pod(connected=False)
    assert refusals(P0(), driver) == (
        PodRefusal("a-1", Reason.NOT_CONNECTED, {}),
        PodRefusal("a-2", Reason.NOT_CONNECTED, {}),
    )


def test_p0_does_not_ask_the_agent_of_a_leaving_pod() -> None:
    driver = Driver(overrides={"placement": "P0"})
    driver.pod()
    driver.tell(PodTerminating(0.0, "a-1"))
    driver.submit("w")
    assert driver.sent() == []


# P7


def test_p7_refuses_a_pod_whose_agent_is_not_connected() -> None:
    driver = scene("...")
    driver.tell(AgentDisconnected(0.0, "a-1"))
    assert refusals(P7(), driver) == (PodRefusal("a-1", Reason.NOT_CONNECTED, {}),)


@pytest.mark.parametrize("phase", ["Pending", "Failed", "Succeeded"])
def test_p7_refuses_a_pod_that_does_not_run(phase: str) -> None:
    """Whatever is said of its agent."""
    driver = scene()
    driver.pod(phase=phase)
    assert refusals(P7(), driver) == (PodRefusal("a-1", Reason.NOT_CONNECTED, {}),)


def test_p7_refuses_a_connected_agent_that_was_not_heard_from_lately() -> None:
    driver = one_pod(created_at=0.0, heard_at=7.0, known=True, now=137.0)
    assert refusals(P7(), driver) == (
        PodRefusal("a-1", Reason.HEARTBEAT_STALE, {"heartbeat_age_s": 130.0, "limit_s": 120.0}),
    )


@pytest.mark.parametrize(
    ("pods", "plan", "plan_and_apply"),
    [
        (("...", "..."), ("a-1", 0), ("a-1", 0)),  # the oldest first
        (("p..", "..."), ("a-1", 1), ("a-2", 0)),
        (("A..", "..."), ("a-2", 0), ("a-2", 0)),
        (("r..", "..."), ("a-2", 0), ("a-2", 0)),  # but a pod with a reservation last
        (("r..", "p.."), ("a-2", 1), ("a-1", 1)),
        (("rp.", "..p"), ("a-2", 0), None),
        (("r..", "r.."), ("a-1", 1), ("a-1", 1)),  # rather that than none
        (("r..", "ppp"), ("a-1", 1), ("a-1", 1)),
        (("rp.", "A.."), ("a-1", 2), None),
        (("rr.", "A.."), ("a-1", 2), ("a-1", 2)),
        (("A..", "ppp"), None, None),
    ],
    ids=str,
)
def test_p7_takes_the_oldest_pod_and_one_that_keeps_a_slot_for_an_apply_last(
    pods: tuple[str, ...], plan: Place, plan_and_apply: Place
) -> None:
    assert place(P7(), scene(*pods)) == plan
    assert place(P7(), scene(*pods), PLAN_AND_APPLY) == plan_and_apply


def test_p7_takes_a_pod_with_a_reservation_if_the_others_are_of_no_use() -> None:
    driver = scene("r..", "...")
    driver.tell(AgentDisconnected(0.0, "a-2"))
    assert place(P7(), driver) == ("a-1", 1)


def test_p7_notes_each_pod_that_it_passed_over_once() -> None:
    driver = scene("r..", "...")
    for name in ("a-1", "a-2"):
        driver.tell(AgentDisconnected(0.0, name))
    assert [(each.pod, each.reason) for each in refusals(P7(), driver)] == [
        ("a-2", Reason.NOT_CONNECTED),
        ("a-1", Reason.NOT_CONNECTED),
    ]


@pytest.mark.parametrize(("connected", "at"), [(True, ("a-1", 0)), (False, ("a-2", 0))])
def test_p7_starts_an_apply_in_its_own_slot_if_its_agent_is_there(connected: bool, at: Place) -> None:
    driver = scene("r..", "...")
    if not connected:
        driver.tell(AgentDisconnected(0.0, "a-1"))
    assert where(P7().place(driver.control._books.tasks[1], driver.pool)) == at


# alike


@pytest.mark.parametrize("rule", [P1(), P4(), P5(), P6(), P7()], ids=str)
def test_new_tasks_of_a_kind_are_refused_alike_and_each_gets_its_decision(rule: Placement) -> None:
    driver = scene("ppp", then=rule, overrides={"placement": rule})
    driver.submit("u")
    driver.submit("v")
    driver.run(10.0)
    refused = driver.decided(Refused)
    assert [(each.at, each.task) for each in refused] == [(0.0, 4), (0.0, 5), (10.0, 4), (10.0, 5)]
    assert [each.refusals for each in refused] == [(PodRefusal(None, Reason.NO_FREE_SLOT, {}, 1),)] * 4
