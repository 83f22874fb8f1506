"""The matrix as a picture: every cell says what it is, in colour and in words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from lab.matrices import Cell, Matrix, Row
from lab.plots import matrix_figure
from lab.plots.matrix import _LOOKS
from policies.presets import PRESETS
from sim.checks import INVARIANTS, Status
from tests.lab.plots.pictures import collisions, heading, labels, words

BROKEN_LATE = {"status": Status.BROKEN, "invariant": "L01", "at": 19.0, "broken": ("L01",)}
BROKEN_UNSAFE = {"status": Status.BROKEN, "invariant": "S11", "at": 768.0, "broken": ("S11", "L01")}
UNDECIDED = {"status": Status.UNDECIDED, "undecided": ("L04",)}
NEVER = {"slowest_wait_s": 900.0, "never_sent": 2}


def a_matrix(
    *rows: tuple[str, list[dict[str, Any]]], policies: tuple[str, ...] = ("a", "b"), is_random: bool = False
) -> Matrix:
    """Rows with their cells: what differs from a run in which nothing broke."""
    plain = Cell(
        scenario="",
        policy="",
        seed=1,
        status=Status.HOLDS,
        invariant=None,
        at=None,
        broken=(),
        undecided=(),
        slowest_wait_s=20.0,
        never_sent=0,
    )
    made = [
        Row(
            scenario=name,
            title="A title",
            is_random=is_random,
            cells=tuple(
                replace(plain, scenario=name, policy=policy, **changes)
                for policy, changes in zip(policies, cells, strict=True)
            ),
        )
        for name, cells in rows
    ]
    return Matrix(policies=policies, rows=tuple(made))


def boxes(figure: Figure) -> dict[str, int]:
    """How many cells there are of each kind."""
    (axes,) = figure.axes
    drawn = [each for each in axes.collections if isinstance(each, PolyCollection)]
    return {str(each.get_label()): len(each.get_paths()) for each in drawn}


def test_each_cell_has_its_words_and_its_colour() -> None:
    """What broke and when, or how long tasks waited."""
    figure = matrix_figure(a_matrix(("one", [BROKEN_LATE, {}]), ("two", [BROKEN_UNSAFE, UNDECIDED])))
    said = words(figure)
    assert {"L01 at 19 s", "waited 20 s", "S11 at 13 min", "waited 20 s ?", "one", "two", "a", "b"} <= set(
        said
    )
    assert sorted(boxes(figure).values()) == [1, 1, 1, 1]
    assert labels(figure) >= {"nothing broke", "broken: something good came too late (L)"}
    assert {"S11 no work is deleted", "L01 sent soon"} <= set(said)


def test_the_legend_names_what_is_there_and_nothing_else() -> None:
    """A kind of cell that does not occur is not explained."""
    assert labels(matrix_figure(a_matrix(("one", [{}, {}])))) == {"nothing broke"}


def test_the_second_line_says_what_a_cell_is_and_what_it_is_not() -> None:
    """One run each; lower bounds and chance only where there are some."""
    _, plain = heading(matrix_figure(a_matrix(("one", [{}, {}]))))
    assert "each cell is one run" in plain
    assert "≥" not in plain
    _, more = heading(matrix_figure(a_matrix(("one", [NEVER, {}]), is_random=True)))
    assert "≥: a task was still waiting when the run ended" in more
    assert "drawn at random, one seed each: one" in more


def test_colours_are_told_apart_in_grey() -> None:
    """A printer without colour, and eyes without: lightness differs, and so does what is hatched."""
    lightness = [float(np.dot(to_rgb(look.face), (0.2126, 0.7152, 0.0722))) for look in _LOOKS]
    gaps = np.diff(lightness)
    assert all(gaps > 0.08)
    assert [look.hatch != "" for look in _LOOKS] == [False, False, True, False]
    for look, back in zip(_LOOKS, lightness, strict=True):
        ink = float(np.dot(to_rgb(look.ink), (0.2126, 0.7152, 0.0722)))
        assert abs(ink - back) > 0.4


@pytest.mark.slow
@pytest.mark.parametrize("policies", [tuple(PRESETS), (*PRESETS, "seventh"), ("one",)])
def test_thirty_five_scenarios_are_readable(policies: tuple[str, ...]) -> None:
    """No text overlaps another, and none is cut off."""
    kinds: list[dict[str, Any]] = [BROKEN_LATE, BROKEN_UNSAFE, UNDECIDED, NEVER, {}]
    rows = [
        (
            f"a-scenario-with-a-long-name-{number:03d}-and-more",
            [kinds[(number + column) % len(kinds)] for column in range(len(policies))],
        )
        for number in range(35)
    ]
    assert collisions(matrix_figure(a_matrix(*rows, policies=policies))) == []


@pytest.mark.slow
def test_every_invariant_can_be_named() -> None:
    """If each of them broke first somewhere."""
    rows = [
        (code, [{**BROKEN_LATE, "invariant": code, "broken": (code,)}, {"slowest_wait_s": 1.0}])
        for code in INVARIANTS
    ]
    figure = matrix_figure(a_matrix(*rows))
    assert collisions(figure) == []
    assert all(f"{code} {each.title}" in words(figure) for code, each in INVARIANTS.items())
