"""A closed population: customers who submit a task, wait for its end, think, and submit the next."""

from collections.abc import Iterator

import msgspec
import numpy as np

from sim.distributions import Distribution
from sim.streams import Streams
from sim.workloads.arrival import Arrival
from sim.workloads.sources import Traits

_NO_ID = 0


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A population of `customers` who think for a time drawn from `think` before each task."""

    index: int
    traits: Traits
    customers: int
    think: Distribution


Coming = tuple[int, Arrival]
"""A customer, and the task that they will submit, which has no id before."""


class ClosedSource:
    """The population of one run. Each customer has a stream of their own."""

    def __init__(self, spec: Closed, streams: Streams, ids: Iterator[int]) -> None:
        self._spec = spec
        self._ids = ids
        self._customer_of: dict[int, int] = {}
        self._streams = [
            streams.of("customer", f"{spec.index} {customer}") for customer in range(spec.customers)
        ]

    def first_arrivals(self) -> list[Coming]:
        """Each customer's first task, after a first think time."""
        return [self._next(customer, 0.0) for customer in range(self._spec.customers)]

    def next_after(self, task: int, ended_at: float) -> Coming:
        """The next task of the customer whose task ended at `ended_at` (float s)."""
        return self._next(self._customer_of.pop(task), ended_at)

    def submitted(self, coming: Coming) -> Arrival:
        """The task that a customer submits now, with the next id: ids follow the order of submission."""
        customer, arrival = coming
        task = next(self._ids)
        self._customer_of[task] = customer
        return msgspec.structs.replace(arrival, task=task)

    def _next(self, customer: int, now: float) -> Coming:
        traits, rng = self._spec.traits, self._streams[customer]
        return customer, Arrival(
            now + self._spec.think.sample(rng),
            _NO_ID,
            traits.pool,
            traits.workspaces[int(rng.integers(0, len(traits.workspaces)))],
            _kind(traits, rng),
            traits.plan.sample(rng),
            traits.apply.sample(rng),
            traits.confirmed_after.sample(rng),
            has_changes=bool(rng.random() < traits.changes),
        )


def _kind(traits: Traits, rng: np.random.Generator) -> str:
    names, shares = traits.kind_shares()
    return names[int(rng.choice(len(names), p=shares))]
