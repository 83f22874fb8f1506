"""Why tasks waited to be sent."""

from lab.running import run
from lab.story import longest_waits, stories, waits_to_be_sent
from tests.lab.scenarios import fly

LOCKED = """\
title: A lock
story: The plan of the second task waits for the lock of the first.
horizon: 10 min
policy: seed-after
pool: {min: 1, max: 1, initial: 1}
tasks:
  - {id: 1, at: 20 s, workspace: a, kind: plan_and_apply, plan: 10 s, apply: 10 s, confirmed_after: 60 s}
  - {id: 2, at: 40 s, workspace: a, kind: plan, plan: 10 s}
"""


def test_the_story_of_609_before_the_fix() -> None:
    """Refused from 10 s to 300 s, beside idle slots of agents that are connected from 9 s on."""
    first, second = stories(run("609", policy="seed-before"), [608, 609])
    assert (first.sent_at, first.waited_s, first.beside_idle_s) == (310.0, 310.0, 301.0)
    assert (first.pod, first.connected_at) == ("default-1", 9.0)
    assert (second.pod, second.connected_at) == ("default-2", 14.0)
    cause = first.main_cause
    assert cause is not None
    assert (cause.text, cause.tries, cause.first_at, cause.last_at) == (
        "agent_not_registered_yet",
        30,
        10.0,
        300.0,
    )
    assert first.tries == 31


def test_the_story_of_609_after_the_fix() -> None:
    """Sent at the first retry after the agent connected."""
    first, second = stories(run("609", policy="seed-after"), [608, 609])
    assert (first.sent_at, first.beside_idle_s) == (10.0, 1.0)
    assert (second.sent_at, second.beside_idle_s) == (20.0, 11.0)


def test_a_task_that_is_never_refused_is_told_with_the_one_in_its_way() -> None:
    """The workspace is locked from the plan's end until the apply's, and nothing is refused."""
    flown = fly(LOCKED)
    (story,) = stories(flown, [2])
    assert story.tries == 0
    assert story.main_cause is not None
    assert story.main_cause.text == "workspace_locked by 1"
    assert story.main_cause.first_at == 40.0
    assert story.sent_at == story.main_cause.last_at


def test_the_longest_waits_are_those_of_any_policy() -> None:
    """Longest first, and the same under each of them, so that tables can be compared."""
    before, after = {1: 5.0, 2: 1.0, 3: 0.0}, {1: 0.0, 2: 2.0, 3: 9.0}
    assert longest_waits([before, after], 2) == [3, 1]
    assert longest_waits([{4: 1.0, 2: 1.0}], 2) == [2, 4]


def test_a_task_that_is_never_sent_waits_until_the_end() -> None:
    """Or until it is cancelled."""
    flown = run("609", policy="seed-before", settings=["horizon=306 s"])
    assert waits_to_be_sent(flown) == {608: 306.0, 609: 306.0}
    (story,) = stories(flown, [608])
    assert (story.sent_at, story.pod, story.state) == (None, "", "pending")
