"""S01 to S04: who holds which slot, and who runs beside whom."""

import pytest

from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome, Phase
from sim.checks import Sharing
from sim.checks.safety.slots import CapacityRule, OneSlotATask, OneTaskASlot, StartsWhereBooked
from tests.sim.checks.story import DRIFT, PLAN, PLAN_AND_APPLY, Story

# S01: one task a slot


def test_slots_that_are_used_one_after_the_other_are_used_by_one_task_each() -> None:
    """A slot that was freed may be booked at the very same moment."""
    story = Story().has("a").comes(1).comes(2).runs(1).at(60).ends(1).runs(2)
    assert story.status(OneTaskASlot()) == "holds"


def test_a_slot_that_is_held_may_not_be_booked() -> None:
    """The slot table alone is enough: nothing runs yet."""
    story = Story().has("a").comes(1).comes(2).books(1, slot=1).at(3).books(2, slot=1)
    assert story.broken(OneTaskASlot()) == [(3.0, "slot 1 of a is booked for task 2 while task 1 holds it")]


def test_a_reserved_slot_may_not_be_booked() -> None:
    """It is kept for an apply."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).comes(2).runs(1).at(60).plans(1).at(61).books(2)
    assert story.broken(OneTaskASlot()) == [(61.0, "slot 0 of a is booked for task 2 while task 1 holds it")]


@pytest.mark.parametrize(("slot", "pod"), [(1, "a"), (0, "b")])
def test_another_slot_and_another_pods_slot_are_free(slot: int, pod: str) -> None:
    """A slot is a pod and an index."""
    story = Story().has("a", "b").comes(1).comes(2).runs(1).runs(2, pod, slot)
    assert story.status(OneTaskASlot()) == "holds"


def test_two_tasks_may_not_run_in_one_slot_whatever_the_table_says() -> None:
    """After a restart that forgets the slot table, the slot is booked as if it were idle."""
    story = Story().has("a").comes(1).comes(2).runs(1).at(20).control_goes_down()
    story.at(25).control_comes_up().at(30).runs(2)
    text = "task 2 starts in slot 0 of a, where task 1 has been running since 0 s"
    assert story.broken(OneTaskASlot()) == [(30.0, text)]


def test_a_task_that_starts_twice_in_its_slot_shares_it_with_nobody() -> None:
    """That is S07's business."""
    story = Story().has("a").comes(1).runs(1).at(2).starts(1, attempt=2)
    assert story.status(OneTaskASlot()) == "holds"


def test_executions_without_a_slot_share_none() -> None:
    """P0 has no slots."""
    story = Story(books_slots=False).has("a").comes(1).comes(2).starts(1, slot=None).starts(2, slot=None)
    assert story.status(OneTaskASlot()) == "holds"


# S02: one slot a task


def test_a_task_that_moves_to_another_slot_gives_up_its_own() -> None:
    """An apply that goes elsewhere."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1)
    assert story.frees(1).books(1, "b").sends(1, "b").status(OneSlotATask()) == "holds"


def test_a_task_may_not_hold_two_slots() -> None:
    """Even if it never runs."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1)
    story.at(70).books(1, "b", 2)
    assert story.broken(OneSlotATask()) == [(70.0, "task 1 takes slot 2 of b and holds slot 0 of a")]


@pytest.mark.parametrize(
    ("sent_at", "within", "broken_at"),
    [(5.0, 5.0, []), (5.001, 5.0, [5.0]), (5.001, 6.0, []), (1.0, 0.0, [0.0])],
)
def test_a_pending_task_holds_a_slot_for_a_while_at_most(
    sent_at: float, within: float, broken_at: list[float]
) -> None:
    """Exactly as long as the bound is fine."""
    story = Story().has("a").comes(1).books(1).at(sent_at).sends(1)
    assert [at for at, _ in story.broken(OneSlotATask(within=within))] == broken_at


def test_a_booking_that_is_undone_in_time_is_none() -> None:
    """As D3 does if nobody is connected."""
    story = Story().runs_pods("a").comes(1).books(1).frees(1).at(60).add()
    assert story.status(OneSlotATask(), until=60) == "holds"


def test_a_booking_that_never_comes_to_anything_is_named() -> None:
    """The task, the slot and for how long."""
    story = Story().has("a").at(10).comes(1).books(1, slot=2)
    assert story.broken(OneSlotATask(), until=60) == [(15.0, "task 1, pending, has held slot 2 of a for 5 s")]


def test_an_apply_that_is_booked_is_not_pending() -> None:
    """That it does not start is the business of L01 and L04."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1)
    assert story.frees(1).books(1, "b").status(OneSlotATask(), until=600) == "holds"


def test_a_young_booking_is_undecided_at_the_end() -> None:
    """The run ends before the bound does; at the bound's own instant it is over."""
    story = Story().has("a").comes(1).books(1)
    assert story.status(OneSlotATask(), until=4.9) == "undecided"
    assert story.status(OneSlotATask(), until=5.0) == "broken"


def test_a_task_that_is_pending_again_may_not_keep_its_slot() -> None:
    """Its send failed, its row went back, and the slot was forgotten."""
    story = Story().has("a").comes(1).books(1).sends(1).at(20).row(1, TaskEvent.ROLLED_BACK)
    assert story.broken(OneSlotATask(), until=60) == [(25.0, "task 1, pending, has held slot 0 of a for 5 s")]
    assert story.frees(1).status(OneSlotATask(), until=60) == "holds"


def test_a_task_whose_slot_was_booked_for_another_holds_none() -> None:
    """Which is S01's business."""
    story = Story().has("a").comes(1).comes(2).books(1).at(1).books(2).sends(2)
    assert story.status(OneSlotATask(), until=60) == "holds"


def test_what_a_restart_forgot_holds_no_slot() -> None:
    """The table is empty, so the pending task holds nothing any more."""
    story = Story().has("a").comes(1).books(1).at(3).control_goes_down().at(4).control_comes_up()
    assert story.status(OneSlotATask(), until=60) == "holds"


# S03: the capacity rule, in the slot table and in truth

BREAKS = {
    Sharing.ALONE: {(PLAN_AND_APPLY, PLAN_AND_APPLY), (PLAN_AND_APPLY, PLAN), (PLAN, PLAN_AND_APPLY)},
    Sharing.ONE_A_POD: {(PLAN_AND_APPLY, PLAN_AND_APPLY)},
    Sharing.SLOT_ZERO: {(PLAN_AND_APPLY, PLAN_AND_APPLY), (PLAN, PLAN_AND_APPLY)},
    Sharing.ANY: set(),
    Sharing.UNDECLARED: set(),
}
"""What may not run in slot 0 of a pod, and beside it in slot 1."""

PAIRS = [(first, second) for first in (PLAN, PLAN_AND_APPLY) for second in (PLAN, PLAN_AND_APPLY)]


@pytest.mark.parametrize("sharing", Sharing)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_each_rule_says_what_may_be_booked_beside_what(sharing: Sharing, first: str, second: str) -> None:
    """By the slot table alone: nothing has started."""
    story = Story(sharing=sharing).has("a").comes(1, first).comes(2, second)
    story.books(1).sends(1).at(3).books(2, slot=1)
    broken = story.broken(CapacityRule())
    assert bool(broken) == ((first, second) in BREAKS[sharing])
    assert all(at == 3.0 and "by the slot table" in text for at, text in broken)


@pytest.mark.parametrize("sharing", Sharing)
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_each_rule_says_what_may_run_beside_what(sharing: Sharing, first: str, second: str) -> None:
    """In truth alone: nothing was booked."""
    story = Story(sharing=sharing).has("a").comes(1, first).comes(2, second)
    story.starts(1).at(3).starts(2, slot=1)
    broken = story.broken(CapacityRule())
    assert bool(broken) == ((first, second) in BREAKS[sharing])
    assert all(at == 3.0 and "in truth" in text for at, text in broken)


def test_a_violation_names_who_runs_beside_whom_and_the_rule() -> None:
    """Once for the table, once for the truth."""
    story = Story().has("a").comes(7, PLAN_AND_APPLY).comes(8).runs(7).at(9).runs(8, slot=2)
    text = (
        "task 8 (plan) runs on a beside 7 (plan_and_apply), {}; "
        "a running plan_and_apply has its pod for itself"
    )
    assert story.broken(CapacityRule()) == [
        (9.0, text.format("by the slot table")),
        (9.0, text.format("in truth")),
    ]


def test_a_drift_check_counts_as_a_plan() -> None:
    """It may stand beside a plan, and not beside a plan_and_apply."""
    story = Story().has("a", "b").comes(1, DRIFT).comes(2).comes(3, PLAN_AND_APPLY).runs(1).runs(2, slot=1)
    assert story.status(CapacityRule()) == "holds"
    assert len(story.runs(3, slot=2).broken(CapacityRule())) == 2


def test_nothing_stands_beside_what_is_over() -> None:
    """A pod is free for a plan_and_apply once its plans have ended."""
    story = Story().has("a").comes(1).comes(2, PLAN_AND_APPLY).runs(1).at(60).ends(1).runs(2)
    assert story.status(CapacityRule()) == "holds"


@pytest.mark.parametrize(
    ("sharing", "kind", "status"),
    [
        (Sharing.ALONE, PLAN, "holds"),
        (Sharing.ALONE, PLAN_AND_APPLY, "holds"),
        (Sharing.ONE_A_POD, PLAN, "holds"),
        (Sharing.ONE_A_POD, PLAN_AND_APPLY, "broken"),
        (Sharing.ANY, PLAN_AND_APPLY, "holds"),
    ],
)
def test_a_reserved_slot_counts_where_the_rule_says_so(sharing: Sharing, kind: str, status: str) -> None:
    """606 (b): beside reserved slots a plan_and_apply is accepted; the later rule counts them."""
    story = Story(sharing=sharing).has("a").comes(1, PLAN_AND_APPLY).comes(2, kind).runs(1).at(60).plans(1)
    assert story.at(70).books(2, slot=1).sends(2, slot=1).status(CapacityRule()) == status


def test_an_apply_that_starts_beside_a_plan_breaks_the_rule_too() -> None:
    """Its slot was kept, but its pod was not."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).comes(2).runs(1).at(60).plans(1).confirms(1)
    story.runs(2, slot=1).at(70).applies(1)
    assert [at for at, _ in story.broken(CapacityRule())] == [70.0, 70.0]


def test_a_restart_that_restores_a_reservation_lets_nothing_run() -> None:
    """The slot is booked and reserved again in one instant, beside a plan that runs there rightly."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).comes(2).runs(1).at(60).plans(1).runs(2, slot=1)
    story.at(70).control_goes_down().at(80).control_comes_up().books(2, slot=1).books(1).reserves(1)
    assert story.status(CapacityRule()) == "holds"


def test_a_plan_and_apply_of_its_own_slot_runs_in_slot_zero() -> None:
    """Under P1 to P3 the other slots take plans only."""
    story = Story(sharing=Sharing.SLOT_ZERO).has("a").comes(1, PLAN_AND_APPLY).at(3).books(1, slot=1)
    text = "task 1 (plan_and_apply) runs on a, by the slot table; a plan_and_apply runs in slot 0 only"
    assert story.broken(CapacityRule()) == [(3.0, text)]


@pytest.mark.parametrize(("slots", "broken"), [(2, 1), (3, 0)])
@pytest.mark.parametrize("sharing", Sharing)
def test_no_rule_allows_more_tasks_than_slots(sharing: Sharing, slots: int, broken: int) -> None:
    """Three plans in truth, on a pod of two slots or three."""
    story = Story(sharing=sharing, slots=slots).has("a")
    for task in (1, 2, 3):
        story.comes(task).starts(task, slot=task - 1)
    found = story.broken(CapacityRule())
    assert len(found) == broken
    assert all(text.endswith("a pod has 2 slots") for _, text in found)


def test_a_pod_that_nobody_knows_has_any_number_of_slots() -> None:
    """The log does not say how many; what may stand beside what is judged all the same."""
    story = Story(slots=1).comes(1).comes(2).books(1).sends(1).books(2, slot=1).sends(2, slot=1)
    assert story.status(CapacityRule()) == "holds"
    assert len(story.comes(3, PLAN_AND_APPLY).books(3, slot=2).broken(CapacityRule())) == 1


# S04: started where it is booked


def test_a_task_starts_on_the_pod_of_its_booking() -> None:
    """In any slot of it, for the plan and for the apply."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1).applies(1)
    assert story.status(StartsWhereBooked()) == "holds"


def test_a_start_on_another_pod_is_named_with_the_booking() -> None:
    """Sent to whoever was connected, with the slot left where it was."""
    story = Story().has("a", "b").comes(1).books(1, slot=2).sends(1, "b", None).at(4).starts(1, "b", None)
    text = "task 1 starts its plan on b; booked for it: slot 2 of a"
    assert story.broken(StartsWhereBooked()) == [(4.0, text)]


def test_a_start_without_a_booking_is_named() -> None:
    """A message that came late, after the booking was undone."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).stops(1, outcome=Outcome.CHANGES)
    story.row(1, TaskEvent.PLANNED).frees(1).at(70).confirms(1).sends(1).starts(1, phase=Phase.APPLY)
    text = "task 1 starts its apply on a; booked for it: nothing"
    assert story.broken(StartsWhereBooked()) == [(70.0, text)]


def test_without_a_slot_table_there_is_nothing_to_compare() -> None:
    """P0 sends to an agent."""
    story = Story(books_slots=False).has("a").comes(1).sends(1, slot=None).starts(1, slot=None)
    assert story.status(StartsWhereBooked()) == "holds"
