"""Faults of the message that carries a task to its agent: lost, delayed, or there twice."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from policies.actions import SendTask
from sim.engine import Engine
from sim.record.entry import Log
from sim.record.truth import DispatchHappened
from sim.scenario import Fault
from sim.streams import Streams

_WHAT: Final[Mapping[str, str]] = {
    "dispatch_lost": "lost",
    "dispatch_delayed": "delayed",
    "dispatch_duplicated": "duplicated",
}


class DispatchFaults:
    """What faults do to a dispatch on its way: the delays (float s) with which copies of it arrive."""

    def __init__(self, faults: Iterable[Fault], streams: Streams, engine: Engine, log: Log) -> None:
        self._faults = [
            (fault, streams.of("dispatch_fault", index))
            for index, fault in enumerate(faults)
            if fault.fault in _WHAT
        ]
        self._engine = engine
        self._log = log

    @property
    def may_strike(self) -> bool:
        """Whether there are any."""
        return bool(self._faults)

    def way(self, send: SendTask) -> tuple[float, ...]:
        """Usually one copy without delay; none if it is lost, two if it is duplicated."""
        ways: tuple[float, ...] = (0.0,)
        for fault, rng in self._faults:
            if not _strikes(fault, rng, send):
                continue
            what = _WHAT[fault.fault]
            self._log(DispatchHappened(self._engine.now, send.task, send.phase, send.attempt, send.pod, what))
            if what == "lost":
                return ()
            ways = ways * 2 if what == "duplicated" else tuple(way + (fault.by or 0.0) for way in ways)
        return ways


def _strikes(fault: Fault, rng: np.random.Generator, send: SendTask) -> bool:
    return (
        fault.task in (None, send.task)
        and fault.phase in (None, send.phase)
        and fault.attempt in (None, send.attempt)
        and (fault.probability >= 1.0 or bool(rng.random() < fault.probability))
    )
