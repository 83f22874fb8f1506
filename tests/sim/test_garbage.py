"""The collector of garbage rests while a record is made, and is left as it was."""

import gc
from collections.abc import Iterator

import pytest

from sim.garbage import RARELY, rarely_collected


@pytest.fixture(autouse=True)
def as_python_has_it() -> Iterator[None]:
    """Thresholds as they are at first, whatever they were."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_the_collector_rests_within_and_is_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with rarely_collected():
        assert gc.get_threshold() == (RARELY, *before[1:])
    assert gc.get_threshold() == before


def test_it_is_as_before_after_an_error_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="wrong"), rarely_collected():
        raise ValueError("wrong")
    assert gc.get_threshold() == before


def test_one_rest_within_another_is_no_longer() -> None:
    with rarely_collected(), rarely_collected():
        assert gc.get_threshold() == (RARELY, 10, 10)


def test_rests_that_overlap_leave_it_as_it_was() -> None:
    """As those of two threads do, of which the first to begin is the first to end."""
    first, second = rarely_collected(), rarely_collected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == (RARELY, 10, 10)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == (700, 10, 10)


def test_a_collector_that_is_switched_off_stays_so() -> None:
    gc.set_threshold(0, 10, 10)
    with rarely_collected():
        assert gc.get_threshold() == (0, 10, 10)


def test_a_collector_that_rests_longer_is_left_alone() -> None:
    gc.set_threshold(2_000_000, 10, 10)
    with rarely_collected():
        assert gc.get_threshold() == (2_000_000, 10, 10)
