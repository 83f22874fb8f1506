"""The upper part of a timeline: one lane for each waiting task, with every refusal as a tick."""

import math
from typing import Any, Final

import pandas

from lab.plots.marks import CONFIRMED, QUEUED, SENT, UNDELIVERED, Mark, refusal_marks
from lab.plots.refusals import refusals_among
from lab.plots.rows import rows_of
from lab.plots.selection import sent_or_given_up_s
from lab.plots.sheet import Sheet, Strip
from lab.plots.style import SMALL_PT, shortened
from lab.plots.times import Window
from lab.words import duration
from sim.record import Run

_ROOMY: Final = 12
"""Up to so many tasks, a lane is high enough for the usual type size."""


def draw_tasks(run: Run, tasks: pandas.DataFrame, window: Window) -> Sheet:
    """A sheet with the lanes of these rows of `tasks`."""
    return _TaskLanes(run, tasks).drawn(window)


class _TaskLanes:
    """Lanes of these rows of `tasks`."""

    def __init__(self, run: Run, tasks: pandas.DataFrame) -> None:
        self._run = run
        self._tasks = tasks
        is_roomy = len(tasks) <= _ROOMY
        self._lane_in, self._size_pt, self._letters = (0.17, SMALL_PT, 25) if is_roomy else (0.105, 6.0, 26)
        self.height_in = max(len(tasks), 1) * self._lane_in + 0.04

    def drawn(self, window: Window) -> Sheet:
        """The sheet with all of them."""
        sheet = Sheet(window, self.height_in)
        decisions = self._run.decisions
        decisions = decisions[decisions["task"].isin(self._tasks["task"])]
        refusals = refusals_among(decisions)
        marks = refusal_marks({str(key): int(n) for key, n in refusals["reason"].value_counts().items()})
        refused = {int(str(task)): rows for task, rows in refusals.groupby("task")}
        placed = decisions[decisions["decision"] == "placed"]
        sent = placed.groupby("task")["at"].apply(list).to_dict()
        until = sent_or_given_up_s(self._tasks, self._run.ended_at)
        for index, (row, waited_until) in enumerate(zip(rows_of(self._tasks), until, strict=True)):
            top_in = 0.02 + index * self._lane_in
            self._waits(sheet, row, waited_until, top_in)
            self._signs(sheet, refused.get(row.task), marks, sent.get(row.task, []), top_in)
            self._texts(sheet, row, len(refused.get(row.task, ())), waited_until, top_in)
        if self._tasks.empty:
            sheet.left("no task", self.height_in / 2)
        return sheet

    def _waits(self, sheet: Sheet, task: Any, until: float, top_in: float) -> None:
        strip = Strip(top_in + 0.2 * self._lane_in, 0.6 * self._lane_in)
        sheet.bar(QUEUED, task.submitted_at, until, strip)
        if task.started_at > task.sent_at:
            sheet.bar(UNDELIVERED, task.sent_at, task.started_at, strip)
        started = task.apply_started_at if not math.isnan(task.apply_started_at) else task.ended_at
        if started != task.confirmed_at and not math.isnan(task.confirmed_at):
            sheet.bar(CONFIRMED, task.confirmed_at, started, strip)

    def _signs(
        self,
        sheet: Sheet,
        refused: pandas.DataFrame | None,
        marks: dict[str, Mark],
        sent: list[float],
        top_in: float,
    ) -> None:
        y_in = top_in + self._lane_in / 2
        if refused is not None:
            for at, reason in zip(refused["at"], refused["reason"], strict=True):
                sheet.mark(marks[reason], at, y_in)
        for at in sent:
            sheet.mark(SENT, at, y_in)

    def _texts(self, sheet: Sheet, task: Any, refusals: int, until: float, top_in: float) -> None:
        y_in = top_in + self._lane_in / 2
        name = f"{task.task} {task.kind} {task.workspace}"
        sheet.left(shortened(name, self._letters), y_in, size_pt=self._size_pt)
        wait = duration(until - task.submitted_at)
        outcome = f"sent after {wait}" if not math.isnan(task.sent_at) else "never sent"
        sheet.right(f"{outcome}, refused {refusals:,}×", y_in, size_pt=self._size_pt)
