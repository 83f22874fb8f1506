"""Pods of a scene: which are there, which stay, and which are ready."""

import pytest

from policies.vocabulary import Outcome
from tests.sim.checks.story import POOL, Story


def test_a_pod_is_asked_for_called_pending_running_and_gone() -> None:
    """In truth, step by step."""
    story = Story().asks_for("a")
    phases = [story.scene().pods["a"].phase]
    for what in ("create_called", "created", "scheduled", "running"):
        phases.append(story.pod("a", what).scene().pods["a"].phase)
    assert phases == ["requested", "called", "pending", "pending", "running"]
    assert story.pod("a", "gone").scene().pods == {}


def test_a_pod_counts_as_one_of_the_pool_until_its_end_is_asked_for() -> None:
    """Leaving pods are there, but do not stay."""
    story = Story().asks_for("a").has("b", "c")
    assert story.scene().pools[POOL].staying == {"a", "b", "c"}
    story.deletes("a").pod("b", "terminating")
    scene = story.scene()
    assert scene.pools[POOL].staying == {"c"}
    assert set(scene.pools[POOL].pods) == {"a", "b", "c"}
    assert set(story.pod("b", "gone").scene().pools[POOL].pods) == {"a", "c"}


def test_a_pod_is_on_its_way_until_it_is_ready() -> None:
    """Running is not enough."""
    story = Story().asks_for("a").pod("a", "created", "running")
    assert set(story.scene().pools[POOL].coming) == {"a"}
    assert story.connects("a").scene().pools[POOL].coming == {}


def test_a_pod_that_the_control_plane_had_not_called_for_dies_with_it() -> None:
    """One that it had called for comes all the same."""
    story = Story().asks_for("a", "b").pod("b", "create_called").at(3).control_goes_down()
    scene = story.at(4).control_comes_up().scene()
    assert set(scene.pods) == set(scene.pools[POOL].pods) == scene.pools[POOL].staying == {"b"}


def test_a_deletion_dies_with_the_control_plane_unless_the_cluster_has_begun() -> None:
    """A pod that is terminating leaves, whoever remembers."""
    story = Story().has("a", "b").deletes("a").deletes("b").pod("b", "terminating")
    scene = story.control_goes_down().control_comes_up().scene()
    assert scene.pools[POOL].staying == {"a"}


def test_a_deletion_of_a_pod_that_is_being_created_is_remembered() -> None:
    """The cluster ends it once it is there."""
    story = Story().asks_for("a").pod("a", "create_called").deletes("a")
    assert story.control_goes_down().control_comes_up().scene().pools[POOL].staying == set()


@pytest.mark.parametrize(("phase", "is_there"), [("create_called", False), ("created", True)])
def test_a_refused_creation_ends_a_pod_that_was_not_created(phase: str, is_there: bool) -> None:
    """A refusal that comes too late changes nothing."""
    scene = Story().asks_for("a").pod("a", phase).is_refused("a").scene()
    assert ("a" in scene.pods) is is_there
    assert ("a" in scene.pools[POOL].staying) is is_there


def test_a_pod_is_ready_from_its_first_beat_until_its_last_one_is_too_old() -> None:
    """Exactly as old as the limit is young enough: it is 120 s, and the last beat is that of 10 s."""
    story = Story().at(0).has("a").at(10.5).agent("a", "heartbeats_ended")
    pod = story.scene(until=130.0).truly_ready("a")
    assert pod is not None
    assert pod.ready_since == 0.0
    assert story.scene(until=130.001).truly_ready("a") is None


@pytest.mark.parametrize(
    ("ended_at", "last_beat_at"), [(9.9, 0.0), (10.0, 0.0), (10.1, 10.0), (128.002, 120.0)]
)
def test_a_beat_at_the_moment_at_which_beats_end_is_none(ended_at: float, last_beat_at: float) -> None:
    """They come every 10 s from 0 s on."""
    story = Story().has("a").at(ended_at).agent("a", "heartbeats_ended")
    assert story.scene().pods["a"].last_beat_at == last_beat_at


def test_a_pod_that_is_ready_again_is_ready_since_then() -> None:
    """Its agent dropped at 20 s and is back at 25 s."""
    story = Story().has("a").at(20).disconnects("a")
    assert story.scene().truly_ready("a") is None
    pod = story.at(25).connects("a").scene().truly_ready("a")
    assert pod is not None
    assert pod.ready_since == 25.0


def test_what_runs_is_known_by_pod_and_by_task() -> None:
    """Two executions of one task are two."""
    story = Story().has("a", "b").comes(1).runs(1).at(5).starts(1, "b", 2, attempt=2)
    scene = story.scene()
    assert [(live.pod, live.slot, live.since) for live in scene.live[1]] == [("a", 0, 0.0), ("b", 2, 5.0)]
    assert [live.task for live in scene.pods["b"].live] == [1]
    scene = story.stops(1, "b", Outcome.ABORTED, attempt=2).scene()
    assert [live.pod for live in scene.live[1]] == ["a"]
    assert scene.pods["b"].live == []
    assert story.stops(1, attempt=1).scene().live == {}


def test_what_ran_on_a_pod_of_the_same_name_does_not_run_on_the_next_one() -> None:
    """Its end comes when another pod has the name."""
    story = Story().has("a").comes(1).runs(1).at(5).pod("a", "gone").at(6).has("a").at(7).stops(1)
    scene = story.scene()
    assert (scene.live, scene.pods["a"].live) == ({}, [])
