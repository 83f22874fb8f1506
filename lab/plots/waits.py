"""How long tasks waited: the share that was started within each time, by kind, for one or several runs."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.distribution import LEVELS, Waits
from lab.plots.heading import about, joined, policy_text, some_of
from lab.plots.literal import literal
from lab.plots.style import (
    GREY,
    INK,
    MARGIN_IN,
    SERIES,
    SMALL_PT,
    TEXT_PT,
    WIDTH_IN,
    Page,
    legend_columns,
    new_figure,
    shortened,
    styled,
)
from lab.plots.wait_curves import WaitAxis, draw_waits, legend_of
from lab.plots.wait_samples import KINDS, Group, groups_of
from sim.record import Run

TITLE: Final = "Waits: share of tasks that were started within a time"

_LEFT_IN: Final = 0.75
_RIGHT_IN: Final = 0.25
_PANEL_IN: Final = 1.35
_ROW_IN: Final = 0.15
_KIND_IN: Final = 0.19
_ABOVE_IN: Final = 0.06
"""Between the table and the panel."""
_BELOW_IN: Final = 0.38
"""Below a panel, for its tick labels."""
_AXIS_IN: Final = 0.16
"""For the label of the last panel's axis."""
_LEGEND_IN: Final = 0.2
_COLUMNS: Final = {
    "tasks": 3.25,
    "not waiting": 4.0,
    "never started": 4.9,
    "p50": 5.8,
    "p95": 6.8,
    "p99": 7.75,
}
"""Where each column of a table ends, in inches from the left."""
_LETTERS: Final = 36

_Samples = Mapping[str, Sequence[Waits]]
"""For each kind, the waits of each group."""


def waits(runs: Sequence[Run]) -> Figure:
    """Empirical distributions of waits by kind, with p50, p95 and p99, for runs to be compared.

    Runs of one scenario and policy that differ in their seed are one curve. A task that was never
    started keeps its curve below 100 %, and is counted; see `lab.plots.distribution`. Raises
    ValueError if there is no run.
    """
    if not runs:
        raise ValueError("waits() got no run; give it one run, or several to compare")
    groups = groups_of(runs)
    shown = groups[: len(SERIES)]
    samples = _samples(shown)
    every = [sample for row in samples.values() for sample in row]
    left_out = some_of(len(shown), len(groups), "curves", "the first that were given")
    with styled():
        page = new_figure(TITLE, _second_line(runs, left_out, every), _body_in(len(samples), len(shown)))
        axis = WaitAxis.of(every)
        for index, (kind, row) in enumerate(samples.items()):
            _table(page, kind, shown, row)
            _panel(page, row, axis, labelled=index == len(samples) - 1)
        if samples:
            page.skip(_AXIS_IN)
            signs = legend_of(every)
            page.legend(signs, left_in=MARGIN_IN, columns=legend_columns(signs))
        else:
            page.write("No task was submitted: nobody waited.", size=TEXT_PT)
    return page.figure


def _samples(groups: Sequence[Group]) -> _Samples:
    """Without the kinds of which there was no task."""
    samples = {kind: [group.waits(kind) for group in groups] for kind in KINDS}
    return {kind: row for kind, row in samples.items() if any(sample.count for sample in row)}


def _body_in(kinds: int, curves: int) -> float:
    block_in = _KIND_IN + curves * _ROW_IN + _ABOVE_IN + _PANEL_IN + _BELOW_IN
    return kinds * block_in + (_AXIS_IN + _LEGEND_IN if kinds else 0.2) + MARGIN_IN


def _second_line(runs: Sequence[Run], left_out: str, samples: Sequence[Waits]) -> str:
    never = sum(len(each.unended_s) for each in samples)
    censored = f"{never:,} never started: their curves end below 100 %" if never else ""
    if len(runs) == 1:
        return about(runs[0], left_out, censored)
    scenarios = dict.fromkeys(f"{run.scenario.name} ({run.scenario.title})" for run in runs)
    interrupted = sum(not run.is_complete for run in runs)
    return joined(
        [
            f"scenario {', '.join(scenarios)}",
            f"policy {', '.join(dict.fromkeys(map(policy_text, runs)))}",
            _seeds(runs),
            f"{interrupted:,} of {len(runs):,} runs were interrupted" if interrupted else "",
            left_out,
            censored,
        ]
    )


def _seeds(runs: Sequence[Run]) -> str:
    seeds = sorted({run.seed for run in runs})
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds):,} seeds, {seeds[0]} to {seeds[-1]}"


def _table(page: Page, kind: str, groups: Sequence[Group], samples: Sequence[Waits]) -> None:
    """A row for each curve, with its line as the key."""
    page.write(KINDS[kind], size=TEXT_PT, weight="bold")
    for column, right_in in _COLUMNS.items():
        _cell(page, column, right_in, GREY)
    page.skip(_KIND_IN)
    for group, sample, (color, style) in zip(groups, samples, SERIES, strict=False):
        key_y = 1 - (page.cursor_in + 0.055) / page.height_in
        key_x = [MARGIN_IN / WIDTH_IN, (MARGIN_IN + 0.34) / WIDTH_IN]
        key = Line2D(key_x, [key_y, key_y], color=color, linestyle=style, linewidth=1.5)
        page.figure.add_artist(key)
        page.write(shortened(group.label, _LETTERS), left_in=MARGIN_IN + 0.42, size=SMALL_PT)
        numbers = (sample.count, sample.at_once, len(sample.unended_s))
        cells = [*map("{:,}".format, numbers), *map(sample.quantile_text, LEVELS)]
        for text, right_in in zip(cells, _COLUMNS.values(), strict=True):
            _cell(page, text, right_in, INK)
        page.skip(_ROW_IN)


def _cell(page: Page, text: str, right_in: float, color: str) -> None:
    x, y = right_in / WIDTH_IN, 1 - page.cursor_in / page.height_in
    page.figure.text(x, y, literal(text), ha="right", va="top", size=SMALL_PT, color=color)


def _panel(page: Page, samples: Sequence[Waits], axis: WaitAxis, *, labelled: bool) -> None:
    page.skip(_ABOVE_IN)
    axes = page.panel(_PANEL_IN, left_in=_LEFT_IN, right_in=_RIGHT_IN)
    axis.put_on(axes, labelled=labelled)
    for index, sample in enumerate(samples):
        draw_waits(axes, index, sample, axis)
    page.skip(_BELOW_IN)
