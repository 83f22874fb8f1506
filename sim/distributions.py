"""Distributions of delays and durations, as values: float seconds, never negative.

Drawn numbers are rounded to a microsecond: the last bits of a logarithm differ between machines, and a
record should not. A constant draws nothing, so adding a constant delay opens no stream.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from sim.streams import Streams

Samples = npt.NDArray[np.float64]

_MICROSECONDS: Final = 6


class Distribution(msgspec.Struct, frozen=True):
    """A distribution of a duration in float seconds."""

    @property
    def constant_value(self) -> float | None:
        """The only value (s) that it has; None if there are several."""
        return None

    def sample_many(self, rng: np.random.Generator, count: int) -> Samples:
        """`count` draws, an array of float seconds, rounded to a microsecond."""
        drawn: Samples = np.maximum(self._draw_many(rng, count), 0.0)
        return np.round(drawn, _MICROSECONDS)

    def sample(self, rng: np.random.Generator) -> float:
        """One draw (s)."""
        return float(self.sample_many(rng, 1)[0])

    def draw(self, streams: Streams, purpose: str, entity: str, number: int) -> float:
        """The first draw (s) of the stream of (purpose, entity); `number` counts entities from 1."""
        return self.sample(streams.of(purpose, entity))

    def mean(self) -> float:
        """The expected value (s), before rounding."""
        raise NotImplementedError

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        raise NotImplementedError


class Constant(Distribution, frozen=True):
    """Always `value` seconds; infinity is never."""

    value: float

    @property
    def constant_value(self) -> float:
        return self.value

    def sample_many(self, rng: np.random.Generator, count: int) -> Samples:
        return np.full(count, self.value)

    def sample(self, rng: np.random.Generator) -> float:
        return self.value

    def draw(self, streams: Streams, purpose: str, entity: str, number: int) -> float:
        return self.value

    def mean(self) -> float:
        return self.value


class Uniform(Distribution, frozen=True):
    """Evenly between `low` and `high` seconds."""

    low: float
    high: float

    def mean(self) -> float:
        return (self.low + self.high) / 2

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return rng.uniform(self.low, self.high, count)


class Exponential(Distribution, frozen=True):
    """Exponential with this mean (s)."""

    mean_s: float

    def mean(self) -> float:
        return self.mean_s

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return rng.exponential(self.mean_s, count)


class TruncatedNormal(Distribution, frozen=True):
    """Normal with `mean_s` and `sd_s`, drawn again while outside [`low`, `high`] (s)."""

    mean_s: float
    sd_s: float
    low: float = 0.0
    high: float = math.inf

    def mean(self) -> float:
        """The mean of the truncated normal: mu + sd * (phi(a) - phi(b)) / (Phi(b) - Phi(a))."""
        if not self.sd_s:
            return min(max(self.mean_s, self.low), self.high)
        a, b = (self.low - self.mean_s) / self.sd_s, (self.high - self.mean_s) / self.sd_s
        return self.mean_s + self.sd_s * (_phi(a) - _phi(b)) / (_cdf(b) - _cdf(a))

    def accepts(self) -> float:
        """The share of draws inside the bounds."""
        if not self.sd_s:
            return 1.0 if self.low <= self.mean_s <= self.high else 0.0
        a, b = (self.low - self.mean_s) / self.sd_s, (self.high - self.mean_s) / self.sd_s
        return _cdf(b) - _cdf(a)

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        drawn = rng.normal(self.mean_s, self.sd_s, count)
        outside = (drawn < self.low) | (drawn > self.high)
        while outside.any():
            drawn[outside] = rng.normal(self.mean_s, self.sd_s, int(outside.sum()))
            outside = (drawn < self.low) | (drawn > self.high)
        return drawn


class LogNormal(Distribution, frozen=True):
    """Log-normal with this median (s), and `sigma`, the standard deviation of the logarithm."""

    median: float
    sigma: float

    def mean(self) -> float:
        return _or_inf(lambda: self.median * math.exp(self.sigma * self.sigma / 2))

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return rng.lognormal(math.log(self.median), self.sigma, count)


class Weibull(Distribution, frozen=True):
    """Weibull with this scale (s) and shape."""

    scale: float
    shape: float

    def mean(self) -> float:
        return _or_inf(lambda: self.scale * math.gamma(1 + 1 / self.shape))

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return self.scale * rng.weibull(self.shape, count)


class Gamma(Distribution, frozen=True):
    """Gamma with this mean (s) and shape."""

    mean_s: float
    shape: float

    def mean(self) -> float:
        return self.mean_s

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return rng.gamma(self.shape, self.mean_s / self.shape, count)


class Empirical(Distribution, frozen=True):
    """One of the measured values (s), each as likely as the others."""

    values: tuple[float, ...]

    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return np.asarray(self.values)[rng.integers(0, len(self.values), count)]


class Part(msgspec.Struct, frozen=True):
    """A component of a mixture and its weight."""

    weight: float
    of: Distribution


class Mixture(Distribution, frozen=True):
    """One of several distributions, by weight."""

    parts: tuple[Part, ...]

    def _shares(self) -> Samples:
        return shares_of([part.weight for part in self.parts])

    def mean(self) -> float:
        shares = self._shares().tolist()
        return math.fsum(share * part.of.mean() for share, part in zip(shares, self.parts, strict=True))

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        chosen = rng.choice(len(self.parts), size=count, p=self._shares())
        drawn = np.zeros(count)
        for index, part in enumerate(self.parts):
            mine = chosen == index
            drawn[mine] = part.of.sample_many(rng, int(mine.sum()))
        return drawn


class PerEntity(Distribution, frozen=True):
    """The first entity gets the first value (s), and so on; the last value repeats."""

    values: tuple[float, ...]

    def draw(self, streams: Streams, purpose: str, entity: str, number: int) -> float:
        return self.values[min(number, len(self.values)) - 1]

    def sample_many(self, rng: np.random.Generator, count: int) -> Samples:
        listed = self.values[:count]
        return np.asarray(listed + (self.values[-1],) * (count - len(listed)))

    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)


ZERO: Final = Constant(0.0)
NEVER: Final = Constant(math.inf)


def shares_of(weights: Sequence[float]) -> Samples:
    """What share each of the weights is of all of them; also of weights whose sum no float holds."""
    of_one = np.asarray(weights, dtype=float)
    if not math.isfinite(sum(weights)):
        of_one = of_one / of_one.max()
    return np.asarray(of_one / of_one.sum())


def _or_inf(mean: Callable[[], float]) -> float:
    """A mean, or infinity if no float is so large."""
    try:
        return mean()
    except OverflowError:
        return math.inf


def _phi(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))
