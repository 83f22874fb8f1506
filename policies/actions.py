"""What the control plane asks its driver to do: values, each with the decision that explains it.

An action says what is wanted at `at` (float s); when it takes effect is the driver's affair, and the
control plane learns of the effect, if at all, by an observation.
"""

from typing import TypeAlias

import msgspec

from policies.decisions import ConnectionCut, Doubted, Placed, PodChosen, Scaled, TaskEnded
from policies.observations import snake_case
from policies.vocabulary import Phase, PodName, TaskId


class Action(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=snake_case):
    """Something to do, decided at `at` (float s)."""

    at: float


class CreatePod(Action, frozen=True):
    """Create a pod of this name in the pool; several of one step are created one by one, in order."""

    pool: str
    pod: PodName
    because: Scaled


class DeletePod(Action, frozen=True):
    """Delete the pod."""

    pool: str
    pod: PodName
    because: PodChosen


class SendTask(Action, frozen=True):
    """Push one phase of a task to the pod's agent. `attempt` numbers the sends of this task, from 1."""

    task: TaskId
    phase: Phase
    attempt: int
    pod: PodName
    slot: int | None
    because: Placed


class AbortTask(Action, frozen=True):
    """Tell the pod's agent to stop executing the task."""

    task: TaskId
    pod: PodName
    because: TaskEnded


class AskAgent(Action, frozen=True):
    """Ask the pod's agent what it is running. The answer is an `AgentReported` with this `at` in `asked_at`.

    It goes the way of dispatches and overtakes none of those to the same agent that were decided before it.
    """

    pod: PodName
    because: Doubted


class CutConnection(Action, frozen=True):
    """Close the server's end of the agent's connection."""

    pod: PodName
    because: ConnectionCut


AnyAction: TypeAlias = CreatePod | DeletePod | SendTask | AbortTask | AskAgent | CutConnection
