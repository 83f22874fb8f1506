"""Faults as a scenario file describes them: what happens, to whom, when, and for how long."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sim.scenario.fields import (
    Delay,
    DelayOrNever,
    Interval,
    Part,
    PodNumber,
    Probability,
    Seconds,
    Text,
)
from sim.scenario.problems import FieldError
from sim.scenario.values import Fault


class FaultBlock(Part):
    """An entry of `faults`. Each kind has the keys that mean something for it, and no others."""

    is_on_pod: ClassVar[bool] = False

    def value(self, pool: str | None) -> Fault:
        """The value that the world uses; `pool` None is every pool."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        given["duration"] = given.pop("for_", None)
        return Fault(**(given | {"pool": pool}))


class _OnPod(FaultBlock):
    is_on_pod: ClassVar[bool] = True

    pod: PodNumber = Field(description="The pod's number in its pool, from 1, or all.")
    pool: Text | None = Field(default=None, description="Needed for one pod if there are several pools.")


class Timed(FaultBlock):
    """Happens at a time, or again and again."""

    at: Seconds | None = Field(default=None, description="When it happens, once.")
    every: Interval | None = Field(
        default=None, description="How long until it happens, again and again, on each pod apart."
    )

    @model_validator(mode="after")
    def _at_or_every(self) -> Self:
        if (self.at is None) == (self.every is None):
            raise FieldError((), "expected exactly one of at and every")
        return self


class HeartbeatGap(_OnPod, Timed):
    """The agent lives and stays connected, but its heartbeats do not arrive for a while."""

    fault: Literal["heartbeat_gap"]
    for_: Delay = Field(alias="for")


class ConnectionLost(_OnPod, Timed):
    """The line between agent and control plane is cut, and mended after a while."""

    fault: Literal["connection_lost"]
    for_: Delay = Field(alias="for")


class AgentCrash(_OnPod, Timed):
    """The agent process dies with its tasks; the pod starts another one after a while, or never."""

    fault: Literal["agent_crash"]
    for_: DelayOrNever = Field(alias="for")


class PodKilled(_OnPod, Timed):
    """The pod is gone at once: its node failed, or somebody deleted it."""

    fault: Literal["pod_killed"]


class ControlPlaneRestart(Timed):
    """The control plane stops, loses its memory, and is back after a while; the store is kept."""

    fault: Literal["control_plane_restart"]
    for_: Delay = Field(alias="for")


class HeartbeatLoss(_OnPod):
    """Each heartbeat is lost with this probability."""

    fault: Literal["heartbeat_loss"]
    probability: Probability


class LateRegistration(_OnPod):
    """The agent registers later."""

    fault: Literal["late_registration"]
    by: Seconds


class LateConnect(_OnPod):
    """The agent connects later."""

    fault: Literal["late_connect"]
    by: Seconds


class Never(_OnPod):
    """The agent never registers, never connects, or the pod manager never hears of it."""

    fault: Literal["never_registers", "never_connects", "never_known_to_pod_manager"]


class _OnDispatch(FaultBlock):
    task: int | None = Field(default=None, ge=1, description="Default every task.")
    phase: Literal["plan", "apply"] | None = Field(default=None, description="Default both.")
    attempt: int | None = Field(default=None, ge=1, description="Default every attempt.")
    probability: Probability = 1.0


class DispatchMislaid(_OnDispatch):
    """The message that carries a task to its agent is lost, or arrives twice."""

    fault: Literal["dispatch_lost", "dispatch_duplicated"]


class DispatchDelayed(_OnDispatch):
    """The message that carries a task to its agent arrives later."""

    fault: Literal["dispatch_delayed"]
    by: Seconds


AnyFault = Annotated[
    HeartbeatGap
    | ConnectionLost
    | AgentCrash
    | PodKilled
    | ControlPlaneRestart
    | HeartbeatLoss
    | LateRegistration
    | LateConnect
    | Never
    | DispatchMislaid
    | DispatchDelayed,
    Field(discriminator="fault"),
]
"""One of the faults; the key `fault` says which."""
