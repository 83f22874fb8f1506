"""Texts from users stand in pictures as they are: no formulas, nothing invisible, no warnings."""

import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from lab.plots import pool_against_demand, save_figure, timeline, waits
from lab.plots.literal import BOX, literal
from lab.plots.marks import refusal_marks
from lab.plots.style import new_figure, shortened, styled
from sim.record import Run
from tests.lab.plots.pictures import HEAD, collisions, heading, labels, run_of, words

FORMULA = r"a$b\foo$c"
NASTY = "n\n t\t e\x1b 漢 🚀 \u202e"
SEEN = rf"n\n t\t e\x1b {BOX} {BOX} \u202e"

MAKERS: dict[str, Callable[[Run], Figure]] = {
    "timeline": timeline,
    "demand": pool_against_demand,
    "waits": lambda run: waits([run]),
}


def named(name: str) -> Run:
    """A run in which everything that can have a name has this one."""
    text = f"{HEAD}pool: {{min: 1, max: 2}}\ntasks: [{{id: 1, at: 9 s, workspace: WS, kind: plan}}]\n"
    run = run_of(text)
    scenario = replace(
        run.scenario,
        name=name,
        title=name,
        pools=tuple(replace(pool, name=name) for pool in run.scenario.pools),
    )
    other = Run(scenario, run.seed, run.log, ended_at=run.ended_at, is_complete=True, wall_s=None)
    for table in ("tasks", "counts", "pods"):
        frame = getattr(run, table).copy()
        for column in {"pool", "workspace"} & set(frame.columns):
            frame[column] = name
        setattr(other, table, frame)
    return other


@pytest.mark.parametrize("name", MAKERS)
def test_a_dollar_in_a_name_is_a_dollar(tmp_path: Path, name: str) -> None:
    """Neither maths nor a parser's error, in a file of either kind."""
    figure = MAKERS[name](named(FORMULA))
    png, svg = save_figure(figure, tmp_path, name)
    assert png.stat().st_size > 0
    assert f"scenario {FORMULA} ({FORMULA})" in heading(figure)[1]
    assert FORMULA in svg.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MAKERS)
def test_no_text_of_a_picture_is_read_as_maths(name: str) -> None:
    """Legends, axes, ticks and headings too; in a notebook, that is under somebody else's style."""
    figure = MAKERS[name](named(FORMULA))
    with mpl.rc_context({"text.parse_math": True, "font.size": 30}):
        figure.canvas.print_figure(io.BytesIO(), format="png", bbox_inches="tight")
        assert mpl.rcParams["text.parse_math"]
    texts = figure.findobj(Text)
    assert len(texts) > 10
    assert [each.get_text() for each in texts if each.get_parse_math()] == []


def test_a_dollar_in_the_title_and_the_legend_is_a_dollar() -> None:
    """A title of one's own, and the reason of a refusal by a rule of one's own."""
    (mark,) = refusal_marks({FORMULA: 1}).values()
    with styled():
        page = new_figure(FORMULA, FORMULA, 1.0)
        page.legend([mark.handle()], left_in=0.5)
    assert heading(page.figure) == (FORMULA, FORMULA)
    assert labels(page.figure) == {f"not sent: {FORMULA} (1)"}
    assert collisions(page.figure) == []


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_invisible_is_escaped_and_nothing_is_warned_of(tmp_path: Path, name: str) -> None:
    """Control characters, and letters that the font lacks; the SVG is well-formed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = MAKERS[name](named(NASTY))
        _, svg = save_figure(figure, tmp_path, name)
    ElementTree.parse(svg)
    assert f"scenario {SEEN}" in heading(figure)[1]
    assert collisions(figure) == []


def test_the_name_of_a_lane_is_one_line() -> None:
    """A workspace with a line break does not run over its neighbours."""
    assert r"1 plan w\nx" in words(timeline(named("w\nx")))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("default-1", "default-1"),
        ("Zürich · 12 µs", "Zürich · 12 µs"),
        ("a\nb\tc\rd\x1b[0m", r"a\nb\tc\rd\x1b[0m"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("漢字🚀", 3 * BOX),
        ("\ud800\u202e", r"\ud800\u202e"),
        (r"C:\new", r"C:\new"),
        ("", ""),
    ],
)
def test_a_text_is_shown_letter_by_letter(text: str, seen: str) -> None:
    """What can be seen is left alone; a second time changes nothing."""
    assert literal(text) == seen
    assert literal(seen) == seen


def test_a_text_is_escaped_before_it_is_shortened() -> None:
    """Escaped afterwards it would be longer than there is room."""
    assert len(shortened("\x1b" * 20, 24)) == 24
