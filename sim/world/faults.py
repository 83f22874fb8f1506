"""Faults: one mechanism for all of them. What happens, to whom, when, and for how long.

Three sorts differ only in where they take hold. *Timed* faults happen at an instant, or again and again at
random, to a pod or to the control plane; *starting* faults change how an agent comes up; *dispatch* faults
change a message's way. A new fault is one entry in a table here and one model in the scenario file.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from policies.actions import SendTask
from policies.vocabulary import PodName
from sim.engine import Engine
from sim.record.truth import DispatchHappened
from sim.scenario import Fault
from sim.streams import Streams
from sim.world.agents import Agent
from sim.world.cluster import Cluster, PodTruth
from sim.world.control_plane import ControlPlaneProcess
from sim.world.heartbeats import HeartbeatLine
from sim.world.log import Log


class StartingFaults:
    """What faults do to the way in which agents come up: waits that grow, or never end."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = [fault for fault in faults if fault.fault in _STARTING]
        self._losses = [fault for fault in faults if fault.fault == "heartbeat_loss"]

    def delay_s(self, step: str, pool: str, number: int) -> float:
        """How much later (float s) the agent of this pod takes this step; infinity is never."""
        return sum(
            fault.by if fault.by is not None else math.inf
            for fault in self._faults
            if _STARTING[fault.fault] == step and _hits(fault, pool, number)
        )

    def heartbeat_loss(self, pool: str, number: int) -> float:
        """The probability with which each heartbeat of this pod's agent is lost."""
        arriving = 1.0
        for fault in self._losses:
            if _hits(fault, pool, number):
                arriving *= 1.0 - fault.probability
        return 1.0 - arriving


class DispatchFaults:
    """What faults do to a dispatch on its way: the delays (float s) with which copies of it arrive."""

    def __init__(
        self, faults: Iterable[Fault], streams: Streams, engine: Engine, log: Log
    ) -> None:
        self._faults = [
            (fault, streams.of("dispatch_fault", index))
            for index, fault in enumerate(faults)
            if fault.fault in _DISPATCH
        ]
        self._engine = engine
        self._log = log

    def way(self, send: SendTask) -> tuple[float, ...]:
        """Usually one copy without delay; none if it is lost, two if it is duplicated."""
        ways: tuple[float, ...] = (0.0,)
        for fault, rng in self._faults:
            if self._matches(fault, rng, send):
                what = _DISPATCH[fault.fault]
                self._log(
                    DispatchHappened(
                        self._engine.now, send.task, send.phase, send.attempt, send.pod, what
                    )
                )
                if what == "lost":
                    return ()
                if what == "duplicated":
                    ways = ways + ways
                else:
                    ways = tuple(way + (fault.by or 0.0) for way in ways)
        return ways

    def _matches(self, fault: Fault, rng: np.random.Generator, send: SendTask) -> bool:
        return (
            fault.task in (None, send.task)
            and fault.phase in (None, send.phase)
            and fault.attempt in (None, send.attempt)
            and (fault.probability >= 1.0 or bool(rng.random() < fault.probability))
        )


class TimedFaults:
    """Faults that happen at an instant, once or again and again."""

    def __init__(
        self,
        faults: Iterable[Fault],
        streams: Streams,
        engine: Engine,
        control: ControlPlaneProcess,
        cluster: Cluster,
    ) -> None:
        self._streams = streams
        self._engine = engine
        self._control = control
        self._cluster = cluster
        self._on_pod: dict[str, Callable[[PodTruth, float], None]] = {
            "heartbeat_gap": self._heartbeat_gap,
            "connection_lost": self._connection_lost,
            "agent_crash": self._agent_crash,
            "pod_killed": self._pod_killed,
        }
        self._again: list[tuple[int, Fault]] = []
        self._struck: set[tuple[int, PodName]] = set()
        for index, fault in enumerate(faults):
            if fault.fault == "control_plane_restart":
                self._arrange_restart(index, fault)
            elif fault.fault in self._on_pod:
                self._arrange(index, fault)
        if self._again:
            cluster.on_agent.append(self._arrange_for_new)

    def _arrange(self, index: int, fault: Fault) -> None:
        if fault.at is not None:
            self._engine.call_at(fault.at, self._strike_all, (index, fault))
        else:
            self._again.append((index, fault))

    def _strike_all(self, entry: tuple[int, Fault]) -> None:
        index, fault = entry
        for pod in list(self._cluster.pods.values()):
            if _hits(fault, pod.pool, pod.number):
                rng = self._streams.of("fault_length", f"{index} {pod.name}")
                self._on_pod[fault.fault](pod, _length(fault, rng))

    def _arrange_for_new(self, pod: PodTruth) -> None:
        """A pod's agent came up: random faults begin to threaten it, each on a stream of its own."""
        for index, fault in self._again:
            if _hits(fault, pod.pool, pod.number) and (index, pod.name) not in self._struck:
                self._struck.add((index, pod.name))
                rng = self._streams.of("fault", f"{index} {pod.name}")
                self._arrange_next(fault, pod, rng)

    def _arrange_next(self, fault: Fault, pod: PodTruth, rng: np.random.Generator) -> None:
        assert fault.every is not None
        wait_s = fault.every.sample(rng)
        self._engine.call_in(wait_s, self._strike_again, (fault, pod, rng))

    def _strike_again(self, entry: tuple[Fault, PodTruth, np.random.Generator]) -> None:
        fault, pod, rng = entry
        if not pod.is_gone:
            self._on_pod[fault.fault](pod, _length(fault, rng))
            self._arrange_next(fault, pod, rng)

    def _arrange_restart(self, index: int, fault: Fault) -> None:
        rng = self._streams.of("fault", f"{index} control plane")
        wait_s = fault.at if fault.at is not None else _wait(fault, rng)
        self._engine.call_in(wait_s, self._restart, (fault, rng))

    def _restart(self, entry: tuple[Fault, np.random.Generator]) -> None:
        fault, rng = entry
        length_s = _length(fault, rng)
        self._control.go_down(length_s)
        if fault.every is not None:
            self._engine.call_in(length_s + _wait(fault, rng), self._restart, entry)

    def _heartbeat_gap(self, pod: PodTruth, length_s: float) -> None:
        if pod.agent is not None:
            pod.agent.heartbeats.hold()
            self._engine.call_in(length_s, HeartbeatLine.release, pod.agent.heartbeats)

    def _connection_lost(self, pod: PodTruth, length_s: float) -> None:
        if pod.agent is not None:
            pod.agent.cut_line()
            self._engine.call_in(length_s, Agent.mend_line, pod.agent)

    def _agent_crash(self, pod: PodTruth, length_s: float) -> None:
        """The process dies; the pod lives, and starts another process after a while, or never."""
        if pod.agent is not None:
            pod.agent.die()
            pod.agent = None
            self._engine.call_in(length_s, self._start_again, pod)

    def _start_again(self, pod: PodTruth) -> None:
        if not (pod.is_gone or pod.is_terminating) and pod.agent is None:
            self._cluster.renew_agent(pod).start()

    def _pod_killed(self, pod: PodTruth, length_s: float) -> None:
        self._cluster.kill(pod)


_STARTING = {
    "late_registration": "registers_after",
    "never_registers": "registers_after",
    "late_connect": "connects_after",
    "never_connects": "connects_after",
    "never_known_to_pod_manager": "known_to_pod_manager_after",
}

_DISPATCH = {
    "dispatch_lost": "lost",
    "dispatch_delayed": "delayed",
    "dispatch_duplicated": "duplicated",
}


def _hits(fault: Fault, pool: str, number: int) -> bool:
    return fault.pool in (None, pool) and fault.number in (None, number)


def _length(fault: Fault, rng: np.random.Generator) -> float:
    return 0.0 if fault.duration is None else fault.duration.sample(rng)


def _wait(fault: Fault, rng: np.random.Generator) -> float:
    assert fault.every is not None
    return fault.every.sample(rng)
