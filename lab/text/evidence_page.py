"""Evidence as lines of text: the log up to a moment, who held what, and who believed what."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lab.evidence import (
    Evidence,
    PodFacts,
    Running,
    SlotFacts,
    TaskFacts,
    evidence_of_broken,
    failures,
)
from lab.judgement import Judgement, found_of
from lab.text.parts import indented, plain_table
from lab.text.screen import Screen
from lab.words import NOTHING, duration, exactly
from sim.checks import INVARIANTS, Verdict
from sim.record import Run
from sim.words import count

PODS_TABLE_MIN: Final = 84
"""Characters a line that the table of pods needs; on less, each pod is a sentence."""
_DIFFERS: Final = "bold yellow"
"""Where belief and truth differ."""


def show_evidence(
    screen: Screen, run: Run, verdicts: Sequence[Verdict], judgements: Sequence[Judgement]
) -> None:
    """What was going on when each broken invariant was broken first; then of expectations that fail."""
    for verdict, evidence in evidence_of_broken(run, verdicts):
        heading = Text("broken ", style="bold red")
        heading.append(f"{verdict.code} {INVARIANTS[verdict.code].title}", style="bold default")
        screen.show(
            "",
            heading,
            indented(Text(found_of(verdict))),
            *map(indented, evidence_parts(evidence, screen.width)),
        )
    shown = {verdict.code for verdict in verdicts if verdict.first is not None}
    rest = [each for each in judgements if each.invariant not in shown]
    for judgement, found in failures(run, rest, verdicts):
        screen.show("", *failure_parts(judgement, found, screen.width))


def failure_parts(
    judgement: Judgement, evidence: Evidence | None, width: int, where: str = ""
) -> Iterator[RenderableType]:
    """An expectation that fails, what was found, and what was going on; `where` is in which run."""
    heading = Text("fails ", style="bold red")
    heading.append(where, style="bold default")
    heading.append(f"{'  ' * bool(where)}(expected of {judgement.under})", style="not bold dim default")
    yield heading
    table = plain_table("", "")
    table.add_row("expected", judgement.expected)
    table.add_row("found", judgement.found)
    yield indented(table)
    if evidence is not None:
        yield from map(indented, evidence_parts(evidence, width))


def evidence_parts(evidence: Evidence, width: int) -> Iterator[RenderableType]:
    """The log lines, the slots, the pods and the task at that moment."""
    pool = f" of pool {evidence.pool}" if evidence.pool else ""
    if evidence.lines:
        yield Text(f"log{pool}, the last {duration(evidence.at - evidence.since)}", style="dim")
        yield indented(_log(evidence))
    if not evidence.pods:
        yield Text(f"at {exactly(evidence.at)} there is no pod{pool}, and none on its way")
    else:
        yield _slot_table(evidence)
        yield _pod_table(evidence) if width >= PODS_TABLE_MIN else _pods_in_words(evidence)
    if evidence.task is not None:
        yield Text(task_sentence(evidence.task))
    if evidence.waiting:
        yield Text(waiting_sentence(evidence))


def _log(evidence: Evidence) -> Table:
    """A row for each line: when, and what; what is too long goes on below its beginning."""
    table = plain_table("", "", right=[""], gap=1)
    table.columns[1].justify = "left"
    if evidence.autoscaler:
        table.add_row(*_time_and_text(evidence.autoscaler))
        table.add_row("…", Text("no other decision of the autoscaler since", style="dim"))
    for index, line in enumerate(evidence.lines):
        if evidence.left_out[index]:
            table.add_row("…", Text(f"{count(evidence.left_out[index], 'line')} left out", style="dim"))
        table.add_row(*_time_and_text(line))
    return table


def _time_and_text(line: str) -> tuple[str, str]:
    at, _, text = line.partition(" s ")
    return f"{at.strip()} s", text


def _slot_table(evidence: Evidence) -> Table:
    """A row for each pod, a column for each slot: who holds it, and what truly runs in it."""
    indexes = list(dict.fromkeys(slot.slot for pod in evidence.pods for slot in pod.slots))
    indexes.sort(key=lambda index: (index is None, index))
    headers = ["unbooked" if index is None else f"slot {index}" for index in indexes]
    when, _, _ = exactly(evidence.at).partition(" (")  # the column is narrow
    table = plain_table(f"at {when}, held | runs", *headers)
    for pod in evidence.pods:
        by_index = {slot.slot: slot for slot in pod.slots}
        cells = [_slot(by_index[index]) if index in by_index else Text() for index in indexes]
        table.add_row(pod.pod, *cells)
    return table


def _slot(slot: SlotFacts) -> Text:
    held = NOTHING if slot.held_by is None else str(slot.held_by)
    if slot.is_reserved:
        held += " reserved"
    runs = ", ".join(f"{each.task} {each.phase}" for each in slot.runs) or NOTHING
    expected = {slot.held_by} if slot.held_by is not None and not slot.is_reserved else set()
    agrees = {each.task for each in slot.runs} == expected and len(slot.runs) <= 1
    return Text(f"{held} | {runs}", style="" if agrees else _DIFFERS)


def _pod_table(evidence: Evidence) -> Table:
    """What the control plane was told of each pod, and what is true."""
    columns = ("phase seen | true", "connected seen | true", "last heartbeat", "known to pod manager")
    table = plain_table("pods", *columns)
    for pod in evidence.pods:
        table.add_row(pod.pod, _phases(pod), _connections(pod), _heartbeat(pod), _known(pod))
    if evidence.pods_left_out:
        table.add_row(f"and {count(evidence.pods_left_out, 'pod')} more")
    return table


def _pods_in_words(evidence: Evidence) -> Table:
    """The same where the table has no room."""
    table = plain_table("", "")
    for pod in evidence.pods:
        known = "known to the pod manager" if pod.is_known_to_pod_manager else "not known to the pod manager"
        words = f"phase {_phases(pod)} (seen | true); connected {_connections(pod)}; "
        table.add_row(pod.pod, f"{words}last heartbeat {_heartbeat(pod)}; {known}")
    if evidence.pods_left_out:
        table.add_row(f"and {count(evidence.pods_left_out, 'pod')} more")
    return table


def _phases(pod: PodFacts) -> Text:
    seen, true = pod.seen_phase.lower() or "not seen", pod.phase
    text = Text(f"{seen} | {true}", style="" if seen == true else _DIFFERS)
    if pod.delete_requested_at is not None:
        text.append(f", to be deleted since {exactly(pod.delete_requested_at)}")
    return text


def _connections(pod: PodFacts) -> Text:
    agrees = pod.is_seen_connected == pod.is_connected
    return Text(f"{_yes(pod.is_seen_connected)} | {_yes(pod.is_connected)}", style="" if agrees else _DIFFERS)


def _heartbeat(pod: PodFacts) -> str:
    return "none yet" if pod.heartbeat_age_s is None else f"{duration(pod.heartbeat_age_s)} ago"


def _known(pod: PodFacts) -> Text:
    agrees = pod.is_known_to_pod_manager == pod.is_connected
    return Text(_yes(pod.is_known_to_pod_manager), style="" if agrees else _DIFFERS)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def task_sentence(task: TaskFacts) -> str:
    """'task 608 (plan_and_apply in workspace a): its row is pending, runnable since 0 s; ...'."""
    row = f"its row is {task.state}" if task.state else "the control plane has not heard of it"
    if task.runnable_since is not None:
        row += f", runnable since {exactly(task.runnable_since)}"
    slots = " and ".join(f"slot {slot} of {pod}" for pod, slot in task.holds)
    holds = f"it holds {slots}" if slots else "it holds no slot"
    where = f" in workspace {task.workspace}" if task.workspace else ""
    return f"task {task.task} ({task.kind}{where}): {row}; {holds}; {_runs(task.runs)}"


def waiting_sentence(evidence: Evidence) -> str:
    """'runnable: task 7 (plan in workspace a) since 2 s, task 9 (plan in workspace b) since 4 s'."""
    tasks = [
        f"task {each.task} ({each.kind} in workspace {each.workspace})"
        f"{'' if each.runnable_since is None else f' since {exactly(each.runnable_since)}'}"
        for each in evidence.waiting
    ]
    more = f" and {evidence.waiting_left_out:,} more" if evidence.waiting_left_out else ""
    return f"runnable: {', '.join(tasks)}{more}"


def _runs(running: Sequence[Running]) -> str:
    if not running:
        return "in truth nothing of it runs"
    return "in truth " + " and ".join(
        f"its {each.phase} runs on {each.pod} since {exactly(each.since)}" for each in running
    )
