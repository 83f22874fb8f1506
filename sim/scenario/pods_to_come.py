"""Which pods a run can have at all, so that nothing is planned for one that can never exist.

The control plane creates pods at its autoscaler cycles, and at most the pool's maximum at each.
"""

import math
from collections.abc import Iterator

from policies.rules.dispatch import D3
from sim.scenario.faults import ControlPlaneRestart
from sim.scenario.model import ScenarioBlock
from sim.scenario.problems import Problem
from sim.scenario.source import Path, dotted


def check_pod(
    block: ScenarioBlock, path: Path, number: int | None, pool: str, at: float | None
) -> Iterator[Problem]:
    """A problem if this pod of the pool cannot exist at `at` (s), or at the end of the run.

    `number` None is every pod. Nothing is said where pods may be created between two cycles: when the control
    plane restarts, and under a dispatch rule other than D3, which may ask for one at any time.
    """
    restarts = any(isinstance(fault, ControlPlaneRestart) for fault in block.faults)
    if number is None or restarts or type(block.policy.dispatch) is not D3:
        return
    every, limits = block.policy.controller.autoscaler_every, block.pools_by_name()[pool]
    cycles = math.floor((block.horizon if at is None else at) / every)
    most = limits.initial + limits.max * cycles
    if number > most:
        when = "in this run" if at is None else f"at {at:g} s"
        text = (
            f"{dotted(path)} is {number}, which can not exist {when}: with max {limits.max} and a cycle "
            f"every {every:g} s, at most {most} pods can have been created; expected "
        )
        yield Problem(path, text + (f"a pod from 1 to {most}" if most else f"a time from {every:g} s on"))
