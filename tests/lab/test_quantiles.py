"""Quantiles of waits, with those that never ended counted for what is known of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.quantiles import quantile, waits_of

waits = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("values", "p", "expected"),
    [
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.51, 3.0),
        ([7.0], 0.99, 7.0),
        (list(map(float, range(1, 21))), 0.95, 19.0),
        (list(map(float, range(1, 101))), 0.99, 99.0),
        (list(map(float, range(1, 101))), 1.0, 100.0),
    ],
)
def test_a_quantile_is_the_smallest_value_that_a_share_p_does_not_exceed(
    values: list[float], p: float, expected: float
) -> None:
    """Type 1 of Hyndman and Fan: an observed value, never an interpolated one."""
    assert quantile(values, p) == expected


@given(waits, st.sampled_from([0.5, 0.95, 0.99]))
def test_at_least_the_share_p_waits_no_longer_than_the_quantile(values: list[float], p: float) -> None:
    """And with any smaller value it would be less."""
    found = quantile(sorted(values), p)
    assert sum(value <= found for value in values) >= p * len(values) - 1e-6
    assert sum(value < found for value in values) < p * len(values)


def test_nobody_waited_is_not_a_wait_of_zero() -> None:
    """An empty group has no quantile."""
    assert math.isnan(waits_of([]).p95_s)


def test_tasks_that_never_started_count_with_their_wait_so_far() -> None:
    """Nine quick tasks and one that still waits after an hour: the 95th percentile is at least an hour."""
    found = waits_of([1.0] * 9, [3600.0])
    assert (found.tasks, found.never, found.p50_s, found.p95_s) == (10, 1, 1.0, 3600.0)
    assert found.is_lower_bound


@given(waits, st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=20))
def test_what_is_called_a_lower_bound_is_one(over: list[float], open_: list[tuple[float, float]]) -> None:
    """However much longer the open waits turn out to be."""
    bound = waits_of(over, [so_far for so_far, _ in open_])
    truth = waits_of([*over, *(so_far + more for so_far, more in open_)])
    assert bound.p50_s <= truth.p50_s
    assert bound.p95_s <= truth.p95_s
    assert bound.max_s <= truth.max_s
