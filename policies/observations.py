"""What the control plane can be told: past-tense facts, frozen, each with the time it became known.

`at` is when the control plane learns of the fact (float seconds since the driver's epoch), which may be
later than when it happened. A driver feeds these to `Controller.observe` in the order it received them;
duplicates, late ones and impossible ones are welcome and are recorded as such.

An agent is named by its pod: there is one agent a pod, and the platform names it so.
"""

from typing import TypeAlias

import msgspec

from policies.vocabulary import Outcome, Phase, PodName, TaskId, TaskKind


def snake_case(name: str) -> str:
    """The wire name of a class: `TaskSubmitted` is `task_submitted`."""
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


class Observation(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=snake_case):
    """A fact as the control plane learned it at `at` (float s)."""

    at: float


class RunningPhase(msgspec.Struct, frozen=True, gc=False):
    """One entry of an agent's report of what it is running (`current_tasks` of its heartbeat)."""

    task: TaskId
    phase: Phase
    attempt: int


class TaskSubmitted(Observation, frozen=True):
    """A user created a task. Ids are monotone: a lower id was submitted earlier."""

    task: TaskId
    pool: str
    workspace: str
    kind: TaskKind


class TaskConfirmed(Observation, frozen=True):
    """A person confirmed the apply of a planned task."""

    task: TaskId
    by: str


class TaskCancelled(Observation, frozen=True):
    """A user cancelled a task."""

    task: TaskId


class PodCreateAccepted(Observation, frozen=True):
    """The cluster accepted the create call of this pod."""

    pod: PodName


class PodCreateFailed(Observation, frozen=True):
    """The cluster refused the create call of this pod."""

    pod: PodName
    reason: str


class PodSeen(Observation, frozen=True):
    """A pod list or watch shows the pod in a phase: Pending, Running, Succeeded or Failed.

    `created_at` is the cluster's creation time stamp (float s); with `pool` it lets a restarted control
    plane adopt pods that it did not create in this life.
    """

    pod: PodName
    pool: str
    phase: str
    created_at: float


class PodTerminating(Observation, frozen=True):
    """The pod has a deletion time stamp, whoever asked for it."""

    pod: PodName


class PodGone(Observation, frozen=True):
    """The pod no longer exists."""

    pod: PodName


class AgentRegistered(Observation, frozen=True):
    """Fact (a): the agent registered over HTTP; its row is online."""

    pod: PodName


class AgentConnected(Observation, frozen=True):
    """Fact (b): the agent's command-and-control connection is up; it says what it is running."""

    pod: PodName
    running: tuple[RunningPhase, ...] = ()


class AgentDisconnected(Observation, frozen=True):
    """The agent's command-and-control connection is down."""

    pod: PodName


class AgentKnownToPodManager(Observation, frozen=True):
    """Fact (c): `RegisterAgent` set `pod.AgentID` (the event `pm_registered` of the domain)."""

    pod: PodName


class AgentReported(Observation, frozen=True):
    """An agent's answer to the question of `asked_at` (float s): all that it was running when it was asked.

    It comes after everything that the agent said before it, ends of executions included.
    """

    pod: PodName
    asked_at: float
    running: tuple[RunningPhase, ...] = ()


class HeartbeatSeen(Observation, frozen=True):
    """One heartbeat arrived, with the agent's report of what it is running."""

    pod: PodName
    running: tuple[RunningPhase, ...] = ()


class HeartbeatsBegan(Observation, frozen=True):
    """A heartbeat arrived, and from it on one arrives every `every_s` seconds until `HeartbeatsEnded`.

    The run-length form of a train of `HeartbeatSeen`: a simulated month of heartbeats is two observations.
    A driver that cannot know the future (a live one) sends each heartbeat instead.
    """

    pod: PodName
    every_s: float


class HeartbeatsEnded(Observation, frozen=True):
    """The train is over: its last heartbeat arrived at `last_at` (float s), which may be before `at`."""

    pod: PodName
    last_at: float


class DispatchFailed(Observation, frozen=True):
    """A dispatch surely did not reach an agent (`not_connected`), or it refused it (`agent_at_capacity`)."""

    task: TaskId
    phase: Phase
    attempt: int
    reason: str


class PhaseEnded(Observation, frozen=True):
    """An agent reports the end of an execution."""

    task: TaskId
    phase: Phase
    attempt: int
    pod: PodName
    outcome: Outcome


class ControlPlaneRestarted(Observation, frozen=True):
    """The control plane's process started anew: its memory is gone, the store (rows) is kept."""


AnyObservation: TypeAlias = (
    TaskSubmitted
    | TaskConfirmed
    | TaskCancelled
    | PodCreateAccepted
    | PodCreateFailed
    | PodSeen
    | PodTerminating
    | PodGone
    | AgentRegistered
    | AgentConnected
    | AgentDisconnected
    | AgentKnownToPodManager
    | AgentReported
    | HeartbeatSeen
    | HeartbeatsBegan
    | HeartbeatsEnded
    | DispatchFailed
    | PhaseEnded
    | ControlPlaneRestarted
)
