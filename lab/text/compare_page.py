"""What `windtunnel compare` shows: what happened under each policy, then the numbers side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from lab.judgement import Finding, Judgement
from lab.running import Comparison
from lab.story import longest_waits, stories, waits_to_be_sent
from lab.summary import Summary
from lab.text.parts import (
    IDLE_NOTE,
    bound,
    expectation_lines,
    how_far,
    indented,
    plain_table,
    policy_heading,
    story_table,
    verdict,
)
from lab.text.screen import Screen
from lab.text.spark import Course, course_of, draw, top
from lab.words import NOTHING, count, number, share

TASKS_SHOWN: Final = 4
COLUMN_MIN: Final = 14
NOTE: Final = (
    "One seed each, and the same service times and start-up delays: this shows what can happen, "
    "and is no statistics."
)

_Row = tuple[str, list[str]]


def show_comparison(screen: Screen, comparison: Comparison) -> None:
    """Write the page."""
    screen.show(*_heading(comparison))
    courses = [course_of(run) for run in comparison.runs]
    tops = (max(top(each.pods) for each in courses), max(top(each.waiting) for each in courses))
    waits = [waits_to_be_sent(run) for run in comparison.runs]
    shown = longest_waits(waits, TASKS_SHOWN)
    for index, course in enumerate(courses):
        screen.show(*_section(screen, comparison, index, shown, course, tops))
    screen.show(Text(_which(shown, len(waits[0])), style="dim"), "")
    for part in _side_by_side(screen, comparison):
        screen.show(part)
    screen.show(*_failures(comparison), Text(NOTE, style="dim"))


def _heading(comparison: Comparison) -> Iterator[RenderableType]:
    scenario, run = comparison.scenario, comparison.runs[0]
    title = Text(scenario.name, style="bold")
    title.append(f"  {scenario.title}")
    title.append(f"  (seed {run.seed}, {how_far(run)})", style="dim not bold")
    yield title
    if scenario.question:
        yield Text(scenario.question)
    yield ""


def _which(shown: Sequence[int], tasks: int) -> str:
    which = "" if len(shown) == tasks else f"; the {len(shown)} tasks of {tasks:,} that waited longest"
    return f"{IDLE_NOTE}{which}"


def _section(
    screen: Screen,
    comparison: Comparison,
    index: int,
    shown: Sequence[int],
    course: Course,
    tops: tuple[int, int],
) -> Iterator[RenderableType]:
    run = comparison.runs[index]
    yield policy_heading(run)
    if not run.is_complete:
        yield indented(Text(how_far(run)))
    yield indented(story_table(stories(run, shown)))
    yield from draw(course, width=screen.width, tops=tops, blocks=screen.has_blocks)


def side_by_side(comparison: Comparison) -> list[_Row]:
    """The numbers: a name, and a text for each run. Rows in which no run has anything are left out."""
    summaries = comparison.summaries
    rows = [*_wait_rows(summaries), *_state_rows(summaries)]
    for name, text in _NUMBERS.items():
        values = [text(summary) for summary in summaries]
        if any(value not in ("0", NOTHING) for value in values):
            rows.append((name, values))
    if any(comparison.judgements):
        rows.append(("expectations", [verdict(each) for each in comparison.judgements]))
    return rows


def _wait_rows(summaries: Sequence[Summary]) -> Iterator[_Row]:
    kinds = list(dict.fromkeys(kind for summary in summaries for kind in summary.plan_waits))
    for kind in kinds:
        groups = [summary.plan_waits[kind] for summary in summaries]
        for name, field in (("p50", "p50_s"), ("p95", "p95_s"), ("longest", "max_s")):
            values = [bound(waits, getattr(waits, field)) for waits in groups]
            yield f"wait for plan, {name}" if len(kinds) == 1 else f"{kind}: {name} wait for plan", values
    applies = [summary.apply_waits for summary in summaries]
    if any(waits.tasks for waits in applies):
        yield "wait for confirmed apply, p95", [bound(waits, waits.p95_s) for waits in applies]
    if any(waits.never for summary in summaries for waits in summary.plan_waits.values()):
        yield (
            "never started (≥: counted so far)",
            [number(_all_waits_never(summary)) for summary in summaries],
        )


def _all_waits_never(summary: Summary) -> int:
    """`all` is there only if there are several kinds."""
    waits = summary.plan_waits
    return waits["all"].never if "all" in waits else sum(each.never for each in waits.values())


def _state_rows(summaries: Sequence[Summary]) -> Iterator[_Row]:
    for state in dict.fromkeys(state for summary in summaries for state in summary.states):
        yield f"tasks {state}", [number(summary.states.get(state, 0)) for summary in summaries]


_NUMBERS: Final[dict[str, Callable[[Summary], str]]] = {
    "tries refused": lambda summary: number(sum(summary.refusals.values())),
    "bookings and sends undone": lambda summary: number(sum(summary.undone.values())),
    "odd observations": lambda summary: number(sum(summary.anomalies.values())),
    "pods created": lambda summary: number(summary.all_pods.created),
    "pods never used": lambda summary: number(summary.all_pods.never_used),
    "pods at most": lambda summary: number(summary.all_pods.peak),
    "pod-seconds": lambda summary: number(round(summary.all_pods.pod_s)),
    "slots in use": lambda summary: share(summary.all_pods.utilisation),
}


def _side_by_side(screen: Screen, comparison: Comparison) -> Iterator[RenderableType]:
    """As many tables below each other as the width asks for."""
    rows = side_by_side(comparison)
    names = [run.policy.name for run in comparison.runs]
    first = max(len(name) for name, _ in rows) + 2
    at_once = max(1, (screen.width - first) // (COLUMN_MIN + 2))
    for start in range(0, len(names), at_once):
        chosen = slice(start, start + at_once)
        table = plain_table("side by side", *names[chosen], right=names[chosen])
        for name, values in rows:
            table.add_row(name, *values[chosen])
        yield table
        yield ""


def _failures(comparison: Comparison) -> Iterator[RenderableType]:
    for run, judgements in zip(comparison.runs, comparison.judgements, strict=True):
        open_: list[Judgement] = [each for each in judgements if each.finding is not Finding.HOLDS]
        if open_:
            yield Text(f"Expected of {run.policy.name}, {count(len(open_), 'does', 'do')} not hold:")
            yield from (indented(line) for line in expectation_lines(open_))
