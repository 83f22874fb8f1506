"""A rule that raises or answers nonsense stops the controller with a fault that says all that helps.

The recovery family has no method to ask, so it cannot fail.
"""

import math
import pickle
from types import MappingProxyType
from typing import Any

import pytest

from policies.decisions import Reason
from policies.observations import PodSeen, PodTerminating, TaskSubmitted
from policies.observed.pod import Pod
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.rules.autoscaling import Target
from policies.rules.dispatch import GiveUp
from policies.rules.placement import P2
from policies.vocabulary import Outcome, TaskKind
from tests.policies.driver import PLAN_ONLY, POOL, Driver, Keep
from tests.policies.nonsense import (
    Alike,
    AnswerOf,
    BackOff,
    Decide,
    Instead,
    NotPlain,
    Place,
    Queue,
    Route,
    Victims,
    fails,
    fault_of,
    parts,
    send_to,
    target,
)


class Shy:
    """What raises when somebody wants to see it."""

    def __repr__(self) -> str:
        raise RuntimeError("not now")


# queue

QUEUE_EXPECTS = "a pending task or a confirmed apply, a reason to wait, or None"


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda workspace: fails(), "ZeroDivisionError('a bug')"),
        (lambda workspace: "first", "'first'"),
        (lambda workspace: (), "()"),
        (lambda workspace: 10**5000, "<int that cannot be shown>"),
        (lambda workspace: Shy(), "<Shy that cannot be shown>"),
        (lambda workspace: ("locked", None), "('locked', None)"),
        (
            lambda workspace: (Reason.WORKSPACE_LOCKED, 7),
            "(<Reason.WORKSPACE_LOCKED: 'workspace_locked'>, 7)",
        ),
    ],
)
def test_a_queue_rule_that_answers_nonsense(answer: AnswerOf, answered: str) -> None:
    driver = Driver(overrides={"queue": Queue(answer=answer)})
    driver.run(3.0)
    fault = fault_of(lambda: driver.submit("w"))
    assert parts(fault) == ("Queue", 3.0, "next_task(workspace w)", answered)
    assert fault.expected == QUEUE_EXPECTS


def test_a_queue_rule_that_names_a_running_task() -> None:
    driver = Driver(overrides={"queue": Queue(answer=lambda workspace: workspace.oldest_open())})
    driver.pod()
    driver.control.observe(TaskSubmitted(3.0, 1, POOL, "w", PLAN_ONLY))
    driver.control.observe(TaskSubmitted(3.0, 2, POOL, "w", PLAN_ONLY))
    fault = fault_of(lambda: driver.control.step(3.0))
    assert fault.answered == "<task 1 plan planning>"


def test_a_queue_rule_that_names_an_apply_that_nobody_confirmed() -> None:
    """Whatever the rule, no answer of it stands in for the person."""
    driver = Driver(overrides={"queue": Queue(answer=lambda workspace: workspace.oldest_open())})
    driver.pod()
    driver.submit("w", TaskKind.PLAN_AND_APPLY)
    fault = fault_of(lambda: driver.end(1, Outcome.CHANGES))
    assert fault.answered == "<task 1 plan_and_apply apply_pending>"


def test_a_queue_rule_that_names_a_task_of_another_workspace() -> None:
    tasks: list[Task] = []

    def first_of_all(workspace: Workspace) -> Task:
        tasks.extend(filter(None, [workspace.oldest_pending(TaskKind.PLAN)]))
        return tasks[0]

    driver = Driver(overrides={"queue": Queue(answer=first_of_all)})
    driver.submit("u")
    fault = fault_of(lambda: driver.submit("w"))
    assert (fault.asked, fault.answered) == ("next_task(workspace w)", "<task 1 plan pending>")


ANOTHER_EXPECTED = "another task of the workspace that may go, or None"


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda task, workspace: fails(), "ZeroDivisionError('a bug')"),
        (lambda task, workspace: "the next", "'the next'"),
        (
            lambda task, workspace: (Reason.WORKSPACE_LOCKED, None),
            "(<Reason.WORKSPACE_LOCKED: 'workspace_locked'>, None)",
        ),
        (lambda task, workspace: task, "<task 2 plan_and_apply pending>"),
        (lambda task, workspace: workspace.oldest_open(), "<task 1 plan planning>"),
    ],
    ids=["raises", "a text", "a block", "the same task", "a running task"],
)
def test_a_queue_rule_that_names_nonsense_instead_of_a_task_that_has_to_wait(
    answer: AnswerOf, answered: str
) -> None:
    """Task 1 is sent to the only pod, so task 2 has to wait."""
    driver = Driver(overrides={"queue": Instead(answer=answer), "autoscaler": Keep()})
    driver.pod()
    driver.submit("w")
    driver.run(3.0)
    fault = fault_of(lambda: driver.submit("w", TaskKind.PLAN_AND_APPLY))
    assert parts(fault) == ("Instead", 3.0, "instead_of(task 2, workspace w)", answered)
    assert fault.expected == ANOTHER_EXPECTED


def test_a_queue_rule_that_names_a_task_of_another_workspace_instead() -> None:
    strangers: list[Task] = []

    def stranger(task: Task, workspace: Workspace) -> Task | None:
        strangers.append(task)
        return None if task is strangers[0] else strangers[0]

    driver = Driver(overrides={"queue": Instead(answer=stranger)})
    driver.submit("u")
    fault = fault_of(lambda: driver.submit("w"))
    assert (fault.asked, fault.answered) == ("instead_of(task 2, workspace w)", "<task 1 plan pending>")


def test_a_queue_rule_that_names_two_tasks_in_turn_does_not_go_on_for_ever() -> None:
    """Each of the two has been refused, so neither is an answer any more."""

    def the_other(task: Task, workspace: Workspace) -> Task | None:
        kind = TaskKind.PLAN if task.kind is TaskKind.PLAN_AND_APPLY else TaskKind.PLAN_AND_APPLY
        return workspace.oldest_pending(kind)

    driver = Driver(overrides={"queue": Instead(answer=the_other), "autoscaler": Keep()})
    driver.control.observe(TaskSubmitted(0.0, 1, POOL, "w", TaskKind.PLAN_AND_APPLY))
    driver.control.observe(TaskSubmitted(0.0, 2, POOL, "w", PLAN_ONLY))
    fault = fault_of(lambda: driver.control.step(0.0))
    assert (fault.asked, fault.answered) == (
        "instead_of(task 2, workspace w)",
        "<task 1 plan_and_apply pending>",
    )


# placement


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda pool: fails(), "ZeroDivisionError('a bug')"),
        (lambda pool: "a-1", "'a-1'"),
        (lambda pool: 0, "0"),
    ],
)
def test_a_placement_that_answers_nonsense(answer: AnswerOf, answered: str) -> None:
    driver = Driver(overrides={"placement": Place(answer=answer)})
    driver.run(3.0)
    fault = fault_of(lambda: driver.submit("w"))
    assert parts(fault) == ("Place", 3.0, "place(task 1, pool a)", answered)
    assert fault.expected == "a slot, a pod or None"


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda pool: pool.pod("a-1").slots[0], "<slot 0 of a-1: running>"),
        (lambda pool: pool.pod("a-2").slots[0], "<slot 0 of a-2: idle>"),
        (lambda pool: pool.pod("a-2"), "<pod a-2 terminating>"),
        (lambda pool: Pod("a-1", pool, number=1, created_at=0.0, known_at=0.0), "<pod a-1 requested>"),
    ],
    ids=["a taken slot", "a slot of a leaving pod", "a leaving pod", "a pod of its own making"],
)
def test_a_placement_that_names_a_place_that_is_none(answer: AnswerOf, answered: str) -> None:
    answers = iter([lambda pool: pool.pod("a-1").slots[0], answer])
    driver = Driver(
        overrides={"placement": Place(answer=lambda pool: next(answers)(pool)), "autoscaler": Keep()}
    )
    driver.pod()
    driver.pod()
    driver.tell(PodTerminating(0.0, "a-2"))
    driver.submit("u")
    fault = fault_of(lambda: driver.submit("w"))
    assert parts(fault) == ("Place", 0.0, "place(task 2, pool a)", answered)
    assert fault.expected == "an idle slot of a pod that is in the pool"


@pytest.mark.parametrize(
    ("answer", "answered"),
    [(fails, "ZeroDivisionError('a bug')"), (list, "TypeError(\"unhashable type: 'list'\")")],
)
def test_a_placement_whose_key_of_like_tasks_is_none(answer: AnswerOf, answered: str) -> None:
    """It is asked when more than one workspace is tried in a step."""
    driver = Driver(overrides={"placement": Alike(answer=answer)})
    for number, workspace in enumerate("uw", start=1):
        driver.control.observe(TaskSubmitted(0.0, number, POOL, workspace, PLAN_ONLY))
    fault = fault_of(lambda: driver.control.step(0.0))
    assert parts(fault) == ("Alike", 0.0, "same_answer_for(task 1)", answered)


# dispatch


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda pod, pool: fails(), "ZeroDivisionError('a bug')"),
        (lambda pod, pool: None, "None"),
        (lambda pod, pool: "later", "'later'"),
        (
            lambda pod, pool: GiveUp(Reason.NOT_CONNECTED, -1.0),
            "GiveUp(reason=<Reason.NOT_CONNECTED: 'not_connected'>, retry_after=-1.0, wants_pod=False)",
        ),
        (
            lambda pod, pool: GiveUp(Reason.NOT_CONNECTED, math.nan),
            "GiveUp(reason=<Reason.NOT_CONNECTED: 'not_connected'>, retry_after=nan, wants_pod=False)",
        ),
        (
            lambda pod, pool: GiveUp(Reason.NOT_CONNECTED, 1e-30),
            "GiveUp(reason=<Reason.NOT_CONNECTED: 'not_connected'>, retry_after=1e-30, wants_pod=False)",
        ),
        (
            lambda pod, pool: GiveUp("busy", 5.0),  # type: ignore[arg-type]
            "GiveUp(reason='busy', retry_after=5.0, wants_pod=False)",
        ),
        (lambda pod, pool: send_to("a-2", booked=False), "SendTo(pod='a-2', booked=False)"),
        (
            lambda pod, pool: send_to(pool.pod("a-2"), booked=True),
            "SendTo(pod=<pod a-2 running>, booked=True)",
        ),
        (
            lambda pod, pool: send_to(pool.pod("a-3"), booked=False),
            "SendTo(pod=<pod a-3 terminating>, booked=False)",
        ),
    ],
)
def test_a_dispatch_rule_that_answers_nonsense(answer: AnswerOf, answered: str) -> None:
    rules = {"dispatch": Route(answer=answer), "placement": P2(), "autoscaler": Keep()}
    driver = Driver(overrides=rules)
    driver.pod(connected=False)
    driver.pod()
    driver.tell(PodSeen(0.0, "a-3", POOL, "Running", 0.0), PodTerminating(0.0, "a-3"))
    fault = fault_of(lambda: driver.submit("w"))
    assert parts(fault) == ("Route", 0.0, "route(task 1, pod a-1)", answered)
    assert fault.expected == (
        "a SendTo of a pod that is in the pool (if booked, this one), "
        "or a GiveUp with a Reason and a wait of at least 1 µs"
    )


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (fails, "ZeroDivisionError('a bug')"),
        (lambda: None, "None"),
        (lambda: -5.0, "-5.0"),
        (lambda: 1e-7, "1e-07"),
        (lambda: True, "True"),
    ],
)
def test_a_back_off_that_is_no_time(answer: AnswerOf, answered: str) -> None:
    driver = Driver(overrides={"dispatch": BackOff(answer=answer)})
    driver.pod()
    driver.submit("w")
    fault = fault_of(lambda: driver.fail_send(1))
    assert parts(fault) == ("BackOff", 0.0, "back_off(1)", answered)
    assert fault.expected == "a time to wait, at least 1 µs"


# autoscaler


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda pool: fails(), "ZeroDivisionError('a bug')"),
        (lambda pool: None, "None"),
        (lambda pool: 2, "2"),
        (target(-1), "-1"),
        (target(6), "6"),
        (target(2.0), "Target(desired=2.0, reason=<Reason.NOTHING_TO_DO: 'nothing_to_do'>, numbers={})"),
        (target(True), "Target(desired=True, reason=<Reason.NOTHING_TO_DO: 'nothing_to_do'>, numbers={})"),
    ],
)
def test_an_autoscaler_that_answers_nonsense(answer: AnswerOf, answered: str) -> None:
    driver = Driver(overrides={"autoscaler": Decide(answer=answer)}, max_pods=5)
    fault = fault_of(lambda: driver.run(10.0))
    assert parts(fault) == ("Decide", 5.0, "decide(pool a of 0 pods)", answered)
    assert fault.expected == "a Target of a whole number from 0 to the pool's max, 5"


@pytest.mark.parametrize(
    ("reason", "numbers"),
    [
        ("because", {}),
        (Reason.BY_RULE, {"load": "high"}),
        (Reason.BY_RULE, None),
        (Reason.BY_RULE, MappingProxyType({"load": 1.0})),
        (Reason.BY_RULE, {1: 1.0}),
        (Reason.BY_RULE, {"load": NotPlain(1.0)}),
    ],
)
def test_an_autoscaler_whose_answer_could_not_be_recorded(reason: Any, numbers: Any) -> None:
    """A target always says why, in a form that a record can hold."""
    answer = Target(1, reason, numbers)
    driver = Driver(overrides={"autoscaler": Decide(answer=lambda pool: answer)})
    fault = fault_of(lambda: driver.run(10.0))
    assert parts(fault) == ("Decide", 5.0, "decide(pool a of 0 pods)", repr(answer))
    assert fault.expected == "a Target with a Reason, and numbers by name"


@pytest.mark.parametrize(("reason", "numbers"), [("because", {}), (Reason.BY_RULE, {"load": "high"})])
def test_a_refusal_that_could_not_be_recorded(reason: Any, numbers: Any) -> None:
    driver = Driver()
    driver.pod()
    pool, pod = driver.pool, driver.pool.pod("a-1")
    with pytest.raises(TypeError, match="expected a Reason and numbers"):
        pool.refuse(pod, reason, **numbers)


@pytest.mark.parametrize("desired", [0, 5])
def test_an_autoscaler_may_answer_anything_up_to_the_maximum(desired: int) -> None:
    driver = Driver(overrides={"autoscaler": Decide(answer=target(desired))}, max_pods=5)
    driver.run(5.0)
    assert driver.pool.pods == desired


# victims


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (lambda pool: fails(), "ZeroDivisionError('a bug')"),
        (lambda pool: None, "None"),
        (lambda pool: ["a-1"], "['a-1']"),
        (lambda pool: (pool.pod("a-2"),), "(<pod a-2 running>,)"),
        (lambda pool: [pool.pod("a-1")], "[<pod a-1 running>]"),
        (lambda pool: [pool.pod("a-2"), pool.pod("a-3")], "[<pod a-2 running>, <pod a-3 running>]"),
        (lambda pool: [pool.pod("a-2")] * 2, "[<pod a-2 running>, <pod a-2 running>]"),
        (lambda pool: [pool.pod("a-4")], "[<pod a-4 terminating>]"),
    ],
)
def test_a_victim_rule_that_answers_nonsense(answer: AnswerOf, answered: str) -> None:
    """Of a-1 (busy), a-2, a-3 (idle) and a-4 (leaving), one idle pod is to go."""
    rules = {"victims": Victims(answer=answer), "autoscaler": Decide(answer=target(2))}
    driver = Driver(overrides=rules)
    for _ in range(4):
        driver.pod()
    driver.submit("w")
    driver.tell(PodTerminating(0.0, "a-4"))
    fault = fault_of(lambda: driver.run(10.0))
    assert parts(fault) == ("Victims", 5.0, "choose(1 of the idle pods of pool a)", answered)
    assert fault.expected == "a list of at most 1 different idle pods of the pool"


def test_a_victim_rule_may_choose_fewer() -> None:
    rules = {"victims": Victims(answer=lambda pool: []), "autoscaler": Decide(answer=target(0))}
    driver = Driver(overrides=rules)
    driver.pod()
    driver.run(30.0)
    assert driver.log == []


# the fault


def test_a_fault_reads_as_one_sentence() -> None:
    driver = Driver(overrides={"autoscaler": Decide(answer=target(99))})
    assert str(fault_of(lambda: driver.run(10.0))) == (
        "policy Decide failed at 5 s: asked decide(pool a of 0 pods), it answered 99; "
        "expected a Target of a whole number from 0 to the pool's max, 5"
    )


def test_the_rule_s_own_error_is_the_fault_s_cause() -> None:
    driver = Driver(overrides={"autoscaler": Decide(answer=lambda pool: fails())})
    assert isinstance(fault_of(lambda: driver.run(10.0)).__cause__, ZeroDivisionError)


def test_a_fault_survives_the_way_back_from_another_process() -> None:
    driver = Driver(overrides={"autoscaler": Decide(answer=target(99))})
    fault = fault_of(lambda: driver.run(10.0))
    copy = pickle.loads(pickle.dumps(fault))
    assert (parts(copy), copy.expected, str(copy)) == (parts(fault), fault.expected, str(fault))
