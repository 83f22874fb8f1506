"""How wide lines are, and pictures made of characters."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.running import run
from lab.summary import summarise
from lab.text.screen import Screen
from lab.text.spark import Course, draw, spark, top
from lab.words import duration, number, share, tally, times, visible
from sim.words import count
from tests.lab.commands import stdout_of, windtunnel

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


@pytest.mark.parametrize("columns", [40, 55, 70, 80, 100])
def test_no_wait_is_lost_on_a_narrow_screen(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """A table, or a sentence for each row: all quantiles of all kinds either way."""
    monkeypatch.setenv("COLUMNS", str(columns))
    text = " ".join(stdout_of("run", "daily-with-bursts").partition("\ntasks ")[0].split())
    whole = summarise(run("daily-with-bursts"))
    for name, waits in [*whole.plan_waits.items(), ("confirmed: its apply", whole.apply_waits)]:
        assert name in text
        for seconds in (waits.p50_s, waits.p95_s, waits.p99_s, waits.max_s):
            assert duration(seconds) in text
    assert text.count("p99") in (1, 5)
    assert text.count("longest") == text.count("p99")


def test_the_longest_waits_come_first() -> None:
    """And what the columns mean stands below them."""
    text = stdout_of("run", "cold-start").partition("Waits until sent, the 5 longest of 20, longest first\n")[
        2
    ]
    waits = [float(line.split()[1]) for line in text.splitlines()[1:6]]
    assert waits == sorted(waits, reverse=True)
    assert "refused: tries refused for that reason, of all; agent: whom it was sent to" in text


HOSTILE = """\
title: "\\e[31mred \\x9b2J\\u202etfel"
story: "A story\\e]0;owned\\a."
horizon: 10 min
policy: seed-after
pool: {min: 1, max: 1, initial: 1}
tasks:
  - {id: 1, at: 20 s, workspace: "w\\e[2J\\nx", kind: plan, plan: 10 s}
"""


@pytest.mark.parametrize(
    "command",
    ["run -", "run - --log", "compare seed-after later --scenario -", "scenarios show -", "run - --json"],
)
def test_a_name_cannot_command_a_terminal(command: str) -> None:
    """Its control characters are shown, not sent."""
    ran = windtunnel(*command.split(), text=HOSTILE)
    assert ran.code == 0, ran.err
    for text in (ran.out, ran.err):
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert ("x1b[2J" in ran.out) == ("--log" in command)
    if "--log" in command:
        assert len(ran.out.splitlines()) == ran.out.count(" s [")


def test_a_message_cannot_command_a_terminal_either() -> None:
    """It quotes what it was given."""
    ran = windtunnel("run", "609", "--policy", "\x1b[31mred")
    assert (ran.code, "\x1b" in ran.err, "\\x1b[31mred" in ran.err) == (2, False, True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("ä – 日本\u00a0x 👩\u200d🚀", "ä – 日本\u00a0x 👩\u200d🚀"),
        ("a\x1b\x07\x7f\x9b\r\n", "a\\x1b\\x07\\x7f\\x9b\\r\\n"),
        ("\u202e\u2066\u2028", "\\u202e\\u2066\\u2028"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    """And nothing else is changed."""
    assert visible(text) == shown


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
