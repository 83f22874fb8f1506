"""Evidence: what was going on when something broke."""

import json
import math

import pytest

from lab.evidence import (
    LINES_FIRST,
    LINES_MAX,
    PODS_MAX,
    Evidence,
    Running,
    evidence_at,
    evidence_for,
    evidence_of_broken,
)
from lab.judgement import Finding, judge
from lab.text.evidence_page import task_sentence, waiting_sentence
from sim.checks import check
from sim.errors import InputError
from sim.record import Run
from tests.lab.commands import stdout_of, windtunnel
from tests.lab.scenarios import fly, one_task

UNKNOWN_AGENT = """\
title: An agent that nobody knows
story: The pod manager never learns of it.
horizon: 10 min
policy: seed-before
pool: {min: 1, max: 1}
agent: {known_to_pod_manager_after: never}
tasks:
  - {id: 1, at: 0 s, workspace: a, kind: plan}
"""

FORGOTTEN = """\
title: Work that is forgotten
story: The control plane restarts while an apply is awaited and a plan runs.
horizon: 10 min
policy: seed-before
pool: {min: 2, max: 2, initial: 2}
tasks:
  - {id: 1, at: 1 s, workspace: a, kind: plan_and_apply, plan: 5 s, confirmed_after: 5 min}
  - {id: 2, at: 8 s, workspace: b, kind: plan, plan: 5 min}
faults:
  - {fault: control_plane_restart, at: 20 s, for: 1 s}
"""

TWO_POOLS = """\
title: Two pools
story: In one of them the agent is not known.
horizon: 10 min
policy: seed-before
pools:
  good: {min: 1, max: 1, initial: 1, workspaces: [g]}
  bad: {min: 1, max: 1, workspaces: [b], agent: {known_to_pod_manager_after: never}}
tasks:
  - {id: 1, at: 14 s, workspace: g, kind: plan}
  - {id: 2, at: 0 s, workspace: b, kind: plan}
"""


def first_evidence(run: Run, code: str) -> Evidence:
    return {verdict.code: evidence for verdict, evidence in evidence_of_broken(run, check(run))}[code]


def test_a_pod_that_nobody_knows_is_seen_beside_its_connected_agent() -> None:
    """Incident 609: phase, connection and heartbeat agree, and the pod manager does not know the agent."""
    evidence = first_evidence(fly(UNKNOWN_AGENT), "L01")
    (pod,) = evidence.pods
    assert (pod.pod, pod.seen_phase, pod.phase) == ("default-1", "Running", "running")
    assert (pod.is_seen_connected, pod.is_connected, pod.heartbeat_age_s) == (True, True, 0.0)
    assert not pod.is_known_to_pod_manager
    assert [slot.held_by for slot in pod.slots] == [None, None, None]


def test_the_task_concerned_is_shown_with_its_row_and_its_truth() -> None:
    """Pending, nothing in its way, nowhere booked, and nothing runs."""
    task = first_evidence(fly(UNKNOWN_AGENT), "L01").task
    assert task is not None
    assert (task.state, task.runnable_since, task.holds, task.runs) == ("pending", 0.0, (), ())
    assert task_sentence(task) == (
        "task 1 (plan in workspace a): its row is pending, runnable since 0 s; it holds no slot; "
        "in truth nothing of it runs"
    )


def test_log_lines_lead_up_to_the_moment() -> None:
    """Those of the last ten seconds, and none from later."""
    evidence = first_evidence(fly(UNKNOWN_AGENT), "L01")
    times = [float(line.split()[0]) for line in evidence.lines]
    assert (times[0], times[-1]) == (evidence.since, 15.0 if 15.0 in times else 10.0)
    assert all(evidence.at - 10 <= time <= evidence.at for time in times)
    assert any("agent not registered yet, skipping" in line for line in evidence.lines)


def test_a_quiet_time_still_has_a_few_lines() -> None:
    """However long ago they were."""
    evidence = evidence_at(one_task(), 300.0)
    assert len(evidence.lines) == 3
    assert evidence.since < 290.0


def test_the_last_word_of_the_autoscaler_is_shown_however_old_it_is() -> None:
    """A decision that changes nothing is not logged again, and yet it holds."""
    run = fly(UNKNOWN_AGENT)
    later, early = evidence_at(run, 200.0), evidence_at(run, 10.0)
    assert "10.000 s [AutoScaler] Pool default has 1 pods, keeping" in later.autoscaler
    assert later.autoscaler not in later.lines
    assert early.autoscaler == ""
    assert any("[AutoScaler]" in line for line in early.lines)


def test_of_many_lines_the_first_and_the_last_are_kept() -> None:
    """What is left out stands in the middle, and is counted."""
    tasks = "\n".join(f"  - {{id: {n}, at: 1 s, workspace: w{n}, kind: plan}}" for n in range(1, 31))
    run = fly(UNKNOWN_AGENT.partition("tasks:")[0] + f"tasks:\n{tasks}\n")
    evidence = evidence_at(run, 1.0)
    assert len(evidence.lines) == LINES_MAX
    assert sum(evidence.left_out) == evidence.left_out[LINES_FIRST] == 30 * 3 - LINES_MAX
    assert "Task 1 submitted" in evidence.lines[0]
    assert "for task 30, retrying" in evidence.lines[-1]
    assert "for task 30" not in evidence.lines[LINES_FIRST - 1]


CROWDED = """\
title: A pod too few
story: All that is tried at 11 s hides what the autoscaler decided at 10 s.
horizon: 60 s
pool: {min: 9, max: 10, initial: 9}
pod_start: 5 min
work: {plan: 10 min}
tasks:
"""


def test_what_the_autoscaler_decided_is_kept_among_many_lines() -> None:
    """What is left out before it and after it is counted apart."""
    busy = [(n, "1 s") for n in range(1, 28)]
    late = [(n, "11 s") for n in range(28, 60)]
    tasks = [f"  - {{id: {n}, at: {at}, workspace: w{n}, kind: plan}}\n" for n, at in busy + late]
    evidence = evidence_at(fly(CROWDED + "".join(tasks)), 11.0)
    (decided,) = [index for index, line in enumerate(evidence.lines) if "[AutoScaler]" in line]
    assert "10.000 s [AutoScaler] Pool default has 10 pods" in evidence.lines[decided]
    assert decided == LINES_FIRST
    assert len(evidence.lines) == LINES_MAX
    assert [index for index, n in enumerate(evidence.left_out) if n] == [decided, decided + 1]


def test_a_want_of_pods_shows_who_waits_and_which_pods_are_on_their_way() -> None:
    """It is about no task and no pod; of many pods, those that nobody can use yet come first."""
    tasks = [f"  - {{id: {n}, at: {n} s, workspace: w{n}, kind: plan}}\n" for n in range(1, 40)]
    run = fly(CROWDED + "".join(tasks))
    evidence = evidence_at(run, 39.0)
    assert (evidence.pods[0].pod, evidence.pods[0].phase) == ("default-10", "pending")
    assert [(task.task, task.runnable_since) for task in evidence.waiting] == [
        (n, float(n)) for n in range(28, 33)
    ]
    assert evidence.waiting_left_out == 7
    assert waiting_sentence(evidence).startswith("runnable: task 28 (plan in workspace w28) since 28 s, task")
    assert waiting_sentence(evidence).endswith("since 32 s and 7 more")
    assert evidence_at(run, 39.0, task=1).waiting == ()


def test_what_the_slot_table_forgot_is_seen_to_run() -> None:
    """After a restart the table is empty, and the plan goes on."""
    run = fly(FORGOTTEN)
    before, after = evidence_at(run, 19.0, task=2), evidence_at(run, 22.0, task=2)
    assert before.task is not None
    assert after.task is not None
    ((pod, slot),) = before.task.holds
    assert after.task.holds == ()
    assert after.task.runs == (Running(task=2, phase="plan", pod=pod, since=8.0),)
    (held,) = [each for each in before.pods if each.pod == pod]
    (forgotten,) = [each for each in after.pods if each.pod == pod]
    assert (held.slots[slot].held_by, forgotten.slots[slot].held_by) == (2, None)
    assert [each.task for each in forgotten.slots[slot].runs] == [2]


def test_a_reserved_slot_is_told_from_a_running_one() -> None:
    """Held, and nothing runs in it."""
    evidence = evidence_at(fly(FORGOTTEN), 15.0, task=1)
    assert evidence.task is not None
    ((name, index),) = evidence.task.holds
    slot = next(each for each in evidence.pods if each.pod == name).slots[index]
    assert (slot.held_by, slot.is_reserved, slot.runs) == (1, True, ())


def test_of_several_pools_only_the_one_concerned_is_shown() -> None:
    """Its lines and its pods; what the other one did in these seconds is left out."""
    run = fly(TWO_POOLS)
    evidence = first_evidence(run, "L01")
    assert evidence.pool == "bad"
    assert [pod.pod for pod in evidence.pods] == ["bad-1"]
    assert not any("task 1" in line or "good-" in line for line in evidence.lines)
    assert any("Task 1 submitted" in line for line in evidence_at(run, 15.0).lines)


def test_of_many_pods_those_in_use_come_first() -> None:
    """The rest is counted."""
    run = fly(UNKNOWN_AGENT.replace("min: 1, max: 1", "min: 12, max: 12, initial: 12"))
    evidence = evidence_at(run, 5.0)
    assert evidence.pods[0].slots[0].held_by == 1
    assert (len(evidence.pods), evidence.pods_left_out) == (PODS_MAX, 12 - PODS_MAX)


@pytest.mark.parametrize(
    ("expect", "at"),
    [
        ("sent: {task: 1, within: 20 s}", 20.0),
        ("sent: {task: 1, within: 20 s, of: agent_connected}", 25.0),
        ("not_sent: {task: 1, before: 320 s}", 310.0),
        ("finished: {task: 1, within: 100 s}", 100.0),
        ("breaks: {L01: 12 s, L05: any time}", 15.0),
        ("breaks: {S03: 40 s, L01: any time, L05: any time}", 40.0),
        ("breaks: {S03: any time, L01: any time, L05: any time}", None),
        ("breaks: {L05: any time}", 15.0),
        ("never: [agent_not_registered_yet]", 10.0),
    ],
)
def test_each_kind_of_failure_has_its_moment(expect: str, at: float | None) -> None:
    """When what fails happened, or what did not happen was due; of what never was, nobody can say when."""
    run = fly(f"{UNKNOWN_AGENT}expect:\n  seed-before:\n    {expect}\n")
    verdicts = check(run)
    (failed,) = [each for each in judge(run, verdicts) if each.finding is Finding.FAILS]
    evidence = evidence_for(run, failed, verdicts)
    assert (None if evidence is None else evidence.at) == at


def test_run_shows_evidence_of_what_broke() -> None:
    """After the summary, for each invariant its first violation."""
    text = stdout_of("run", "609", "--policy", "seed-before", "--evidence")
    _, _, shown = text.partition("\nbroken L01 sent soon\n")
    assert "first broken at 19 s" in shown
    assert "known to pod manager" in shown
    assert "broken L05 usable once connected" in shown
    assert max(map(len, text.splitlines())) <= 100
    assert "broken L01 sent soon" not in stdout_of("run", "609", "--policy", "seed-before")


def test_evidence_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table of pods has no room, each pod is a sentence."""
    monkeypatch.setenv("COLUMNS", "50")
    text = stdout_of("run", "609", "--policy", "seed-before", "--evidence")
    assert max(map(len, text.splitlines())) <= 50
    assert "not known to the pod manager" in " ".join(text.split())


def test_evidence_is_in_the_json_if_it_is_asked_for() -> None:
    """One entry for each broken invariant, in the order of time."""
    asked = json.loads(stdout_of("run", "609", "--policy", "seed-before", "--evidence", "--json"))
    assert [(each["invariant"], each["at"]) for each in asked["evidence"]] == [("L01", 19.0), ("L05", 20.0)]
    assert asked["evidence"][0]["pods"][0]["is_known_to_pod_manager"] is False
    assert "evidence" not in json.loads(stdout_of("run", "609", "--policy", "seed-before", "--json"))


def test_the_log_and_evidence_are_not_both_printed() -> None:
    """The log has all of it."""
    ran = windtunnel("run", "609", "--log", "--evidence")
    assert (ran.code, ran.out) == (2, "")
    assert "--log and --evidence: the log has all of it; give one of them" in ran.err


@pytest.mark.parametrize("at", [-1.0, 600.5, math.nan])
def test_a_time_that_the_run_does_not_have_is_refused(at: float) -> None:
    """Rather than answered with the state of its end."""
    with pytest.raises(InputError, match=r"expected a time of the run, from 0 to 600 s"):
        evidence_at(one_task(), at)
