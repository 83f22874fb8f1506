"""What `windtunnel run` shows: one screen about one run."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text

from lab.judgement import Judgement
from lab.quantiles import Waits
from lab.story import longest_waits, stories, waits_to_be_sent
from lab.summary import PodUse, Summary
from lab.text.invariants import summary_of, verdict_lines
from lab.text.parts import (
    expectation_lines,
    how_far,
    indented,
    plain_table,
    policy_heading,
    story_notes,
    story_part,
    verdict,
    waits_part,
)
from lab.text.screen import Screen
from lab.text.spark import course_of, draw
from lab.words import duration, number, share, tally
from sim.checks import Verdict
from sim.record import Run
from sim.words import count

TASKS_SHOWN: Final = 5
POOLS_SHOWN: Final = 8
PODS_TABLE_MIN: Final = 88
"""Characters a line that the table of pods needs; on less, it is a sentence about all of them."""


def show_run(
    screen: Screen,
    run: Run,
    summary: Summary,
    verdicts: Sequence[Verdict],
    judgements: Sequence[Judgement],
) -> None:
    """Write the page."""
    screen.show(*_heading(run), *_waits(screen, summary), *_tasks(screen, run, summary))
    if screen.width < PODS_TABLE_MIN:
        screen.show(_pods_in_words(summary.all_pods))
    else:
        screen.show(*_pods(summary))
    pictures = draw(course_of(run), width=screen.width, blocks=screen.has_blocks)
    screen.show(*pictures)
    screen.show("", f"Invariants: {summary_of(verdicts)}", *map(indented, verdict_lines(verdicts)))
    if judgements:
        lines = (indented(line) for line in expectation_lines(judgements))
        screen.show("", f"Expected of {run.policy.name}: {verdict(judgements)}", *lines)
    elif run.scenario.expect and run.scenario.changed:
        changed = ", ".join(run.scenario.changed)
        screen.show("", f"What the file expects is not judged: its world was changed ({changed})")


def _heading(run: Run) -> Iterator[RenderableType]:
    scenario = run.scenario
    title = Text(scenario.name, style="bold")
    title.append(f"  {scenario.title}")
    yield title
    yield policy_heading(run)
    yield Text(f"seed {run.seed}, {how_far(run)}")
    yield ""


def _waits(screen: Screen, summary: Summary) -> Iterator[RenderableType]:
    rows: list[tuple[str, Waits]] = list(summary.plan_waits.items())
    if summary.apply_waits.tasks:
        rows.append(("confirmed: its apply", summary.apply_waits))
    yield from waits_part(rows, screen.width)
    if any(waits.is_lower_bound for _, waits in rows):
        yield Text(
            "≥ tasks that never started count with their wait so far, so the number is a lower bound",
            style="dim",
        )
    yield ""


def _tasks(screen: Screen, run: Run, summary: Summary) -> Iterator[RenderableType]:
    table = plain_table("", "")
    table.add_row("tasks", tally(summary.states) or "none was submitted")
    if summary.refusals:
        tries = sum(summary.refusals.values())
        table.add_row("refused", f"{count(tries, 'try', 'tries')}: {tally(summary.refusals)}")
    if summary.undone:
        table.add_row("undone", f"bookings and sends taken back: {tally(summary.undone)}")
    if summary.anomalies:
        table.add_row("odd news", f"observations that did not fit: {tally(summary.anomalies)}")
    if summary.missed:
        table.add_row("missed", f"faults that found nothing to strike: {tally(summary.missed)}")
    yield table
    waits = waits_to_be_sent(run)
    shown = longest_waits([waits], TASKS_SHOWN)
    told = stories(run, shown)
    if any(story.waited_s > 0 for story in told):
        yield ""
        which = (
            "" if len(shown) == len(waits) else f", the {len(shown)} longest of {len(waits):,}, longest first"
        )
        yield Text(f"Waits until sent{which}", style="bold")
        yield indented(story_part(told, screen.width))
        yield from (indented(note) for note in story_notes(screen.width))
    yield ""


def _pods(summary: Summary) -> Iterator[RenderableType]:
    columns = ("created", "deleted", "never used", "at most", "pod-seconds", "slots in use", "running")
    table = plain_table("pods", *columns, right=columns)
    if len(summary.pools) > 1:
        for name, use in list(summary.pools.items())[:POOLS_SHOWN]:
            table.add_row(name, *_use(use))
        if len(summary.pools) > POOLS_SHOWN:
            table.add_row(f"(and {len(summary.pools) - POOLS_SHOWN} more pools)")
    table.add_row("all" if len(summary.pools) > 1 else next(iter(summary.pools)), *_use(summary.all_pods))
    yield table


def _pods_in_words(use: PodUse) -> Text:
    return Text(
        f"pods: {use.created} created, {use.deleted} deleted, {use.never_used} never used, "
        f"at most {use.peak} at once; {number(round(use.pod_s))} pod-seconds ({duration(use.pod_s)}), "
        f"{share(use.utilisation)} of their slots in use, {share(use.utilisation_running)} running"
    )


def _use(use: PodUse) -> tuple[str, ...]:
    return (
        *map(number, (use.created, use.deleted, use.never_used, use.peak)),
        f"{number(round(use.pod_s))} ({duration(use.pod_s)})",
        share(use.utilisation),
        share(use.utilisation_running),
    )
