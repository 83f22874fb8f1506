"""A timeline shows what the record holds, and says what it leaves out."""

from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from lab.plots import timeline
from lab.plots.marks import refusal_marks
from lab.plots.refusals import refusals_of
from tests.lab.plots.pictures import (
    FAULTS,
    MANY,
    NEVER_STARTS,
    NO_TASKS,
    TWO_POOLS,
    bars,
    collisions,
    heading,
    interrupted,
    labels,
    marks,
    run_of,
    shipped,
    words,
)

REFUSED = "refused, agent: agent_not_registered_yet"


def test_in_609_connected_agents_and_300_s_of_refusals_are_seen() -> None:
    """Incident 609: both agents are connected at 14 s, and both tasks are refused every 10 s until 310 s."""
    figure = timeline(shipped("609", "seed-before"))
    assert marks(figure, "C&C connected") == [9.0, 14.0]
    assert marks(figure, REFUSED) == sorted([10.0 * each for each in range(1, 31)] * 2)
    assert bars(figure, "task waits to be sent") == [(0.0, 310.0), (0.0, 310.0)]
    assert f"{REFUSED} (60)" in labels(figure)


def test_in_609_the_fix_sends_the_tasks_at_10_s_and_20_s() -> None:
    """Incident 609, after: nothing else than a recent heartbeat is asked for."""
    figure = timeline(shipped("609", "seed-after"))
    assert marks(figure, "task sent")[:2] == [10.0, 20.0]
    assert bars(figure, "task waits to be sent") == [(0.0, 10.0), (0.0, 20.0)]
    assert "sent after 20 s, refused 2×" in words(figure)


def test_the_four_facts_of_an_agent_have_signs_of_their_own() -> None:
    """Row, connection, pod manager and pod phase are never merged."""
    figure = timeline(shipped("609-registered-after-200s", "seed-before"))
    assert marks(figure, "pod Running") == [6.0, 11.0]
    assert marks(figure, "row registered") == [8.0, 13.0]
    assert marks(figure, "C&C connected") == [9.0, 14.0]
    assert marks(figure, "known to pod manager") == [209.0, 214.0]
    assert {"pod Running", "row registered", "C&C connected", "known to pod manager (AgentID)"} <= labels(
        figure
    )


def test_a_fact_that_never_held_is_said_to_be_so() -> None:
    """Incident 609: the pod manager never knows the two agents."""
    assert words(timeline(shipped("609", "seed-before"))).count("never") == 2


def test_slots_tell_plan_apply_and_reserved_apart_and_name_the_task() -> None:
    """Each slot interval is drawn by what was executed in it, with the id of its task."""
    figure = timeline(shipped("609", "seed-after"))
    assert bars(figure, "slot running: plan") == [(10.0, 70.0), (20.0, 80.0)]
    assert bars(figure, "slot reserved") == [(70.0, 100.0), (80.0, 110.0)]
    assert bars(figure, "slot running: apply") == [(100.0, 110.0), (110.0, 120.0)]
    assert words(figure).count("608") == 3


def test_slot_intervals_without_room_for_an_id_are_counted() -> None:
    """A text that would not fit is left out, and the second line says how often."""
    _, second = heading(timeline(shipped("609", "seed-before")))
    assert "2 slot intervals are too narrow for the id of their task" in second


def test_faults_are_seen() -> None:
    """A heartbeat gap, a lost connection, a killed pod and a restart have signs of their own."""
    figure = timeline(run_of(FAULTS))
    run = run_of(FAULTS)
    beats = run.agents[(run.agents["fact"] == "heartbeats") & (run.agents["pod"] == "default-1")]
    assert (beats["until"].iloc[0], beats["since"].iloc[1]) in bars(figure, "no heartbeats")
    assert 150.0 in marks(figure, "C&C disconnected")
    assert marks(figure, "pod killed") == [100.0]
    assert bars(figure, "control plane down") == [(300.0, 330.0)] * 2


def test_a_pod_that_ended_did_not_disconnect() -> None:
    """The end of a pod is not shown as the loss of a connection."""
    figure = timeline(run_of(FAULTS))
    assert 100.0 not in marks(figure, "C&C disconnected")


def test_the_second_line_names_scenario_policy_rules_and_seed() -> None:
    """Whoever finds the picture can make it again."""
    title, second = heading(timeline(shipped("609", "seed-before")))
    assert title.startswith("Timeline: waiting tasks")
    assert "scenario 609 (Agents online, nothing dispatched)" in second
    assert "policy seed-before (Q7, P4, D3, C8)" in second
    assert "seed 1" in second


def test_time_has_its_unit_and_what_is_cut_off_is_named() -> None:
    """Nothing happens in the last minutes of 609, and they are not shown."""
    figure = timeline(shipped("609", "seed-before"))
    assert "time since the start of the run (s)" in words(figure)
    assert "nothing changes from 410 s to the end at 15 min" in heading(figure)[1]


@pytest.mark.slow
def test_what_a_big_run_leaves_out_is_said() -> None:
    """Never silently: how many of how many, which, and how long the others waited at most."""
    _, second = heading(timeline(run_of(MANY)))
    assert "40 of 50 tasks: those that waited longest; the others waited at most" in second
    assert "20 of 45 pods: those that the tasks shown were sent to, then the first created" in second


def test_how_much_is_shown_is_the_callers_choice() -> None:
    """Limits are parameters; what is left out is named."""
    figure = timeline(run_of(TWO_POOLS), tasks_max=2, pods_max=1)
    assert "2 of 3 tasks" in heading(figure)[1]


def test_what_is_shown_as_a_whole_has_no_note() -> None:
    """Two tasks, two pods, all of their slots."""
    assert " of " not in heading(timeline(shipped("609", "seed-after")))[1]


def test_the_tasks_that_waited_longest_are_those_shown() -> None:
    """In submission order, and with the pods that they were sent to."""
    run = shipped("609", "seed-after")
    figure = timeline(run, tasks_max=1, pods_max=1)
    assert "609 plan_and_apply b" in words(figure)
    assert "608 plan_and_apply a" not in words(figure)
    assert "default-2" in words(figure)


def test_a_part_of_a_run_can_be_shown() -> None:
    """`between` cuts bars at its borders, shows who waited in it, and says so."""
    figure = timeline(shipped("609", "seed-before"), between=(100.0, 200.0))
    assert figure.axes[0].get_xlim() == (100.0, 200.0)
    assert bars(figure, "task waits to be sent") == [(100.0, 200.0)] * 2
    assert len(marks(figure, REFUSED)) == 22
    assert "only from 100 s to 200 s" in heading(figure)[1]


@pytest.mark.parametrize("between", [(200.0, 100.0), (-1.0, 5.0), (0.0, float("inf"))])
def test_a_part_that_is_none_is_refused(between: tuple[float, float]) -> None:
    """The message says what was given and what was expected."""
    with pytest.raises(ValueError, match="expected 0 <= from < until"):
        timeline(shipped("609", "seed-before"), between=between)


def test_a_task_that_never_starts_waits_to_the_end() -> None:
    """Its bar reaches the end, and the text beside it says that it was never sent."""
    figure = timeline(run_of(NEVER_STARTS))
    assert bars(figure, "task waits to be sent") == [(3.0, 600.0)]
    assert any(text.startswith("never sent, refused") for text in words(figure))


def test_a_run_without_tasks_is_a_picture_of_its_pods() -> None:
    """There is nothing to wait for, which is said."""
    figure = timeline(run_of(NO_TASKS))
    assert "no task" in words(figure)
    assert "default-1" in words(figure)


def test_a_run_that_was_interrupted_is_named_as_such() -> None:
    """What follows its end is unknown."""
    _, second = heading(timeline(interrupted(shipped("609", "seed-before"), 100.0)))
    assert "interrupted at 100 s: what follows is unknown" in second


def test_every_refusal_is_a_tick() -> None:
    """The signs on the lanes are as many as the record's refusals."""
    run = shipped("609", "seed-before")
    figure = timeline(run)
    assert len(marks(figure, "refused")) == len(refusals_of(run)) == int(run.tasks["refusals"].sum())


def test_a_reason_has_the_same_sign_in_every_picture() -> None:
    """Two pictures are laid side by side: signs go by the kind of reason, not by how frequent it is."""
    before = refusal_marks({"agent_not_registered_yet": 60, "no_pods": 2})
    after = refusal_marks({"never_heard_from": 1, "no_pods": 2})
    assert before["no_pods"].marker == after["no_pods"].marker
    assert before["agent_not_registered_yet"].marker == after["never_heard_from"].marker


def test_reasons_that_share_a_sign_are_counted() -> None:
    """The label names the most frequent one and counts the others."""
    found = refusal_marks({"no_free_slot": 7, "slot_zero_taken": 2, "task_running_on_pod": 1})
    assert {mark.label for mark in found.values()} == {"refused, slots: no_free_slot (7), 2 other (3)"}


PICTURES: dict[str, Callable[[], Figure]] = {
    "609 before": lambda: timeline(shipped("609", "seed-before")),
    "609 after": lambda: timeline(shipped("609", "seed-after")),
    "609 late": lambda: timeline(shipped("609-registered-after-200s", "seed-before")),
    "cold start": lambda: timeline(shipped("cold-start", "seed-after")),
    "flapping": lambda: timeline(shipped("cold-start", "seed-before")),
    "a day": lambda: timeline(shipped("daily-with-bursts", "seed-after")),
    "an hour of a day": lambda: timeline(shipped("daily-with-bursts", "seed-after"), between=(34e3, 37e3)),
    "no tasks": lambda: timeline(run_of(NO_TASKS)),
    "faults": lambda: timeline(run_of(FAULTS)),
    "many": lambda: timeline(run_of(MANY)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_overlaps_another_or_the_edge(name: str) -> None:
    """Whatever the run, all that is written can be read."""
    assert collisions(PICTURES[name]()) == []
