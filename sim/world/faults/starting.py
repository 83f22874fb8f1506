"""Faults of agents that come up late, or only in part, or whose heartbeats get lost."""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from sim.scenario import Fault

_STEP: Final[Mapping[str, str]] = {
    "late_registration": "registers_after",
    "never_registers": "registers_after",
    "late_connect": "connects_after",
    "never_connects": "connects_after",
    "never_known_to_pod_manager": "known_to_pod_manager_after",
}
"""The step of an agent's way up that each fault delays."""


class StartingFaults:
    """What faults do to the way in which agents come up: waits that grow, or never end."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        self._delays = [fault for fault in faults if fault.fault in _STEP]
        self._losses = [fault for fault in faults if fault.fault == "heartbeat_loss"]

    def delay_s(self, step: str, pool: str, number: int) -> float:
        """How much later (float s) the agent of this pod takes this step; infinity is never."""
        return sum(
            math.inf if fault.by is None else fault.by
            for fault in self._delays
            if _STEP[fault.fault] == step and fault.hits(pool, number)
        )

    def heartbeat_loss(self, pool: str, number: int) -> float:
        """The probability with which each heartbeat of this pod's agent is lost."""
        arriving = 1.0
        for fault in self._losses:
            if fault.hits(pool, number):
                arriving *= 1.0 - fault.probability
        return 1.0 - arriving
