"""The rules of slot design: what fits on a pod beside what stands there, and where an apply goes.

Pods are written as in `driver.scene`: a string a pod, a letter a slot.
"""

import pytest

from policies.decisions import PodRefusal, Reason
from policies.observations import HeartbeatsEnded, PodTerminating, TaskConfirmed
from policies.rules.placement import P1, P2, P3, P4, P5, P6, Placement
from policies.vocabulary import Outcome, Phase, TaskKind
from tests.policies.driver import (
    APPLY,
    PLAN_AND_APPLY,
    PLAN_ONLY,
    Driver,
    Keep,
    Place,
    place,
    refusals,
    scene,
    where,
)

SHARED = [
    ("...", PLAN_ONLY, 0, 0, 0),
    ("...", PLAN_AND_APPLY, 0, 0, 0),
    ("ppp", PLAN_ONLY, None, None, None),
    ("p..", PLAN_ONLY, 1, 1, 1),
    ("p..", PLAN_AND_APPLY, None, None, 1),
    (".p.", PLAN_AND_APPLY, 0, None, 0),
    ("A..", PLAN_ONLY, 1, None, 1),
    ("A..", PLAN_AND_APPLY, None, None, None),
    (".A.", PLAN_AND_APPLY, 0, None, None),
    ("r..", PLAN_ONLY, 1, 1, 1),
    ("r..", PLAN_AND_APPLY, None, 1, None),
    (".r.", PLAN_AND_APPLY, 0, 0, None),
    ("rp.", PLAN_AND_APPLY, None, None, None),
    ("A..", PLAN_ONLY, 1, None, 1),  # 606 (a)
    ("rr.", PLAN_AND_APPLY, None, 2, None),  # 606 (b)
    ("pp.", PLAN_AND_APPLY, None, None, 2),  # 606 (c)
]


@pytest.mark.parametrize(("pod", "kind", "slot_zero", "exclusive", "one_a_pod"), SHARED, ids=str)
def test_the_slot_that_a_pod_gives(
    pod: str,
    kind: TaskKind,
    slot_zero: int | None,
    exclusive: int | None,
    one_a_pod: int | None,
) -> None:
    """P1 to P3: slot 0 takes anything. P4, P5: a running plan_and_apply is alone. P6: one a pod."""
    expected = [slot_zero] * 3 + [exclusive] * 2 + [one_a_pod]
    found = [place(rule, scene(pod), kind) for rule in (P1(), P2(), P3(), P4(), P5(), P6())]
    assert [at and at[1] for at in found] == expected


@pytest.mark.parametrize("rule", [P4(), P5()], ids=str)
def test_606_a_plan_beside_a_running_plan_and_apply_is_refused_for_that_reason(rule: Placement) -> None:
    assert refusals(rule, scene("A..")) == (PodRefusal(None, Reason.PLAN_AND_APPLY_RUNNING, {}, 1),)


@pytest.mark.parametrize("rule", [P4(), P5()], ids=str)
def test_606_c_a_plan_and_apply_beside_running_plans_is_refused_for_that_reason(rule: Placement) -> None:
    assert refusals(rule, scene("pp."), PLAN_AND_APPLY) == (
        PodRefusal(None, Reason.TASK_RUNNING_ON_POD, {}, 1),
    )


@pytest.mark.parametrize(
    ("rule", "pod", "kind", "reason"),
    [
        (P1(), "p..", PLAN_AND_APPLY, Reason.SLOT_ZERO_TAKEN),
        (P6(), "A...", PLAN_AND_APPLY, Reason.PLAN_AND_APPLY_ON_POD),
        (P6(), "r...", PLAN_AND_APPLY, Reason.PLAN_AND_APPLY_ON_POD),
        (P5(), "ppp", PLAN_ONLY, Reason.NO_FREE_SLOT),
        (P5(), "rrr", PLAN_AND_APPLY, Reason.NO_FREE_SLOT),
    ],
    ids=str,
)
def test_a_pod_that_does_not_fit_says_why(rule: Placement, pod: str, kind: TaskKind, reason: Reason) -> None:
    assert refusals(rule, scene(pod), kind) == (PodRefusal(None, reason, {}, 1),)


def test_an_empty_pool_is_refused_as_such() -> None:
    assert refusals(P5(), scene()) == (PodRefusal(None, Reason.NO_PODS, {"pods": 0}, 0),)


def test_every_pod_of_the_pool_is_accounted_for() -> None:
    """One barred, one full, one silent: three refusals, none of them twice."""
    driver = scene("A..", "ppp")
    driver.pod(created_at=-1000.0, heartbeats=False)
    assert refusals(P5(), driver) == (
        PodRefusal("a-3", Reason.NEVER_HEARD_FROM, {"limit_s": 120.0}),
        PodRefusal(None, Reason.NO_FREE_SLOT, {}, 1),
        PodRefusal(None, Reason.PLAN_AND_APPLY_RUNNING, {}, 1),
    )


@pytest.mark.parametrize("rule", [P1(), P5(), P6()], ids=str)
def test_pods_are_asked_in_the_order_of_their_creation(rule: Placement) -> None:
    driver = scene("ppp", "...", "...")
    assert place(rule, driver) == ("a-2", 0)


def test_a_leaving_pod_is_offered_to_nobody() -> None:
    driver = scene("...", "...")
    driver.tell(PodTerminating(0.0, "a-1"))
    assert place(P5(), driver) == ("a-2", 0)


def applying(*pods: str) -> Driver:
    """Task 1, whose plan stands reserved on slot 0 of a-1, is confirmed, but finds no place yet."""
    driver = scene(*pods)
    driver.control.observe(TaskConfirmed(0.0, 1, "somebody"))
    assert driver.control._books.tasks[1].next_phase is Phase.APPLY
    return driver


@pytest.mark.parametrize(
    ("rule", "pods", "at"),
    [
        (P1(), ("r..",), ("a-1", 0)),
        (P1(), ("rpp",), ("a-1", 0)),  # whatever runs beside it
        (P5(), ("r..",), ("a-1", 0)),
        (P5(), ("rr.",), ("a-1", 0)),  # a reserved slot does not run
        (P5(), ("rp.",), None),
        (P5(), ("rp.", "..."), ("a-2", 0)),  # elsewhere, at the price of an init
        (P6(), ("rp..",), ("a-1", 0)),
        (P6(), ("rp..", "...."), ("a-1", 0)),
    ],
    ids=str,
)
def test_an_apply_goes_to_the_slot_reserved_for_it_if_it_may_run_there(
    rule: Placement, pods: tuple[str, ...], at: Place
) -> None:
    driver = applying(*pods)
    found = rule.place(driver.control._books.tasks[1], driver.pool)
    driver.pool._take_refusals()
    assert where(found) == at


def test_an_apply_leaves_a_silent_pod_for_another_and_gives_up_its_reservation() -> None:
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.pod()
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.end(1, Outcome.CHANGES)
    driver.tell(HeartbeatsEnded(5.0, "a-1", 0.0))
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]
    driver.tell(TaskConfirmed(200.0, 1, "somebody"))
    send = driver.last_send(1)
    assert (send.phase, send.pod, send.slot) == (APPLY, "a-2", 0)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]
