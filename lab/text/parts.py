"""What the pages for one run and for several share: headings, tables, stories, expectations."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.judgement import Finding, Judgement
from lab.quantiles import Waits
from lab.story import TaskStory
from lab.words import NOTHING, duration, number, times
from policies.policy_set import PolicySet
from policies.presets import PRESETS, SUMMARIES
from sim.record import Run
from sim.words import count

INDENT = 2
FINDING_STYLES: Final = {Finding.HOLDS: "green", Finding.FAILS: "bold red", Finding.UNDECIDED: "yellow"}


def rules_of(policy: PolicySet) -> str:
    """The rules of the four layers: 'Q7 P5 D3 C9'."""
    layers = (policy.queue, policy.placement, policy.dispatch, policy.autoscaler)
    return " ".join(rule.rule_name for rule in layers)


def policy_heading(run: Run) -> Text:
    """The policy in bold, its rules, and what the preset is, if it is one."""
    heading = Text(run.policy.name, style="bold")
    heading.append(f"  {rules_of(run.policy)}", style="cyan not bold")
    if run.policy == PRESETS.get(run.policy.name):
        heading.append(f"  {SUMMARIES[run.policy.name]}", style="not bold")
    return heading


def how_far(run: Run) -> str:
    """'15 min simulated', or that it was interrupted."""
    if run.is_complete:
        return f"{duration(run.ended_at)} simulated"
    return f"INTERRUPTED at {duration(run.ended_at)} of {duration(run.scenario.horizon_s)}"


def indented(part: RenderableType, by: int = INDENT) -> Padding:
    """The part, moved to the right."""
    return Padding(part, (0, 0, 0, by))


def plain_table(*headers: str, right: Iterable[str] = (), gap: int = 2) -> Table:
    """A table without lines; the columns named in `right` are right-aligned, `gap` is between columns."""
    padding = (0, gap, 0, 0)
    table = Table(box=None, pad_edge=False, padding=padding, header_style="dim", show_header=any(headers))
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
    return table


STORY_TABLE_MIN: Final = 96
"""Characters a line that the table of stories needs; on less, each story is a sentence."""


def story_part(told: Sequence[TaskStory], width: int) -> Table:
    """How each of these tasks came to be sent: one row a task."""
    if width < STORY_TABLE_MIN:
        table = plain_table("task", "")
        for story in told:
            table.add_row(str(story.task), story_sentence(story))
        return table
    rows = [_STORY_COLUMNS, *map(_story_row, told)]
    widest = sum(max(len(row[column]) for row in rows) for column in range(len(_STORY_COLUMNS)))
    gap = 2 if widest + 2 * len(_STORY_COLUMNS) <= width else 1
    table = plain_table(*_STORY_COLUMNS, right=("task", "waited", "idle*", "refused", "sent at"), gap=gap)
    for row in rows[1:]:
        table.add_row(*row)
    return table


_STORY_COLUMNS: Final = (
    *("task", "waited", "idle*", "refused"),
    *("mostly because", "from–to", "sent at", "agent (connected)"),
)


def _story_row(story: TaskStory) -> tuple[str, ...]:
    cause = story.main_cause
    return (
        str(story.task),
        duration(story.waited_s),
        duration(story.beside_idle_s),
        _tries(story),
        NOTHING if cause is None else cause.text,
        "" if cause is None else between(cause.first_at, cause.last_at),
        "never" if story.sent_at is None else duration(story.sent_at),
        f"{story.pod} ({duration(story.connected_at)})" if story.pod else story.state,
    )


def _tries(story: TaskStory) -> str:
    """'30 of 31': for the main cause, and in all."""
    cause = story.main_cause
    if cause is None or cause.tries in (0, story.tries):
        return number(story.tries)
    return f"{cause.tries:,} of {story.tries:,}"


def story_sentence(story: TaskStory) -> str:
    """The same in words."""
    parts = [f"waited {duration(story.waited_s)}, {duration(story.beside_idle_s)} of it beside idle slots*"]
    cause = story.main_cause
    if story.tries:
        parts.append(f"refused {times(story.tries)}")
    if cause is not None:
        which = f"{cause.tries:,} times " if 0 < cause.tries < story.tries else ""
        parts.append(f"mostly because: {which}{cause.text} ({between(cause.first_at, cause.last_at)})")
    if story.sent_at is None:
        parts.append(f"never sent ({story.state})")
    else:
        agent = f"{story.pod}, connected at {duration(story.connected_at)}"
        parts.append(f"sent at {duration(story.sent_at)} to {agent}")
    return "; ".join(parts)


def between(first_s: float, last_s: float) -> str:
    """'10–300 s', '9.5–14 min'; '10 s' if both are the same."""
    first, last = duration(first_s), duration(last_s)
    if first == last:
        return first
    number_, _, unit = first.partition(" ")
    return f"{number_ if last.endswith(' ' + unit) else first}–{last}"


IDLE_NOTE: Final = "* the part of the wait in which connected agents had idle slots"
_COLUMNS_NOTE: Final = (
    "refused: tries refused for that reason, of all; agent: whom it was sent to (when that connected)"
)


def story_notes(width: int, more: str = "") -> Iterator[Text]:
    """What the columns of the stories mean; where they are sentences, they say it themselves."""
    yield Text(f"{IDLE_NOTE}{more}", style="dim")
    if width >= STORY_TABLE_MIN:
        yield Text(_COLUMNS_NOTE, style="dim")


def bound(waits: Waits, seconds: float) -> str:
    """A quantile; one that is a lower bound says so."""
    if not waits.tasks:
        return NOTHING
    return f"≥ {duration(seconds)}" if waits.is_lower_bound else duration(seconds)


_WAITS: Final = "until its plan starts"
_QUANTILES: Final = ("p50", "p95", "p99", "longest")


def waits_part(groups: Iterable[tuple[str, Waits]], width: int) -> Iterator[RenderableType]:
    """Quantiles of waits: a row for each group of tasks, or a sentence where the table has no room."""
    columns = ("tasks", *_QUANTILES, "never started")
    rows = [(name, number(each.tasks), *_quantiles(each), number(each.never)) for name, each in groups]
    lines = [(_WAITS, *columns), *rows]
    widest = sum(max(len(line[column]) for line in lines) for column in range(len(lines[0])))
    if widest + 2 * len(columns) <= width:
        table = plain_table(_WAITS, *columns, right=columns)
        for row in rows:
            table.add_row(*row)
        yield table
        return
    yield Text(_WAITS, style="dim")
    for name, tasks, *quantiles, never in rows:
        named = ", ".join(f"{what} {text}" for what, text in zip(_QUANTILES, quantiles, strict=True))
        noun = "task" if tasks == "1" else "tasks"
        yield indented(Text(f"{name}: {named}; {tasks} {noun}, {never} never started"))


def _quantiles(waits: Waits) -> tuple[str, ...]:
    return tuple(bound(waits, each) for each in (waits.p50_s, waits.p95_s, waits.p99_s, waits.max_s))


def expectation_lines(judgements: Iterable[Judgement]) -> Iterable[Text]:
    """Each expectation with what the run says of it."""
    for each in judgements:
        line = Text(f"{each.finding:<10}", style=FINDING_STYLES[each.finding])
        line.append(f"{each.expected}: {each.found}", style="not bold default")
        yield line


def verdict(judgements: Sequence[Judgement]) -> str:
    """'4 hold', '1 fails, 3 hold', or a dash if nothing is expected."""
    counted = [(finding, sum(each.finding is finding for each in judgements)) for finding in Finding]
    words = {Finding.HOLDS: ("holds", "hold"), Finding.FAILS: ("fails", "fail")}
    parts = [
        count(n, *words[finding]) if finding in words else f"{n} undecided" for finding, n in counted if n
    ]
    return ", ".join(parts) or NOTHING
