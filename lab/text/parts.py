"""What the pages for one run and for several share: headings, tables, stories, expectations."""

from collections.abc import Iterable, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.judgement import Finding, Judgement
from lab.quantiles import Waits
from lab.story import TaskStory
from lab.words import NOTHING, count, duration, number, times
from policies.policy_set import PolicySet
from policies.presets import PRESETS, SUMMARIES
from sim.record import Run

INDENT = 2
_STYLES = {Finding.HOLDS: "green", Finding.FAILS: "bold red", Finding.UNDECIDED: "yellow"}


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


def indented(part: Table | Text, by: int = INDENT) -> Padding:
    """The part, moved to the right."""
    return Padding(part, (0, 0, 0, by))


def plain_table(*headers: str, right: Iterable[str] = ()) -> Table:
    """A table without lines; the columns named in `right` are right-aligned."""
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(headers)
    )
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
    return table


def story_table(told: Sequence[TaskStory]) -> Table:
    """How each of these tasks came to be sent: one row a task."""
    table = plain_table(
        "task", "waited", "idle slots*", "refused, mostly because", "sent at", "to agent, connected at",
        right=("task", "waited", "idle slots*", "sent at"),
    )  # fmt: skip
    for story in told:
        table.add_row(
            str(story.task),
            duration(story.waited_s),
            duration(story.beside_idle_s),
            refusal_text(story),
            duration(story.sent_at) if story.sent_at is not None else f"never ({story.state})",
            f"{story.pod}, {duration(story.connected_at)}" if story.pod else NOTHING,
        )
    return table


IDLE_NOTE = "* the part of the wait in which connected agents had idle slots"


def refusal_text(story: TaskStory) -> str:
    """'31 times, 30: agent_not_registered_yet (10 s to 300 s)'."""
    total = sum(each.tries for each in story.refusals.values())
    if not total:
        return "never"
    reason, most = max(story.refusals.items(), key=lambda item: item[1].tries)
    of_them = "" if most.tries == total else f", {most.tries:,}"
    when = duration(most.first_at)
    if most.last_at > most.first_at:
        when += f" to {duration(most.last_at)}"
    return f"{times(total)}{of_them}: {reason} ({when})"


def bound(waits: Waits, seconds: float) -> str:
    """A quantile; one that is a lower bound says so."""
    if not waits.tasks:
        return NOTHING
    return f"≥ {duration(seconds)}" if waits.is_lower_bound else duration(seconds)


def waits_table(rows: Iterable[tuple[str, Waits]]) -> Table:
    """Quantiles of waits, a row for each group of tasks."""
    columns = ("tasks", "p50", "p95", "p99", "longest", "never started")
    table = plain_table("wait", *columns, right=columns)
    for name, waits in rows:
        numbers = (waits.p50_s, waits.p95_s, waits.p99_s, waits.max_s)
        table.add_row(
            name, number(waits.tasks), *(bound(waits, each) for each in numbers), number(waits.never)
        )
    return table


def expectation_lines(judgements: Iterable[Judgement]) -> Iterable[Text]:
    """Each expectation with what the run says of it."""
    for each in judgements:
        line = Text(f"{each.finding:<10}", style=_STYLES[each.finding])
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
