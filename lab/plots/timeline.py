"""An incident on one page: who waited and was refused, above the pods and agents that were there."""

import math
from collections.abc import Iterator
from typing import Final

import pandas
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from lab.plots.heading import about
from lab.plots.marks import CONTROL_PLANE_DOWN
from lab.plots.pod_lanes import draw_pods, leaves_out_slots
from lab.plots.selection import choose_pods, choose_tasks
from lab.plots.sheet import Sheet, Strip
from lab.plots.style import MARGIN_IN, TEXT_PT, Page, legend_columns, new_figure, styled
from lab.plots.task_lanes import draw_tasks
from lab.plots.times import window_between, window_of
from sim.record import Run
from sim.record.truth import ControlHappened

TITLE: Final = "Timeline: waiting tasks, and the pods, agents and slots that were there"
PODS_MAX: Final = 20
TASKS_MAX: Final = 40

_HEADING_IN: Final = 0.2
_AXIS_IN: Final = 0.5
_LEGEND_ROW_IN: Final = 0.155
_GAP_IN: Final = 0.12


def timeline(
    run: Run,
    *,
    between: tuple[float, float] | None = None,
    pods_max: int = PODS_MAX,
    tasks_max: int = TASKS_MAX,
) -> Figure:
    """Lanes over time: waiting tasks with their refusals; pods with agent facts, and their slots.

    `between` (s, s) shows a part of the run. Of a big run, the `tasks_max` tasks that waited longest
    and the `pods_max` pods that they were sent to are shown; the second line says so.
    """
    window = window_of([run]) if between is None else window_between(*between)
    tasks, tasks_note = choose_tasks(run, window, tasks_max)
    pods, pods_note = choose_pods(run, tasks, window, pods_max)
    with styled():
        upper, lower = draw_tasks(run, tasks, window), draw_pods(run, pods, window)
        for since, until in _restarts(run):
            for sheet in (upper, lower):
                sheet.bar(CONTROL_PLANE_DOWN, since, until, Strip(0.0, sheet.height_in))
        signs = _signs(upper, lower)
        columns = legend_columns(signs)
        rows = math.ceil(len(signs) / columns)
        notes = about(run, window.note, tasks_note, pods_note, *_left_out(pods, lower))
        room_in = 2 * _HEADING_IN + upper.height_in + _GAP_IN + lower.height_in + _AXIS_IN
        page = new_figure(TITLE, notes, room_in + rows * _LEGEND_ROW_IN + MARGIN_IN)
        _part(page, "Tasks that wait to be sent", upper)
        page.skip(_GAP_IN)
        _part(page, "Pods, their agents and their slots", lower, labelled=True)
        page.skip(_AXIS_IN)
        page.legend(signs, left_in=MARGIN_IN, columns=columns)
    return page.figure


def _part(page: Page, heading: str, sheet: Sheet, *, labelled: bool = False) -> None:
    page.write(heading, size=TEXT_PT, weight="bold")
    page.skip(_HEADING_IN)
    sheet.draw(page, labelled=labelled)


def _signs(upper: Sheet, lower: Sheet) -> list[Artist]:
    marks = dict.fromkeys(upper.marks_used + lower.marks_used)
    bars = dict.fromkeys(upper.bars_used + lower.bars_used)
    return [each.handle() for each in marks] + [each.handle() for each in bars]


def _left_out(pods: pandas.DataFrame, lower: Sheet) -> Iterator[str]:
    """Notes on what the lanes of the pods leave out."""
    if leaves_out_slots(pods):
        yield "slots that nobody held are left out"
    if lower.narrow:
        yield f"{lower.narrow:,} slot intervals are too narrow for the id of their task"


def _restarts(run: Run) -> Iterator[tuple[float, float]]:
    """When (s) the control plane was down."""
    down: float | None = None
    for entry in run.log:
        if not isinstance(entry, ControlHappened):
            continue
        if entry.what == "down":
            down = entry.at
        elif down is not None:
            yield down, entry.at
            down = None
    if down is not None:
        yield down, run.ended_at
