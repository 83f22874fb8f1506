"""S11, S12 and S20: which pods may be deleted, and what they may be called."""

import pytest

from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome
from sim.checks.safety.pods import NamesAreUnique, NoReservationIsDeleted, NoWorkIsDeleted
from tests.sim.checks.story import PLAN_AND_APPLY, Story

# S11: no work is deleted


def test_an_idle_pod_may_be_deleted() -> None:
    """Its last task has just ended, and another pod is busy."""
    story = Story().has("a", "b").comes(1).comes(2).runs(1).runs(2, "b").at(60).ends(1).deletes("a")
    assert story.status(NoWorkIsDeleted()) == "holds"


def test_every_task_that_runs_on_a_deleted_pod_is_named() -> None:
    """With the reason and the rule of the deletion; what the slot table says makes no difference."""
    story = Story().has("a").comes(1).comes(2).starts(1).starts(2, slot=1).at(15).deletes("a")
    text = "pod a is deleted (utilisation_low, any_idle) while the plan of task {} runs on it"
    assert story.broken(NoWorkIsDeleted()) == [(15.0, text.format(1)), (15.0, text.format(2))]


def test_a_task_on_its_way_to_the_pod_is_work() -> None:
    """The message has left and has not arrived."""
    story = Story().has("a", "b").comes(1).books(1).at(3).sends(1).at(4).deletes("b").deletes("a")
    text = "pod a is deleted (utilisation_low, any_idle) while the plan of task 1 is on its way to it"
    assert story.broken(NoWorkIsDeleted()) == [(4.0, text)]


@pytest.mark.parametrize("what", ["lost", "undeliverable", "rejected", "ignored"])
def test_a_message_that_came_to_nothing_is_no_work(what: str) -> None:
    """Nothing will start because of it."""
    story = Story().has("a").comes(1).books(1).sends(1).at(3).dispatch(1, what).at(4).deletes("a")
    assert story.status(NoWorkIsDeleted()) == "holds"


@pytest.mark.parametrize("what", ["delayed", "duplicated"])
def test_a_message_that_is_slow_is_still_on_its_way(what: str) -> None:
    """It will arrive."""
    story = Story().has("a").comes(1).books(1).sends(1).at(3).dispatch(1, what).at(4).deletes("a")
    assert [at for at, _ in story.broken(NoWorkIsDeleted())] == [4.0]


def test_a_send_that_was_taken_back_is_resolved() -> None:
    """The row went back to pending."""
    story = Story().has("a").comes(1).books(1).sends(1).at(3).row(1, TaskEvent.ROLLED_BACK).frees(1)
    assert story.at(4).deletes("a").status(NoWorkIsDeleted()) == "holds"


def test_a_pod_that_is_killed_was_not_deleted() -> None:
    """A node that is lost is nobody's decision."""
    story = (
        Story().has("a").comes(1).runs(1).at(9).stops(1, outcome=Outcome.ABORTED).pod("a", "killed", "gone")
    )
    assert story.status(NoWorkIsDeleted()) == "holds"


# S12: no reservation is deleted


def planned() -> Story:
    """Task 1 has planned on pod a, whose slot 2 is kept for its apply."""
    return Story().has("a", "b").comes(1, PLAN_AND_APPLY).runs(1, slot=2).at(60).plans(1, slot=2).at(70)


def test_a_pod_that_keeps_nothing_may_be_deleted() -> None:
    """Beside one that does."""
    assert planned().deletes("b").status(NoReservationIsDeleted()) == "holds"


def test_a_pod_that_keeps_a_slot_may_not() -> None:
    """The slot and the task are named."""
    text = "pod a is deleted while its slot 2 is reserved for task 1"
    assert planned().deletes("a").broken(NoReservationIsDeleted()) == [(70.0, text)]


def test_a_restart_does_not_void_a_reservation() -> None:
    """The new process takes the pod for idle, but the apply is still owed its slot."""
    story = planned().control_goes_down().at(75).control_comes_up().at(80).deletes("a")
    assert [at for at, _ in story.broken(NoReservationIsDeleted())] == [80.0]


@pytest.mark.parametrize("how", ["used", "freed", "cancelled", "cancelled after a restart", "moved"])
def test_a_reservation_is_over_when_it_is_used_freed_or_not_wanted_any_more(how: str) -> None:
    """Whatever ends it."""
    story = planned()
    match how:
        case "used":
            story.confirms(1).applies(1, slot=2)
        case "freed":
            story.frees(1, slot=2)
        case "cancelled":
            story.cancels(1)
        case "cancelled after a restart":
            story.control_goes_down().control_comes_up().cancels(1)
        case "moved":
            story.confirms(1).frees(1, slot=2).books(1, "b").sends(1, "b")
    assert story.at(80).deletes("a").status(NoReservationIsDeleted()) == "holds"


def test_nothing_is_kept_on_a_pod_that_is_gone() -> None:
    """Another one of the same name owes nothing, even if the table was forgotten in between."""
    story = planned().control_goes_down().at(75).pod("a", "gone").at(80).control_comes_up()
    assert story.has("a").at(90).deletes("a").status(NoReservationIsDeleted()) == "holds"


# S20: names are unique


def test_a_name_may_be_used_again_when_it_is_free() -> None:
    """The pod of that name is gone, with its agent."""
    story = Story().has("a").at(50).pod("a", "gone").has("a")
    assert story.status(NamesAreUnique()) == "holds"


def test_two_pods_of_one_name_are_named() -> None:
    """Both exist."""
    story = Story().has("a").at(50).pod("a", "created")
    assert story.broken(NamesAreUnique()) == [(50.0, "a second pod is called a")]


def test_two_agents_of_one_name_are_named() -> None:
    """The first has not dropped."""
    story = Story().has("a").at(50).agent("a", "connected")
    assert story.broken(NamesAreUnique()) == [(50.0, "a second agent is connected as a")]


def test_an_agent_that_dials_again_is_the_same_one() -> None:
    """It dropped before."""
    assert Story().has("a").at(50).disconnects("a").at(52).connects("a").status(NamesAreUnique()) == "holds"


def test_a_creation_that_is_refused_for_its_name_is_repeated_in_the_same_decision() -> None:
    """Under another name, at the same time."""
    story = Story().asks_for("a").at(1).is_refused("a").asks_for("b").at(10).add()
    assert story.status(NamesAreUnique(), until=10) == "holds"


@pytest.mark.parametrize(
    ("within", "again_at", "broken_at"), [(0.0, 1.001, [1.0]), (5.0, 6.0, []), (5.0, 6.001, [6.0])]
)
def test_a_creation_that_is_refused_is_repeated_in_time(
    within: float, again_at: float, broken_at: list[float]
) -> None:
    """`within` says how soon."""
    story = Story().asks_for("a").at(1).is_refused("a").at(again_at).asks_for("b")
    assert [at for at, _ in story.broken(NamesAreUnique(within=within), until=20)] == broken_at


def test_each_creation_that_is_refused_is_repeated() -> None:
    """One for two is one too few."""
    story = Story().asks_for("a", "b").at(1).is_refused("a").is_refused("b").asks_for("c")
    text = "pod b was refused (already_exists) and no other asked for in 0 s"
    assert story.broken(NamesAreUnique(), until=20) == [(1.0, text)]


@pytest.mark.parametrize(
    ("reason", "collisions", "status"),
    [
        ("AlreadyExists", ("already_exists", "AlreadyExists"), "broken"),
        ("quota", ("already_exists", "AlreadyExists"), "holds"),
        ("quota", ("quota",), "broken"),
    ],
)
def test_only_a_reason_that_speaks_of_a_name_counts(
    reason: str, collisions: tuple[str, ...], status: str
) -> None:
    """Which those are is a parameter."""
    story = Story().asks_for("a").at(1).is_refused("a", reason)
    assert story.status(NamesAreUnique(collisions=collisions), until=20) == status


def test_a_creation_that_was_refused_just_now_is_undecided() -> None:
    """If it may be repeated later than at once."""
    story = Story().asks_for("a").at(1).is_refused("a")
    assert story.status(NamesAreUnique(within=5), until=5.9) == "undecided"
    assert story.status(NamesAreUnique(within=5), until=6) == "broken"
