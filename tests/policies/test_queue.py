"""The queue rules clause by clause: which task of a workspace may go next, and what is in the way."""

import pytest

from policies.decisions import Blocked, Reason
from policies.observations import TaskCancelled, TaskConfirmed, TaskSubmitted
from policies.observed.workspace import Workspace
from policies.rules.queue import Q1, Q7, Q8, Q9, Block, QueueRule
from policies.vocabulary import Outcome, TaskKind
from tests.policies.driver import (
    DRIFT_CHECK,
    PLAN_AND_APPLY,
    PLAN_ONLY,
    POOL,
    Driver,
    Keep,
    scene,
)

HOME = "0@a-1"
"""The workspace of the task that a scene puts on slot 0 of its first pod."""

Answer = int | tuple[Reason, int | None] | None


def workspace_of(driver: Driver, name: str = HOME) -> Workspace:
    """A workspace as queue rules see it."""
    return driver.control._books.workspaces[name]


def asked(rule: QueueRule, driver: Driver, name: str = HOME) -> Answer:
    """What the rule answers, with ids for tasks."""
    choice = rule.next_task(workspace_of(driver, name))
    if isinstance(choice, tuple):
        return blocked(choice)
    return None if choice is None else choice.id


def blocked(block: Block) -> tuple[Reason, int | None]:
    """A reason to wait, with an id for the task in the way."""
    reason, by = block
    return reason, None if by is None else by.id


def queued(*kinds: TaskKind) -> Driver:
    """Tasks of these kinds that wait in one workspace of a pool without pods, with ids from 1."""
    driver = Driver()
    for kind in kinds:
        driver.submit(HOME, kind)
    return driver


def behind(letter: str, *kinds: TaskKind) -> Driver:
    """Tasks 4, 5, ... wait in the workspace of task 1, which stands on a pod as in `driver.scene`."""
    driver = scene(f"{letter}..")
    for number, kind in enumerate(kinds, start=4):
        driver.control.observe(TaskSubmitted(0.0, number, POOL, HOME, kind))
    return driver


def confirmed(driver: Driver) -> Driver:
    """The same after somebody confirmed task 1."""
    driver.control.observe(TaskConfirmed(0.0, 1, "somebody"))
    return driver


@pytest.mark.parametrize("rule", [Q1(), Q7(), Q8(), Q9()], ids=str)
def test_a_workspace_where_nothing_waits_has_no_next_task(rule: QueueRule) -> None:
    driver = queued(PLAN_ONLY)
    driver.tell(TaskCancelled(0.0, 1))
    assert asked(rule, driver) is None


@pytest.mark.parametrize("rule", [Q1(), Q7(), Q8(), Q9()], ids=str)
@pytest.mark.parametrize("letter", ["p", "A"])
def test_a_workspace_where_something_runs_and_nothing_waits_is_not_blocked(
    rule: QueueRule, letter: str
) -> None:
    assert asked(rule, behind(letter)) is None


@pytest.mark.parametrize(
    ("kinds", "q1", "q7"),
    [
        ((PLAN_ONLY,), 1, 1),
        ((PLAN_ONLY, PLAN_ONLY), 1, 1),
        ((DRIFT_CHECK, PLAN_ONLY), 1, 2),  # oldest plan before oldest drift check
        ((DRIFT_CHECK, DRIFT_CHECK), 1, 1),
        ((PLAN_ONLY, PLAN_AND_APPLY), 1, 2),  # oldest plan_and_apply before all
        ((DRIFT_CHECK, PLAN_ONLY, PLAN_AND_APPLY, PLAN_AND_APPLY), 1, 3),
        ((PLAN_AND_APPLY, PLAN_ONLY), 1, 1),
    ],
    ids=str,
)
def test_the_order_of_what_waits(kinds: tuple[TaskKind, ...], q1: int, q7: int) -> None:
    """Q1 takes the oldest of all; Q7 to Q9 go by kind, then by age."""
    driver = queued(*kinds)
    assert [asked(rule, driver) for rule in (Q1(), Q7(), Q8(), Q9())] == [q1, q7, q7, q7]


@pytest.mark.parametrize("rule", [Q7(), Q8(), Q9()], ids=str)
@pytest.mark.parametrize("kind", [PLAN_ONLY, DRIFT_CHECK])
@pytest.mark.parametrize("letter", ["p", "A"])
def test_plans_do_not_wait_for_what_runs_in_their_workspace(
    rule: QueueRule, kind: TaskKind, letter: str
) -> None:
    driver = behind(letter, kind)
    assert asked(rule, driver) == 4


@pytest.mark.parametrize("rule", [Q7(), Q8(), Q9()], ids=str)
def test_a_plan_and_apply_waits_for_a_running_one_with_a_lower_id(rule: QueueRule) -> None:
    assert asked(rule, behind("A", PLAN_AND_APPLY)) == (Reason.BLOCKED_BY_LOWER_ID, 1)


@pytest.mark.parametrize("rule", [Q7(), Q8(), Q9()], ids=str)
def test_a_plan_and_apply_does_not_wait_for_a_running_plan(rule: QueueRule) -> None:
    assert asked(rule, behind("p", PLAN_AND_APPLY)) == 4


@pytest.mark.parametrize("rule", [Q7(), Q8(), Q9()], ids=str)
def test_a_blocked_plan_and_apply_does_not_hold_up_a_plan(rule: QueueRule) -> None:
    assert asked(rule, behind("A", PLAN_AND_APPLY, PLAN_ONLY)) == 5


@pytest.mark.parametrize("kind", TaskKind)
def test_q1_lets_nothing_go_beside_anything_that_runs(kind: TaskKind) -> None:
    for letter in "pA":
        assert asked(Q1(), behind(letter, kind)) == (Reason.SOMETHING_RUNNING, 1)


@pytest.mark.parametrize("rule", [Q1(), Q7(), Q8(), Q9()], ids=str)
@pytest.mark.parametrize("kind", TaskKind)
def test_an_unconfirmed_apply_locks_its_workspace_to_every_kind(rule: QueueRule, kind: TaskKind) -> None:
    assert asked(rule, behind("r", kind)) == (Reason.WORKSPACE_LOCKED, 1)


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        (Q7(), 1),
        (Q9(), 1),
        (Q8(), (Reason.WORKSPACE_LOCKED, 1)),
        (Q1(), (Reason.WORKSPACE_LOCKED, 1)),
    ],
    ids=str,
)
def test_only_q7_and_q9_have_the_confirmed_apply_in_their_queue(rule: QueueRule, answer: Answer) -> None:
    """Q1 and Q8 count pending tasks only: the confirmation itself drives the apply."""
    assert asked(rule, confirmed(behind("r", PLAN_ONLY))) == answer


def with_a_planned_task(rule: str = "Q7") -> Driver:
    """Task 1 of workspace `w` waits for its confirmation; the agent that planned it has room."""
    driver = Driver(overrides={"queue": rule, "autoscaler": Keep()})
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.run(10.0)
    driver.end(1, Outcome.CHANGES)
    return driver


every_rule = pytest.mark.parametrize("rule", ["Q1", "Q7", "Q8", "Q9"])


@every_rule
def test_a_confirmed_apply_is_sent_at_once(rule: str) -> None:
    driver = with_a_planned_task(rule)
    driver.tell(TaskConfirmed(20.0, 1, "somebody"))
    assert driver.sent() == [(0.0, 1), (20.0, 1)]


@every_rule
def test_an_unconfirmed_apply_is_never_sent(rule: str) -> None:
    """Neither the submission of another task nor any amount of time stands in for the person."""
    driver = with_a_planned_task(rule)
    driver.submit("w", PLAN_ONLY)
    driver.run(3600.0)
    assert driver.sent() == [(0.0, 1)]


@every_rule
def test_the_lock_goes_with_the_apply_that_owns_it(rule: str) -> None:
    driver = with_a_planned_task(rule)
    driver.submit("w", PLAN_AND_APPLY)
    driver.tell(TaskConfirmed(20.0, 1, "somebody"))
    driver.run(30.0)
    owner = workspace_of(driver, "w").lock_owner
    assert owner is not None
    assert owner.id == 1
    driver.end(1)
    assert workspace_of(driver, "w").lock_owner is None
    assert driver.sent()[-1] == (30.0, 2)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.FAILED, Outcome.ABORTED])
def test_only_a_plan_with_changes_takes_the_lock(outcome: Outcome) -> None:
    driver = scene("A..")
    driver.end(1, outcome)
    assert workspace_of(driver).lock_owner is None


def test_a_lock_owner_that_is_cancelled_lets_the_next_task_go() -> None:
    driver = with_a_planned_task()
    driver.submit("w", PLAN_AND_APPLY)
    driver.tell(TaskCancelled(20.0, 1))
    assert driver.sent()[-1] == (20.0, 2)


def test_a_lower_id_that_is_learned_of_late_goes_before_higher_ones() -> None:
    driver = Driver()
    for number in (5, 3, 4):
        driver.tell(TaskSubmitted(0.0, number, POOL, HOME, PLAN_AND_APPLY))
    assert asked(Q7(), driver) == 3


def test_two_tasks_that_planned_at_once_apply_one_after_the_other() -> None:
    """Ids may arrive out of order: the lock passes from the first owner to the other planned task."""
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.pod()
    driver.pod()
    for number in (9, 8):
        driver.tell(TaskSubmitted(0.0, number, POOL, "w", PLAN_AND_APPLY))
    for number in (9, 8):
        driver.end(number, Outcome.CHANGES)
        driver.tell(TaskConfirmed(0.0, number, "somebody"))
    assert driver.sent()[2:] == [(0.0, 9)]
    driver.run(60.0)
    driver.end(9)
    assert driver.sent()[3:] == [(60.0, 8)]


def test_the_two_definitions_of_blocked_differ() -> None:
    """Behind a running plan the queue lets a plan go, and the autoscaler does not count it."""
    driver = behind("p", PLAN_ONLY)
    assert asked(Q7(), driver) == 4
    assert driver.pool.unblocked_pending() == 0


@pytest.mark.parametrize(
    ("kinds", "unblocked"),
    [
        ((PLAN_ONLY, PLAN_ONLY, PLAN_ONLY), {PLAN_ONLY: 1}),
        ((DRIFT_CHECK, PLAN_AND_APPLY), {DRIFT_CHECK: 1}),
        ((PLAN_AND_APPLY, PLAN_ONLY), {PLAN_AND_APPLY: 1}),
    ],
    ids=str,
)
def test_a_workspace_has_one_unblocked_pending_task_and_it_is_the_oldest(
    kinds: tuple[TaskKind, ...], unblocked: dict[TaskKind, int]
) -> None:
    pool = queued(*kinds).pool
    assert {kind: count for kind in TaskKind if (count := pool.unblocked_pending(kind))} == unblocked


@pytest.mark.parametrize("letter", ["p", "A", "r"])
def test_what_runs_or_waits_for_its_apply_blocks_the_pending_tasks_behind_it(letter: str) -> None:
    """Pending, running and apply_pending all block; kinds make no difference."""
    driver = behind(letter, PLAN_ONLY, PLAN_AND_APPLY)
    assert driver.pool.unblocked_pending() == 0


def test_the_lock_is_no_business_of_the_autoscaler() -> None:
    """A lower id than the lock's owner is unblocked to it, though the locked workspace yields nothing."""
    driver = Driver(overrides={"autoscaler": Keep()})
    driver.pod()
    driver.tell(TaskSubmitted(0.0, 9, POOL, "w", PLAN_AND_APPLY))
    driver.end(9, Outcome.CHANGES)
    driver.tell(TaskSubmitted(0.0, 8, POOL, "w", PLAN_ONLY))
    assert asked(Q7(), driver, "w") == (Reason.WORKSPACE_LOCKED, 9)
    assert driver.pool.unblocked_pending() == 1


def test_a_block_is_recorded_once_with_the_task_in_the_way() -> None:
    driver = scene("A..")
    for _ in range(2):
        driver.submit(HOME, PLAN_AND_APPLY)
        driver.run(driver.now + 100.0)
    reason = Reason.BLOCKED_BY_LOWER_ID
    assert driver.decided(Blocked) == [
        Blocked(at=0.0, workspace=HOME, pool=POOL, rule="Q7", reason=reason, by=1)
    ]
