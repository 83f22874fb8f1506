"""Pools, pods and agents as a scenario file describes them, and what is fixed for one pod."""

from typing import Final, Literal

from pydantic import Field

from sim.distributions import ZERO
from sim.scenario.fields import (
    CountOrNone,
    Delay,
    Part,
    PodDelay,
    PodDelayOrNever,
    PositiveSeconds,
    Seconds,
    SecondsOrNever,
    Text,
)
from sim.scenario.limits import PODS_MAX, SLOTS_MAX
from sim.scenario.values import (
    BACK_OFF_S,
    AgentTimes,
    Latencies,
    PodException,
    PodTimes,
    PoolPlan,
)

DEFAULT_POOL: Final = "default"
"""The name of the pool that is written as `pool:`."""

_FIXED_TIMES: Final = {
    "running_at": "container_start",
    "registers_at": "registers_after",
    "connects_at": "connects_after",
    "known_to_pod_manager_at": "known_to_pod_manager_after",
}
"""The delay that each absolute time of an exception replaces, in the order of a pod's life."""


class PodBlock(Part):
    """`pod`: how long each step of a pod's life takes, drawn for each pod."""

    create_call: PodDelay = Field(default=ZERO, description="From the decision to the API's answer.")
    scheduling: PodDelay = Field(default=ZERO, description="From created to scheduled on a node.")
    image_pull: PodDelay = Field(default=ZERO, description="From scheduled to the image being there.")
    container_start: PodDelay = Field(default=ZERO, description="From the image being there to Running.")
    termination: PodDelay = Field(default=ZERO, description="From the delete call to gone.")

    def times(self) -> PodTimes:
        """The value that the world uses."""
        return PodTimes(**{name: getattr(self, name) for name in PodBlock.model_fields})


class AgentBlock(Part):
    """`agent`: how the agent process in a pod comes up, and behaves."""

    registers_after: PodDelayOrNever = Field(
        default=ZERO, description="From Running to its row in the agents table."
    )
    connects_after: PodDelayOrNever = Field(
        default=ZERO, description="From registered to its command-and-control connection."
    )
    known_to_pod_manager_after: PodDelayOrNever = Field(
        default=ZERO,
        description="From the first connect until the pod manager knows the pod's agent.",
    )
    heartbeat_every: PositiveSeconds = Field(default=10.0, description="Between heartbeats; default 10 s.")
    reconnect_backoff: list[PositiveSeconds] = Field(
        default=list(BACK_OFF_S),
        min_length=1,
        description="Waits between attempts to reach the server; the last one repeats.",
    )
    deduplicates: bool = Field(default=True, description="Whether a doubled dispatch is run once only.")
    capacity: CountOrNone = Field(
        default=None,
        description="How many tasks the agent itself accepts at a time; default any number.",
    )
    on_sigterm: Literal["abort"] = Field(
        default="abort",
        description="What becomes of running tasks; the platform aborts them at once.",
    )

    def times(self) -> AgentTimes:
        """The value that the world uses."""
        return AgentTimes(
            registers_after=self.registers_after,
            connects_after=self.connects_after,
            known_to_pod_manager_after=self.known_to_pod_manager_after,
            heartbeat_every=self.heartbeat_every,
            reconnect_backoff=tuple(self.reconnect_backoff),
            deduplicates=self.deduplicates,
            capacity=self.capacity,
        )


class PoolBlock(Part):
    """`pool`, or an entry of `pools`: its size, and what differs from the other pools."""

    min: int = Field(default=0, ge=0, description="The fewest pods that the autoscaler keeps.")
    max: int = Field(ge=1, le=PODS_MAX, description="The most pods that there may be.")
    slots: int | None = Field(
        default=None, ge=1, le=SLOTS_MAX, description="Per pod; default: what the policy says."
    )
    initial: int = Field(
        default=0, ge=0, description="Pods that are there from the start, their agents connected."
    )
    workspaces: list[Text] = Field(
        default=[], description="The only workspaces of this pool; default any that its tasks name."
    )
    pod: PodBlock | None = Field(default=None, description="In place of the top-level `pod`.")
    agent: AgentBlock | None = Field(default=None, description="In place of the top-level `agent`.")

    def plan(self, name: str, slots: int, pod: PodBlock, agent: AgentBlock) -> PoolPlan:
        """The value that the world uses; `slots` is the policy's, the blocks the top-level ones."""
        return PoolPlan(
            name=name,
            min=self.min,
            max=self.max,
            slots_per_pod=slots if self.slots is None else self.slots,
            initial=self.initial,
            pod=(self.pod or pod).times(),
            agent=(self.agent or agent).times(),
        )


class ControlPlaneBlock(Part):
    """`control_plane`: how long it takes to learn, to decide and to be obeyed."""

    observation_delay: Delay = Field(default=ZERO, description="From a fact to the control plane's ear.")
    decision_latency: Delay = Field(default=ZERO, description="How long a decision takes.")
    actuation_latency: Delay = Field(default=ZERO, description="From a decision to its effect.")
    reorders: bool = Field(default=False, description="Whether observations may overtake each other.")

    def times(self) -> Latencies:
        """The value that the world uses."""
        return Latencies(
            observation_delay=self.observation_delay,
            decision_latency=self.decision_latency,
            actuation_latency=self.actuation_latency,
            reorders=self.reorders,
        )


class ExceptionBlock(Part):
    """An entry of `exceptions`: what is fixed for one pod, as a delay or as a time of the run."""

    pod: int = Field(ge=1, description="The pod's number: 1 is the first that its pool creates.")
    pool: Text | None = Field(default=None, description="Its pool; needed if there are several.")
    create_call: Seconds | None = None
    scheduling: Seconds | None = None
    image_pull: Seconds | None = None
    container_start: Seconds | None = None
    termination: Seconds | None = None
    registers_after: SecondsOrNever | None = None
    connects_after: SecondsOrNever | None = None
    known_to_pod_manager_after: SecondsOrNever | None = None
    running_at: Seconds | None = None
    registers_at: Seconds | None = None
    connects_at: Seconds | None = None
    known_to_pod_manager_at: Seconds | None = None

    def conflict(self) -> tuple[str, str] | None:
        """A key that contradicts another one of this exception, and how; None if none does."""
        before: tuple[str, float] | None = None
        for at_key, delay_key in _FIXED_TIMES.items():
            at = getattr(self, at_key)
            if at is None:
                continue
            if getattr(self, delay_key) is not None:
                return at_key, f"{delay_key} is fixed too; keep one of them"
            if before is not None and at < before[1]:
                return at_key, f"{at:g} s is before {before[0]}, {before[1]:g} s; swap them"
            before = at_key, at
        return None

    def value(self, pool: str) -> PodException:
        """The value that the world uses."""
        given = self.model_dump(exclude_none=True, exclude={"pod", "pool"})
        return PodException(
            pool=pool,
            pod=self.pod,
            delays_s={key: value for key, value in given.items() if key not in _FIXED_TIMES},
            times_s={_FIXED_TIMES[key]: at for key, at in given.items() if key in _FIXED_TIMES},
        )

    @property
    def is_empty(self) -> bool:
        """Whether it fixes nothing."""
        return not self.model_dump(exclude_none=True, exclude={"pod", "pool"})
