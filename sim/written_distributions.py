"""Distributions as a scenario file writes them: a duration, a list, or a name with parameters."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from policies.names import nearest
from sim.distributions import (
    NEVER,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
    Mixture,
    Part,
    PerEntity,
    TruncatedNormal,
    Uniform,
    Weibull,
)
from sim.quantities import parse_duration

ReadColumn = Callable[[str, str], Sequence[float]]
"""Reads the numbers of one column of a file: (path as written in the scenario, column) -> values."""


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
