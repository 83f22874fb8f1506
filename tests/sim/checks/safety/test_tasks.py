"""S22 and S24: cancelled tasks stop, and no task is lost."""

import pytest

from policies.decisions import TaskMoved
from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome, TaskState
from sim.checks.safety.tasks import CancelledTasksStop, NothingIsLost
from tests.sim.checks.story import Story

# S22: cancelled tasks stop


def test_a_task_that_is_cancelled_before_it_is_sent_needs_no_time() -> None:
    """There is nothing to stop."""
    story = Story().has("a").comes(1).at(3).cancels(1)
    assert story.status(CancelledTasksStop(), until=3) == "holds"


@pytest.mark.parametrize(
    ("stops_at", "within", "broken_at"),
    [(40.0, 30.0, []), (40.001, 30.0, [40.0]), (40.0, 29.0, [39.0]), (45.0, 40.0, [])],
)
def test_a_cancelled_task_ends_in_time(stops_at: float, within: float, broken_at: list[float]) -> None:
    """Exactly at the bound is in time."""
    story = Story().has("a").comes(1).runs(1).at(10).cancels(1)
    story.at(stops_at).stops(1, outcome=Outcome.ABORTED)
    assert [at for at, _ in story.broken(CancelledTasksStop(within=within))] == broken_at


def test_a_task_that_goes_on_is_named_once_with_where_it_runs() -> None:
    """And when it was cancelled."""
    story = Story().has("a").comes(1).runs(1).at(10).cancels(1)
    text = "task 1 was cancelled at 10 s and its plan still runs on a"
    assert story.broken(CancelledTasksStop(), until=300) == [(40.0, text)]


def test_a_task_that_was_cancelled_lately_is_undecided() -> None:
    """The run ends before the bound does."""
    story = Story().has("a").comes(1).runs(1).at(10).cancels(1)
    assert story.status(CancelledTasksStop(), until=39.9) == "undecided"
    assert story.status(CancelledTasksStop(), until=40) == "broken"


def test_all_executions_of_a_cancelled_task_end() -> None:
    """Not just one of two."""
    story = Story().has("a", "b").comes(1).runs(1).starts(1, "b", attempt=2).at(10).cancels(1)
    story.at(12).stops(1, outcome=Outcome.ABORTED)
    text = "task 1 was cancelled at 10 s and its plan still runs on b"
    assert story.broken(CancelledTasksStop(), until=300) == [(40.0, text)]


def test_a_cancelled_task_that_starts_again_is_named_once() -> None:
    """Both executions have until 40 s."""
    story = Story().has("a", "b").comes(1).runs(1).at(10).cancels(1).at(20).starts(1, "b", attempt=2)
    assert [at for at, _ in story.broken(CancelledTasksStop(), until=300)] == [40.0]


def test_a_cancelled_task_that_has_ended_leaves_nothing_open() -> None:
    """At once, and not when its bound is over."""
    story = Story().has("a").comes(1).runs(1).at(10).cancels(1).at(12).stops(1, outcome=Outcome.ABORTED)
    assert story.status(CancelledTasksStop(), until=12) == "holds"


def test_a_message_that_arrives_after_the_cancellation_starts_what_must_end() -> None:
    """Within the same bound; later than that, it may not start at all."""
    early = Story().has("a").comes(1).books(1).sends(1).at(10).cancels(1).at(20).starts(1)
    assert [at for at, _ in early.broken(CancelledTasksStop(), until=300)] == [40.0]
    late = Story().has("a").comes(1).books(1).sends(1).at(10).cancels(1).at(50).starts(1)
    assert [at for at, _ in late.broken(CancelledTasksStop(), until=300)] == [50.0]


def test_a_cancelled_task_is_not_sent() -> None:
    """Whoever sends it, and whatever the row says."""
    story = Story().has("a").comes(1).at(10).cancels(1).at(15).pushes(1)
    text = "task 1 is sent to a, but was cancelled at 10 s"
    assert story.broken(CancelledTasksStop()) == [(15.0, text)]


def test_its_slot_is_not_used_before_it_has_ended() -> None:
    """The table says that the slot is idle; the agent is not done."""
    story = Story().has("a").comes(1).comes(2).runs(1).at(10).cancels(1).frees(1).at(12).books(2)
    text = "slot 0 of a is booked while cancelled task 1 runs in it"
    assert (12.0, text) in story.broken(CancelledTasksStop())


@pytest.mark.parametrize(("slot", "stopped"), [(1, False), (0, True)])
def test_another_slot_or_the_same_one_afterwards_is_used_rightly(slot: int, stopped: bool) -> None:
    """The task ends at 11 s, and a slot is booked at 12 s."""
    story = Story().has("a").comes(1).comes(2).runs(1).at(10).cancels(1).frees(1)
    if stopped:
        story.at(11).stops(1, outcome=Outcome.ABORTED)
    assert story.at(12).books(2, slot=slot).broken(CancelledTasksStop()) == []


# S24: nothing is lost


def test_a_task_has_a_row_that_says_what_it_does() -> None:
    """From its submission to its end."""
    story = Story().has("a").comes(1).at(5).runs(1).at(60).ends(1)
    assert story.status(NothingIsLost(), until=300) == "holds"


@pytest.mark.parametrize(
    ("heard_at", "grace", "broken_at"),
    [(30.0, 30.0, []), (30.001, 30.0, [30.0]), (30.0, 20.0, [20.0]), (40.0, 50.0, [])],
)
def test_a_task_has_a_row_in_time(heard_at: float, grace: float, broken_at: list[float]) -> None:
    """Observations take a while; `grace` says how long."""
    story = Story().truly_comes(1).at(heard_at).gets_a_row(1)
    assert [at for at, _ in story.broken(NothingIsLost(grace=grace), until=300)] == broken_at


def test_a_task_that_never_gets_a_row_is_named_once() -> None:
    """With when it came."""
    text = "task 1 was submitted at 105 s and has no row 30 s later"
    assert Story().at(105).truly_comes(1).broken(NothingIsLost(), until=300) == [(135.0, text)]


def test_a_task_that_came_just_now_may_still_get_its_row() -> None:
    """The run is too short to say so."""
    story = Story().at(5).truly_comes(1)
    assert story.status(NothingIsLost(), until=34.9) == "undecided"
    assert story.status(NothingIsLost(), until=35) == "broken"


def test_nobody_makes_rows_while_the_control_plane_is_down() -> None:
    """The time begins anew when it is back."""
    story = Story().control_goes_down().at(5).truly_comes(1).at(100).control_comes_up()
    assert story.status(NothingIsLost(), until=129) == "undecided"
    assert story.status(NothingIsLost(), until=170) == "broken"
    assert story.at(120).gets_a_row(1).status(NothingIsLost(), until=170) == "holds"


def test_a_row_of_a_task_that_nobody_created_is_named() -> None:
    """Rows do not come from nowhere."""
    assert Story().at(3).gets_a_row(1).broken(NothingIsLost()) == [
        (3.0, "task 1 has a row, but nobody created it")
    ]


def test_a_row_moves_from_the_state_that_it_is_in() -> None:
    """Two writers, and one has not seen what the other wrote."""
    story = Story().has("a").comes(1).at(3).cancels(1).at(4)
    story.add(TaskMoved(4.0, 1, TaskState.PENDING, TaskState.PLANNING, TaskEvent.SENT))
    text = "task 1 becomes planning from pending, but was cancelled"
    assert story.broken(NothingIsLost()) == [(4.0, text)]


def test_a_move_of_a_row_that_is_not_there_is_named() -> None:
    """It was never made."""
    story = Story().truly_comes(1)
    story.add(TaskMoved(4.0, 1, TaskState.PENDING, TaskState.CANCELLED, TaskEvent.CANCELLED))
    assert story.broken(NothingIsLost()) == [(4.0, "task 1 becomes cancelled without having a row")]


def test_a_task_may_not_start_while_its_row_says_otherwise() -> None:
    """Its send was taken back, and the message arrived all the same."""
    story = Story().has("a").comes(1).books(1).sends(1).at(3).row(1, TaskEvent.ROLLED_BACK).frees(1)
    assert story.at(6).starts(1).broken(NothingIsLost()) == [
        (6.0, "task 1 starts on a, but its row is pending")
    ]


def test_a_task_that_is_unknown_may_not_start() -> None:
    """There is no row at all."""
    assert (6.0, "task 1 starts on a, but its row is none") in (
        Story().has("a").at(6).truly_comes(1).starts(1).broken(NothingIsLost())
    )


def test_a_cancelled_task_may_still_start() -> None:
    """Its message was on its way, which is S22's business."""
    story = Story().has("a").comes(1).books(1).sends(1).at(3).cancels(1).at(4).starts(1)
    assert story.status(NothingIsLost(), until=300) == "holds"


@pytest.mark.parametrize(
    ("stops_at", "grace", "broken_at"), [(90.0, 30.0, []), (90.001, 30.0, [90.0]), (75.0, 10.0, [70.0])]
)
def test_an_execution_ends_soon_after_its_row_was_ended(
    stops_at: float, grace: float, broken_at: list[float]
) -> None:
    """The phase took too long, and its agent is told to stop."""
    story = Story().has("a").comes(1).runs(1).at(60).row(1, TaskEvent.FAILED).at(stops_at).stops(1)
    assert [at for at, _ in story.broken(NothingIsLost(grace=grace))] == broken_at


def test_an_execution_that_goes_on_is_named_with_its_row() -> None:
    """And where it runs."""
    story = Story().has("a").comes(1).runs(1).at(60).row(1, TaskEvent.REQUEUED)
    text = "the plan of task 1 runs on a, but its row has been pending for 30 s"
    assert story.broken(NothingIsLost(), until=300) == [(90.0, text)]


def test_a_row_that_says_running_again_speaks_for_the_execution() -> None:
    """The task was sent again while its first execution went on, which is S07's business."""
    story = Story().has("a").comes(1).runs(1).at(60).row(1, TaskEvent.REQUEUED).at(80).sends(1)
    assert story.status(NothingIsLost(), until=300) == "holds"


def test_an_execution_that_has_ended_leaves_nothing_open() -> None:
    """At once, and not when its grace is over."""
    story = Story().has("a").comes(1).runs(1).at(60).row(1, TaskEvent.FAILED).at(62).stops(1)
    assert story.status(NothingIsLost(), until=62) == "holds"


def test_an_execution_whose_row_was_ended_lately_is_undecided() -> None:
    """The run ends before the bound does."""
    story = Story().has("a").comes(1).runs(1).at(60).row(1, TaskEvent.FAILED)
    assert story.status(NothingIsLost(), until=89.9) == "undecided"
    assert story.status(NothingIsLost(), until=90) == "broken"
