"""The autoscaling rules as arithmetic: what is there and what waits, and the wanted number of pods.

The pools are written as in `driver.scene`: a string a pod, a letter a slot.
"""

import pytest

from policies.decisions import Reason
from policies.observations import PodGone, TaskSubmitted
from policies.rules.autoscaling import C2, C3, C7, C8, C9, Autoscaler, C9a
from policies.vocabulary import TaskKind
from tests.policies.driver import PLAN_AND_APPLY, PLAN_ONLY, Driver, scene


def waiting(driver: Driver, plans: int = 0, plan_and_applies: int = 0) -> Driver:
    """Tasks that wait, each in a workspace of its own."""
    for number in range(plans):
        driver.submit(f"plan {number}", PLAN_ONLY)
    for number in range(plan_and_applies):
        driver.submit(f"plan_and_apply {number}", PLAN_AND_APPLY)
    return driver


def desired(rule: Autoscaler, driver: Driver) -> int:
    """What the rule wants of the driver's pool."""
    return rule.decide(driver.pool, driver.now).desired


@pytest.mark.parametrize(
    ("rule", "min_pods", "pending", "pods"),
    [
        (C2(), 0, 0, 0),
        (C2(), 2, 0, 2),
        (C2(), 2, 1, 2),
        (C2(), 0, 3, 3),
        (C2(), 0, 9, 5),
        (C3(), 0, 0, 0),
        (C3(), 1, 0, 1),
        (C3(), 0, 4, 4),
        (C3(), 0, 9, 5),
        (C7(), 0, 0, 0),
        (C7(), 1, 0, 0),
        (C7(), 2, 0, 0),
        (C7(), 0, 1, 1),
        (C7(), 1, 1, 1),
        (C7(), 2, 1, 2),
        (C7(), 0, 9, 1),
        (C8(), 0, 0, 0),
        (C8(), 1, 0, 1),
        (C8(), 2, 0, 2),
        (C8(), 0, 1, 1),
        (C8(), 1, 1, 1),
        (C8(), 2, 1, 2),
        (C8(), 0, 9, 1),
        (C9a(), 2, 0, 2),
        (C9a(), 0, 9, 1),
        (C9(), 0, 0, 0),
        (C9(), 2, 0, 2),
        (C9(), 2, 1, 2),
        (C9(), 0, 9, 1),
    ],
    ids=str,
)
def test_an_empty_pool_starts_with(rule: Autoscaler, min_pods: int, pending: int, pods: int) -> None:
    """The target of a pool without pods, of at most 5, while `pending` plans wait."""
    assert desired(rule, waiting(scene(min_pods=min_pods), plans=pending)) == pods


@pytest.mark.parametrize("rule", [C7(), C8(), C9()], ids=str)
def test_a_cold_start_does_not_exceed_a_maximum_of_zero(rule: Autoscaler) -> None:
    assert desired(rule, waiting(scene(max_pods=0), plans=1)) == 0


@pytest.mark.parametrize(("rule", "pods"), [(C7(), 0), (C8(), 1)], ids=str)
def test_only_599_starts_an_empty_pool_for_a_task_behind_an_unconfirmed_apply(
    rule: Autoscaler, pods: int
) -> None:
    """C7 counts unblocked tasks, and a plan behind an open plan_and_apply is blocked to it."""
    driver = scene("r..")
    driver.submit("0@a-1", PLAN_ONLY)
    driver.tell(PodGone(0.0, "a-1"))
    assert (driver.pool.pending(), driver.pool.unblocked_pending()) == (1, 0)
    assert desired(rule, driver) == pods


@pytest.mark.parametrize(
    ("pods", "wanted", "reason"),
    [
        (("pppp.",), 1, Reason.UTILISATION_BETWEEN),  # exactly 0.8 is not over 0.8
        (("ppppp",), 2, Reason.UTILISATION_HIGH),
        (("ppppp", "pppp."), 3, Reason.UTILISATION_HIGH),
        (("ppp",), 2, Reason.UTILISATION_HIGH),
        (("pp.",), 1, Reason.UTILISATION_BETWEEN),
        (("p....",), 1, Reason.UTILISATION_BETWEEN),  # exactly 0.2 is not under 0.2
        (("p....", "....."), 2, Reason.UTILISATION_BETWEEN),  # under 0.2, but one runs
        (("...", "..."), 1, Reason.UTILISATION_LOW),
        (("...",), 0, Reason.UTILISATION_LOW),
        (("r..",), 1, Reason.RESERVED_SLOTS),
        (("rrr",), 1, Reason.RESERVED_SLOTS),
        (("rrr", "rr."), 2, Reason.RESERVED_SLOTS),
        (("ppr",), 1, Reason.RESERVED_SLOTS),  # a reservation hides a utilisation of 1
        (("r..", "...", "..."), 3, Reason.RESERVED_SLOTS),  # and idle pods
        (("ppp", "ppp", "ppp", "ppp", "ppp"), 5, Reason.UTILISATION_HIGH),  # the maximum
    ],
    ids=str,
)
@pytest.mark.parametrize("rule", [C7(), C8(), C9a(), C9()], ids=str)
def test_a_pool_where_nothing_waits_follows_its_utilisation(
    rule: Autoscaler, pods: tuple[str, ...], wanted: int, reason: Reason
) -> None:
    target = rule.decide(scene(*pods).pool, 0.0)
    assert (target.desired, target.reason) == (wanted, reason)


@pytest.mark.parametrize("rule", [C7(), C8(), C9()], ids=str)
def test_an_idle_pool_shrinks_to_its_minimum_and_no_further(rule: Autoscaler) -> None:
    assert desired(rule, scene("...", "...", min_pods=2)) == 2


@pytest.mark.parametrize(
    ("rule", "pods", "wanted"),
    [
        (C7(high=0.5), "pp..", 1),
        (C7(high=0.5), "ppp.", 2),
        (C7(low=0.0), "....", 1),
        (C7(low=0.01), "....", 0),
    ],
    ids=str,
)
def test_both_thresholds_are_strict(rule: Autoscaler, pods: str, wanted: int) -> None:
    assert desired(rule, scene(pods)) == wanted


def test_the_numbers_that_were_compared_are_in_the_target() -> None:
    assert C7().decide(scene("ppp.", "p...").pool, 0.0).numbers == {
        "running": 4,
        "reserved": 0,
        "utilisation": 0.5,
    }


@pytest.mark.parametrize(
    ("rule", "pods", "plans", "wanted"),
    [
        (C2(), ("pp.",), 0, 0),  # what runs is not counted
        (C2(), ("pp.",), 2, 2),
        (C3(), ("pp.",), 0, 2),
        (C3(), ("pp.",), 2, 4),
        (C3(), ("ppp", "p.."), 2, 5),
        (C3(), ("r..",), 1, 1),  # nor is what waits for its confirmation
    ],
    ids=str,
)
def test_the_first_designs_count_tasks(
    rule: Autoscaler, pods: tuple[str, ...], plans: int, wanted: int
) -> None:
    assert desired(rule, waiting(scene(*pods), plans)) == wanted


@pytest.mark.parametrize(
    ("pods", "plan_and_applies", "c8", "c9a", "c9"),
    [
        (("A..",), 0, 1, 1, 1),
        (("A..",), 1, 1, 2, 2),  # 604 (ii): b waits beside two idle slots
        (("A..", "A..", "A.."), 1, 3, 4, 4),  # 606 (d): utilisation 0.33 never scales
        (("A..", "A..", "A.."), 2, 3, 4, 5),  # C9 jumps, the draft takes a step
        (("A..", "A..", "A.."), 9, 3, 4, 5),  # but not beyond the maximum
        (("pp.",), 1, 1, 2, 2),  # 606 (c): two running plans
        (("A..", "..."), 1, 2, 2, 2),  # one busy, one free: need is 2
        (("A..", "..."), 2, 2, 2, 3),
        (("r..",), 1, 1, 1, 1),  # a reserved slot makes no pod busy
        (("...",), 1, 0, 0, 1),  # need is 1, and C9 holds
        (("...", "..."), 1, 1, 1, 2),  # Fix 3: the pod created for the waiting task is idle
        (("...", "..."), 3, 1, 1, 3),
        (("ppp",), 0, 2, 2, 2),  # no need, so utilisation decides
    ],
    ids=str,
)
def test_what_waiting_plan_and_applies_are_given(
    pods: tuple[str, ...], plan_and_applies: int, c8: int, c9a: int, c9: int
) -> None:
    driver = waiting(scene(*pods), plan_and_applies=plan_and_applies)
    assert [desired(rule, driver) for rule in (C8(), C9a(), C9())] == [c8, c9a, c9]


@pytest.mark.parametrize(
    ("rule", "wanted", "reason"),
    [
        (C8(), 1, Reason.UTILISATION_LOW),
        (C9a(), 1, Reason.UTILISATION_LOW),
        (C9(), 2, Reason.HELD_FOR_UNBLOCKED_TASKS),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", TaskKind)
def test_fix_3_holds_idle_pods_while_an_unblocked_task_of_any_kind_waits(
    rule: Autoscaler, wanted: int, reason: Reason, kind: TaskKind
) -> None:
    driver = scene("...", "...")
    driver.submit("w", kind)
    target = rule.decide(driver.pool, 0.0)
    assert (target.desired, target.reason) == (wanted, reason)


def test_blocked_tasks_ask_for_no_pods() -> None:
    """Of three plan_and_applies of one workspace, C9 counts the first."""
    driver = scene("A..")
    for _ in range(3):
        driver.submit("w", PLAN_AND_APPLY)
    assert desired(C9(), driver) == 2


def test_a_plan_and_apply_behind_a_running_plan_of_its_workspace_asks_for_no_pod() -> None:
    """The queue would let it go at once: the two definitions of blocked differ on purpose."""
    driver = scene("p..")
    driver.control.observe(TaskSubmitted(0.0, 4, "a", "0@a-1", PLAN_AND_APPLY))
    assert driver.pool.pending(PLAN_AND_APPLY) == 1
    assert desired(C9(), driver) == 1
