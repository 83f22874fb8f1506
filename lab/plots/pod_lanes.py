"""The lower part of a timeline: each pod's life, what was true of its agent, and who held its slots."""

import math
from dataclasses import dataclass
from typing import Any, Final

import pandas

from lab.plots.marks import (
    APPLY,
    BOOKED,
    CONNECTED,
    DISCONNECTED,
    EXECUTING,
    FACTS,
    IS_RUNNING,
    KILLED,
    PLAN,
    RESERVED,
    RUNNING,
    SILENT,
    STARTING,
    TERMINATING,
    Bar,
)
from lab.plots.rows import rows_of
from lab.plots.sheet import Sheet, Strip
from lab.plots.style import GREY, INK, SMALL_PT, shortened
from lab.plots.times import Window
from lab.words import duration
from sim.record import Run

_LETTERS: Final = 24
_ROOMY: Final = 4
"""Up to so many pods, each fact has a lane with its name."""
_ALL_SLOTS: Final = 10
"""Up to so many pods, slots that nobody ever held have a lane, too."""
_NAMES: Final = {
    "registered": "row registered",
    "connected": "C&C connected",
    "known_to_pod_manager": "known to pod manager",
}


@dataclass(frozen=True)
class _Sizes:
    """Heights of lanes in inches, and of type in points."""

    life_in: float
    fact_in: float
    slot_in: float
    gap_in: float
    text_pt: float


_BIG: Final = _Sizes(0.16, 0.125, 0.165, 0.10, SMALL_PT)
_SMALL: Final = _Sizes(0.115, 0.062, 0.115, 0.07, 6.0)


def draw_pods(run: Run, pods: pandas.DataFrame, window: Window) -> Sheet:
    """A sheet with the lanes of these rows of `pods`."""
    return _PodLanes(run, pods).drawn(window)


def leaves_out_slots(pods: pandas.DataFrame) -> bool:
    """Whether they are so many that slots which nobody ever held have no lane."""
    return len(pods) > _ALL_SLOTS


class _PodLanes:
    """Lanes of these rows of `pods`."""

    def __init__(self, run: Run, pods: pandas.DataFrame) -> None:
        self._run = run
        self._pods = pods
        self.is_roomy = len(pods) <= _ROOMY
        self._sizes = _BIG if self.is_roomy else _SMALL
        names = set(pods["pod"])
        self._slots = _by_pod(run.slots, names)
        self._phases = _by_pod(run.phases, names)
        self._agents = _by_pod(run.agents, names)
        per_pod = {pool.name: pool.slots_per_pod for pool in run.scenario.pools}
        self._lanes_of = {row.pod: self._slot_lanes(row.pod, per_pod[row.pool]) for row in rows_of(pods)}
        self.height_in = max(sum(map(self._block_in, self._lanes_of)), 0.2)

    def drawn(self, window: Window) -> Sheet:
        """The sheet with all of them."""
        sheet = Sheet(window, self.height_in)
        top_in = 0.0
        for pod in rows_of(self._pods):
            self._life(sheet, pod, top_in)
            self._facts(sheet, pod, top_in + self._sizes.life_in)
            below_in = top_in + self._sizes.life_in + self._facts_in(pod.pod)
            for index, slot in enumerate(self._lanes_of[pod.pod]):
                self._slot(sheet, pod.pod, slot, below_in + index * self._sizes.slot_in)
            top_in += self._block_in(pod.pod)
        if self._pods.empty:
            sheet.left("no pod", self.height_in / 2)
        return sheet

    def _slot_lanes(self, pod: str, slots: int) -> list[int]:
        """The slots that have a lane; -1 is what was executed without a booking."""
        used = {int(each.slot) for each in self._slots.get(pod, [])}
        used |= {int(each.slot) for each in self._phases.get(pod, [])}
        everything = used | set(range(slots)) if not leaves_out_slots(self._pods) else used
        return sorted(everything, key=lambda slot: (slot < 0, slot))

    def _block_in(self, pod: str) -> float:
        size = self._sizes
        slots_in = len(self._lanes_of[pod]) * size.slot_in
        return size.life_in + self._facts_in(pod) + slots_in + size.gap_in

    def _facts_in(self, pod: str) -> float:
        """Of many pods, those whose agent never came up take no room for it."""
        has_facts = self.is_roomy or pod in self._agents
        return len(FACTS) * self._sizes.fact_in + 0.02 if has_facts else 0.0

    def _life(self, sheet: Sheet, pod: Any, top_in: float) -> None:
        strip = Strip(top_in + 0.02, self._sizes.life_in - 0.04)
        y_in = top_in + self._sizes.life_in / 2
        begins = pod.created_at if math.isnan(pod.requested_at) else pod.requested_at
        ends = _first(pod.terminating_at, pod.gone_at)
        sheet.bar(STARTING, begins, _first(pod.running_at, ends), strip)
        if not math.isnan(pod.running_at):
            sheet.bar(RUNNING, pod.running_at, ends, strip)
            sheet.mark(IS_RUNNING, pod.running_at, y_in)
        if not math.isnan(pod.terminating_at):
            sheet.bar(TERMINATING, pod.terminating_at, pod.gone_at, strip)
        elif not math.isnan(pod.gone_at):
            sheet.mark(KILLED, pod.gone_at, y_in)
        sheet.left(shortened(pod.pod, _LETTERS), y_in)
        sheet.right(self._fate(pod), y_in, size_pt=self._sizes.text_pt)

    def _fate(self, pod: Any) -> str:
        if pod.delete_reason:
            return f"deleted: {pod.delete_reason}"
        if not math.isnan(pod.gone_at):
            return f"killed at {duration(pod.gone_at)}"
        if math.isnan(pod.running_at):
            return "never Running"
        return f"Running at {duration(pod.running_at)}" if self.is_roomy else ""

    def _facts(self, sheet: Sheet, pod: Any, top_in: float) -> None:
        rows = self._agents.get(pod.pod, [])
        size_in = self._sizes.fact_in
        for index, (fact, mark) in enumerate(FACTS.items()):
            y_in = top_in + (index + 0.5) * size_in
            if mark is CONNECTED:
                for since, until in _silences(pod, rows):
                    sheet.bar(SILENT, since, until, Strip(y_in - size_in / 2, size_in))
            held = [each for each in rows if each.fact == fact]
            for each in held:
                sheet.line(mark, each.since, each.until, y_in)
                sheet.mark(mark, each.since, y_in)
                if mark is CONNECTED and not _is_end_of(pod, each.until):
                    sheet.mark(DISCONNECTED, each.until, y_in)
            if self.is_roomy:
                sheet.left(_NAMES[fact], y_in, color=GREY)
                word = f"at {duration(held[0].since)}" if held else "never"
                sheet.right(word, y_in, color=GREY if held else INK)
                sheet.baseline(y_in)

    def _slot(self, sheet: Sheet, pod: str, slot: int, top_in: float) -> None:
        height_in, middle_in = self._sizes.slot_in, top_in + self._sizes.slot_in / 2
        sheet.baseline(top_in + height_in - 0.012)
        name = f"slot {slot}" if slot >= 0 else "without a slot"
        sheet.left(name, middle_in, size_pt=self._sizes.text_pt, color=GREY)
        phases = [each for each in self._phases.get(pod, []) if each.slot == slot]
        phases_of: dict[int, list[Any]] = {}
        for phase in phases:
            phases_of.setdefault(phase.task, []).append(phase)
        for held in self._slots.get(pod, []):
            if held.slot == slot:
                strip = Strip(top_in + 0.01, height_in - 0.035)
                bar = _bar_of(held, phases_of.get(held.task, []))
                sheet.bar(bar, held.since, held.until, strip, str(held.task))
        for phase in phases:
            strip = Strip(top_in + height_in - 0.022, 0.014)
            sheet.bar(EXECUTING, phase.started_at, phase.ended_at, strip)


def _by_pod(frame: pandas.DataFrame, pods: set[str]) -> dict[str, list[Any]]:
    """A table's rows by pod, of these pods only."""
    rows: dict[str, list[Any]] = {}
    for row in rows_of(frame[frame["pod"].isin(pods)]):
        rows.setdefault(row.pod, []).append(row)
    return rows


def _first(*times: float) -> float:
    """The first of these (s) that is not NaN; NaN if all are."""
    return next((each for each in times if not math.isnan(each)), math.nan)


def _is_end_of(pod: Any, until: float) -> bool:
    """Whether a fact ended with its pod, or not at all."""
    return math.isnan(until) or until in (pod.terminating_at, pod.gone_at)


def _silences(pod: Any, rows: list[Any]) -> list[tuple[float, float]]:
    """When (s; NaN is open) an agent that had been heard from was silent, as long as its pod ran."""
    beats = [each for each in rows if each.fact == "heartbeats"]
    after = [*(each.since for each in beats[1:]), _first(pod.terminating_at, pod.gone_at)]
    pairs = [(each.until, begins) for each, begins in zip(beats, after, strict=False)]
    return [(since, until) for since, until in pairs if not math.isnan(since) and not since >= until]


def _bar_of(held: Any, phases: list[Any]) -> Bar:
    """How an interval of a slot is drawn: by what of its task's `phases` there was executed while it held."""
    if held.state == "reserved":
        return RESERVED
    for phase in phases:
        if phase.started_at >= held.since and not phase.started_at > held.until:
            return APPLY if phase.phase == "apply" else PLAN
    return BOOKED
