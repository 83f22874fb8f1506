"""Numbers in pictures have their thousands apart, as those on the terminal."""

from matplotlib.figure import Figure

from lab.plots.heading import some_of
from lab.plots.marks import refusal_marks
from lab.plots.steps import count_axis
from lab.plots.style import styled
from lab.plots.times import TimeUnit, Window


def test_counts_of_what_is_left_out() -> None:
    """In the second line."""
    assert some_of(40, 149_928, "tasks", "x") == "40 of 149,928 tasks: x"


def test_counts_of_refusals() -> None:
    """In the legend."""
    marks = refusal_marks({"no_free_slot": 12_345, "slot_zero_taken": 1_000, "task_running_on_pod": 1})
    assert {mark.label for mark in marks.values()} == {
        "refused, slots: no_free_slot (12,345), 2 other (1,001)"
    }


def test_ticks() -> None:
    """Of counts and of times."""
    with styled():
        axes = Figure().add_subplot()
        count_axis(axes, "tasks", 20_000.0)
        Window(1200.0, TimeUnit("s", 1.0), "").put_on(axes, labelled=True)
        shown = {label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    assert {"0", "200", "1,200", "10,000", "20,000"} <= shown
