"""What a scenario expects, and whether a run shows it."""

import pytest

from lab.judgement import Finding, Judgement, judge
from lab.running import run
from sim.record import Run
from tests.lab.scenarios import one_task

# One task at 5 s; the pod of the pool runs from the start, so it is sent at once and is over after 30 s.
# In the cases below it is sent at 5 s and ends at 35 s; with `connects: never` it is never sent.


def only(flown: Run) -> Judgement:
    """The only judgement about a run."""
    (judgement,) = judge(flown)
    return judgement


@pytest.mark.parametrize(
    ("expected", "finding"),
    [
        ("sent: {task: 1, within: 0 s}", Finding.HOLDS),
        ("not_sent: {task: 1, before: 5 s}", Finding.HOLDS),
        ("not_sent: {task: 1, before: 6 s}", Finding.FAILS),
        ("finished: {task: 1, within: 30 s}", Finding.HOLDS),
        ("finished: {task: 1, within: 29 s}", Finding.FAILS),
    ],
)
def test_a_limit_itself_is_still_within(expected: str, finding: Finding) -> None:
    """Exactly on time is in time."""
    assert only(one_task(f"expect: {{any: {{{expected}}}}}\n")).finding is finding


@pytest.mark.parametrize(
    ("expected", "horizon", "finding"),
    [
        ("sent: {task: 1, within: 4 min}", "10 min", Finding.FAILS),
        ("sent: {task: 1, within: 4 min}", "3 min", Finding.UNDECIDED),
        ("sent: {task: 1, within: 10 s, of: agent_connected}", "10 min", Finding.UNDECIDED),
        ("not_sent: {task: 1, before: 2 min}", "10 min", Finding.HOLDS),
        ("finished: {task: 1, within: 4 min}", "10 min", Finding.FAILS),
        ("finished: {task: 1, within: 4 min}", "3 min", Finding.UNDECIDED),
    ],
)
def test_what_has_not_happened_fails_only_once_its_time_is_over(
    expected: str, horizon: str, finding: Finding
) -> None:
    """A run that is too short to tell is undecided, and so is one in which no agent ever connected."""
    text = f"agent: {{connects_after: never}}\nexpect: {{any: {{{expected}}}}}\n"
    flown = one_task(text, horizon=horizon, **{"min: 1, max: 1, initial: 1": "min: 0, max: 1"})
    assert only(flown).finding is finding


def test_a_task_that_is_cancelled_will_not_be_sent() -> None:
    """However much time is left."""
    text = "agent: {connects_after: never}\nexpect: {any: {sent: {task: 1, within: 9 min}}}\n"
    flown = one_task(text, **{"at: 5 s": "at: 5 s, cancelled_at: 9 s", "initial: 1": "initial: 0"})
    judgement = only(flown)
    assert judgement.finding is Finding.FAILS
    assert judgement.found == "cancelled at 9 s, never sent"


def test_a_judgement_has_the_numbers() -> None:
    """What was expected, and what was found."""
    judgement = only(one_task("expect: {any: {finished: {task: 1, within: 20 s}}}\n"))
    assert judgement.expected == "task 1 is over within 20 s, neither failed nor cancelled"
    assert judgement.found == "success after 30 s"
    assert judgement.under == "any"


def test_expectations_of_a_preset_are_of_the_plain_preset_only() -> None:
    """With anything replaced it is another policy, of which nothing was expected."""
    assert len(judge(run("609", policy="seed-before"))) == 9
    assert judge(run("609", policy="seed-before,placement=P5")) == ()
    assert judge(run("609", policy="seed-before", settings=["placement=P5"])) == ()


def test_a_preset_that_is_spelled_out_is_still_the_preset() -> None:
    """P4 is the placement of seed-before already."""
    assert len(judge(run("609", policy="seed-before,placement=P4"))) == 9


def test_a_task_that_no_source_made_is_not_in_time() -> None:
    """A workload may make fewer tasks than its author thought."""
    flown = run(
        "cold-start",
        settings=["expect={any: {finished: {task: 21, within: 1 min}, not_sent: {task: 21, before: 1 s}}}"],
    )
    assert [each.finding for each in judge(flown)] == [Finding.HOLDS, Finding.FAILS]


@pytest.mark.parametrize(
    ("change", "judged"), [("pool.max=3", 0), ("seed=2", 9), ("horizon=14 min", 9), ("title=x", 9)]
)
def test_what_is_expected_of_a_world_is_not_expected_of_another(change: str, judged: int) -> None:
    """Whoever asks what if has left the incident that the file describes."""
    assert len(judge(run("609", policy="seed-before", settings=[change]))) == judged


def test_what_is_expected_of_a_changed_world_can_be_given_with_the_change() -> None:
    expected = "expect={any: {finished: {task: 608, within: 10 min}}}"
    assert len(judge(run("609", settings=["pool.max=3", expected]))) == 1


@pytest.mark.parametrize(("within", "finding"), [("6 s", Finding.HOLDS), ("5 s", Finding.FAILS)])
def test_a_limit_counts_from_the_connection_of_the_agent(within: str, finding: Finding) -> None:
    """Task 609 is sent at 20 s, to an agent that connected at 14 s."""
    expected = f"expect={{any: {{sent: {{task: 609, within: {within}, of: agent_connected}}}}}}"
    assert only(run("609", policy="seed-after", settings=[expected])).finding is finding


def test_a_task_that_comes_after_its_agent_is_judged_from_its_submission() -> None:
    """The agent of a warm pool is connected from 0 s, and the task is sent the moment it comes."""
    expect = "expect: {any: {sent: {task: 1, within: 0 s, of: agent_connected}}}\n"
    [judgement] = judge(one_task(expect))
    assert (judgement.finding, judgement.found) == (Finding.HOLDS, "sent 0 s after it, at 5 s")


@pytest.mark.parametrize(
    ("expected", "finding", "found"),
    [
        ("ended: {task: 1, state: success, within: 30 s}", Finding.HOLDS, "success after 30 s"),
        ("ended: {task: 1, state: success, within: 29 s}", Finding.FAILS, "success after 30 s"),
        ("ended: {task: 1, state: cancelled, within: 30 s}", Finding.FAILS, "success after 30 s"),
    ],
)
def test_a_task_ends_in_the_state_that_is_expected(expected: str, finding: Finding, found: str) -> None:
    """And in time; another state is wrong however early."""
    judgement = only(one_task(f"expect: {{any: {{{expected}}}}}\n"))
    assert (judgement.finding, judgement.found) == (finding, found)


@pytest.mark.parametrize(
    ("expected", "findings"),
    [
        ("breaks: none", [Finding.FAILS]),
        ("breaks: none, may_break: [L08]", [Finding.HOLDS]),
        ("breaks: {L08: any time}", [Finding.HOLDS, Finding.HOLDS]),
    ],
)
def test_chance_may_break_what_it_is_allowed_to(expected: str, findings: list[Finding]) -> None:
    """The pod that is created at 5 s is deleted at 10 s, as its pool is idle and its agent not yet there."""
    pod = {"min: 1, max: 1, initial: 1": "min: 0, max: 1", "policy: seed-after": "policy: seed-before"}
    text = f"expect: {{any: {{{expected}, undecided: [L02, L03]}}}}\n"
    flown = one_task(text, horizon="2 min", **pod)
    assert [each.finding for each in judge(flown)] == findings


def test_what_may_break_is_told_where_it_does() -> None:
    pod = {"min: 1, max: 1, initial: 1": "min: 0, max: 1", "policy: seed-after": "policy: seed-before"}
    text = "expect: {any: {breaks: none, may_break: [L08], undecided: [L02, L03]}}\n"
    found = only(one_task(text, horizon="2 min", **pod)).found
    assert found.endswith(" hold, L02 and L03 undecided, as expected, L08 broken, as expected")


def test_a_task_that_is_cancelled_can_be_expected_to_be() -> None:
    """`finished` has no room for it."""
    text = "expect: {any: {ended: {task: 1, state: cancelled, within: 4 s}}}\n"
    flown = one_task(text, **{"at: 5 s": "at: 5 s, cancelled_at: 9 s"})
    assert only(flown).finding is Finding.HOLDS


@pytest.mark.parametrize(
    ("policy", "finding", "found"),
    [
        ("seed-before", Finding.FAILS, "first at 10 s, 120 times in all"),
        ("seed-after", Finding.HOLDS, "it does not"),
    ],
)
def test_a_reason_that_must_never_occur_is_looked_for_pod_by_pod(
    policy: str, finding: Finding, found: str
) -> None:
    """From 10 to 300 s both pods are refused to both tasks every 10 s: thirty times four refusals."""
    never = "expect={any: {never: [agent_not_registered_yet]}}"
    judgement = only(run("609", policy=policy, settings=[never]))
    assert (judgement.finding, judgement.found) == (finding, found)
    assert judgement.expected == "agent_not_registered_yet never occurs"


def test_a_reason_of_an_action_counts() -> None:
    """A pod is deleted because utilisation is low, which stands inside the action."""
    text = "expect: {any: {never: utilisation_low}}\n"
    assert only(one_task(text, **{"min: 1, max": "min: 0, max"})).finding is Finding.FAILS
