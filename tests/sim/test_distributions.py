"""Distributions of delays: their moments, bounds and infinite values, and how they draw."""

import math

import numpy as np
import pytest

from sim.distributions import (
    NEVER,
    ZERO,
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
from sim.streams import Streams
from sim.written_distributions import parse_distribution

DRAWS = 50_000

# Each with the standard deviation that its textbook gives.
RANDOM: dict[str, tuple[Distribution, float, float]] = {
    "uniform": (Uniform(2.0, 8.0), 5.0, 6.0 / math.sqrt(12)),
    "exponential": (Exponential(7.0), 7.0, 7.0),
    "normal, bounds far off": (TruncatedNormal(100.0, 10.0), 100.0, 10.0),
    "normal, half of it": (
        TruncatedNormal(10.0, 4.0, low=10.0),
        10.0 + 4.0 * math.sqrt(2 / math.pi),
        4.0 * math.sqrt(1 - 2 / math.pi),
    ),
    "lognormal": (
        LogNormal(60.0, 0.5),
        60.0 * math.exp(0.125),
        60.0 * math.exp(0.125) * math.sqrt(math.expm1(0.25)),
    ),
    "weibull": (Weibull(10.0, 2.0), 5.0 * math.sqrt(math.pi), 10.0 * math.sqrt(1 - math.pi / 4)),
    "gamma": (Gamma(12.0, 4.0), 12.0, 6.0),
    "empirical": (Empirical((1.0, 2.0, 6.0)), 3.0, math.sqrt(14 / 3)),
    "mixture": (
        Mixture((Part(3.0, Constant(1.0)), Part(1.0, Uniform(3.0, 7.0)))),
        2.0,
        math.sqrt(3 + 1 / 3),
    ),
}
EACH = pytest.mark.parametrize("name", RANDOM)


def draws(of: Distribution, count: int = DRAWS, seed: int = 1) -> np.ndarray:
    return of.sample_many(Streams(seed).of("test"), count)


@EACH
def test_the_mean_is_the_textbooks(name: str) -> None:
    distribution, mean_s, _ = RANDOM[name]
    assert distribution.mean() == pytest.approx(mean_s, rel=1e-12)


@EACH
def test_the_mean_of_many_draws_is_the_mean(name: str) -> None:
    """Within four standard errors."""
    distribution, mean_s, sd_s = RANDOM[name]
    assert draws(distribution).mean() == pytest.approx(mean_s, abs=4 * sd_s / math.sqrt(DRAWS))


@EACH
def test_the_spread_of_many_draws_is_the_textbooks(name: str) -> None:
    distribution, _, sd_s = RANDOM[name]
    assert draws(distribution).std() == pytest.approx(sd_s, rel=0.02)


@EACH
def test_draws_are_finite_and_not_negative(name: str) -> None:
    drawn = draws(RANDOM[name][0])
    assert np.isfinite(drawn).all()
    assert drawn.min() >= 0.0


@EACH
def test_draws_are_whole_microseconds(name: str) -> None:
    """The last bits of a logarithm differ between machines."""
    drawn = draws(RANDOM[name][0], 1000)
    assert (drawn == np.round(drawn, 6)).all()


@EACH
def test_one_draw_is_the_first_of_many(name: str) -> None:
    distribution = RANDOM[name][0]
    assert distribution.sample(Streams(3).of("test")) == draws(distribution, 1, seed=3)[0]


@EACH
def test_an_entity_draws_from_its_own_stream(name: str) -> None:
    distribution = RANDOM[name][0]
    drawn = distribution.draw(Streams(3), "image_pull", "default-7", 7)
    assert drawn == distribution.sample(Streams(3).of("image_pull", "default-7"))


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (Uniform(2.0, 8.0), 2.0, 8.0),
        (TruncatedNormal(5.0, 4.0, 3.0, 6.0), 3.0, 6.0),
        (TruncatedNormal(1.0, 5.0), 0.0, math.inf),
        (Empirical((4.0, 9.0)), 4.0, 9.0),
        (Mixture((Part(1.0, Uniform(1.0, 2.0)), Part(1.0, Uniform(5.0, 6.0)))), 1.0, 6.0),
    ],
)
def test_draws_stay_within_their_bounds(distribution: Distribution, low: float, high: float) -> None:
    drawn = draws(distribution)
    assert low <= drawn.min()
    assert drawn.max() <= high


def test_a_truncated_normal_is_drawn_again_rather_than_clipped() -> None:
    """A clipped one would have a lump at its bound."""
    drawn = draws(TruncatedNormal(5.0, 4.0, 3.0, 6.0))
    assert np.count_nonzero(drawn == 3.0) < 5


@pytest.mark.parametrize(
    ("normal", "share"),
    [
        (TruncatedNormal(10.0, 4.0, low=10.0), 0.5),
        (TruncatedNormal(10.0, 4.0, low=6.0, high=14.0), math.erf(1 / math.sqrt(2))),
        (TruncatedNormal(10.0, 0.0, low=6.0), 1.0),
        (TruncatedNormal(10.0, 0.0, low=11.0), 0.0),
    ],
)
def test_a_truncated_normal_knows_the_share_that_it_accepts(normal: TruncatedNormal, share: float) -> None:
    assert normal.accepts() == pytest.approx(share, abs=1e-12)


def test_a_normal_without_spread_is_its_mean() -> None:
    normal = TruncatedNormal(10.0, 0.0)
    assert (normal.mean(), *draws(normal, 3)) == (10.0, 10.0, 10.0, 10.0)


def test_empirical_draws_are_equally_likely_measured_values() -> None:
    values, counts = np.unique(draws(Empirical((1.0, 2.0, 6.0))), return_counts=True)
    assert list(values) == [1.0, 2.0, 6.0]
    assert counts / DRAWS == pytest.approx([1 / 3] * 3, abs=0.01)


def test_a_mixture_draws_from_its_parts_by_weight() -> None:
    mixture = Mixture((Part(9.0, Constant(1.0)), Part(1.0, Constant(60.0))))
    assert np.count_nonzero(draws(mixture) == 60.0) / DRAWS == pytest.approx(0.1, abs=0.006)


@pytest.mark.parametrize("value", [0.0, 6.0, math.inf])
def test_a_constant_is_always_its_value(value: float) -> None:
    constant = Constant(value)
    assert list(draws(constant, 3)) == [value] * 3
    assert constant.draw(Streams(1), "p", "e", 1) == constant.mean() == constant.constant_value == value


def test_a_constant_draws_nothing_from_its_stream() -> None:
    """So a constant delay beside a random one changes no number."""
    rng, untouched = Streams(1).of("p"), Streams(1).of("p")
    Constant(3.0).sample(rng)
    Constant(3.0).sample_many(rng, 10)
    assert rng.random() == untouched.random()


def test_only_a_constant_has_a_constant_value() -> None:
    assert [distribution.constant_value for distribution, _, _ in RANDOM.values()] == [None] * len(RANDOM)


def test_zero_and_never_are_constants() -> None:
    assert (ZERO.value, NEVER.value) == (0.0, math.inf)


@pytest.mark.parametrize(
    ("number", "delay_s"), [(1, 4.0), (2, 5.0), (3, math.inf), (4, math.inf), (99, math.inf)]
)
def test_a_list_gives_each_entity_its_value_and_the_last_one_repeats(number: int, delay_s: float) -> None:
    listed = PerEntity((4.0, 5.0, math.inf))
    assert listed.draw(Streams(1), "p", "any", number) == delay_s


@pytest.mark.parametrize(
    ("written", "distribution"),
    [
        ("1 h 30 min", Constant(5400.0)),
        (["1 s", "2 min"], PerEntity((1.0, 120.0))),
        ({"uniform": ["1 s", "2 s"]}, Uniform(1.0, 2.0)),
        ({"exponential": {"mean": "5 s"}}, Exponential(5.0)),
        ({"normal": {"mean": "5 s", "sd": "1 s"}}, TruncatedNormal(5.0, 1.0)),
        (
            {"normal": {"mean": "5 s", "sd": "1 s", "min": "4 s", "max": "7 s"}},
            TruncatedNormal(5.0, 1.0, 4.0, 7.0),
        ),
        ({"lognormal": {"median": "1 min", "sigma": 0.5}}, LogNormal(60.0, 0.5)),
        ({"weibull": {"scale": "1 min", "shape": 2}}, Weibull(60.0, 2.0)),
        ({"gamma": {"mean": "1 s", "shape": 4}}, Gamma(1.0, 4.0)),
        ({"empirical": ["1 s", "3 s"]}, Empirical((1.0, 3.0))),
        (
            {"mixture": [{"weight": 0.9, "of": "1 s"}, {"weight": 0.1, "of": {"uniform": ["2 s", "3 s"]}}]},
            Mixture((Part(0.9, Constant(1.0)), Part(0.1, Uniform(2.0, 3.0)))),
        ),
    ],
)
def test_each_kind_can_be_written_down(written: object, distribution: Distribution) -> None:
    assert parse_distribution(written) == distribution


def test_never_is_written_alone_or_in_a_list_and_only_where_it_may_be() -> None:
    assert parse_distribution("never", may_be_never=True) == NEVER
    assert parse_distribution(["never", "1 s"], may_be_never=True) == PerEntity((math.inf, 1.0))
    with pytest.raises(ValueError, match="'never' is not possible here"):
        parse_distribution("never")


def test_a_list_inside_a_mixture_is_refused() -> None:
    """The entity's number does not reach the parts: every entity would get the first value."""
    with pytest.raises(ValueError, match="is a list, and those are for pods"):
        parse_distribution({"mixture": [{"weight": 1, "of": ["1 s", "9 s"]}]})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (6, "6 has no unit"),
        ({"unifrom": ["1 s", "2 s"]}, "did you mean 'uniform'"),
        ({"uniform": ["2 s", "1 s"]}, "the first must not exceed the second"),
        ({"exponential": {"mean": "0 s"}}, "expected a duration above 0 s"),
        ({"exponential": {}}, "the parameter 'mean' is missing"),
        ({"gamma": {"mean": "1 s", "shape": 0}}, "expected a number above 0"),
        ({"normal": {"mean": "1 s", "sd": "1 s", "min": "9 s"}}, "less than one draw in a thousand"),
        ({"empirical": []}, "expected a list of durations"),
        ({"mixture": [{"weight": -1, "of": "1 s"}]}, "mixture.0.weight: -1; expected a number above 0"),
        ([], "an empty list"),
    ],
)
def test_what_is_no_distribution_is_refused_with_what_was_expected(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_distribution(written)
