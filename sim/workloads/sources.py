"""Where tasks come from, as values: each source says when tasks arrive and what they are like.

Open sources do not look at the pool: their arrivals are drawn before the run, in one go, each column from a
stream of its own, so the i-th task of a source is the same task under every policy.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import repeat

import msgspec
import numpy as np

from sim.distributions import ZERO, Constant, Distribution, Samples, shares_of
from sim.streams import Streams
from sim.workloads.arrival import Arrival

_REPEATS_MAX = 1_000_000
"""How often a curve may start anew: each day for longer than anybody has planned ahead."""


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What the tasks of a source are like."""

    pool: str
    workspaces: tuple[str, ...]
    kinds: Mapping[str, float] = msgspec.field(default_factory=lambda: {"plan": 1.0})
    """Weight of each kind."""
    plan: Distribution = Constant(60.0)
    apply: Distribution = Constant(10.0)
    confirmed_after: Distribution = ZERO
    changes: float = 1.0
    """Probability that a plan_and_apply finds something to apply."""

    def kind_shares(self) -> tuple[list[str], Samples]:
        """The kinds, and the probability of each."""
        return list(self.kinds), shares_of(list(self.kinds.values()))


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of tasks; `index` is its place in the scenario and names its random streams."""

    index: int
    traits: Traits

    def times(self, streams: Streams, horizon_s: float) -> Samples:
        """Times of submission (float s), sorted."""
        raise NotImplementedError

    def expected_tasks(self, horizon_s: float) -> float:
        """About how many tasks it makes up to the horizon; infinity if they are too many to say."""
        raise NotImplementedError

    def arrivals(self, streams: Streams, horizon_s: float) -> list[Arrival]:
        """Its tasks up to the horizon, in order of time, with ids from 1 that the merge replaces."""
        times = self.times(streams, horizon_s)
        count = len(times)
        traits = self.traits

        def rng(what: str) -> np.random.Generator:
            return streams.of(f"task_{what}", self.index)

        names, shares = traits.kind_shares()
        kinds = rng("kind").choice(len(names), size=count, p=shares)
        workspaces = rng("workspace").integers(0, len(traits.workspaces), count)
        plans = traits.plan.sample_many(rng("plan"), count)
        applies = traits.apply.sample_many(rng("apply"), count)
        confirms = traits.confirmed_after.sample_many(rng("confirmed_after"), count)
        changes = rng("changes").random(count) < traits.changes
        columns = (
            times.tolist(),
            range(1, count + 1),
            repeat(traits.pool, count),
            map(traits.workspaces.__getitem__, workspaces.tolist()),
            map(names.__getitem__, kinds.tolist()),
            plans.tolist(),
            applies.tolist(),
            confirms.tolist(),
            repeat(math.nan, count),
            changes.tolist(),
        )
        return list(map(Arrival, *columns))  # in the order of its fields


class Varying(Source, frozen=True, kw_only=True):
    """Poisson arrivals at a rate that is constant between steps and may repeat.

    `steps` are (from float s, rate per s), the first from 0; with `repeats_every_s` the curve starts anew
    each time. By inversion of the cumulated rate, which is exact for such curves.
    """

    steps: tuple[tuple[float, float], ...]
    repeats_every_s: float | None = None
    starts_at: float = 0.0
    ends_at: float = math.inf
    count: int | None = None

    def expected_tasks(self, horizon_s: float) -> float:
        if self.repeats_every_s is not None and horizon_s / self.repeats_every_s > _REPEATS_MAX:
            return math.inf
        _, cumulated = self._cumulated(min(self.ends_at, horizon_s))
        total = float(cumulated[-1])
        if not math.isfinite(total):
            return math.inf
        return total if self.count is None else min(total, self.count)

    def times(self, streams: Streams, horizon_s: float) -> Samples:
        rng = streams.of("arrival", self.index)
        end = min(self.ends_at, horizon_s)
        at, cumulated = self._cumulated(end)
        total = cumulated[-1]
        units = _unit_rate_points(rng, total, self.count)
        times = np.round(np.interp(units, cumulated, at), 6)
        return times[times <= end]

    def _cumulated(self, end: float) -> tuple[Samples, Samples]:
        """The cumulated rate at the ends of all steps between start and end."""
        begin = self.starts_at
        edges = [(begin, 0.0)]
        for time, rate in self._edges(end):
            if time <= begin:
                edges[0] = (begin, rate)
            elif time < end:
                edges.append((time, rate))
        at = np.asarray([*(time for time, _ in edges), max(end, begin)])
        rates = np.asarray([rate for _, rate in edges])
        with np.errstate(over="ignore", invalid="ignore"):  # of a rate that `expected_tasks` finds too high
            return at, np.concatenate([[0.0], np.cumsum(rates * np.diff(at))])

    def _edges(self, end: float) -> Iterator[tuple[float, float]]:
        """When (float s) a step begins, and the rate from there on; steps come in order of time."""
        if self.repeats_every_s is None:
            yield from self.steps
            return
        for index in range(int(end // self.repeats_every_s) + 1):
            for start, rate in self.steps:
                yield index * self.repeats_every_s + start, rate


class Bursts(Source, frozen=True, kw_only=True):
    """`size` tasks within `within_s` of each of the instants `at`, or of every `every_s` seconds."""

    size: int
    within_s: float = 0.0
    at: tuple[float, ...] = ()
    every_s: float | None = None

    def expected_tasks(self, horizon_s: float) -> float:
        bursts = len(self.at) if self.every_s is None else horizon_s // self.every_s
        return bursts * float(self.size)

    def times(self, streams: Streams, horizon_s: float) -> Samples:
        starts = list(self.at)
        if self.every_s is not None:
            starts += list(np.arange(self.every_s, horizon_s, self.every_s))
        rng = streams.of("arrival", self.index)
        spread = rng.uniform(0.0, self.within_s, (len(starts), self.size))
        times = (np.asarray(starts).reshape(-1, 1) + spread).ravel()
        times = np.sort(np.round(times, 6), kind="stable")
        return times[times <= horizon_s]


class Listed(Source, frozen=True, kw_only=True):
    """Tasks that are written down one by one, in the scenario or in a trace."""

    listed: tuple[Arrival, ...]
    keeps_ids: bool = True

    def expected_tasks(self, horizon_s: float) -> float:
        return float(len(self.listed))

    def arrivals(self, streams: Streams, horizon_s: float) -> list[Arrival]:
        kept = [arrival for arrival in self.listed if arrival.submitted_at <= horizon_s]
        return sorted(kept, key=lambda arrival: arrival.submitted_at)


def _unit_rate_points(rng: np.random.Generator, total: float, count: int | None) -> Samples:
    """The points of a Poisson process of rate 1 on [0, total], at most `count` of them."""
    points = np.zeros(0)
    last = 0.0
    while last <= total and (count is None or len(points) < count):
        expected = max(16, int((total - last) * 1.1))
        wanted = expected if count is None else min(expected, count - len(points))
        more = last + np.cumsum(rng.exponential(1.0, wanted))
        points = np.concatenate([points, more])
        last = float(points[-1])
    return points[points <= total]
