"""L02, L03 and L08: pods are asked for when work waits for them, and not for nothing."""

import pytest

from sim.checks import Sharing
from sim.checks.liveness.capacity import NoFlapping, ScaledUpSoon, WokenUpSoon
from tests.sim.checks.story import PLAN, PLAN_AND_APPLY, Story

# L02: scaled up soon


@pytest.mark.parametrize(
    ("asked_at", "cycles", "cycle_s", "broken_at"),
    [
        (13.0, 2, 5.0, []),
        (13.001, 2, 5.0, [13.0]),
        (13.001, 3, 5.0, []),
        (13.0, 1, 5.0, [8.0]),
        (13.0, 2, 2.0, [7.0]),
        (23.0, 2, 10.0, []),
    ],
)
def test_a_pod_is_asked_for_within_some_cycles(
    asked_at: float, cycles: int, cycle_s: float, broken_at: list[float]
) -> None:
    """A task comes at 3 s; two cycles of 5 s are the default, and exactly at the bound is in time."""
    story = Story(cycle_s=cycle_s).at(3).comes(1).at(asked_at).asks_for("a")
    assert [at for at, _ in story.broken(ScaledUpSoon(cycles=cycles), until=60)] == broken_at


def test_a_pool_that_does_not_grow_is_named_once_with_the_numbers() -> None:
    """604 (ii): a plan_and_apply waits beside a running one, with two idle slots and no scale-up."""
    story = Story(max=3).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(30).comes(2, PLAN_AND_APPLY)
    text = (
        "pool pool has no eligible slot for 1 runnable task: 1 more pod needed, 0 on the way, "
        "and none was asked for in 10 s with 1 of at most 3 pods"
    )
    assert story.broken(ScaledUpSoon(), until=600) == [(40.0, text)]


def test_a_task_that_waited_just_now_is_undecided() -> None:
    """The run ends before the bound does."""
    story = Story().at(3).comes(1)
    assert story.status(ScaledUpSoon(), until=12.9) == "undecided"
    assert story.status(ScaledUpSoon(), until=13) == "broken"


def test_a_task_that_waits_from_the_very_start_is_undecided_too() -> None:
    """0 s is a time like any other."""
    assert Story().comes(1).status(ScaledUpSoon(), until=9) == "undecided"
    assert Story().comes(1).status(WokenUpSoon(), until=9) == "undecided"


def test_a_pool_at_its_maximum_need_not_grow() -> None:
    """Pods that are leaving do not count, so then it must."""
    story = Story(max=1).has("a").comes(1, PLAN_AND_APPLY).runs(1).comes(2)
    assert story.status(ScaledUpSoon(), until=600) == "holds"
    assert [at for at, _ in story.at(20).deletes("a").broken(ScaledUpSoon(), until=600)] == [30.0]


def test_a_task_that_can_go_needs_no_pod() -> None:
    """That it is not sent is L01's business."""
    assert Story().has("a").comes(1).status(ScaledUpSoon(), until=600) == "holds"


def test_each_request_starts_the_time_anew() -> None:
    """Two pods are needed: one is asked for at 5 s, the next by 15 s."""
    story = Story().comes(1, PLAN_AND_APPLY).comes(2, PLAN_AND_APPLY).at(5).asks_for("a")
    assert [at for at, _ in story.broken(ScaledUpSoon(), until=60)] == [15.0]
    assert story.at(15).asks_for("b").broken(ScaledUpSoon(), until=60) == []


@pytest.mark.parametrize(("startup", "broken_at"), [(300.0, [315.0]), (60.0, [75.0])])
def test_a_pod_that_nobody_hears_of_is_on_its_way_for_a_while(startup: float, broken_at: list[float]) -> None:
    """It was asked for at 5 s and never becomes ready."""
    story = Story().comes(1).at(5).asks_for("a").pod("a", "create_called", "created", "running")
    assert [at for at, _ in story.broken(ScaledUpSoon(startup=startup), until=1000)] == broken_at


def test_a_pool_whose_pods_are_on_their_way_is_undecided() -> None:
    """If they never come, more must be asked for."""
    story = Story().comes(1).at(5).asks_for("a")
    assert story.status(ScaledUpSoon(), until=60) == "undecided"
    assert story.at(20).has("a").status(ScaledUpSoon(), until=60) == "holds"


def test_a_warm_pod_is_on_its_way_from_the_start() -> None:
    """Nobody asked for it, and its agent never connects."""
    assert [at for at, _ in Story().runs_pods("a").comes(1).broken(ScaledUpSoon(), until=1000)] == [310.0]


def test_a_pod_that_was_ready_once_is_not_on_its_way_any_more() -> None:
    """Its agent dropped at 20 s."""
    story = Story().has("a").comes(1).at(20).disconnects("a")
    assert [at for at, _ in story.broken(ScaledUpSoon(), until=100)] == [30.0]


def test_a_pod_whose_creation_was_refused_is_not_on_its_way() -> None:
    """Nor does it count as one of the pool's."""
    story = Story(max=1).comes(1).at(5).asks_for("a").at(6).is_refused("a", "quota")
    assert [at for at, _ in story.broken(ScaledUpSoon(), until=100)] == [16.0]


def test_while_the_control_plane_is_down_the_time_does_not_run() -> None:
    """It is back at 60 s; a pod that it had asked for, and that was not called, is not there."""
    story = Story().comes(1).at(5).asks_for("a").at(6).control_goes_down().at(60).control_comes_up()
    assert [at for at, _ in story.broken(ScaledUpSoon(), until=1000)] == [70.0]


def test_after_a_restart_every_pod_is_on_its_way_again() -> None:
    """Its agent has to connect to the new process, and may take `startup` for it."""
    story = Story().has("a").at(400).comes(1).control_goes_down().disconnects("a")
    story.at(410).control_comes_up()
    assert [at for at, _ in story.broken(ScaledUpSoon(), until=2000)] == [720.0]
    assert story.at(430).connects("a").status(ScaledUpSoon(), until=2000) == "holds"


NEEDS = {
    Sharing.ALONE: {(3, 0): 1, (4, 0): 2, (0, 2): 2, (3, 2): 3},
    Sharing.ONE_A_POD: {(3, 0): 1, (4, 0): 2, (0, 2): 2, (4, 2): 2, (5, 2): 3},
    Sharing.SLOT_ZERO: {(3, 0): 1, (4, 0): 2, (0, 2): 2, (4, 2): 2, (5, 2): 3},
    Sharing.ANY: {(3, 0): 1, (4, 0): 2, (0, 3): 1, (2, 2): 2},
    Sharing.UNDECLARED: {(3, 0): 1, (4, 0): 2, (0, 3): 1, (2, 2): 2},
}
"""How many pods of three slots so many plans and plan_and_applies need by each rule."""


@pytest.mark.parametrize(
    ("sharing", "plans", "applies", "needed"),
    [(rule, *tasks, needed) for rule, cases in NEEDS.items() for tasks, needed in cases.items()],
)
def test_the_pods_needed_are_those_that_the_tasks_would_fill(
    sharing: Sharing, plans: int, applies: int, needed: int
) -> None:
    """One fewer on its way is too few, and so many are enough."""
    story = Story(sharing=sharing)
    for task in range(plans + applies):
        story.comes(task + 1, PLAN if task < plans else PLAN_AND_APPLY)
    story.at(5).asks_for(*"abcdefgh"[: needed - 1])
    broken = story.broken(ScaledUpSoon(), until=60)
    assert len(broken) == 1
    assert f": {needed} more pod{'s' * (needed > 1)} needed, {needed - 1} on the way" in broken[0][1]
    assert story.asks_for("z").broken(ScaledUpSoon(), until=60) == []


def test_an_apply_whose_own_slot_is_ready_needs_no_pod() -> None:
    """All that it needs is kept for it."""
    story = Story(sharing=Sharing.ONE_A_POD).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1)
    assert story.confirms(1).status(ScaledUpSoon(), until=300) == "holds"
    assert story.comes(2, PLAN_AND_APPLY).status(ScaledUpSoon(), until=300) == "broken"


def test_a_blocked_task_needs_no_pod() -> None:
    """It waits for its workspace."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").runs(1).comes(2, PLAN_AND_APPLY, "w")
    assert story.status(ScaledUpSoon(), until=600) == "holds"


def test_pools_are_looked_at_by_themselves() -> None:
    """A pod of another pool helps nobody."""
    story = Story(pools=("pool", "other")).comes(1)
    story.pool = "other"
    story.asks_for("z").has("z")
    assert "pool pool has no" in story.broken(ScaledUpSoon(), until=60)[0][1]


# L03: woken up soon


@pytest.mark.parametrize(
    ("asked_at", "cycles", "broken_at"), [(13.0, 2, []), (13.001, 2, [13.0]), (13.0, 1, [8.0]), (18.0, 3, [])]
)
def test_an_empty_pool_wakes_up_in_time(asked_at: float, cycles: int, broken_at: list[float]) -> None:
    """A task comes at 3 s; a pod that was asked for is one of the pool's."""
    story = Story().at(3).comes(1).at(asked_at).asks_for("a")
    assert [at for at, _ in story.broken(WokenUpSoon(cycles=cycles), until=60)] == broken_at


def test_a_pool_that_sleeps_on_is_named_once() -> None:
    """With what is expected of it."""
    text = "pool pool was empty with a runnable task 10 s ago, and has 0 pods for 1 task; expected 1"
    assert Story().at(3).comes(1).broken(WokenUpSoon(), until=600) == [(13.0, text)]


@pytest.mark.parametrize(("pods", "status"), [("a", "broken"), ("ab", "holds")])
def test_a_pool_wakes_up_to_its_minimum(pods: str, status: str) -> None:
    """Two, here."""
    story = Story(min=2).comes(1).at(5).asks_for(*pods)
    assert story.status(WokenUpSoon(), until=60) == status


def test_a_pool_that_is_not_empty_is_awake() -> None:
    """Even below its minimum, which is no business of L03; a leaving pod is none."""
    story = Story(min=2).has("a").comes(1)
    assert story.status(WokenUpSoon(), until=60) == "holds"
    assert [at for at, _ in story.at(5).deletes("a").broken(WokenUpSoon(), until=60)] == [15.0]


def test_a_pool_without_work_may_sleep() -> None:
    """Nobody waits, or who waited is cancelled in time."""
    assert Story(min=1).status(WokenUpSoon(), until=600) == "holds"
    assert Story().comes(1).at(9).cancels(1).status(WokenUpSoon(), until=600) == "holds"


def test_a_confirmed_apply_wakes_a_pool_up() -> None:
    """Its pod is gone."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).at(70).pod("a", "gone").frees(1)
    assert story.status(WokenUpSoon(), until=600) == "holds"
    assert [at for at, _ in story.at(90).confirms(1).broken(WokenUpSoon(), until=600)] == [100.0]


def test_a_pool_that_fell_asleep_just_now_is_undecided() -> None:
    """The run ends before the bound does."""
    assert Story().at(3).comes(1).status(WokenUpSoon(), until=12) == "undecided"


def test_nobody_wakes_a_pool_up_while_the_control_plane_is_down() -> None:
    """The time begins when it is back."""
    story = Story().control_goes_down().comes(1).at(60).control_comes_up()
    assert [at for at, _ in story.broken(WokenUpSoon(), until=600)] == [70.0]


# L08: no flapping


@pytest.mark.parametrize(
    ("deleted_at", "within", "count"),
    [(305.0, 300.0, 0), (304.999, 300.0, 1), (65.0, 60.0, 0), (64.0, 60.0, 1)],
)
def test_a_pod_that_ran_nothing_is_kept_for_a_while(deleted_at: float, within: float, count: int) -> None:
    """It was asked for at 5 s; exactly at the bound it may go."""
    story = Story().at(5).asks_for("a").at(deleted_at).deletes("a")
    assert [at for at, _ in story.broken(NoFlapping(within=within))] == [deleted_at] * count


def test_a_pod_that_is_deleted_unused_is_named_with_its_age() -> None:
    """Fix 3: up at 5 s, down at 15 s."""
    story = Story().at(5).asks_for("a").at(15).deletes("a")
    text = "pod a is deleted 10 s after its request and has never run a task"
    assert story.broken(NoFlapping()) == [(15.0, text)]


def test_a_pod_that_ran_something_may_go() -> None:
    """However young it is."""
    story = Story().asks_for("a").at(5).has("a").comes(1).runs(1).at(65).ends(1).at(70).deletes("a")
    assert story.status(NoFlapping()) == "holds"


def test_a_warm_pod_may_go() -> None:
    """Nobody asked for it."""
    assert Story().has("a").at(5).deletes("a").status(NoFlapping()) == "holds"


@pytest.mark.parametrize(("cancelled_at", "status"), [(4.9, "broken"), (5.0, "holds"), (9.0, "holds")])
def test_a_pod_that_nobody_needs_any_more_may_go(cancelled_at: float, status: str) -> None:
    """A waiting task of its pool was cancelled since it was asked for."""
    story = Story().comes(1).comes(2).at(cancelled_at)
    if cancelled_at < 5:
        story.cancels(1).at(5).asks_for("a")
    else:
        story.at(5).asks_for("a").at(cancelled_at).cancels(1)
    assert story.at(15).deletes("a").status(NoFlapping()) == status


def test_that_a_running_task_is_cancelled_excuses_nothing() -> None:
    """It had its pod."""
    story = Story().has("a").comes(1).runs(1).at(5).asks_for("b").at(9).cancels(1).at(15).deletes("b")
    assert story.status(NoFlapping()) == "broken"


def turns(*times: float) -> Story:
    """A pool of warm pods that grows at the first time, shrinks at the second, and so on."""
    story = Story().has(*"stuvwxyz")
    for index, (at, pod) in enumerate(zip(times, "stuvwxyz", strict=False)):
        if index % 2:
            story.at(at).deletes(pod)
        else:
            story.at(at).asks_for(f"new-{pod}")
    return story


@pytest.mark.parametrize(
    ("reversals", "window", "broken_at"),
    [
        (2, 300.0, [310.0]),
        (3, 300.0, []),
        (1, 300.0, [110.0, 310.0]),
        (2, 290.0, []),
        (2, 290.1, [310.0]),
    ],
)
def test_directions_may_change_a_few_times_in_a_window(
    reversals: int, window: float, broken_at: list[float]
) -> None:
    """Up at 0 s, down at 20 s, up at 110 s, down at 310 s."""
    story = turns(0, 20, 110, 310)
    found = story.broken(NoFlapping(reversals=reversals, window=window))
    assert [at for at, text in found if "changed direction" in text] == broken_at


def test_changes_that_are_a_window_apart_do_not_count_together() -> None:
    """The first is exactly 300 s old at the third."""
    assert turns(0, 20, 110, 320).status(NoFlapping(), until=1000) == "holds"
    text = "pool pool changed direction 3 times in 299 s, now down"
    assert turns(0, 20, 110, 319).broken(NoFlapping()) == [(319.0, text)]


def test_many_pods_in_one_direction_change_it_once() -> None:
    """A jump is no flapping."""
    story = Story().has("a", "b", "c").asks_for("d", "e", "f").at(400).deletes("a").deletes("b").deletes("c")
    assert story.status(NoFlapping(reversals=1), until=1000) == "holds"


def test_a_window_of_no_time_holds_no_change() -> None:
    """It is a value that a file may give."""
    assert turns(0, 20, 30, 40).status(NoFlapping(within=0, window=0, reversals=0)) == "holds"


def test_a_pod_that_was_not_used_yet_is_undecided() -> None:
    """Until it has been there long enough, or has run something."""
    story = Story().at(5).asks_for("a")
    assert story.status(NoFlapping(), until=304) == "undecided"
    assert story.status(NoFlapping(), until=305) == "holds"
    assert story.has("a").comes(1).runs(1).status(NoFlapping(), until=60) == "holds"
