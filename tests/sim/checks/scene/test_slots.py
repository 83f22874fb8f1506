"""The slot table of a scene: what is held, and what is promised."""

from tests.sim.checks.story import PLAN_AND_APPLY, Story


def planned() -> Story:
    """Task 1 has planned in slot 1 of pod a."""
    return Story().has("a").comes(1, PLAN_AND_APPLY).runs(1, slot=1).at(60).plans(1, slot=1)


def test_a_slot_is_held_from_its_booking_until_it_is_freed() -> None:
    """Running first, reserved then."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).books(1, slot=1)
    assert {slot: tuple(held) for slot, held in story.scene().slots.on("a").items()} == {1: (1, "running")}
    story.sends(1).starts(1).plans(1, slot=1)
    assert {slot: tuple(held) for slot, held in story.scene().slots.on("a").items()} == {1: (1, "reserved")}
    assert story.scene().slots.places == {1: {("a", 1)}}
    scene = story.frees(1, slot=1).scene()
    assert (scene.slots.on("a"), scene.slots.places) == ({}, {})


def test_a_restart_forgets_the_table_but_not_the_promises() -> None:
    """The slot looks idle, and is owed to the apply."""
    scene = planned().control_goes_down().control_comes_up().scene()
    assert (scene.slots.on("a"), scene.slots.places) == ({}, {})
    assert scene.slots.promised == {1: ("a", 1)}
    assert scene.slots.promised_on("a") == {1: 1}


def test_a_promise_is_kept_or_void() -> None:
    """Used, freed, moved, or not wanted any more."""
    for story in (
        planned().confirms(1).activates(1, slot=1),
        planned().frees(1, slot=1),
        planned().cancels(1),
        planned().pod("a", "gone"),
        planned().control_goes_down().control_comes_up().pod("a", "gone"),
    ):
        scene = story.scene()
        assert (scene.slots.promised, scene.slots.promised_on("a")) == ({}, {})


def test_a_promise_moves_with_the_reservation() -> None:
    """It is the latest one that counts."""
    scene = planned().reserves(1, "b", 2).scene()
    assert scene.slots.promised == {1: ("b", 2)}
    assert (scene.slots.promised_on("a"), scene.slots.promised_on("b")) == ({}, {1: 2})


def test_a_slot_that_is_booked_twice_is_held_by_the_later_one() -> None:
    """Which is S01's business; the first holds nothing any more."""
    scene = Story().has("a").comes(1).comes(2).books(1).books(2).scene()
    assert scene.slots.on("a")[0].task == 2
    assert {task: places for task, places in scene.slots.places.items() if places} == {2: {("a", 0)}}
