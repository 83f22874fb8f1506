"""How large a scenario may be: far beyond what is simulated on purpose, and short of what no memory holds.

A slip of the pen (`1e9 per s`, `slots: 30000000`) should be answered with a message, and not with a machine
that hangs until somebody, or the kernel, ends the process.
"""

from collections.abc import Iterator
from typing import Final

from sim.scenario.problems import Problem
from sim.scenario.source import Path, dotted
from sim.workloads import Closed, Source

PODS_MAX: Final = 150_000
"""Pods of a pool. Kubernetes says of one cluster: "No more than 150,000 total pods"
(https://kubernetes.io/docs/setup/best-practices/cluster-large/).
"""
SLOTS_MAX: Final = 1_000
"""Slots of a pod; each of them runs a Terraform process."""
TASKS_MAX: Final = 5_000_000
"""Tasks of a source; the record of so many takes tens of GB."""
CUSTOMERS_MAX: Final = 100_000
"""Customers of a closed source; each has a random stream of their own."""
WORKSPACES_MAX: Final = 1_000_000
"""Workspaces of a source, if only their number is given."""
CADENCES: Final = ("autoscaler_every", "monitor_every", "server_check_every", "row_cleanup_every")
"""The constants of the control plane that say how often it does something."""


def too_many_tasks(source: Source | Closed, horizon_s: float, path: Path) -> Iterator[Problem]:
    """A problem if a source would make more tasks than can be recorded."""
    if isinstance(source, Closed):
        return
    expected = source.expected_tasks(horizon_s)
    if expected > TASKS_MAX:
        number = f"about {expected:,.0f} tasks" if expected < 1e15 else "more tasks than can be counted"
        yield Problem(
            path,
            f"{dotted(path)} makes {number} in {horizon_s:g} s; expected at most {TASKS_MAX:,}, "
            "with a lower rate, fewer repetitions, or a shorter horizon",
        )
