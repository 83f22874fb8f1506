"""Rules that answer whatever a test gives them, and what is asked about the fault that follows."""

from collections.abc import Callable, Hashable
from typing import Any

import pytest

from policies.decisions import Reason
from policies.errors import PolicyFault
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.rules.autoscaling import Autoscaler, Target
from policies.rules.dispatch import D3, SendTo
from policies.rules.placement import Placement
from policies.rules.queue import Q7, QueueRule
from policies.rules.victims import VictimRule

AnswerOf = Callable[..., Any]


class NotPlain(float):
    """A number that is none of Python's own, as those of NumPy are."""


def fails() -> Any:
    """What a rule with a bug does."""
    raise ZeroDivisionError("a bug")


class Queue(QueueRule, frozen=True):
    """Chooses by a function of the workspace."""

    answer: Any

    def next_task(self, workspace: Workspace) -> Any:
        """Whatever the function says."""
        return self.answer(workspace)


class Instead(Q7, frozen=True):
    """Chooses as Q7, and by a function of task and workspace what goes instead of who has to wait."""

    answer: Any

    def instead_of(self, task: Task, workspace: Workspace) -> Any:
        """Whatever the function says."""
        return self.answer(task, workspace)


class Place(Placement, frozen=True):
    """Places by a function of the pool."""

    answer: Any

    def place(self, task: Task, pool: Pool) -> Any:
        """Whatever the function says."""
        return self.answer(pool)


class Alike(Place, frozen=True):
    """Finds no place, and answers by a function which tasks are alike."""

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        """Nowhere."""
        return None

    def same_answer_for(self, task: Task) -> Hashable | None:
        """Whatever the function says."""
        key: Hashable | None = self.answer()
        return key


class Route(D3, frozen=True, kw_only=True):
    """Routes by a function of pod and pool."""

    answer: Any

    def route(self, task: Task, pod: Pod, pool: Pool) -> Any:
        """Whatever the function says."""
        return self.answer(pod, pool)


class BackOff(D3, frozen=True, kw_only=True):
    """Waits after failures by a function."""

    answer: Any

    def back_off(self, failures: int) -> Any:
        """Whatever the function says."""
        return self.answer()


class Decide(Autoscaler, frozen=True):
    """Decides by a function of the pool."""

    answer: Any

    def decide(self, pool: Pool, now: float) -> Any:
        """Whatever the function says."""
        return self.answer(pool)


class Victims(VictimRule, frozen=True):
    """Chooses by a function of the pool."""

    answer: Any

    def choose(self, pool: Pool, count: int) -> Any:
        """Whatever the function says."""
        return self.answer(pool)


def fault_of(happening: Callable[[], object]) -> PolicyFault:
    """The fault that this leads to."""
    with pytest.raises(PolicyFault) as caught:
        happening()
    return caught.value


def parts(fault: PolicyFault) -> tuple[str, float, str, str]:
    """Which policy, when, what it was asked, and what it answered."""
    return fault.policy, fault.at, fault.asked, fault.answered


def target(desired: Any) -> AnswerOf:
    """An answer of this many pods."""
    return lambda pool: Target(desired, Reason.NOTHING_TO_DO)


def send_to(pod: Any, *, booked: bool) -> SendTo:
    """An answer of a dispatch rule that need not be one."""
    return SendTo(pod, booked=booked)
