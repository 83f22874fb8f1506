"""How long each step of a pod's and an agent's way up takes, drawn once a pod, whatever the policy does.

Every step of every pod has a stream of its own, so that pod 3 starts as fast under one policy as under
another. What the scenario fixes for one named pod (`exceptions`) replaces the draw.
"""

import math

import msgspec

from sim.distributions import Distribution
from sim.scenario import AgentTimes, PodException, PodTimes
from sim.streams import Streams
from sim.world.faults.starting import StartingFaults


class PodTimeline(msgspec.Struct, frozen=True):
    """The delays of one pod and its first agent process, in float seconds."""

    create_call_s: float
    start_up: tuple[tuple[str, float], ...]
    """What happens after each wait, from `created` on; the container runs after the last one."""
    running_at: float | None
    """When the container runs, whatever the last wait; None if that is not fixed."""
    termination_s: float


class AgentTimeline(msgspec.Struct, frozen=True):
    """The delays of one agent process, in float seconds; infinity is never."""

    registers_after_s: float
    connects_after_s: float
    known_to_pod_manager_after_s: float


class PodTimesOf:
    """The delays of the pods of one pool."""

    def __init__(
        self,
        pool: str,
        streams: Streams,
        pod: PodTimes,
        agent: AgentTimes,
        faults: StartingFaults,
        exceptions: dict[int, PodException],
    ) -> None:
        self._pool = pool
        self._streams = streams
        self._pod = pod
        self._agent = agent
        self._faults = faults
        self._exceptions = exceptions

    def pod(self, number: int) -> PodTimeline:
        """The way up of the pod of this number."""
        exception = self._exceptions.get(number)
        return PodTimeline(
            create_call_s=self._draw("create_call", self._pod.create_call, number),
            start_up=(
                ("scheduled", self._draw("scheduling", self._pod.scheduling, number)),
                ("pulled", self._draw("image_pull", self._pod.image_pull, number)),
                ("", self._draw("container_start", self._pod.container_start, number)),
            ),
            running_at=None if exception is None else exception.at("container_start"),
            termination_s=self._draw("termination", self._pod.termination, number),
        )

    def agent(self, number: int, process: int, now: float) -> AgentTimeline:
        """The way up of the pod's agent, as its `process`-th process, that starts at `now` (float s).

        Absolute times of an exception hold for the first process; a time that is already past is now.
        """
        registers_after_s = self._agent_delay("registers_after", number, process, now)
        registered_at = now + registers_after_s
        connects_after_s = self._agent_delay("connects_after", number, process, registered_at)
        return AgentTimeline(
            registers_after_s=registers_after_s,
            connects_after_s=connects_after_s,
            known_to_pod_manager_after_s=self._agent_delay(
                "known_to_pod_manager_after",
                number,
                process,
                registered_at + connects_after_s,
            ),
        )

    def _agent_delay(self, step: str, number: int, process: int, since: float) -> float:
        late_s = self._faults.delay_s(step, self._pool, number)
        exception = self._exceptions.get(number)
        at = None if exception is None or process > 1 else exception.at(step)
        if at is not None:
            return max(0.0, at - since) + late_s if since < math.inf else math.inf
        distribution: Distribution = getattr(self._agent, step)
        return self._draw(step, distribution, number, process) + late_s

    def _draw(self, step: str, distribution: Distribution, number: int, process: int = 1) -> float:
        exception = self._exceptions.get(number)
        fixed = None if exception is None else exception.delay(step)
        if fixed is not None:
            return fixed
        entity = f"{self._pool}-{number}" if process == 1 else f"{self._pool}-{number} {process}"
        return distribution.draw(self._streams, step, entity, number)
