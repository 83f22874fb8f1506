"""A policy is shown the observed state itself, and cannot write it; nor can anyone change a value."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.actions import SendTask
from policies.constants import Constants
from policies.decisions import Reason, Scaled
from policies.errors import PolicyFault
from policies.observations import PodGone
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.presets import PRESETS, RULES
from policies.rules.autoscaling import Autoscaler, Target
from policies.rules.placement import P5
from tests.policies.driver import PLAN_AND_APPLY, Driver, scene

VIEW = (Pool, Pod, Slot, Task, Workspace)


def public_names(cls: type) -> list[str]:
    """The names that a policy may read, methods included."""
    return [name for name in dir(cls) if not name.startswith("_")]


PUBLIC = [(cls, name) for cls in VIEW for name in public_names(cls)]


def view() -> dict[type, Any]:
    """One of each thing that policies are shown: a pod with a running and a reserved slot."""
    driver = scene("rp.")
    books = driver.control._books
    pod = books.pods["a-1"]
    shown = [driver.pool, pod, pod.slots[0], books.tasks[1], books.workspaces["0@a-1"]]
    return {type(each): each for each in shown}


@pytest.mark.parametrize(("cls", "name"), PUBLIC, ids=lambda value: getattr(value, "__name__", value))
def test_a_public_name_cannot_be_assigned(cls: type, name: str) -> None:
    shown = view()[cls]
    with pytest.raises(AttributeError):
        setattr(shown, name, 0)


@pytest.mark.parametrize(("cls", "name"), PUBLIC, ids=lambda value: getattr(value, "__name__", value))
def test_a_public_name_cannot_be_deleted(cls: type, name: str) -> None:
    shown = view()[cls]
    with pytest.raises(AttributeError):
        delattr(shown, name)


@pytest.mark.parametrize("cls", VIEW, ids=lambda cls: cls.__name__)
def test_nothing_can_be_added(cls: type) -> None:
    """A policy keeps no notes of its own on what it is shown: it would not replay."""
    shown = view()[cls]
    with pytest.raises(AttributeError):
        shown.note = 1


def test_the_tasks_of_a_pod_are_read_through_a_view() -> None:
    pod = view()[Pod]
    with pytest.raises(TypeError):
        pod.tasks[7] = "plan"
    with pytest.raises(AttributeError):
        pod.tasks.clear()


def test_that_view_follows_what_runs_on_the_pod() -> None:
    driver = scene("p..")
    pod = driver.control._books.pods["a-1"]
    tasks = pod.tasks
    driver.end(1)
    assert dict(tasks) == {}


def test_the_slots_of_a_pod_are_a_tuple() -> None:
    assert isinstance(view()[Pod].slots, tuple)


@pytest.mark.parametrize(
    "question",
    [
        lambda pool: pool.idle_pods(),
        lambda pool: pool.connected_pods(),
        lambda pool: pool.pods_with_idle_slot(),
    ],
    ids=["idle_pods", "connected_pods", "pods_with_idle_slot"],
)
def test_pods_are_handed_out_one_by_one(question: Callable[[Pool], Any]) -> None:
    """An iterator, not the list or the mapping that the controller keeps."""
    pods = question(scene("p..", "...").pool)
    assert next(pods).name in {"a-1", "a-2"}
    assert not hasattr(pods, "__setitem__")


class Writes(Autoscaler, frozen=True):
    """Tries to make room by raising the maximum."""

    def decide(self, pool: Pool, now: float) -> Target:
        """One pod more than there may be."""
        writable: Any = pool
        writable.max = 99
        return Target(99, Reason.PENDING_TASKS)


class Notes(Autoscaler, frozen=True):
    """Tries to remember how often it was asked."""

    asked: int = 0

    def decide(self, pool: Pool, now: float) -> Target:
        """As many pods as it was asked times."""
        writable: Any = self
        writable.asked += 1
        return Target(self.asked, Reason.PENDING_TASKS)


@pytest.mark.parametrize("rule", [Writes(), Notes()], ids=str)
def test_a_policy_that_writes_stops_the_controller(rule: Autoscaler) -> None:
    driver = Driver(overrides={"autoscaler": rule})
    with pytest.raises(PolicyFault, match="AttributeError"):
        driver.run(5.0)
    assert driver.pool.max == 5


@pytest.mark.parametrize(("family", "name"), [(family, name) for family in RULES for name in RULES[family]])
def test_a_rule_is_a_value(family: str, name: str) -> None:
    """Two of the same class and parameters are equal, and have the same hash."""
    rule = RULES[family][name]
    assert rule() == rule()
    assert hash(rule()) == hash(rule())


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (P5(), "offline_after"),
        (Constants(), "monitor_every"),
        (PRESETS["seed-after"], "placement"),
        (PodGone(0.0, "a-1"), "pod"),
        (Target(1, Reason.PENDING_TASKS), "desired"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_cannot_be_changed(value: object, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(value, name, None)


def test_actions_and_decisions_cannot_be_changed() -> None:
    driver = Driver(min_pods=1)
    driver.pod()
    driver.submit("w", PLAN_AND_APPLY)
    driver.run(5.0)
    [(_, send)] = driver.done(SendTask)
    values: list[Any] = [send, send.because, *driver.decided(Scaled)]
    for value in values:
        with pytest.raises(AttributeError):
            value.at = 1.0
