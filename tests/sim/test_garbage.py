"""The collector of garbage rests while a record is made, and is left as it was."""

import gc

import pytest

from sim.garbage import RARER, rarely_collected


def test_the_collector_rests_within_and_is_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with rarely_collected():
        assert gc.get_threshold() == (RARER * before[0], *before[1:])
    assert gc.get_threshold() == before


def test_it_is_as_before_after_an_error_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="wrong"), rarely_collected():
        raise ValueError("wrong")
    assert gc.get_threshold() == before
