"""A scenario as the world uses it: resolved, checked, immutable. All times are float seconds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policies.policy_set import PolicySet
from sim.distributions import ZERO, Distribution
from sim.workloads import Closed, Source

BACK_OFF_S: Final = (2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""The platform's waits between attempts to register or to connect; the last one repeats."""

ANY_PRESET: Final = "any"
"""In `expect`: under whatever policy."""


@dataclass(frozen=True, kw_only=True)
class PodTimes:
    """How long each step of a pod's life takes."""

    create_call: Distribution = ZERO
    scheduling: Distribution = ZERO
    image_pull: Distribution = ZERO
    container_start: Distribution = ZERO
    termination: Distribution = ZERO


@dataclass(frozen=True, kw_only=True)
class AgentTimes:
    """How an agent process comes up and behaves."""

    registers_after: Distribution = ZERO
    connects_after: Distribution = ZERO
    known_to_pod_manager_after: Distribution = ZERO
    heartbeat_every: float = 10.0
    reconnect_backoff: tuple[float, ...] = BACK_OFF_S
    deduplicates: bool = True
    capacity: int | None = None
    """How many tasks the agent itself accepts at a time; None is any number."""


@dataclass(frozen=True, kw_only=True)
class Latencies:
    """How long it takes until the control plane learns something, decides, and is obeyed."""

    observation_delay: Distribution = ZERO
    decision_latency: Distribution = ZERO
    actuation_latency: Distribution = ZERO
    reorders: bool = False
    """Whether observations of one source may overtake each other."""


@dataclass(frozen=True, kw_only=True)
class PoolPlan:
    """A pool of pods: its bounds, its pods' slots, those there from the start, and their times."""

    name: str
    min: int
    max: int
    slots_per_pod: int
    initial: int = 0
    pod: PodTimes = PodTimes()
    agent: AgentTimes = AgentTimes()


@dataclass(frozen=True, kw_only=True)
class PodException:
    """What is fixed for one pod: delays in place of draws, and times since the start of the run.

    Both are by the step's name, that is by the field of `PodTimes` or `AgentTimes` that they
    replace.
    """

    pool: str
    pod: int
    delays_s: Mapping[str, float]
    times_s: Mapping[str, float]

    def delay(self, step: str) -> float | None:
        """The fixed delay (s) of this step, if there is one; infinity is never."""
        return self.delays_s.get(step)

    def at(self, step: str) -> float | None:
        """The fixed time (s) at which this step ends, if there is one."""
        return self.times_s.get(step)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, with whom, when, and for how long; what does not apply is None."""

    fault: str
    pool: str | None = None
    """None is all pools."""
    pod: int | None = None
    """By order of creation in its pool, from 1; None is all pods."""
    at: float | None = None
    every: Distribution | None = None
    """Time to the first, and between one and the next, on each pod apart."""
    duration: Distribution | None = None
    by: float | None = None
    """How much later (s)."""
    probability: float = 1.0
    task: int | None = None
    phase: str | None = None
    attempt: int | None = None

    def hits(self, pool: str, number: int) -> bool:
        """Whether it hits the pod of this number of this pool."""
        return self.pool in (None, pool) and self.pod in (None, number)


@dataclass(frozen=True, kw_only=True)
class SentWithin:
    """The task is first sent at most `within` s after `of`.

    `of` is `submitted`, or `agent_connected`: the first connection of the agent that it is sent to, or the
    submission if that is later.
    """

    task: int
    within: float
    of: str = "submitted"


@dataclass(frozen=True, kw_only=True)
class NotSentBefore:
    """The task is not sent before `before`, a time (s) since the start of the run."""

    task: int
    before: float


@dataclass(frozen=True, kw_only=True)
class FinishedWithin:
    """The task ends, neither failed nor cancelled, at most `within` s after its submission."""

    task: int
    within: float


@dataclass(frozen=True, kw_only=True)
class EndedAs:
    """The task ends in this state at most `within` s after its submission."""

    task: int
    state: str
    within: float


@dataclass(frozen=True, kw_only=True)
class Breaks:
    """The invariant of this code is first broken between `earliest` and `latest` (float s)."""

    code: str
    earliest: float = 0.0
    latest: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What must hold of a run under one preset.

    If `breaks` is given, these invariants break and all others hold; but those in `undecided` may be left
    open, and those in `may_break` may hold, break or be left open.
    """

    breaks: tuple[Breaks, ...] | None = None
    undecided: tuple[str, ...] = ()
    may_break: tuple[str, ...] = ()
    sent: tuple[SentWithin, ...] = ()
    not_sent: tuple[NotSentBefore, ...] = ()
    finished: tuple[FinishedWithin, ...] = ()
    ended: tuple[EndedAs, ...] = ()
    never: tuple[str, ...] = ()
    """Reason codes that no decision of the run has."""


@dataclass(frozen=True, kw_only=True)
class HeldTo:
    """What runs are held to: a capacity rule in place of the policy's own, and parameters of invariants."""

    sharing: str | None = None
    """One of `sim.checks.Sharing`; None is what the policy's placement declares."""
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the invariant's code, then by name; durations are float s."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario, ready to run."""

    name: str
    title: str
    story: str
    question: str
    goes_wrong: str
    incident: str
    covers: tuple[str, ...]
    version: int
    seed: int
    horizon_s: float
    policy: PolicySet
    presets: tuple[str, ...]
    pools: tuple[PoolPlan, ...]
    work_init_s: float
    control_plane: Latencies
    sources: tuple[Source | Closed, ...]
    exceptions: tuple[PodException, ...]
    faults: tuple[Fault, ...]
    checks: HeldTo
    expect: Mapping[str, Expectation]
    """By preset, or under `any`."""
    digest: str
    """SHA-256 (hex) of all that it says, and of the files that it refers to."""
    changed: tuple[str, ...] = ()
    """The keys in which the world that it describes differs from what is written in the file."""

    def exceptions_of(self, pool: str) -> dict[int, PodException]:
        """The exceptions of a pool's pods, by pod number."""
        return {each.pod: each for each in self.exceptions if each.pool == pool}

    def expectations_of(self, preset: str) -> tuple[Expectation, ...]:
        """What a run under this preset must show; nothing if the world is not as written."""
        if self.changed:
            return ()
        return tuple(self.expect[each] for each in (preset, ANY_PRESET) if each in self.expect)
