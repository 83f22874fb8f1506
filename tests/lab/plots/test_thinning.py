"""Pictures of big runs: quick and small, and nothing that a pixel can show is missing."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from lab.plots import pool_against_demand, save_figure, timeline, waits
from lab.plots.marks import PLAN, RESERVED, SENT
from lab.plots.sheet import Sheet, Strip
from lab.plots.steps import draw_area, draw_line
from lab.plots.style import new_figure, styled
from lab.plots.thinning import CROWD, apart, distinct, kept, merged
from lab.plots.times import TimeUnit, Window
from sim.record import Run
from tests.lab.plots.pictures import HEAD, run_of

HOUR = Window(3600.0, TimeUnit("s", 1.0), "")

BIG = f"""{HEAD.replace("10 min", "24 h")}pool: {{min: 2, max: 40}}
workload:
  poisson: {{rate: 1 per s, count: 12000}}
  workspaces: 500
  kinds: {{plan: 3, plan_and_apply: 1}}
  plan: {{exponential: {{mean: 60 s}}}}
"""


def test_a_column_keeps_its_first_lowest_highest_and_last_point() -> None:
    """Of a curve with very many points; in their order."""
    values = np.zeros(10 * CROWD)
    values[[1234, 5678]] = 7.0, -3.0
    places = kept(np.linspace(0.0, 10.0, len(values), endpoint=False), values)
    assert {0, 1234, 5678, len(values) - 1} <= set(places)
    assert list(places) == sorted(set(places))
    assert len(places) <= 4 * 10


def test_each_curve_keeps_its_own_peaks() -> None:
    """Two curves with points in common, as an area between them needs."""
    low, high = np.zeros(10 * CROWD), np.ones(10 * CROWD)
    low[77], high[9999] = -5.0, 5.0
    assert {77, 9999} <= set(kept(np.zeros(len(low)), low, high))


@pytest.mark.parametrize("points", [0, 1, CROWD])
def test_a_curve_of_a_small_run_is_left_alone(points: int) -> None:
    """Up to a few thousand points, however close they are."""
    assert list(kept(np.zeros(points), np.zeros(points))) == list(range(points))


def test_a_step_function_keeps_its_peaks_and_its_end() -> None:
    """A peak of a millisecond is drawn with its true height, at its true time."""
    times, values = np.linspace(0.0, 3600.0, 100_000), np.tile([1.0, 2.0], 50_000)
    values[61_803] = 50.0
    with styled():
        axes = new_figure("T", "s", 1.0).panel(0.8, left_in=1.0)
        draw_line(axes, (times, values), HOUR, color="k", label="a")
        draw_area(axes, (times, values), HOUR, color="k", label="b")
    (line,), (area,) = axes.lines, axes.collections
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert len(x) < 6000
    assert x[y == 50.0] == [times[61_803]]
    assert (x[-1], y[-1]) == (times[-1], values[-1])
    (path,) = area.get_paths()
    assert np.asarray(path.vertices)[:, 1].max() == 50.0
    assert len(path.vertices) < 30_000


def test_what_is_beside_the_window_takes_no_points() -> None:
    """A minute of a long run is as light as an hour."""
    times = np.linspace(0.0, 1e6, 1_000_000)
    window = Window(600.0, TimeUnit("s", 1.0), "", 540.0, is_part=True)
    with styled():
        axes = new_figure("T", "s", 1.0).panel(0.8, left_in=1.0)
        draw_line(axes, (times, np.tile([1.0, 2.0], 500_000)), window, color="k", label="a")
    (line,) = axes.lines
    x = np.asarray(line.get_xdata())
    assert len(x) < 300
    assert np.count_nonzero((x >= 540) & (x <= 600)) >= 60


def test_intervals_less_than_a_pixel_apart_are_one() -> None:
    """Gaps of a pixel and more stay, and so do intervals without width."""
    assert merged([(5, 5), (0, 1), (1.5, 2), (0.2, 0.3), (3, 4)], 1.0) == [(0, 2), (3, 4), (5, 5)]


def test_intervals_with_an_edge_are_left_out_only_if_they_look_the_same() -> None:
    """Those in the same pixels as another one."""
    assert len(distinct([(0.1, 0.2), (0.3, 0.4), (0.3, 1.4), (2, 3)], 1.0)) == 3


def test_signs_on_one_another_are_one() -> None:
    """The first in a column of a lane; other lanes do not matter."""
    assert apart([(0.1, 1.0), (0.2, 1.0), (0.3, 2.0), (1.1, 1.0)], 1.0) == [
        (0.1, 1.0),
        (0.3, 2.0),
        (1.1, 1.0),
    ]


def test_a_crowd_of_bars_is_a_path_a_lane() -> None:
    """Many bars are a few artists, and cover what they covered one by one."""
    sheet = Sheet(HOUR, 1.0)
    for index in range(CROWD + 1):
        for bar, top_in in ((PLAN, 0.2), (RESERVED, 0.6)):
            sheet.bar(bar, index / 2, index / 2 + 0.1, Strip(top_in, 0.1))
        sheet.mark(SENT, index / 2, 0.9)
    with styled():
        page = new_figure("T", "s", 1.5)
        sheet.draw(page, labelled=True)
    plans, reserved = page.figure.axes[0].collections
    assert isinstance(plans, PathCollection)
    (lane,) = plans.get_paths()
    assert lane.get_extents().intervalx == pytest.approx([0.0, CROWD / 2 + 0.1])
    assert len(reserved.get_paths()) == 1
    (signs,) = (line for line in page.figure.axes[0].lines if line.get_label() == SENT.label)
    assert 180 < len(np.asarray(signs.get_xdata())) < 230


@pytest.mark.slow
@pytest.mark.parametrize("make", [timeline, pool_against_demand, lambda run: waits([run])])
def test_pictures_of_a_big_run_are_quick_and_small(tmp_path: Path, make: Callable[[Run], Figure]) -> None:
    """Twelve thousand tasks: each picture in seconds (here with room for a slow machine), and under 2 MB."""
    run = run_of(BIG)
    assert len(run.decisions) + len(run.counts) > 20_000
    begins = time.perf_counter()
    paths = save_figure(make(run), tmp_path, "x")
    assert time.perf_counter() - begins < 10.0
    assert [path.name for path in paths if path.stat().st_size > 2e6] == []
