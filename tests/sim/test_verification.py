"""Doubt in the simulated world: lost messages are found by asking, and nothing runs twice for it."""

import pytest

from policies.actions import AskAgent
from policies.decisions import RolledBack
from policies.observations import AgentReported, PhaseEnded
from sim.record.run import Run
from sim.record.truth import ExecStarted
from tests.sim.builders import HEAD, PLAN, WARM, column, dispatches, logged, run

OURS = "policy: windtunnel\n"

APPLY = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 20 s, apply: 10 s}]\n"
"""Confirmed at once."""

TROUBLE = (
    HEAD.replace("10 min", "4 h")
    + OURS
    + """\
pool: {min: 2, max: 4, slots: 3, initial: 3}
agent: {deduplicates: false}
control_plane:
  observation_delay: {exponential: {mean: 500 ms}}
  decision_latency: {uniform: [0 s, 1 s]}
  actuation_latency: {uniform: [0 s, 3 s]}
  reorders: REORDERS
work: {init: 10 s, plan: {uniform: [1 s, 3 min]}, apply: {uniform: [1 s, 2 min]}, confirmed_after: 20 s}
workload:
  - bursts: {at: [0 s], size: 90, within: 90 min}
    workspaces: 10
    kinds: {plan: 0.5, plan_and_apply: 0.5}
    changes: 1.0
faults:
  - {fault: dispatch_lost, probability: 0.2}
  - {fault: dispatch_delayed, by: 25 s, probability: 0.2}
  - {fault: connection_lost, pod: all, every: {exponential: {mean: 4 min}}, for: {uniform: [1 s, 1 min]}}
  - {fault: control_plane_restart, at: 30 min, for: 10 s}
"""
)


def faults(*faults: str) -> str:
    """These faults."""
    return "faults: [" + ", ".join(f"{{fault: {fault}}}" for fault in faults) + "]\n"


def lost_to_doubt(record: Run) -> list[tuple[float, int, int]]:
    """When which attempt of which task was found to be lost."""
    return [
        (back.at, back.task, back.attempt)
        for back in logged(record, RolledBack)
        if back.reason == "dispatch_lost"
    ]


def test_a_lost_plan_is_sent_again_when_its_agent_was_asked() -> None:
    """Asked at 30 s, sent again 5 s later."""
    record = run(WARM + OURS + faults("dispatch_lost, attempt: 1") + PLAN)
    assert lost_to_doubt(record) == [(30.0, 1, 1)]
    assert column(record, "tasks", "attempts", "started_at", "ended_at") == [(2, 35.0, 95.0)]


def test_a_lost_apply_is_sent_again_when_its_agent_was_asked() -> None:
    record = run(WARM + OURS + faults("dispatch_lost, attempt: 2") + APPLY)
    assert lost_to_doubt(record) == [(50.0, 1, 2)]
    assert column(record, "tasks", "apply_started_at", "ended_at") == [(55.0, 65.0)]


def test_an_agent_says_what_it_runs() -> None:
    record = run(WARM + OURS + PLAN)
    [reported] = logged(record, AgentReported)
    assert (reported.at, reported.asked_at) == (30.0, 30.0)
    assert [(each.task, str(each.phase), each.attempt) for each in reported.running] == [(1, "plan", 1)]
    assert lost_to_doubt(record) == []


def test_an_answer_says_when_it_was_asked_for() -> None:
    """The question takes 2 s to the agent, and the answer 3 s back."""
    slow = "control_plane: {observation_delay: 3 s, actuation_latency: 2 s}\n"
    record = run(WARM + OURS + slow + PLAN)
    assert [ask.at for ask in logged(record, AskAgent)] == [33.0]
    assert [(each.at, each.asked_at) for each in logged(record, AgentReported)] == [(38.0, 33.0)]


def test_a_dispatch_that_arrives_before_the_question_is_no_lost_one() -> None:
    record = run(WARM + OURS + faults("dispatch_delayed, by: 29 s") + PLAN)
    assert lost_to_doubt(record) == []
    assert column(record, "tasks", "attempts", "started_at") == [(1, 29.0)]


def test_a_dispatch_that_arrives_after_the_question_is_executed_twice() -> None:
    """The price of asking: nobody can tell a message that is late from one that is lost."""
    record = run(WARM + OURS + faults("dispatch_delayed, by: 31 s, attempt: 1") + PLAN)
    assert [(each.at, each.attempt) for each in logged(record, ExecStarted)] == [(31.0, 1), (35.0, 2)]


def test_an_agent_that_is_not_connected_is_asked_when_it_is_back() -> None:
    cut = "connection_lost, pod: 1, at: 20 s, for: 30 s"
    record = run(WARM + OURS + faults("dispatch_lost, attempt: 1", cut) + PLAN)
    assert lost_to_doubt(record) == [(50.0, 1, 1)]


def test_what_ended_while_its_agent_was_cut_off_is_not_sent_again() -> None:
    cut = "connection_lost, pod: 1, at: 20 s, for: 2 min"
    record = run(WARM + OURS + faults(cut) + PLAN)
    assert column(record, "tasks", "state", "attempts") == [("success", 1)]


def test_a_plan_that_was_cut_short_by_a_crash_of_its_agent_is_run_again() -> None:
    record = run(WARM + OURS + faults("agent_crash, pod: 1, at: 40 s, for: 10 s") + PLAN)
    assert column(record, "phases", "outcome") == ["aborted", "done"]
    assert column(record, "tasks", "state") == ["success"]


def test_questions_are_in_the_table_of_decisions() -> None:
    record = run(WARM + OURS + PLAN)
    rows = column(record, "decisions", "decision", "at", "rule", "task", "pod")
    assert [row for row in rows if row[0] == "doubted"] == [("doubted", 30.0, "D5", 1, "default-1")]


@pytest.mark.parametrize("seed", range(10))
def test_an_answer_does_not_overtake_the_ends_that_came_before_it(seed: int) -> None:
    """Even on a channel that reorders: what has ended does not run, and would be taken for lost."""
    slow = "control_plane: {observation_delay: {uniform: [0 s, 40 s]}, reorders: true}\n"
    two = (
        "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan, plan: 65 s},\n"
        "  {id: 2, at: 20 s, workspace: b, kind: plan, plan: 90 s}]\n"
    )
    record = run(WARM + OURS + slow + two, seed=seed)
    assert len(logged(record, PhaseEnded)) == len(record.phases) == 2


@pytest.mark.slow
@pytest.mark.parametrize("reorders", ["false", "true"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_runs_twice_and_nothing_is_lost_whatever_happens_to_messages(
    seed: int, reorders: str
) -> None:
    """Messages that carry tasks are lost, or late by less than `verify_after`; all other delays are short."""
    record = run(TROUBLE.replace("REORDERS", reorders), seed=seed)
    begun = [(each.task, each.phase) for each in logged(record, ExecStarted)]
    assert len(set(begun)) == len(begun)
    found = {(task, attempt) for _, task, attempt in lost_to_doubt(record)}
    assert not found & {(each.task, each.attempt) for each in logged(record, ExecStarted)}
    assert len(found) > 5
    assert "lost" in {what for *_, what in dispatches(record)}
    over = {"success", "applied"}
    assert set(column(record, "tasks", "state")) == over
