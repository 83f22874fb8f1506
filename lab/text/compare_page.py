"""What `windtunnel compare` shows: what happened under each policy, then the numbers side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from lab.judgement import Finding, Judgement
from lab.running import Comparison
from lab.story import TaskStory, longest_waits, stories, waits_to_be_sent
from lab.summary import Summary
from lab.text.conclusion import conclusion
from lab.text.parts import (
    bound,
    expectation_lines,
    how_far,
    indented,
    plain_table,
    policy_heading,
    story_notes,
    story_part,
    verdict,
)
from lab.text.screen import Screen
from lab.text.spark import Course, course_of, draw, top
from lab.words import NOTHING, duration, number, share
from sim.checks import Verdict, first_broken
from sim.record import Run
from sim.words import count

TASKS_SHOWN: Final = 4
COLUMN_MIN: Final = 10
NAME_FOLDED_AT: Final = 20
NOTE: Final = "One seed shows what can happen, and is no statistics. Chance is the same under every policy."

_Row = tuple[str, list[str]]


def show_comparison(screen: Screen, comparison: Comparison, next_step: str = "") -> None:
    """Write the page; `next_step` is a command to go on with."""
    screen.show(*_heading(comparison))
    courses = [course_of(run) for run in comparison.runs]
    tops = (max(top(each.pods) for each in courses), max(top(each.waiting) for each in courses))
    waits = [waits_to_be_sent(run) for run in comparison.runs]
    shown = longest_waits(waits, TASKS_SHOWN)
    conclusions = []
    for run, course, waited in zip(comparison.runs, courses, waits, strict=True):
        worst = longest_waits([waited], 1)
        told = {each.task: each for each in stories(run, dict.fromkeys([*shown, *worst]))}
        section = [told[task] for task in shown if task in told]
        screen.show(*_section(screen, run, section, course, tops))
        conclusions.append(conclusion(run.policy.name, waited, told[worst[0]] if worst else None))
    screen.show(*story_notes(screen.width, _which(shown, len(waits[0]))), "")
    for part in _side_by_side(screen, comparison):
        screen.show(part)
    screen.show(*_failures(comparison), *map(Text, conclusions))
    if next_step:
        screen.show(Text(f"What happened, step by step: {next_step}"))
    screen.show(Text(NOTE, style="dim"))


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
    """Under any policy, so that each section has the same tasks."""
    if len(shown) == tasks:
        return ""
    return f"; the {len(shown)} tasks of {tasks:,} that waited longest, longest first"


def _section(
    screen: Screen, run: Run, told: Sequence[TaskStory], course: Course, tops: tuple[int, int]
) -> Iterator[RenderableType]:
    yield policy_heading(run)
    if not run.is_complete:
        yield indented(Text(how_far(run)))
    yield indented(story_part(told, screen.width))
    yield from draw(course, width=screen.width, tops=tops, blocks=screen.has_blocks)


def side_by_side(comparison: Comparison) -> list[_Row]:
    """The numbers: a name, and a text for each run. Rows in which no run has anything are left out."""
    summaries = comparison.summaries
    rows = [*_wait_rows(summaries), *_state_rows(summaries)]
    for name, text in _NUMBERS.items():
        values = [text(summary) for summary in summaries]
        if any(value not in ("0", NOTHING) for value in values):
            rows.append((name, values))
    broken = [_first_broken(verdicts) for verdicts in comparison.verdicts]
    if any(text != NOTHING for text in broken):
        rows.append(("first broken", broken))
    if any(comparison.judgements):
        rows.append(("expectations", [verdict(each) for each in comparison.judgements]))
    return rows


def _first_broken(verdicts: Sequence[Verdict]) -> str:
    """'L01 at 19 s', or a dash if no invariant is broken."""
    found = first_broken(verdicts)
    return NOTHING if found is None else f"{found.code} at {duration(found.broken_at)}"


def _wait_rows(summaries: Sequence[Summary]) -> Iterator[_Row]:
    """Of all kinds of task together, and the 95th percentile of each kind if there are several."""
    kinds = list(dict.fromkeys(kind for summary in summaries for kind in summary.plan_waits))
    together = "all" if "all" in kinds else kinds[-1]
    for name, field in (("p50", "p50_s"), ("p95", "p95_s"), ("longest", "max_s")):
        waits = [summary.plan_waits[together] for summary in summaries]
        yield f"until plan starts, {name}", [bound(each, getattr(each, field)) for each in waits]
    for kind in kinds:
        if kind != together:
            waits = [summary.plan_waits[kind] for summary in summaries]
            yield f"  {kind}, p95", [bound(each, each.p95_s) for each in waits]
    applies = [summary.apply_waits for summary in summaries]
    if any(each.tasks for each in applies):
        yield "until confirmed apply, p95", [bound(each, each.p95_s) for each in applies]
    never = [summary.plan_waits[together].never for summary in summaries]
    if any(never):
        yield "never started (≥: so far)", list(map(number, never))


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
    for chosen in _columns_at_once(names, screen.width - first):
        table = plain_table("side by side", *names[chosen], right=names[chosen])
        for name, values in rows:
            table.add_row(name, *values[chosen])
        yield table
        yield ""


def _columns_at_once(names: Sequence[str], room: int) -> Iterator[slice]:
    """Parts of the policies that fit beside each other; a long name is folded."""
    start, used = 0, 0
    for index, name in enumerate(names):
        needed = min(max(len(name), COLUMN_MIN), NAME_FOLDED_AT) + 2
        if index > start and used + needed > room:
            yield slice(start, index)
            start, used = index, 0
        used += needed
    yield slice(start, len(names))


def _failures(comparison: Comparison) -> Iterator[RenderableType]:
    for run, judgements in zip(comparison.runs, comparison.judgements, strict=True):
        open_: list[Judgement] = [each for each in judgements if each.finding is not Finding.HOLDS]
        if open_:
            yield Text(f"Expected of {run.policy.name}, {count(len(open_), 'does', 'do')} not hold:")
            yield from (indented(line) for line in expectation_lines(open_))
