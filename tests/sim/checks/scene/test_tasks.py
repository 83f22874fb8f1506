"""Rows, locks and who is runnable, by what a scene makes of a log."""

from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome
from sim.checks.scene.pool import PLACES
from tests.sim.checks.story import DRIFT, PLAN_AND_APPLY, POOL, Story


def runnable(story: Story) -> dict[int, float]:
    """The runnable tasks, and since when each is."""
    rows = story.scene().rows.values()
    return {row.id: row.runnable_since for row in rows if row.runnable_since is not None}


def counts(story: Story) -> list[int]:
    """How many tasks wait for a plan_and_apply's place, and for a plan's."""
    waiting = story.scene().pools[POOL].waiting
    return [waiting[place].count for place in PLACES]


def test_plans_and_drift_checks_are_runnable_beside_a_plan_and_apply() -> None:
    """As long as nobody holds the lock."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").runs(1).at(5).comes(2, workspace="w")
    story.at(6).comes(3, DRIFT, "w")
    assert runnable(story) == {2: 5.0, 3: 6.0}
    assert counts(story) == [0, 2]


def test_the_lowest_id_of_the_plan_and_applies_is_runnable() -> None:
    """Whatever the order in which they came."""
    story = Story().comes(5, PLAN_AND_APPLY, "w").at(1).comes(3, PLAN_AND_APPLY, "w")
    assert runnable(story) == {3: 1.0}
    assert runnable(story.at(2).cancels(3)) == {5: 2.0}


def test_the_lock_is_taken_when_a_plan_ends_with_changes() -> None:
    """Nothing else of the workspace is runnable then, and its apply is once it is confirmed."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").comes(2, workspace="w").runs(1).at(60).plans(1)
    assert runnable(story) == {}
    assert runnable(story.at(70).confirms(1)) == {1: 70.0}
    assert runnable(story.at(71).applies(1)) == {}
    assert runnable(story.at(80).row(1, TaskEvent.SUCCEEDED)) == {2: 80.0}
    assert story.scene().workspaces["w"].lock is None


def test_the_lock_goes_to_the_next_that_was_planned() -> None:
    """Ids that came out of order let two tasks of a workspace plan at once."""
    story = Story().has("a", "b", "c")
    for task, pod in ((4, "a"), (9, "b"), (2, "c")):
        story.comes(task, PLAN_AND_APPLY, "w").runs(task, pod).at(story.now + 1)
    story.plans(9, "b").plans(4).plans(2, "c")
    locks = [lock.id for lock in [story.scene().workspaces["w"].lock] if lock is not None]
    for task in (9, 2):
        lock = story.cancels(task).scene().workspaces["w"].lock
        assert lock is not None
        locks.append(lock.id)
    assert locks == [9, 2, 4]


def test_a_plan_that_fails_takes_no_lock() -> None:
    """And what waits for it can go."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w").runs(1)
    story.at(60).stops(1, outcome=Outcome.FAILED)
    assert runnable(story.row(1, TaskEvent.FAILED)) == {2: 60.0}


def test_what_waits_for_a_task_that_is_over_waits_until_nobody_runs_it() -> None:
    """Two plan_and_applies of a workspace must not run at once, whatever the rows say."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w").runs(1)
    assert runnable(story.at(60).cancels(1)) == {}
    assert runnable(story.at(75).stops(1)) == {2: 75.0}


def test_a_send_that_was_taken_back_makes_a_task_runnable_anew() -> None:
    """Since then."""
    story = Story().has("a").comes(1).books(1).at(3).sends(1).at(8).row(1, TaskEvent.ROLLED_BACK)
    assert runnable(story) == {1: 8.0}


def test_under_q1_the_oldest_is_runnable_if_nothing_is_open_before_it() -> None:
    """Of any kind; a workspace that plans yields nothing, and one that is planned only its apply."""
    story = Story(one_at_a_time=True).has("a").comes(2, workspace="w").comes(1, PLAN_AND_APPLY, "w")
    assert runnable(story) == {1: 0.0}
    assert runnable(story.at(1).runs(1)) == {}
    assert runnable(story.at(60).plans(1)) == {}
    assert runnable(story.at(70).confirms(1)) == {1: 70.0}
    assert runnable(story.at(71).applies(1).at(80).row(1, TaskEvent.SUCCEEDED)) == {2: 80.0}


def test_tasks_count_once_however_often_they_are_heard_of() -> None:
    """A repeated submission changes nothing."""
    story = Story().comes(1).at(4).gets_a_row(1)
    assert (runnable(story), counts(story)) == ({1: 0.0}, [0, 1])


def test_a_task_that_was_over_and_is_open_again_is_open() -> None:
    """A log of a strange control plane."""
    story = Story().comes(1, PLAN_AND_APPLY, "w").cancels(1)
    cancelled = story.log[-1]
    story.at(3).add(type(cancelled)(3.0, 1, cancelled.after, cancelled.before, TaskEvent.REQUEUED))
    assert runnable(story) == {1: 3.0}
