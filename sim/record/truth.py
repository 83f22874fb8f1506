"""What really happened, as opposed to what the control plane was told: frozen values for the record.

The control plane never sees these. They stand in the event log between the observations and the actions,
so that the two can be set side by side.
"""

from typing import TypeAlias

import msgspec

from policies.observations import snake_case
from policies.vocabulary import Outcome, Phase, PodName, TaskId, TaskKind


class Happening(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=snake_case):
    """Something that happened in the world at `at` (float s)."""

    at: float


class TaskCreated(Happening, frozen=True):
    """A user created the task. Durations (float s) are what its phases would take; inf is never."""

    task: TaskId
    pool: str
    workspace: str
    kind: TaskKind
    plan_s: float
    apply_s: float


class ExecStarted(Happening, frozen=True):
    """An agent began to execute a phase; `init_s` of it is the price of an apply on another pod."""

    task: TaskId
    phase: Phase
    attempt: int
    pod: PodName
    slot: int | None
    init_s: float


class ExecEnded(Happening, frozen=True):
    """An execution ended, whether or not anybody hears of it."""

    task: TaskId
    phase: Phase
    attempt: int
    pod: PodName
    outcome: Outcome


class DispatchHappened(Happening, frozen=True):
    """What became of a dispatch on its way: lost, delayed, duplicated, undeliverable, rejected, ignored."""

    task: TaskId
    phase: Phase
    attempt: int
    pod: PodName
    what: str


class PodHappened(Happening, frozen=True):
    """A pod's own life: create_called, created, scheduled, pulled, running, killed, terminating, gone."""

    pod: PodName
    pool: str
    what: str


class AgentHappened(Happening, frozen=True):
    """An agent's life: process_up, registered, connected, disconnected, known_to_pod_manager,
    heartbeats_began, heartbeats_ended."""

    pod: PodName
    what: str


class FaultMissed(Happening, frozen=True):
    """A fault came at its time and found nothing to strike: no pod, no agent on it, or nothing that is up."""

    fault: str


class ControlHappened(Happening, frozen=True):
    """The control plane's process: down, up."""

    what: str


AnyHappening: TypeAlias = (
    TaskCreated
    | ExecStarted
    | ExecEnded
    | DispatchHappened
    | PodHappened
    | AgentHappened
    | FaultMissed
    | ControlHappened
)
