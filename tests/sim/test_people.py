"""People: they submit, confirm, cancel, and see no more than the control plane shows them."""

import pytest

from policies.observations import TaskCancelled, TaskConfirmed, TaskSubmitted
from sim.record.truth import ExecEnded
from tests.sim.builders import COLD, HEAD, WARM, column, logged, run, sends

SLOW = "control_plane: {observation_delay: 3 s}\n"


def task(*keys: str, kind: str = "plan_and_apply", number: int = 1) -> str:
    """A task of a plan of 20 s and an apply of 10 s, submitted at 5 s."""
    more = "".join(f", {key}" for key in keys)
    apply = ", apply: 10 s" if kind == "plan_and_apply" else ""
    return f"  - {{id: {number}, at: 5 s, workspace: w{number}, kind: {kind}, plan: 20 s{apply}{more}}}\n"


def lived(text: str) -> tuple[object, ...]:
    """Its end, and the beginning of its apply."""
    [row] = column(run(text), "tasks", "state", "apply_started_at", "ended_at")
    return row


# confirmation


@pytest.mark.parametrize(
    ("key", "confirmed_at"),
    [
        ("confirmed_after: 30 s", 55.0),
        ("confirmed_after: 0 s", 25.0),
        ("confirmed_at: 80 s", 80.0),
        ("confirmed_at: 10 s", 25.0),  # nobody confirms a plan that is not there yet
    ],
)
def test_an_apply_starts_when_somebody_confirms_it(key: str, confirmed_at: float) -> None:
    """The plan ends at 25 s."""
    record = run(WARM + "tasks:\n" + task(key))
    assert column(record, "tasks", "confirmed_at", "apply_started_at") == [(confirmed_at, confirmed_at)]


def test_an_apply_that_nobody_confirms_waits_for_ever() -> None:
    record = run(WARM + "tasks:\n" + task("confirmed_after: never"))
    assert logged(record, TaskConfirmed) == []
    assert column(record, "tasks", "state") == ["apply_pending"]
    assert column(record, "slots", "state", "since")[-1] == ("reserved", 25.0)


def test_a_plan_without_changes_has_nothing_to_confirm() -> None:
    record = run(WARM + "tasks:\n" + task("changes: false"))
    assert logged(record, TaskConfirmed) == []
    assert column(record, "tasks", "state", "ended_at") == [("planned_and_finished", 25.0)]


def test_a_plan_of_a_task_that_is_cancelled_is_not_confirmed() -> None:
    """The agent is cut off when it is to abort, so that its plan ends with changes at 25 s."""
    cut = "faults: [{fault: connection_lost, pod: 1, at: 10 s, for: 5 s}]\n"
    record = run(WARM + cut + "tasks:\n" + task("cancelled_at: 12 s", "confirmed_after: 5 s"))
    assert [(ended.at, ended.outcome) for ended in logged(record, ExecEnded)] == [(25.0, "changes")]
    assert logged(record, TaskConfirmed) == []


def test_a_person_sees_the_end_of_a_plan_when_the_control_plane_does() -> None:
    """Submitted at 5 s, known at 8 s, planned at 28 s, seen at 31 s, confirmed at 41 s, known at 44 s."""
    record = run(WARM + SLOW + "tasks:\n" + task("confirmed_after: 10 s"))
    columns = ("sent_at", "planned_at", "confirmed_at", "apply_started_at")
    assert column(record, "tasks", *columns) == [(8.0, 28.0, 44.0, 44.0)]


def test_the_waits_of_a_task_are_its_own() -> None:
    """It waited 3 s for a pod; its apply waited for nothing."""
    record = run(WARM + SLOW + "tasks:\n" + task("confirmed_after: 10 s"))
    assert column(record, "tasks", "wait_s", "apply_wait_s") == [(3.0, 0.0)]


@pytest.mark.parametrize(("fails", "ended_at"), [("plan", 25.0), ("apply", 35.0)])
def test_a_task_fails_in_the_phase_that_the_scenario_says(fails: str, ended_at: float) -> None:
    record = run(WARM + "tasks:\n" + task(f"fails: {fails}"))
    assert column(record, "tasks", "state", "ended_at") == [("failed", ended_at)]


# init


@pytest.mark.parametrize(
    ("killed", "apply_s"), [("", 10.0), ("faults: [{fault: pod_killed, pod: 1, at: 30 s}]\n", 64.0)]
)
def test_an_apply_pays_for_init_on_another_pod_than_its_plans(killed: str, apply_s: float) -> None:
    """Its pod is killed between plan and apply; the other one takes it."""
    pool = HEAD + "pool: {min: 2, max: 2, initial: 2}\nwork: {init: 54 s}\n"
    record = run(pool + killed + "tasks:\n" + task("confirmed_after: 1 min"))
    [(started_at, ended_at, init_s)] = column(record, "phases", "started_at", "ended_at", "init_s")[1:]
    assert (ended_at - started_at, init_s) == (apply_s, apply_s - 10.0)


# cancellation


def test_a_task_that_waits_is_cancelled_at_once() -> None:
    """Its pod is there at 65 s only."""
    record = run(COLD + "pod_start: 1 min\ntasks:\n" + task("cancelled_at: 20 s"))
    assert column(record, "tasks", "state", "ended_at") == [("cancelled", 20.0)]
    assert sends(record) == []


def test_a_task_that_runs_is_aborted_when_it_is_cancelled() -> None:
    record = run(WARM + "tasks:\n" + task("cancelled_at: 20 s"))
    assert column(record, "tasks", "state", "ended_at") == [("cancelled", 20.0)]
    assert column(record, "phases", "ended_at", "outcome") == [(20.0, "aborted")]
    ended = record.decisions.query("decision == 'task_ended'")
    assert list(zip(ended["at"], ended["task"], ended["reason"], strict=True)) == [(20.0, 1, "cancelled")]


def test_a_cancelled_task_keeps_its_slot_until_its_agent_has_let_go() -> None:
    """The control plane hears of the cancellation at 23 s, and of the end of the execution at 26 s."""
    record = run(WARM + SLOW + "tasks:\n" + task("cancelled_at: 20 s"))
    assert column(record, "slots", "until") == [26.0]


def test_a_task_between_plan_and_apply_is_cancelled_and_its_slot_is_free() -> None:
    record = run(WARM + "tasks:\n" + task("cancelled_at: 40 s", "confirmed_after: never"))
    assert column(record, "tasks", "state", "ended_at") == [("cancelled", 40.0)]
    assert column(record, "slots", "state", "until")[-1] == ("reserved", 40.0)


def test_a_task_that_is_over_can_not_be_cancelled() -> None:
    record = run(WARM + "tasks:\n" + task("cancelled_at: 40 s", kind="plan"))
    assert column(record, "tasks", "state", "ended_at") == [("success", 25.0)]


def test_somebody_gives_up_on_a_task_that_nobody_has_started() -> None:
    record = run(COLD + "pod_start: 1 min\ntasks:\n" + task("cancelled_after: 20 s"))
    assert [event.at for event in logged(record, TaskCancelled)] == [25.0]


def test_nobody_gives_up_on_a_task_that_has_started() -> None:
    record = run(WARM + "tasks:\n" + task("cancelled_after: 19 s"))
    assert logged(record, TaskCancelled) == []
    assert column(record, "tasks", "state") == ["applied"]


def test_what_is_submitted_at_the_very_end_is_part_of_the_run() -> None:
    end = "tasks: [{id: 1, at: 10 min, workspace: a, kind: plan}]\n"
    assert [event.at for event in logged(run(WARM + end), TaskSubmitted)] == [600.0]


def test_tasks_of_one_instant_are_submitted_in_the_order_written() -> None:
    record = run(WARM + "tasks:\n" + task(number=7) + task(number=2) + task(number=5))
    assert [event.task for event in logged(record, TaskSubmitted)] == [7, 2, 5]
