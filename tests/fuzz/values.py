"""Strategies for single values of a scenario file: durations, rates, distributions."""

from typing import Any

from hypothesis import strategies as st

Value = st.SearchStrategy[Any]

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def _written(seconds: float, unit: str) -> str:
    return f"{int(seconds / UNITS[unit] * 1e9) / 1e9:.9f}".rstrip("0").rstrip(".") + f" {unit}"


def durations(low: float, high: float) -> st.SearchStrategy[str]:
    """A duration between two bounds (float s), often at one of them, in one of the units or in two."""
    whole = st.integers(int(low * 1000), int(high * 1000)).map(lambda ms: ms / 1000)
    seconds = st.sampled_from([low, high]) | whole | whole.map(round).filter(lambda s: low <= s <= high)
    one = st.builds(_written, seconds, st.sampled_from(["ms", "s", "min", "h"]))
    two = seconds.map(lambda s: f"{int(s // 60)} min {round(s % 60, 3):g} s")
    return one | two


def rates(most_per_hour: int) -> st.SearchStrategy[str]:
    """A rate of at most so many an hour."""
    per_hour = st.integers(0, most_per_hour)
    return per_hour.map(lambda n: f"{n} per hour") | per_hour.map(lambda n: f"{round(n / 60, 4)} per min")


shares = st.sampled_from([0, 1, 0.5, 0.25]) | st.integers(0, 100).map(lambda n: n / 100)
probabilities = st.sampled_from([1, 0.5, 0.01]) | st.integers(1, 100).map(lambda n: n / 100)


def _uniform(durations_: st.SearchStrategy[str], low: float, high: float) -> Value:
    whole = st.integers(int(low * 1000), int(high * 1000))
    return st.tuples(whole, whole).map(
        lambda pair: {"uniform": [f"{min(pair)} ms", f"{max(pair)} ms"]}  # low must not exceed high
    )


def distributions(low: float, high: float) -> Value:
    """Any distribution whose values are about between two bounds (float s)."""
    at = durations(low, high)
    above_zero = durations(max(low, 0.001), max(high, 0.002))
    shape = st.sampled_from([0.5, 1, 2, 4.5])
    simple = st.one_of(
        at,
        _uniform(at, low, high),
        above_zero.map(lambda mean: {"exponential": {"mean": mean}}),
        st.builds(lambda median, s: {"lognormal": {"median": median, "sigma": s}}, above_zero, shape),
        st.builds(lambda scale, s: {"weibull": {"scale": scale, "shape": s}}, above_zero, shape),
        st.builds(lambda mean, s: {"gamma": {"mean": mean, "shape": s}}, above_zero, shape),
        st.lists(at, min_size=1, max_size=4).map(lambda values: {"empirical": values}),
        st.builds(
            lambda mean, sd, bound: {"normal": {"mean": mean, "sd": sd, **bound}},
            at,
            durations(0.0, max(high / 2, 0.001)),
            st.sampled_from([{}, {"min": "0 s"}, {"min": "0 s", "max": f"{2 * high + 1:g} s"}]),
        ),
    )
    return simple | st.lists(
        st.builds(lambda weight, of: {"weight": weight, "of": of}, shape, simple), min_size=1, max_size=3
    ).map(lambda parts: {"mixture": parts})


def pod_delays(low: float, high: float, *, never: bool = False) -> Value:
    """A distribution, or one value a pod; with `never` also what never comes."""
    one = durations(low, high) | st.just("never") if never else durations(low, high)
    listed = st.lists(one, min_size=1, max_size=4)
    return st.one_of(distributions(low, high), listed, *([st.just("never")] if never else []))


def or_never(values: Value) -> Value:
    """Mostly the values; "never" now and then."""
    return st.one_of(values, values, st.just("never"))


def some_of(**optional: Value) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with some of these keys; `from_` and `for_` are written without the dash."""
    return st.fixed_dictionaries(
        {}, optional={name.rstrip("_"): strategy for name, strategy in optional.items()}
    )
