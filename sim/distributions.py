"""Distributions of delays and durations, as values: float seconds, never negative.

Drawn numbers are rounded to a microsecond: the last bits of a logarithm differ between machines, and a
record should not. A constant draws nothing, so adding a constant delay opens no stream.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from policies.names import nearest
from sim.quantities import parse_duration
from sim.streams import Streams

Samples = npt.NDArray[np.float64]
ReadColumn = Callable[[str, str], Sequence[float]]
"""Reads the numbers of one column of a file: (path as written in the scenario, column) -> values."""

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
        return self.median * math.exp(self.sigma**2 / 2)

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        return rng.lognormal(math.log(self.median), self.sigma, count)


class Weibull(Distribution, frozen=True):
    """Weibull with this scale (s) and shape."""

    scale: float
    shape: float

    def mean(self) -> float:
        return self.scale * math.gamma(1 + 1 / self.shape)

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

    def mean(self) -> float:
        total = sum(part.weight for part in self.parts)
        return sum(part.weight * part.of.mean() for part in self.parts) / total

    def _draw_many(self, rng: np.random.Generator, count: int) -> Samples:
        weights = np.asarray([part.weight for part in self.parts])
        chosen = rng.choice(len(self.parts), size=count, p=weights / weights.sum())
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


def parse_distribution(
    value: Any, read_column: ReadColumn | None = None, *, may_be_never: bool = False
) -> Distribution:
    """The distribution that a scenario's value describes.

    A duration is a constant, a list has one value per entity, and a mapping names the distribution with
    its parameters. Raises ValueError that names the wrong part and says what was expected.
    """
    if value == "never":
        if not may_be_never:
            raise ValueError("'never' is not possible here; write a duration such as '6 s'")
        return NEVER
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            raise ValueError("an empty list; expected one duration per entity")
        return PerEntity(tuple(_duration_or_never(item, may_be_never) for item in value))
    if isinstance(value, Mapping):
        return _parse_named(value, read_column)
    return Constant(parse_duration(value))


def _duration_or_never(value: Any, may_be_never: bool) -> float:
    return math.inf if value == "never" and may_be_never else parse_duration(value)


def _parse_named(value: Mapping[Any, Any], read_column: ReadColumn | None) -> Distribution:
    names = (*_PARSERS, *_READERS)
    if len(value) != 1:
        raise ValueError(
            f"{dict(value)!r} is no distribution; expected one of {', '.join(names)} with its parameters"
        )
    [(name, given)] = value.items()
    if name not in names:
        raise ValueError(nearest("distribution", name, names))
    return _READERS[name](given, read_column) if name in _READERS else _PARSERS[name](given)


def _fields(name: str, given: Any, required: Sequence[str], optional: Sequence[str] = ()) -> Any:
    if not isinstance(given, Mapping):
        raise ValueError(f"{name}: {given!r}; expected {{{', '.join(f'{k}: ...' for k in required)}}}")
    for key in given:
        if key not in (*required, *optional):
            raise ValueError(f"{name}: {nearest('parameter', str(key), [*required, *optional])}")
    for key in required:
        if key not in given:
            raise ValueError(f"{name}: the parameter {key!r} is missing")
    return given


def _above_zero(name: str, value: Any) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name}: {value!r}; expected a number above 0")
    return float(number)


def _positive_duration(name: str, value: Any) -> float:
    seconds = parse_duration(value)
    if not seconds > 0:
        raise ValueError(f"{name}: {value!r}; expected a duration above 0 s")
    return seconds


def _parse_uniform(given: Any) -> Distribution:
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
        raise ValueError(f"uniform: {given!r}; expected two durations, [1 s, 6 s]")
    low, high = map(parse_duration, given)
    if low > high:
        raise ValueError(f"uniform: {given!r}; the first must not exceed the second")
    return Uniform(low, high)


def _parse_exponential(given: Any) -> Distribution:
    fields = _fields("exponential", given, ["mean"])
    return Exponential(_positive_duration("exponential.mean", fields["mean"]))


def _parse_normal(given: Any) -> Distribution:
    fields = _fields("normal", given, ["mean", "sd"], ["min", "max"])
    normal = TruncatedNormal(
        parse_duration(fields["mean"]),
        parse_duration(fields["sd"]),
        parse_duration(fields.get("min", "0 s")),
        parse_duration(fields["max"]) if "max" in fields else math.inf,
    )
    if normal.accepts() < 0.001:
        raise ValueError(
            f"normal: less than one draw in a thousand lies between min and max ({given!r}); widen the bounds"
        )
    return normal


def _parse_lognormal(given: Any) -> Distribution:
    fields = _fields("lognormal", given, ["median", "sigma"])
    return LogNormal(
        _positive_duration("lognormal.median", fields["median"]),
        _above_zero("lognormal.sigma", fields["sigma"]),
    )


def _parse_weibull(given: Any) -> Distribution:
    fields = _fields("weibull", given, ["scale", "shape"])
    return Weibull(
        _positive_duration("weibull.scale", fields["scale"]),
        _above_zero("weibull.shape", fields["shape"]),
    )


def _parse_gamma(given: Any) -> Distribution:
    fields = _fields("gamma", given, ["mean", "shape"])
    return Gamma(
        _positive_duration("gamma.mean", fields["mean"]),
        _above_zero("gamma.shape", fields["shape"]),
    )


def _parse_empirical(given: Any, read_column: ReadColumn | None) -> Distribution:
    if isinstance(given, Mapping):
        return _parse_file(given, read_column)
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ValueError(f"empirical: {given!r}; expected a list of durations, or {{file: ..., column: ...}}")
    return Empirical(tuple(map(parse_duration, given)))


def _parse_file(given: Mapping[Any, Any], read_column: ReadColumn | None) -> Distribution:
    fields = _fields("empirical", given, ["file", "column"])
    if read_column is None:
        raise ValueError("empirical: a file can not be read here; list the durations instead")
    values = tuple(float(value) for value in read_column(str(fields["file"]), str(fields["column"])))
    if not values or min(values) < 0 or not all(map(math.isfinite, values)):
        raise ValueError(
            f"empirical: {fields['file']} column {fields['column']}: expected numbers of seconds, "
            "0 or more, at least one"
        )
    return Empirical(values)


def _parse_mixture(given: Any, read_column: ReadColumn | None) -> Distribution:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ValueError(f"mixture: {given!r}; expected a list of {{weight: 0.9, of: 1 s}}")
    parts = []
    for index, entry in enumerate(given):
        fields = _fields(f"mixture.{index}", entry, ["weight", "of"])
        weight = _above_zero(f"mixture.{index}.weight", fields["weight"])
        of = parse_distribution(fields["of"], read_column)
        if isinstance(of, PerEntity):
            raise ValueError(f"mixture.{index}.of: {fields['of']!r} is a list, and those are for pods")
        parts.append(Part(weight, of))
    return Mixture(tuple(parts))


_PARSERS: Final[Mapping[str, Callable[[Any], Distribution]]] = {
    "uniform": _parse_uniform,
    "exponential": _parse_exponential,
    "normal": _parse_normal,
    "lognormal": _parse_lognormal,
    "weibull": _parse_weibull,
    "gamma": _parse_gamma,
}
_READERS: Final[Mapping[str, Callable[[Any, ReadColumn | None], Distribution]]] = {
    "empirical": _parse_empirical,
    "mixture": _parse_mixture,
}


def _phi(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))
