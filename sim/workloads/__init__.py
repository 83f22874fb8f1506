"""Workloads: where tasks come from, and what they are like.

Lives here: sources of tasks as values, their arrivals drawn from seeded streams, traces read from files.
Must not live here: anything that looks at the pool, but for closed populations, which wait for their tasks.
"""

from sim.workloads.arrival import Arrival
from sim.workloads.closed import Closed, ClosedSource
from sim.workloads.merge import Workload
from sim.workloads.sources import Bursts, Listed, Source, Traits, Varying
from sim.workloads.trace import read_column, read_trace

__all__ = [
    "Arrival",
    "Bursts",
    "Closed",
    "ClosedSource",
    "Listed",
    "Source",
    "Traits",
    "Varying",
    "Workload",
    "read_column",
    "read_trace",
]
