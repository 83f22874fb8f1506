"""How wide lines are, and pictures made of characters."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.text.screen import Screen
from lab.text.spark import Course, draw, spark, top
from lab.words import count, duration, number, share, tally, times
from tests.lab.commands import stdout_of

PAGES = (
    "run 609",
    "run daily-with-bursts",
    "compare seed-after later --scenario cold-start",
    "policies list",
)


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("page", PAGES)
def test_no_line_is_wider_than_the_screen(monkeypatch: pytest.MonkeyPatch, page: str, columns: int) -> None:
    """Nor than people like to read."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = stdout_of(*page.split()).splitlines()
    assert max(map(len, lines)) <= min(columns, 120)


@pytest.mark.parametrize(
    ("columns", "width"), [("", 100), ("0", 100), ("x", 100), ("10", 40), ("90", 90), ("300", 120)]
)
def test_the_width_without_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    """100 if COLUMNS does not say otherwise, within reason."""
    monkeypatch.setenv("COLUMNS", columns)
    assert Screen(io.StringIO()).width == width


def test_what_looks_like_markup_is_text() -> None:
    """A scenario's title may have brackets."""
    lines = io.StringIO()
    Screen(lines).show("[bold]not bold[/bold] :smile: [TaskQueue]")
    assert lines.getvalue() == "[bold]not bold[/bold] :smile: [TaskQueue]\n"


def test_nobody_to_write_to_is_no_error() -> None:
    """A process may be started with its standard output closed."""
    Screen(None).write("x")


def test_a_spark_line_shows_the_greatest_value_of_each_column() -> None:
    """A peak is seen however short it is."""
    assert spark([(0.0, 0), (10.0, 8), (10.5, 0), (30.0, 4)], 40.0, 4, 8) == " █ ▄"


def test_nothing_is_blank_and_something_never_is() -> None:
    """One pod of a thousand is still one."""
    assert spark([(0.0, 1), (20.0, 0)], 40.0, 4, 1000) == "▁▁  "


def test_a_run_without_any_pods_has_an_empty_line() -> None:
    """And no division by zero."""
    assert spark([], 0.0, 3, 0) == "   "


@given(
    st.lists(st.tuples(st.floats(0, 100), st.integers(0, 9)), max_size=20).map(sorted),
    st.integers(1, 30),
)
def test_a_spark_line_has_a_sign_for_each_column_and_reaches_the_top(
    steps: list[tuple[float, int]], columns: int
) -> None:
    """Steps that last no time at all are seen, too."""
    line = spark(steps, 100.0, columns, max(top(steps), 1))
    assert len(line) == columns
    assert ("█" in line) == (top(steps) > 0)


def test_pictures_to_be_compared_have_one_scale() -> None:
    """Half of the other's pods are half as high."""
    course = Course(pods=[(0.0, 4)], waiting=[(0.0, 1)], end_s=10.0)
    pods, waiting, axis = (line.plain for line in draw(course, width=41, tops=(8, 1)))
    assert pods == "     pods │▄▄▄▄▄▄▄▄▄▄│ at most 4"
    assert waiting == "  waiting │██████████│ at most 1"
    assert axis.split() == ["0", "s", "10", "s"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (duration(310.0), "310 s"),
        (duration(750.0), "12.5 min"),
        (duration(86400.0), "24 h"),
        (duration(500_000.0), "5.79 d"),
        (duration(0.0), "0 s"),
        (duration(float("inf")), "never"),
        (duration(float("nan")), "–"),
        (duration(None), "–"),
        (number(12400.4), "12,400"),
        (number(0.257), "0.257"),
        (share(0.0), "0 %"),
        (share(0.0375), "3.8 %"),
        (share(0.26), "26 %"),
        (count(1, "try", "tries"), "1 try"),
        (count(2000, "task"), "2,000 tasks"),
        (times(1), "once"),
        (times(31), "31 times"),
        (tally({"b": 1, "a": 1, "c": 30}), "30 × c, 1 × a, 1 × b"),
    ],
)
def test_numbers_are_written_for_people(said: str, expected: str) -> None:
    """With their unit, and no more digits than help."""
    assert said == expected
