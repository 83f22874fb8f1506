"""L01, L04 and L05: what can be sent is sent soon, and an agent that is there is used."""

import pytest

from policies.decisions import Reason
from policies.lifecycles import TaskEvent
from policies.vocabulary import Outcome, TaskKind
from sim.checks import Sharing
from sim.checks.liveness.dispatching import AppliedSoon, SentSoon, UsableSoon
from tests.sim.checks.story import DRIFT, PLAN, PLAN_AND_APPLY, Story

# L01: sent soon


@pytest.mark.parametrize(
    ("sent_at", "within", "broken_at"),
    [(15.0, 10.0, []), (15.001, 10.0, [15.0]), (12.0, 6.0, [11.0]), (15.001, 20.0, [])],
)
def test_a_task_is_sent_in_time(sent_at: float, within: float, broken_at: list[float]) -> None:
    """Task 1 comes at 5 s to a pod that is ready; exactly at the bound is in time."""
    story = Story().has("a").at(5).comes(1).at(sent_at).runs(1)
    assert [at for at, _ in story.broken(SentSoon(within=within), until=60)] == broken_at


def test_a_task_that_is_not_sent_is_named_once_with_the_pod() -> None:
    """However long it goes on."""
    story = Story().has("a").at(5).comes(1)
    text = "task 1 (plan) is not sent, with an eligible slot on a for 10 s"
    assert story.broken(SentSoon(), until=600) == [(15.0, text)]


def test_of_many_pods_one_is_named() -> None:
    """And the number of the others; the kind of the task is in the sentence."""
    story = Story().has("b", "a", "c").comes(7, PLAN_AND_APPLY)
    text = "task 7 (plan_and_apply) is not sent, with an eligible slot on a and 2 more for 10 s"
    assert story.broken(SentSoon(), until=60) == [(10.0, text)]


def test_each_task_has_its_own_time() -> None:
    """Those that wait are told of in the order in which they came."""
    story = Story().has("a").comes(1).at(3).comes(2).at(4).comes(3).at(12).runs(2)
    broken = story.broken(SentSoon(), until=60)
    assert [(at, text.split()[1]) for at, text in broken] == [(10.0, "1"), (14.0, "3")]


def test_the_time_runs_while_there_is_a_slot_and_begins_anew_when_there_is_one_again() -> None:
    """The only agent drops at 8 s and is back at 20 s."""
    story = Story().has("a").comes(1).at(8).disconnects("a").at(20).connects("a")
    assert [at for at, _ in story.broken(SentSoon(), until=60)] == [30.0]


def test_it_need_not_be_the_same_slot_all_the_time() -> None:
    """One pod is ready until 8 s, and another from 6 s on."""
    story = Story().has("a").comes(1).at(6).has("b").at(8).disconnects("a")
    assert [at for at, _ in story.broken(SentSoon(), until=60)] == [10.0]


def test_a_task_without_time_left_to_break_it_is_undecided() -> None:
    """The run ends before the bound does."""
    story = Story().has("a").at(5).comes(1)
    assert story.status(SentSoon(), until=14.9) == "undecided"
    assert story.status(SentSoon(), until=15) == "broken"


def test_a_task_without_an_eligible_slot_may_wait_for_ever() -> None:
    """That there should be one is L02's business."""
    assert Story().runs_pods("a").comes(1).status(SentSoon(), until=600) == "holds"


@pytest.mark.parametrize(
    "missing", ["running", "connected", "heartbeats_began", "not terminating", "not to be deleted"]
)
def test_a_pod_that_lacks_anything_has_no_eligible_slot(missing: str) -> None:
    """Running, staying, connected and beating: all four are needed."""
    story = Story().pod("a", "created").comes(1)
    if missing != "running":
        story.pod("a", "running")
    story.agent("a", *(fact for fact in ("connected", "heartbeats_began") if fact != missing))
    if missing == "not terminating":
        story.pod("a", "terminating")
    if missing == "not to be deleted":
        story.deletes("a")
    assert story.status(SentSoon(), until=60) == "holds"


def test_what_the_pod_manager_knows_makes_no_slot_ineligible() -> None:
    """Incident 609: both agents are connected, and the policy asks for more."""
    story = Story().at(9).has("a").comes(608).at(19).refused(608, Reason.AGENT_NOT_REGISTERED_YET)
    assert [at for at, _ in story.broken(SentSoon(), until=60)] == [19.0]


@pytest.mark.parametrize(("limit", "sent_at", "broken_at"), [(120.0, 140.0, []), (130.0, 140.0, [139.9])])
def test_an_agent_that_was_heard_from_within_the_limit_is_there(
    limit: float, sent_at: float, broken_at: list[float]
) -> None:
    """Its last beat is that of 10 s, and the task comes at 129.9 s, when it is 119.9 s old."""
    story = Story(heartbeat_limit_s=limit).has("a").at(15).agent("a", "heartbeats_ended")
    story.at(129.9).comes(1).at(sent_at).runs(1)
    assert [at for at, _ in story.broken(SentSoon(), until=300)] == pytest.approx(broken_at)


@pytest.mark.parametrize(
    ("ended_at", "within", "status"),
    [(20.5, 10.0, "broken"), (20.5, 10.001, "holds"), (20.0, 10.0, "holds"), (20.0, 0.0, "broken")],
)
def test_a_beat_that_is_exactly_as_old_as_the_limit_still_counts(
    ended_at: float, within: float, status: str
) -> None:
    """Beats come at 0, 10, 20 s and so on, but not at the moment at which they end; the task at 130 s."""
    story = Story().has("a").at(ended_at).agent("a", "heartbeats_ended").at(130.0).comes(1)
    assert story.status(SentSoon(within=within), until=300) == status


PLACES = {
    Sharing.ALONE: {(None, PLAN): 1, (None, PLAN_AND_APPLY): 1, (PLAN, PLAN): 1},
    Sharing.ONE_A_POD: {
        (None, PLAN): 1,
        (None, PLAN_AND_APPLY): 1,
        (PLAN, PLAN): 1,
        (PLAN, PLAN_AND_APPLY): 1,
        (PLAN_AND_APPLY, PLAN): 1,
    },
    Sharing.SLOT_ZERO: {
        (None, PLAN): 1,
        (None, PLAN_AND_APPLY): 1,
        (PLAN, PLAN): 1,
        (PLAN_AND_APPLY, PLAN): 1,
    },
    Sharing.ANY: {
        (held, wants): 1 for held in (None, PLAN, PLAN_AND_APPLY) for wants in (PLAN, PLAN_AND_APPLY)
    },
    Sharing.UNDECLARED: {(None, PLAN): 1, (None, PLAN_AND_APPLY): 1},
}
"""Beside what in slot 0 (None: nothing) there is room for what."""


@pytest.mark.parametrize("sharing", Sharing)
@pytest.mark.parametrize("held", [None, PLAN, PLAN_AND_APPLY])
@pytest.mark.parametrize("wants", [PLAN, PLAN_AND_APPLY])
def test_each_rule_says_what_there_is_room_for(
    sharing: Sharing, held: TaskKind | None, wants: TaskKind
) -> None:
    """If there is, the task must be sent."""
    story = Story(sharing=sharing).has("a")
    if held is not None:
        story.comes(1, held).runs(1)
    found = story.at(5).comes(2, wants).broken(SentSoon(), until=60)
    assert len(found) == PLACES[sharing].get((held, wants), 0)


@pytest.mark.parametrize("side", ["table", "truth"])
def test_a_slot_is_taken_if_the_table_says_so_or_if_something_runs_in_it(side: str) -> None:
    """A pod of one slot."""
    story = Story(slots=1).has("a").comes(1)
    if side == "table":
        story.books(1).sends(1)
    else:
        story.sends(1).starts(1)
    assert story.comes(2).status(SentSoon(), until=60) == "holds"


@pytest.mark.parametrize(
    ("sharing", "status"),
    [
        (Sharing.ALONE, "broken"),
        (Sharing.ONE_A_POD, "holds"),
        (Sharing.SLOT_ZERO, "holds"),
        (Sharing.ANY, "broken"),
        (Sharing.UNDECLARED, "holds"),
    ],
)
def test_beside_a_reserved_slot_there_is_room_where_the_rule_does_not_count_it(
    sharing: Sharing, status: str
) -> None:
    """606 (b): a plan_and_apply beside an apply that waits for its confirmation."""
    story = Story(sharing=sharing).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1)
    assert story.at(70).comes(2, PLAN_AND_APPLY).status(SentSoon(), until=200) == status


@pytest.mark.parametrize(
    ("sharing", "beside", "broken"),
    [
        (Sharing.ALONE, None, 1),
        (Sharing.ALONE, PLAN, 0),
        (Sharing.ONE_A_POD, PLAN, 1),
        (Sharing.ONE_A_POD, PLAN_AND_APPLY, 0),
        (Sharing.SLOT_ZERO, PLAN, 1),
        (Sharing.ANY, PLAN_AND_APPLY, 1),
        (Sharing.UNDECLARED, None, 1),
        (Sharing.UNDECLARED, PLAN, 0),
    ],
)
def test_a_confirmed_apply_takes_its_own_slot_where_the_rule_lets_it_run(
    sharing: Sharing, beside: TaskKind | None, broken: int
) -> None:
    """There is no idle slot but the one that is kept for it."""
    story = Story(sharing=sharing, slots=1 if beside is None else 2).has("a").comes(1, PLAN_AND_APPLY)
    story.runs(1).at(60).plans(1)
    if beside is not None:
        story.comes(2, beside).runs(2, slot=1)
    found = story.at(100).confirms(1).broken(SentSoon(), until=200)
    text = "task 1 (plan_and_apply) is not sent, with its own slot 0 on a ready for 10 s"
    assert found == [(110.0, text)] * broken


@pytest.mark.parametrize(("applied_at", "broken_at"), [(105.0, []), (110.0, []), (110.001, [110.0])])
def test_an_apply_takes_its_own_slot_in_time(applied_at: float, broken_at: list[float]) -> None:
    """It is confirmed at 100 s; exactly at the bound is in time."""
    story = Story(slots=1).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).at(100).confirms(1)
    assert [at for at, _ in story.at(applied_at).applies(1).broken(SentSoon())] == broken_at


def test_an_apply_with_its_own_slot_is_undecided_until_it_is_sent() -> None:
    """And leaves nothing open then."""
    story = Story(slots=1).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).at(100).confirms(1)
    assert story.status(SentSoon(), until=105) == "undecided"
    assert story.at(103).applies(1).status(SentSoon(), until=105) == "holds"


def test_an_apply_that_could_go_to_two_places_is_told_of_once() -> None:
    """Its own slot and another pod's."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1).at(100).confirms(1)
    assert [at for at, _ in story.broken(SentSoon(), until=200)] == [110.0]


def test_a_task_that_waits_again_is_told_of_again() -> None:
    """It was sent late, its send failed, and it waits as long again."""
    story = Story().has("a").comes(1).at(20).books(1).sends(1).at(21).row(1, TaskEvent.ROLLED_BACK).frees(1)
    assert [at for at, _ in story.broken(SentSoon(), until=60)] == [10.0, 31.0]


# runnable: who waits for whom in a workspace


def test_plans_wait_for_the_lock_only() -> None:
    """Not for a plan_and_apply of their workspace that plans, but for one that is planned."""
    story = Story().has("a", "b").comes(1, PLAN_AND_APPLY, "w").runs(1).at(20).comes(2, workspace="w")
    story.comes(3, DRIFT, "w").at(32).runs(3, "b", 1)
    assert [at for at, _ in story.broken(SentSoon(), until=100)] == [30.0, 30.0]
    locked = Story().has("a", "b").comes(1, PLAN_AND_APPLY, "w").runs(1).at(20).plans(1)
    assert locked.at(21).comes(2, workspace="w").status(SentSoon(), until=100) == "holds"


def test_a_plan_and_apply_waits_for_the_lower_ids_of_its_workspace() -> None:
    """From the end of the first on, its time runs."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY, "w").comes(2, PLAN_AND_APPLY, "w").runs(1)
    assert story.status(SentSoon(), until=60) == "holds"
    story.at(60).stops(1).row(1, TaskEvent.NOTHING_TO_APPLY).frees(1)
    assert [at for at, _ in story.broken(SentSoon(), until=100)] == [70.0]


def test_an_apply_waits_for_its_confirmation() -> None:
    """It may take days."""
    story = Story().has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1)
    assert story.status(SentSoon(), until=6000) == "holds"


def test_under_q1_anything_open_blocks_the_workspace() -> None:
    """One task at a time, whatever it is."""
    story = Story(one_at_a_time=True).has("a").comes(1, workspace="w").comes(2, workspace="w").runs(1)
    assert story.status(SentSoon(), until=60) == "holds"
    assert [at for at, _ in story.at(60).ends(1).broken(SentSoon(), until=100)] == [70.0]


# L04: applied soon after the confirmation


def confirmed(**terms: int) -> Story:
    """Task 1 planned on pod a, and is confirmed at 100 s."""
    story = Story(**terms).has("a").comes(1, PLAN_AND_APPLY).runs(1).at(60).plans(1)
    return story.at(100).confirms(1)


@pytest.mark.parametrize(
    ("applied_at", "within", "broken_at"),
    [(400.0, 300.0, []), (400.001, 300.0, [400.0]), (150.001, 50.0, [150.0]), (450.0, 350.0, [])],
)
def test_a_confirmed_apply_starts_in_time(applied_at: float, within: float, broken_at: list[float]) -> None:
    """Exactly at the bound is in time."""
    story = confirmed().at(applied_at).applies(1)
    assert [at for at, _ in story.broken(AppliedSoon(within=within))] == broken_at


def test_an_apply_that_does_not_start_is_named_with_its_confirmation() -> None:
    """Once."""
    text = (
        "task 1 was confirmed at 100 s and its apply has not started, with capacity for it at hand for 300 s"
    )
    assert confirmed().broken(AppliedSoon(), until=2000) == [(400.0, text)]


def test_an_apply_that_was_confirmed_lately_is_undecided() -> None:
    """The run ends before the bound does."""
    assert confirmed().status(AppliedSoon(), until=399) == "undecided"
    assert confirmed().status(AppliedSoon(), until=400) == "broken"


def test_an_apply_that_was_sent_and_never_arrived_has_not_started() -> None:
    """The message is not the start."""
    story = confirmed().activates(1).sends(1)
    assert [at for at, _ in story.broken(AppliedSoon(), until=2000)] == [400.0]


@pytest.mark.parametrize("end", [TaskEvent.CANCELLED, TaskEvent.FAILED])
def test_an_apply_that_is_over_need_not_start(end: TaskEvent) -> None:
    """Cancelled, or failed without having started."""
    story = confirmed()
    if end is TaskEvent.FAILED:
        story.activates(1).sends(1)
    assert story.at(110).row(1, end).status(AppliedSoon(), until=2000) == "holds"


def test_without_capacity_and_without_room_for_more_the_time_does_not_run() -> None:
    """The only pod that may be is busy with a plan until 500 s."""
    story = confirmed(max=1).comes(2).runs(2, slot=1)
    assert story.status(AppliedSoon(), until=1000) == "undecided"
    assert [at for at, _ in story.at(500).ends(2, slot=1).broken(AppliedSoon(), until=1000)] == [800.0]
    roomy = confirmed(max=2).comes(2).runs(2, slot=1)
    assert [at for at, _ in roomy.broken(AppliedSoon(), until=1000)] == [400.0]


def test_its_own_slot_is_capacity_and_so_is_any_other() -> None:
    """In a pool that may not grow: no slot but its own, and one but not its own."""
    assert [at for at, _ in confirmed(max=1, slots=1).broken(AppliedSoon(), until=1000)] == [400.0]
    assert [at for at, _ in confirmed(max=1).frees(1).broken(AppliedSoon(), until=1000)] == [400.0]


def test_a_slot_that_is_kept_for_another_apply_is_no_capacity() -> None:
    """In a full pool task 1's own agent is away; task 2's slot is ready, which is of no use to task 1."""
    story = confirmed(max=2, slots=1).disconnects("a").has("b").comes(2, PLAN_AND_APPLY)
    story.runs(2, "b").plans(2, "b").confirms(2)
    texts = [text for _, text in story.broken(AppliedSoon(), until=1000)]
    assert [text.partition(" was")[0] for text in texts] == ["task 2"]


def test_without_a_control_plane_the_time_does_not_run() -> None:
    """It is back at 700 s."""
    story = confirmed().at(110).control_goes_down().at(700).control_comes_up()
    assert [at for at, _ in story.broken(AppliedSoon(), until=2000)] == [1000.0]


def test_an_apply_that_was_aborted_has_started() -> None:
    """Whether it may start again is S07's business."""
    story = confirmed().applies(1).at(105).stops(1, outcome=Outcome.ABORTED)
    assert story.status(AppliedSoon(), until=2000) == "holds"


# L05: usable once connected


@pytest.mark.parametrize(
    ("refused_at", "within", "count"), [(18.999, 10.0, 0), (19.0, 10.0, 1), (12.0, 3.0, 1), (19.0, 11.0, 0)]
)
def test_a_pod_is_usable_one_retry_after_its_agent_connected(
    refused_at: float, within: float, count: int
) -> None:
    """The agent connects at 9 s; from the bound on, and at the bound itself, the pod is not refused."""
    story = Story().at(9).has("a").comes(1).at(refused_at).refused(1, Reason.AGENT_NOT_REGISTERED_YET)
    assert [at for at, _ in story.broken(UsableSoon(within=within))] == [refused_at] * count


def test_a_refusal_is_named_with_its_reason() -> None:
    """And how long the agent has been there."""
    story = Story().at(9).has("a").comes(609).at(20).refused(609, Reason.AGENT_NOT_REGISTERED_YET)
    text = (
        "pod a is refused for task 609 (agent_not_registered_yet), but its agent has been connected and "
        "beating for 11 s"
    )
    assert story.broken(UsableSoon()) == [(20.0, text)]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.AGENT_NOT_REGISTERED_YET, "broken"),
        (Reason.HEARTBEAT_STALE, "broken"),
        (Reason.NEVER_HEARD_FROM, "broken"),
        (Reason.NOT_CONNECTED, "broken"),
        (Reason.NO_FREE_SLOT, "holds"),
        (Reason.AGENT_AT_CAPACITY, "holds"),
        (Reason.PLAN_AND_APPLY_RUNNING, "holds"),
    ],
)
def test_only_what_is_thought_of_the_agent_counts(reason: Reason, status: str) -> None:
    """A pod that is full is refused rightly."""
    story = Story().has("a").comes(1).runs(1).comes(2).at(20).refused(2, reason)
    assert story.status(UsableSoon(), until=20) == status


@pytest.mark.parametrize(
    ("reason", "status"),
    [(Reason.NO_AGENT_CONNECTED, "broken"), (Reason.AGENT_NOT_KNOWN, "broken"), (Reason.LOST_RACE, "holds")],
)
def test_a_booking_that_is_undone_refuses_the_pod_too(reason: Reason, status: str) -> None:
    """Because nobody is thought to be there."""
    story = Story().has("a").comes(2).runs(2, slot=1).comes(1).at(20).books(1).released(1, reason)
    assert story.status(UsableSoon(), until=20) == status


def test_an_agent_that_dropped_begins_anew() -> None:
    """It is back at 18 s."""
    story = Story().at(2).has("a").at(17).disconnects("a").at(18).connects("a").comes(1)
    story.at(20).refused(1, Reason.NOT_CONNECTED)
    assert story.broken(UsableSoon()) == []
    assert len(story.at(28).refused(1, Reason.NOT_CONNECTED).broken(UsableSoon())) == 1


def test_a_pod_that_is_not_ready_is_refused_rightly() -> None:
    """Nobody is connected, or nobody knows the pod."""
    story = Story().runs_pods("a").comes(1).at(60).refused(1, Reason.NOT_CONNECTED)
    assert story.refused(1, Reason.NOT_CONNECTED, "b").broken(UsableSoon()) == []


def test_an_agent_that_connected_just_now_is_undecided_until_it_has_run_something() -> None:
    """The run ends before anybody could refuse it wrongly."""
    story = Story().at(9).has("a")
    assert story.status(UsableSoon(), until=18) == "undecided"
    assert story.status(UsableSoon(), until=19) == "holds"
    assert story.comes(1).runs(1).status(UsableSoon(), until=12) == "holds"
