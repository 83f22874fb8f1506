"""Numbers as people read them."""

import math

import pytest

from lab.words import duration, exactly, number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "never"),
        (0.0, "0 s"),
        (0.25, "0.25 s"),
        (310.0, "310 s"),
        (750.0, "12.5 min"),
        (11_160.0, "3.1 h"),
        (388_800.0, "4.5 d"),
        (2_592_000_000.0, "30,000 d"),
    ],
)
def test_a_duration_has_three_digits_and_the_unit_that_reads_best(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (19.0, "19 s"),
        (59.9996, "59.9996 s"),
        (115.6554321, "115.65543 s"),
        (19.000001, "19 s"),
        (780.0, "13 min"),
        (785.655, "785.655 s (13.1 min)"),
        (36_000.001, "36000.001 s (10 h)"),
        (2_592_000_000.0, "30,000 d"),
        (math.inf, "never"),
    ],
)
def test_what_is_looked_up_or_copied_is_not_rounded(seconds: float, text: str) -> None:
    """A time that is compared with another one differs from it in print, too."""
    assert exactly(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.25"), (999.4, "999"), (999.6, "1,000"), (12_400.0, "12,400"), (None, "–")]
)
def test_a_number_has_its_thousands_apart_and_never_an_exponent(value: float | None, text: str) -> None:
    assert number(value) == text
