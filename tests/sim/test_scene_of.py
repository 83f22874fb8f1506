"""The scene as it was when an invariant was broken, and not an instant later."""

from pathlib import Path

import pytest

from sim.checks import Violation, check, scene_at, scene_of
from sim.checks.scene.pods import PodNow
from sim.record import Run
from sim.scenario import parse_scenario
from sim.simulate import simulate

FORGOTTEN = """\
title: Work that is forgotten
story: The control plane restarts while a plan runs, forgets it, and deletes its pod as idle.
horizon: 10 min
policy: seed-before
pool: {min: 0, max: 2, initial: 2}
tasks:
  - {id: 1, at: 1 s, workspace: a, kind: plan, plan: 5 min}
faults:
  - {fault: control_plane_restart, at: 20 s, for: 1 s}
"""

UNKNOWN_AGENT = """\
title: An agent that nobody knows
story: The pod manager never learns of it.
horizon: 1 min
policy: seed-before
pool: {min: 1, max: 1}
agent: {known_to_pod_manager_after: never}
tasks:
  - {id: 1, at: 0 s, workspace: a, kind: plan}
"""


def flown(text: str) -> Run:
    return simulate(parse_scenario(text, name="test.yaml", folder=Path()))


def first_of(run: Run, code: str) -> Violation:
    (verdict,) = [each for each in check(run) if each.code == code]
    assert verdict.first is not None
    return verdict.first


def test_the_entry_that_breaks_is_the_last_one() -> None:
    """The pod is asked to go and its task still runs; at the end of the same instant both are gone."""
    run = flown(FORGOTTEN)
    broken = first_of(run, "S11")
    assert broken.pod is not None
    pod = scene_of(run, "S11", broken).pods[broken.pod]
    assert (pod.delete_requested_at, [each.task for each in pod.live]) == (broken.at, [1])
    assert broken.pod not in scene_at(run, broken.at).pods


def test_a_bound_breaks_when_its_instant_is_over() -> None:
    """The agent connected at 5 s; ten seconds later the task should have been sent, and the log goes on."""
    run = flown(UNKNOWN_AGENT)
    scene = scene_of(run, "L01", first_of(run, "L01"))
    assert scene.now == 15.0
    assert (scene.pods["default-1"].connected_since, scene.rows[1].runnable_since) == (5.0, 0.0)


def test_a_violation_that_the_run_does_not_have_is_refused() -> None:
    """Rather than show some other moment."""
    run = flown(UNKNOWN_AGENT)
    with pytest.raises(ValueError, match="L01 is not broken at 7 s in this run: nothing"):
        scene_of(run, "L01", Violation(at=7.0, text="nothing"))


def test_a_heartbeat_is_as_old_as_the_last_of_its_train() -> None:
    """One comes at once and then every ten seconds; a train that has ended gets older."""
    pod = PodNow("p", "pool")
    assert pod.heartbeat_age_s(5.0, 10.0) is None
    pod.beats_since = 9.0
    assert [pod.heartbeat_age_s(at, 10.0) for at in (9.0, 18.0, 19.0, 20.5)] == [0.0, 9.0, 0.0, 1.5]
    pod.beats_end(30.0, 10.0)
    assert pod.heartbeat_age_s(60.0, 10.0) == 31.0
