"""Faults that happen at an instant: at a time that is written down, or again and again at random."""

from collections.abc import Callable, Iterable

import numpy as np

from sim.distributions import Distribution
from sim.engine import Engine
from sim.quantities import SHORTEST_WAIT_S
from sim.record.entry import Log
from sim.record.truth import FaultMissed
from sim.scenario import Fault
from sim.streams import Streams
from sim.world.agents import Agent
from sim.world.cluster import Cluster, PodTruth
from sim.world.control_plane import ControlPlaneProcess
from sim.world.heartbeats import HeartbeatLine


class TimedFaults:
    """Arranges all timed faults of a run. Random ones have a stream for each fault and pod."""

    def __init__(
        self,
        faults: Iterable[Fault],
        streams: Streams,
        engine: Engine,
        control: ControlPlaneProcess,
        cluster: Cluster,
        log: Log,
    ) -> None:
        self._log = log
        self._streams = streams
        self._engine = engine
        self._control = control
        self._cluster = cluster
        self._on_pod: dict[str, Callable[[PodTruth, float], bool]] = {
            "heartbeat_gap": self._heartbeat_gap,
            "connection_lost": self._connection_lost,
            "agent_crash": self._agent_crash,
            "pod_killed": self._pod_killed,
        }
        self._again: list[tuple[int, Fault]] = []
        self._threatened: set[tuple[int, str]] = set()
        for index, fault in enumerate(faults):
            if fault.fault == "control_plane_restart":
                self._arrange_restart(index, fault)
            elif fault.fault in self._on_pod:
                self._arrange(index, fault)
        if self._again:
            cluster.on_agent.append(self._threaten)

    # on pods

    def _arrange(self, index: int, fault: Fault) -> None:
        if fault.at is not None:
            self._engine.call_at(fault.at, self._strike_all, (index, fault))
        else:
            self._again.append((index, fault))

    def _strike_all(self, entry: tuple[int, Fault]) -> None:
        index, fault = entry
        has_struck = False
        for pod in [pod for pod in self._cluster.pods.values() if fault.hits(pod.pool, pod.number)]:
            rng = self._streams.of("fault_length", f"{index} {pod.name}")
            has_struck |= self._on_pod[fault.fault](pod, _drawn(fault.duration, rng))
        if not has_struck:
            self._missed(fault)

    def _missed(self, fault: Fault) -> None:
        self._log(FaultMissed(self._engine.now, fault.fault))

    def _threaten(self, pod: PodTruth) -> None:
        """A pod's first agent came up: random faults begin to threaten it."""
        for index, fault in self._again:
            if fault.hits(pod.pool, pod.number) and (index, pod.name) not in self._threatened:
                self._threatened.add((index, pod.name))
                rng = self._streams.of("fault", f"{index} {pod.name}")
                wait_s = _wait(fault, rng)
                self._engine.call_in(wait_s, self._strike_again, (fault, pod, rng))

    def _strike_again(self, entry: tuple[Fault, PodTruth, np.random.Generator]) -> None:
        fault, pod, rng = entry
        if not pod.is_gone:
            if not self._on_pod[fault.fault](pod, _drawn(fault.duration, rng)):
                self._missed(fault)
            self._engine.call_in(_wait(fault, rng), self._strike_again, entry)

    # Each says whether there was anything to strike.

    def _heartbeat_gap(self, pod: PodTruth, length_s: float) -> bool:
        agent = _living_agent(pod)
        if agent is None:
            return False
        agent.heartbeats.hold()
        self._engine.call_in(length_s, HeartbeatLine.release, agent.heartbeats)
        return True

    def _connection_lost(self, pod: PodTruth, length_s: float) -> bool:
        agent = _living_agent(pod)
        if agent is None:
            return False
        agent.cut_line()
        self._engine.call_in(length_s, Agent.mend_line, agent)
        return True

    def _agent_crash(self, pod: PodTruth, length_s: float) -> bool:
        """The process dies; the pod lives, and starts another process after a while, or never."""
        agent = _living_agent(pod)
        if agent is None:
            return False
        agent.die()
        pod.agent = None
        self._engine.call_in(length_s, self._start_again, pod)
        return True

    def _start_again(self, pod: PodTruth) -> None:
        if not (pod.is_gone or pod.is_terminating) and pod.agent is None:
            self._cluster.renew_agent(pod).start()

    def _pod_killed(self, pod: PodTruth, length_s: float) -> bool:
        return self._cluster.kill(pod)

    # on the control plane

    def _arrange_restart(self, index: int, fault: Fault) -> None:
        rng = self._streams.of("fault", f"{index} control plane")
        first_s = fault.at if fault.at is not None else _wait(fault, rng)
        self._engine.call_in(first_s, self._restart, (fault, rng))

    def _restart(self, entry: tuple[Fault, np.random.Generator]) -> None:
        fault, rng = entry
        length_s = _drawn(fault.duration, rng)
        if not self._control.go_down(length_s):
            self._missed(fault)
        if fault.every is not None:
            self._engine.call_in(length_s + _wait(fault, rng), self._restart, entry)


def _living_agent(pod: PodTruth) -> Agent | None:
    """The agent process of the pod, unless there is none yet or no more."""
    return pod.agent if pod.agent is not None and pod.agent.is_alive else None


def _drawn(distribution: Distribution | None, rng: np.random.Generator) -> float:
    """A length or a wait (float s); nothing to draw from is no time at all."""
    return 0.0 if distribution is None else distribution.sample(rng)


def _wait(fault: Fault, rng: np.random.Generator) -> float:
    """The wait (float s) for the next of a fault that comes again and again, never so short that it is none.

    A heavy tail has a mean that is long enough, and draws 0 s nearly always.
    """
    return max(_drawn(fault.every, rng), SHORTEST_WAIT_S)
