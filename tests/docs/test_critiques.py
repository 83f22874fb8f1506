"""The critique is true: what it calls a flaw is one still. Whoever mends one takes it off the page.

Each test shows one point of docs/critiques.md on a scenario as small as possible.
"""

from pathlib import Path
from typing import Final

import pytest

from lab import judge, run
from lab.rules import find_rule
from policies.actions import SendTask
from policies.observations import TaskSubmitted
from sim.record import Run
from sim.scenario import json_schema, parse_scenario
from sim.simulate import simulate

HEAD: Final = "title: A flaw\nstory: As the critique has it.\n"


def fly(text: str, folder: Path = Path()) -> Run:
    """The run of a scenario that is written down here."""
    return simulate(parse_scenario(HEAD + text, name="flaw.yaml", folder=folder, find_rule=find_rule))


def sent_at(flown: Run) -> list[float]:
    """When tasks were sent (s), in the order of sending."""
    return [entry.at for entry in flown.log if isinstance(entry, SendTask)]


def test_a_policy_that_differs_from_a_preset_is_judged_by_nothing() -> None:
    """Nor is a world that was changed."""
    assert judge(run("609", policy="seed-before,placement=P5")) == ()
    assert judge(run("609", settings=["agent.known_to_pod_manager_after=40 s"])) == ()


def test_create_calls_of_two_pools_wait_for_each_other() -> None:
    """Two pools need one pod each, and the second is created 10 s after the first."""
    flown = fly(
        """
horizon: 5 min
pools: {x: {min: 1, max: 1}, y: {min: 1, max: 1}}
pod: {create_call: 10 s}
tasks:
  - {id: 1, at: 0 s, workspace: a, pool: x, kind: plan}
  - {id: 2, at: 0 s, workspace: b, pool: y, kind: plan}
"""
    )
    assert list(flown.pods.requested_at) == [5.0, 5.0]
    assert list(flown.pods.created_at) == [15.0, 25.0]


def test_warm_pods_ignore_delays_and_starting_faults() -> None:
    """An agent that connects late, and never at that, is connected at 0 s."""
    flown = fly(
        """
horizon: 1 min
pool: {min: 1, max: 1, initial: 1}
agent: {connects_after: 1 h, known_to_pod_manager_after: never}
tasks: [{id: 1, at: 0 s, workspace: a, kind: plan}]
faults: [{fault: never_connects, pod: 1}]
"""
    )
    assert list(flown.pods.connected_at) == list(flown.pods.known_to_pod_manager_at) == [0.0]


LOST: Final = """
horizon: 3 h
pool: {{min: 0, max: 1, initial: 1}}
tasks: [{{id: 1, at: 5 s, workspace: a, kind: plan{cancelled}}}]
faults: [{{fault: dispatch_lost, task: 1, attempt: 1}}]
"""


def test_a_lost_dispatch_is_found_after_an_hour() -> None:
    """Nobody asks the agent, which is connected and idle all the time."""
    flown = fly(LOST.format(cancelled=""))
    assert list(flown.tasks.ended_at) == [3605.0]
    assert list(flown.tasks.state) == ["failed"]


def test_a_cancelled_task_whose_dispatch_was_lost_keeps_its_slot_for_an_hour() -> None:
    """And the pod, which a pool with min 0 does not need."""
    flown = fly(LOST.format(cancelled=", cancelled_at: 1 min"))
    assert list(flown.slots.until) == [3605.0]
    assert list(flown.pods.delete_requested_at) == [3605.0]


def test_a_pod_whose_agent_is_dead_is_not_replaced() -> None:
    """The pool is full of it for a day, and the task is never sent."""
    flown = fly(
        """
horizon: 1 d
pool: {min: 1, max: 1, initial: 1}
tasks: [{id: 1, at: 10 min, workspace: a, kind: plan}]
faults: [{fault: agent_crash, pod: 1, at: 1 min, for: never}]
"""
    )
    assert len(flown.pods) == 1
    assert sent_at(flown) == []


def test_what_is_sent_without_a_booking_is_deleted_with_its_pod() -> None:
    """P0 books nothing, so a busy pod looks idle."""
    flown = fly(
        """
horizon: 20 min
policy: {preset: seed-before, placement: P0}
pool: {min: 0, max: 1, initial: 1}
tasks: [{id: 1, at: 1 s, workspace: a, kind: plan}]
"""
    )
    assert list(flown.phases.outcome) == ["aborted"]
    assert list(flown.pods.delete_reason) == ["utilisation_low"]


def test_a_freed_slot_wakes_no_other_workspace() -> None:
    """It is free at 12 s, and the next task is sent at its retry, 21 s."""
    flown = fly(
        """
horizon: 5 min
pool: {min: 1, max: 1, initial: 1, slots: 1}
tasks:
  - {id: 1, at: 0 s, workspace: a, kind: plan, plan: 12 s}
  - {id: 2, at: 1 s, workspace: b, kind: plan}
"""
    )
    assert sent_at(flown) == [0.0, 21.0]


def test_after_a_restart_that_forgets_a_running_task_has_no_deadline() -> None:
    """Its dispatch was lost before the restart: it would have failed after an hour, and now never does."""
    flown = fly(
        """
horizon: 1 d
pool: {min: 1, max: 1, initial: 1}
tasks: [{id: 1, at: 5 s, workspace: a, kind: plan}]
faults:
  - {fault: dispatch_lost, task: 1, attempt: 1}
  - {fault: control_plane_restart, at: 1 min, for: 1 s}
"""
    )
    assert list(flown.tasks.state) == ["planning"]


def test_ids_of_a_closed_population_come_after_all_others() -> None:
    """In a mixed scenario ids do not follow the order of submission."""
    flown = fly(
        """
horizon: 20 min
pool: {min: 1, max: 1, initial: 1}
workload:
  - {bursts: {at: [0 s, 10 min], size: 1}, workspaces: [a]}
  - {closed: {customers: 1, think: 1 min}, workspaces: [b]}
"""
    )
    ids = [entry.task for entry in flown.log if isinstance(entry, TaskSubmitted)]
    assert ids[:2] == [1, 3]
    assert ids != sorted(ids)


def test_ids_that_are_written_down_need_not_ascend() -> None:
    """Task 5 comes ten seconds before task 1, and nobody minds."""
    flown = fly(
        """
horizon: 1 min
pool: {min: 1, max: 1, initial: 1}
tasks:
  - {id: 5, at: 0 s, workspace: a, kind: plan}
  - {id: 1, at: 10 s, workspace: a, kind: plan}
"""
    )
    assert [entry.task for entry in flown.log if isinstance(entry, TaskSubmitted)] == [5, 1]


def test_random_sources_neither_fail_nor_cancel() -> None:
    """There is no key for it."""
    keys = set(json_schema()["$defs"]["SourceBlock"]["properties"])
    assert not keys & {"fails", "failures", "cancelled_after", "cancelled_at"}


def test_the_manifest_does_not_tell_two_versions_of_a_rule_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its class and parameters are the same, and the record is not."""
    monkeypatch.chdir(tmp_path)
    runs = []
    for since in ("0", "100"):
        Path("rule.py").write_text(
            "from policies import Placement\n"
            "class Late(Placement):\n"
            "    def place(self, task, pool):\n"
            "        pods = pool.pods_with_idle_slot()\n"
            f"        free = (p.slots[0] for p in pods if p.is_idle and p.connected and pool.now > {since})\n"
            "        return next(free, None)\n"
        )
        runs.append(run("609", policy="rule.py:Late"))
    assert runs[0].manifest() == runs[1].manifest()
    assert sent_at(runs[0]) != sent_at(runs[1])
