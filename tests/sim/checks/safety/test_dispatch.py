"""S05 to S08: to whom a task may be sent, how often it may start, and in which order."""

import pytest

from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome, Phase
from sim.checks.safety.dispatch import (
    OnePlanAndApplyAWorkspace,
    OnlyOnRunningPods,
    SentToAConnectedAgent,
    StartsOnce,
)
from tests.sim.checks.story import PLAN_AND_APPLY, Story

# S05: sent to a connected agent


def test_a_task_may_be_sent_the_moment_its_agent_connects() -> None:
    """Whether the pod manager knows the agent or not."""
    story = Story().at(9).has("a").comes(1).books(1).sends(1)
    assert story.status(SentToAConnectedAgent()) == "holds"


@pytest.mark.parametrize("facts", [(), ("registered",), ("registered", "known_to_pod_manager")])
def test_no_other_fact_replaces_the_connection(facts: tuple[str, ...]) -> None:
    """Neither a row nor `pod.AgentID` is enough."""
    story = Story().runs_pods("a").agent("a", "process_up", *facts).comes(1).at(12).books(1).sends(1)
    text = "task 1 is sent to the agent of a, which is not connected"
    assert story.broken(SentToAConnectedAgent()) == [(12.0, text)]


def test_an_agent_that_dropped_is_not_connected_until_it_dials_again() -> None:
    """Before, between and after."""
    story = Story().has("a").comes(1).at(20).disconnects("a").at(21).books(1).sends(1)
    assert [at for at, _ in story.broken(SentToAConnectedAgent())] == [21.0]
    later = Story().has("a").comes(1).at(20).disconnects("a").at(22).connects("a").books(1).sends(1)
    assert later.status(SentToAConnectedAgent()) == "holds"


def test_nobody_is_connected_on_a_pod_that_is_not_there() -> None:
    """It is gone, or was never heard of."""
    story = Story().has("a").comes(1).at(5).pod("a", "gone").at(6).books(1).sends(1)
    assert [at for at, _ in story.broken(SentToAConnectedAgent())] == [6.0]


def test_a_booking_is_not_a_send() -> None:
    """S05 is about messages."""
    assert Story().runs_pods("a").comes(1).books(1).status(SentToAConnectedAgent()) == "holds"


# S06: only on running pods


def test_a_running_pod_may_be_booked_before_its_agent_connects() -> None:
    """That the agent is there is S05's business."""
    assert Story().runs_pods("a").comes(1).books(1).sends(1).status(OnlyOnRunningPods()) == "holds"


@pytest.mark.parametrize(
    ("happened", "state"),
    [
        ((), "requested"),
        (("create_called",), "being created"),
        (("create_called", "created"), "pending"),
        (("create_called", "created", "running", "terminating"), "terminating"),
        (("create_called", "created", "running", "gone"), "gone"),
    ],
)
def test_any_other_phase_is_named(happened: tuple[str, ...], state: str) -> None:
    """For the booking and for the message."""
    story = Story().asks_for("a").comes(1).pod("a", *happened).at(7).books(1, slot=2).sends(1)
    assert story.broken(OnlyOnRunningPods()) == [
        (7.0, f"task 1 is booked on a, which is {state}"),
        (7.0, f"task 1 is sent to a, which is {state}"),
    ]


def test_a_pod_is_not_used_from_the_moment_its_deletion_is_asked_for() -> None:
    """Long before the cluster ends it."""
    story = Story().has("a").comes(1).at(3).deletes("a").books(1)
    assert story.broken(OnlyOnRunningPods()) == [
        (3.0, "task 1 is booked on a, whose deletion was asked for at 3 s")
    ]


def test_a_reserved_slot_of_a_leaving_pod_is_not_used_either() -> None:
    """An apply is a new use."""
    story = (
        Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1).pod("a", "terminating")
    )
    assert [at for at, _ in story.at(70).activates(1).broken(OnlyOnRunningPods())] == [70.0]


def test_giving_up_a_slot_of_a_pod_that_is_gone_is_no_use_of_it() -> None:
    """The table is tidied up afterwards."""
    story = Story().has("a").comes(1).runs(1).at(5).pod("a", "gone").at(6).frees(1)
    assert story.status(OnlyOnRunningPods()) == "holds"


def test_a_restart_that_restores_what_runs_on_a_leaving_pod_books_nothing() -> None:
    """The row says that the task runs there already."""
    story = Story().has("a").comes(1).runs(1).at(5).pod("a", "terminating").control_goes_down()
    assert story.at(6).control_comes_up().books(1).status(OnlyOnRunningPods()) == "holds"


def test_a_deletion_that_died_with_the_control_plane_does_not_count() -> None:
    """It was decided and never reached the cluster, and the next process knows nothing of it."""
    story = Story().has("a").comes(1).at(5).deletes("a").at(6).control_goes_down().at(7).control_comes_up()
    assert story.at(9).connects("a").books(1).sends(1).status(OnlyOnRunningPods()) == "holds"


# S07: no phase runs twice


def test_a_plan_and_its_apply_start_once_each() -> None:
    """They are two phases of one task."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).confirms(1).applies(1)
    assert story.status(StartsOnce()) == "holds"


@pytest.mark.parametrize(("pod", "where"), [("a", "on the same pod"), ("b", "on a")])
def test_two_executions_of_one_phase_never_overlap(pod: str, where: str) -> None:
    """A message arrived twice, or a task was sent again while it ran."""
    story = Story().has("a", "b").comes(1).runs(1).at(4).starts(1, pod, attempt=2)
    text = f"the plan of task 1 starts on {pod} while it has been running {where} since 0 s"
    assert story.broken(StartsOnce()) == [(4.0, text)]


@pytest.mark.parametrize(
    ("phase", "outcome", "status"),
    [
        (Phase.PLAN, Outcome.ABORTED, "holds"),
        (Phase.PLAN, Outcome.DONE, "broken"),
        (Phase.PLAN, Outcome.CHANGES, "broken"),
        (Phase.PLAN, Outcome.FAILED, "broken"),
        (Phase.APPLY, Outcome.ABORTED, "broken"),
    ],
)
def test_only_an_aborted_plan_may_start_again(phase: Phase, outcome: Outcome, status: str) -> None:
    """An aborted apply may be half done."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).starts(1, phase=phase)
    story.at(20).stops(1, outcome=outcome, phase=phase).at(30).starts(1, phase=phase, attempt=2)
    assert story.status(StartsOnce()) == status


def test_one_abortion_allows_one_start() -> None:
    """The third start is one too many, and says which it is."""
    story = Story().has("a").comes(1).starts(1).at(10).stops(1, outcome=Outcome.ABORTED)
    story.at(20).starts(1, attempt=2).at(30).stops(1, attempt=2).at(40).starts(1, attempt=3)
    assert story.broken(StartsOnce()) == [(40.0, "the plan of task 1 starts again on a, 3 times in all")]


# S08: one plan_and_apply a workspace


def test_plan_and_applies_of_a_workspace_go_one_after_the_other() -> None:
    """The second is sent when the first is over, and plans do not count."""
    story = Story(max=5).has("a", "b").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w")
    story.comes(3, workspace="w").runs(3, "b").runs(1).at(60).ends(1).runs(2)
    assert story.status(OnePlanAndApplyAWorkspace()) == "holds"


def test_workspaces_do_not_wait_for_each_other() -> None:
    """One runs in each."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY).comes(2, PLAN_AND_APPLY).runs(1).runs(2, "b")
    assert story.status(OnePlanAndApplyAWorkspace()) == "holds"


def test_a_plan_and_apply_is_not_sent_before_a_lower_id() -> None:
    """Nothing has to run: the order of the ids is enough."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w").at(5).sends(2)
    text = "task 2 is sent while task 1 of workspace w is pending"
    assert story.broken(OnePlanAndApplyAWorkspace()) == [(5.0, text)]


def test_a_plan_and_apply_between_plan_and_apply_is_not_over() -> None:
    """It waits for its confirmation and holds the lock."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w")
    story.runs(1).at(60).plans(1).at(61).sends(2, "b")
    text = "task 2 is sent while task 1 of workspace w is apply_pending"
    assert story.broken(OnePlanAndApplyAWorkspace()) == [(61.0, text)]


def test_two_plan_and_applies_may_not_run_in_truth_either() -> None:
    """The row of the first says failed, but its agent goes on."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w")
    story.runs(1).at(60).row(1, TaskEvent.FAILED).frees(1).at(70).runs(2, "b")
    text = "task 2 starts on b while task 1 of workspace w runs"
    assert story.broken(OnePlanAndApplyAWorkspace()) == [(70.0, text)]


def test_the_end_of_one_of_two_executions_is_not_the_end_of_the_task() -> None:
    """Task 1 runs twice, which is S07's business; one of the two goes on."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w")
    story.runs(1).starts(1, "b", attempt=2).at(60).ends(1).at(70).runs(2)
    assert [at for at, _ in story.broken(OnePlanAndApplyAWorkspace())] == [70.0]


def test_ids_that_come_late_are_not_blamed_on_who_was_sent_before() -> None:
    """Task 1 was heard of after task 2 had gone."""
    story = Story().has("a").comes(2, PLAN_AND_APPLY, "w").runs(2).at(5).comes(1, PLAN_AND_APPLY, "w")
    assert story.status(OnePlanAndApplyAWorkspace()) == "holds"
