"""What is refused in a scenario, and what its author is told."""

import pytest

from tests.scenario.texts import HEAD, POOL, SMALL, TASK, refusal

UNITS = "(units: ms, s, min, h, d)"
HINT = f"write for example '6 s', '10 min' or '1 h 30 min' {UNITS}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pod_start: 6", f"pod_start: 6 has no unit; {HINT}"),
        ("pod_start: 6 sec", f"pod_start: '6 sec' has the unknown unit 'sec'; {HINT}"),
        ("pod_start: -6 s", "pod_start: '-6 s' is negative; a duration is 0 s or more"),
        ("pod_start: never", "pod_start: 'never' is not possible here; write a duration"),
        ("pod: {image_pull: {unifrm: [1 s, 2 s]}}", "did you mean 'uniform'?"),
        ("agent: {on_sigterm: drain}", "agent.on_sigterm: unknown value 'drain'; expected"),
        ("agent: {heartbeat_every: 0 s}", "'0 s'; expected at least 1 ms"),
        ("agent: {capacity: 0}", "agent.capacity: 0; expected a whole number >= 1, or none"),
        ("agent: {registerd_after: 3 s}", "did you mean 'registers_after'?"),
        ("agent: 5", "agent is 5; expected keys with values"),
        ("seed: 1.5", "seed is 1.5; expected a whole number"),
        ("seed: -1", "seed is -1; expected a whole number >= 0"),
        ("version: true", "version is True; expected a whole number"),
        ("covers: x", "covers is 'x'; expected a list"),
        ("control_plane: {reorders: 1}", "control_plane.reorders is 1; expected true or false"),
        ("control_plane: {decision_latency: [1 s, 2 s]}", "a list gives each pod its value"),
        ("work: {changes: 2}", "work.changes is 2; expected a number <= 1"),
        ("tsaks: []", "did you mean 'tasks'?"),
        ("presets: [seed-befor]", "did you mean 'seed-before'?"),
        ("presets: [later, later]", "presets.1: later is in the list already"),
        ("pools: {a: {max: 1}}", "both pool and pools are given; expected one of them"),
        ("pod_start: 1 s\npod: {container_start: 2 s}", "pod.container_start is given too"),
    ],
)
def test_a_wrong_value_gets_its_line_the_value_and_what_was_expected(line: str, message: str) -> None:
    """One message names file, line and key, and says what to write instead."""
    said = refusal(f"{SMALL}{line}\n")
    assert said.startswith("x.yaml:6: ")
    assert message in said


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ("{min: -1, max: 5}", "x.yaml:4: pool.min is -1; expected a whole number >= 0"),
        ("{min: 7, max: 5}", "x.yaml:4: pool.min is 7; expected at most max, 5"),
        ("{initial: 7, max: 5}", "x.yaml:4: pool.initial is 7; expected at most max, 5"),
        ("{max: 0}", "x.yaml:4: pool.max is 0; expected a whole number >= 1"),
        ("{max: '5'}", "x.yaml:4: pool.max is '5'; expected a whole number"),
        ("{min: 1}", "x.yaml:4: pool.max is missing; it is required"),
    ],
)
def test_a_pool_that_can_not_be_is_refused(pool: str, message: str) -> None:
    """Bounds are whole numbers, and in order."""
    assert refusal(f"{HEAD}pool: {pool}\n{TASK}") == message


def test_all_problems_are_listed_in_the_order_of_the_file() -> None:
    """An author mends them in one go."""
    text = "title: t\nhorizon: 10\npool: {mni: 2, max: -1}\n" + TASK
    assert [line.partition(" ")[0] for line in refusal(text).splitlines()] == [
        "x.yaml:1:",
        "x.yaml:2:",
        "x.yaml:3:",
        "x.yaml:3:",
    ]


def test_a_great_many_problems_are_cut_short() -> None:
    """A file of another sort does not fill the screen."""
    lines = refusal("".join(f"key{n}: 1\n" for n in range(100))).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "x.yaml: and 83 more problems"


def test_a_scenario_without_work_is_refused() -> None:
    """There would be nothing to see."""
    assert refusal(HEAD + POOL) == "x.yaml:1: there is no work; expected tasks, workload, or both"


def test_a_scenario_without_a_pool_is_refused() -> None:
    """There would be nowhere to work."""
    assert "neither pool nor pools is given" in refusal(HEAD + TASK)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("{id: 0, at: 0 s, workspace: a, kind: plan}", "tasks.0.id is 0; expected a whole"),
        (
            "{id: 9223372036854775808, at: 0 s, workspace: a, kind: plan}",
            "tasks.0.id is 9223372036854775808; expected a whole number <= ",
        ),
        ("{id: 1, workspace: a, kind: plan}", "tasks.0.at is missing; it is required"),
        ("{id: 1, at: 0 s, workspace: 5, kind: plan}", "tasks.0.workspace is 5; expected text"),
        ("{id: 1, at: 0 s, workspace: a, kind: pln}", "did you mean 'plan'?"),
        ("{id: 1, at: 11 min, workspace: a, kind: plan}", "11 min is after the end of the run"),
        ("{id: 1, at: 0 s, workspace: a, kind: plan, pool: b}", "tasks.0.pool: unknown pool 'b'"),
        (
            "{id: 1, at: 0 s, workspace: a, kind: plan, confirmed_after: 3 s}",
            "tasks.0.confirmed_after: a plan has no apply; remove the key",
        ),
        (
            "{id: 1, at: 0 s, workspace: a, kind: plan, fails: apply}",
            "tasks.0.fails: there is no apply that could fail; expected plan",
        ),
        (
            "{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, changes: false, fails: apply}",
            "tasks.0.fails: there is no apply that could fail; expected plan",
        ),
        (
            "{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, confirmed_after: 1 s, confirmed_at: 2 s}",
            "tasks.0.confirmed_at: confirmed_after is given too; keep one of them",
        ),
        (
            "{id: 1, at: 9 s, workspace: a, kind: plan, cancelled_at: 8 s}",
            "tasks.0.cancelled_at: 8 s is before its time at, 9 s",
        ),
        (
            "{id: 1, at: 9 s, workspace: a, kind: plan, cancelled_at: 10 s, cancelled_after: 1 s}",
            "tasks.0.cancelled_after: cancelled_at is given too; keep one of them",
        ),
    ],
)
def test_a_task_that_contradicts_itself_is_refused(task: str, message: str) -> None:
    """What can have no effect is refused rather than ignored."""
    said = refusal(f"{HEAD}{POOL}tasks:\n  - {task}\n")
    assert said.startswith("x.yaml:6: ")
    assert message in said


def test_two_tasks_with_one_id_are_refused() -> None:
    """Ids say which task goes first."""
    tasks = "tasks:\n" + "  - {id: 1, at: 0 s, workspace: a, kind: plan}\n" * 2
    assert refusal(HEAD + POOL + tasks) == "x.yaml:7: tasks.1.id: 1 is the id of tasks.0 already"


def test_a_task_written_down_does_not_take_a_random_duration() -> None:
    """Its duration would be drawn before the run's seed is known."""
    text = HEAD + POOL + "work: {plan: {exponential: {mean: 3 s}}}\n" + TASK
    assert "x.yaml:6: tasks.0.plan: is missing, and work.plan is random" in refusal(text)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("fault: heartbeat_gp, pod: 1, at: 1 s", "faults.0: unknown fault 'heartbeat_gp'"),
        ("pod: 1, at: 1 s", "faults.0.fault is missing; it is required"),
        ("fault: pod_killed, pod: 0, at: 1 s", "faults.0.pod: 0; expected a pod's number"),
        ("fault: pod_killed, pod: 1, at: 1 s, every: 2 s", "expected exactly one of at and every"),
        ("fault: pod_killed, pod: 1", "faults.0: expected exactly one of at and every"),
        ("fault: pod_killed, pod: 1, every: 0 s", "expected a time between events of at least 1 ms"),
        ("fault: pod_killed, pod: 1, at: 1 s, for: 3 s", "faults.0: unknown key 'for'; expected"),
        ("fault: pod_killed, pod: 1, at: 11 min", "faults.0.at: 11 min is after the end of"),
        ("fault: pod_killed, pod: 1, pool: x, at: 1 s", "faults.0.pool: unknown pool 'x'"),
        (
            "fault: pod_killed, pod: 11, at: 14 s",
            "faults.0.pod is 11, which can not exist at 14 s: with max 5 and a cycle every 5 s, at most 10",
        ),
        (
            "fault: pod_killed, pod: 1, at: 4 s",
            "at most 0 pods can have been created; expected a time from 5 s",
        ),
        ("fault: heartbeat_loss, pod: 601, probability: 0.1", "which can not exist in this run: with max 5"),
        ("fault: heartbeat_gap, pod: 1, at: 1 s", "faults.0.for is missing; it is required"),
        ("fault: heartbeat_gap, pod: 1, at: 1 s, for: never", "'never' is not possible here"),
        ("fault: heartbeat_loss, pod: all, probability: 2", "is 2; expected a number <= 1"),
        ("fault: dispatch_lost, task: 7", "faults.0.task is 7, which no task has; expected one"),
        ("fault: dispatch_lost, phase: init", "faults.0.phase: unknown value 'init'; expected"),
        ("fault: dispatch_delayed", "faults.0.by is missing; it is required"),
    ],
)
def test_a_fault_that_can_never_happen_is_refused(fault: str, message: str) -> None:
    """Each fault has the keys that mean something for it, and hits what can exist."""
    said = refusal(f"{SMALL}faults:\n  - {{{fault}}}\n")
    assert said.startswith("x.yaml:7: ")
    assert message in said


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        ("pod: 0, scheduling: 1 s", "exceptions.0.pod is 0; expected a whole number >= 1"),
        ("pod: 1", "exceptions.0: fixes nothing; expected for example registers_at: 40 s"),
        ("pod: 1, scheduling: {uniform: [1 s, 2 s]}", "exceptions.0.scheduling: {'uniform'"),
        (
            "pod: 1, registers_at: 40 s, connects_at: 30 s",
            "exceptions.0.connects_at: 30 s is before registers_at, 40 s; swap them",
        ),
        (
            "pod: 1, registers_at: 40 s, registers_after: 3 s",
            "exceptions.0.registers_at: registers_after is fixed too; keep one of them",
        ),
    ],
)
def test_an_exception_that_contradicts_itself_is_refused(exception: str, message: str) -> None:
    """A pod's steps come in their order, and each is fixed once."""
    said = refusal(f"{SMALL}exceptions:\n  - {{{exception}}}\n")
    assert said.startswith("x.yaml:7: ")
    assert message in said


def test_two_exceptions_for_one_pod_are_refused() -> None:
    """Naming the only pool or not makes no difference."""
    text = f"{SMALL}exceptions:\n  - {{pod: 1, scheduling: 1 s}}\n"
    text += "  - {pod: 1, pool: default, image_pull: 1 s}\n"
    assert refusal(text) == "x.yaml:8: exceptions.1: pod 1 has exceptions.0 already; write one"


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("seed-befor: {sent: {task: 1, within: 1 s}}", "did you mean 'seed-before'?"),
        ("any: {sent: {task: 2, within: 1 s}}", "expect.any.sent.task is 2, which no task has"),
        ("any: {sent: {task: 1}}", "expect.any.sent.within is missing; it is required"),
        ("any: {not_sent: {task: 1, before: 1 h}}", "expect.any.not_sent.before: 1 h is after"),
        ("any: {may_break: [L08]}", "expect.any.may_break: says something only beside breaks"),
        ("any: {breaks: {L08: 1 s}, may_break: [L08]}", "L08 is said to break, too; keep one of them"),
        ("any: {}", "expect.any: expects nothing; write breaks, never, sent, not_sent,"),
        ("any: {never: [agent_not_registerd_yet]}", "did you mean 'agent_not_registered_yet'?"),
        ("any: {ended: {task: 1, state: applying, within: 1 s}}", "did you mean 'applied'?"),
        ("any: {ended: {task: 2, state: failed, within: 1 s}}", "expect.any.ended.task is 2"),
    ],
)
def test_an_expectation_that_can_not_be_checked_is_refused(expect: str, message: str) -> None:
    """A typing error there would make a run pass."""
    said = refusal(f"{SMALL}expect:\n  {expect}\n")
    assert said.startswith("x.yaml:7: ")
    assert message in said
