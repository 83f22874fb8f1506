"""Whether tasks are sent, not sent yet, and over when a scenario says so."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any, Final

from lab.judgement.findings import Finding, Judgement
from lab.summary import is_missing
from lab.words import exactly
from policies.actions import SendTask
from policies.lifecycles import TASK
from policies.vocabulary import TaskState
from sim.record import Run
from sim.scenario import EndedAs, Expectation, FinishedWithin, NotSentBefore, SentWithin

TOLERANCE_S: Final = 1e-9
"""Sums of decimal fractions are not exact: 0.1 s after 0.2 s is within 0.3 s."""
_OVER: Final = frozenset(str(state) for state in TaskState if not TASK[state])
_UNHAPPY: Final = frozenset({str(TaskState.FAILED), str(TaskState.CANCELLED)})


class Facts:
    """What a run's record says of tasks and agents."""

    def __init__(self, run: Run) -> None:
        self.end = run.ended_at
        self.is_complete = run.is_complete
        wanted = {task for each in run.scenario.expect.values() for task in _tasks_of(each)}
        self.tasks = {row["task"]: row for row in run.records("tasks") if row["task"] in wanted}
        self.pods = list(run.records("pods"))
        self.connected_at: dict[str, float] = {pod["pod"]: pod["connected_at"] for pod in self.pods}
        self.sent_first_to: dict[int, str] = {}
        for entry in run.log:
            if type(entry) is SendTask:
                self.sent_first_to.setdefault(entry.task, entry.pod)

    def first_connection(self, pool: str) -> float | None:
        """When the first agent of a pool connected (s)."""
        times = [
            pod["connected_at"]
            for pod in self.pods
            if pod["pool"] == pool and not is_missing(pod["connected_at"])
        ]
        return min(times, default=None)


def _tasks_of(expectation: Expectation) -> set[int]:
    return {each.task for each in _all_of(expectation)}


_Wanted = SentWithin | NotSentBefore | FinishedWithin | EndedAs


def _all_of(expectation: Expectation) -> list[_Wanted]:
    return [*expectation.sent, *expectation.not_sent, *expectation.finished, *expectation.ended]


def judge_tasks(expectation: Expectation, facts: Facts, under: str) -> Iterator[Judgement]:
    """What the run says of each task that something is expected of."""
    judged = (
        *map(partial(_sent, facts), expectation.sent),
        *map(partial(_not_sent, facts), expectation.not_sent),
        *map(partial(_finished, facts), expectation.finished),
        *map(partial(_ended, facts), expectation.ended),
    )
    for each, (expected, finding, found) in zip(_all_of(expectation), judged, strict=True):
        yield Judgement(
            task=each.task,
            expected=f"task {each.task} is {expected}",
            found=found,
            finding=finding,
            under=under,
            at=_moment(facts, each) if finding is Finding.FAILS else None,
        )


def _moment(facts: Facts, wanted: _Wanted) -> float | None:
    """When what fails happened, or what did not happen was due (s); None for a task that never was."""
    task = facts.tasks.get(wanted.task)
    if task is None:
        return None
    match wanted:
        case NotSentBefore():
            return float(task["sent_at"])
        case SentWithin():
            ended_so = is_missing(task["sent_at"])
        case FinishedWithin():
            ended_so = task["state"] in _UNHAPPY
        case EndedAs():
            ended_so = task["state"] != wanted.state
    if ended_so and not is_missing(task["ended_at"]):
        return float(task["ended_at"])
    start = task["submitted_at"]
    if isinstance(wanted, SentWithin) and wanted.of == "agent_connected":
        pod = facts.sent_first_to.get(wanted.task)
        connected = facts.first_connection(task["pool"]) if pod is None else facts.connected_at[pod]
        start = max(start, connected or 0.0)
    return float(min(start + wanted.within, facts.end))


_Said = tuple[str, Finding, str]


def _open(facts: Facts, deadline: float, text: str) -> tuple[Finding, str]:
    """What is not done by the end of the run fails if its deadline is over, and is undecided otherwise."""
    if facts.end + TOLERANCE_S >= deadline:
        return Finding.FAILS, text
    return Finding.UNDECIDED, f"{text}, when the run ended"


def _within(passed: float, limit: float) -> Finding:
    return Finding.HOLDS if passed <= limit + TOLERANCE_S else Finding.FAILS


def _absent(facts: Facts) -> tuple[Finding, str]:
    finding = Finding.FAILS if facts.is_complete else Finding.UNDECIDED
    return finding, f"no such task by {exactly(facts.end)}"


def _sent(facts: Facts, wanted: SentWithin) -> _Said:
    since_agent = wanted.of == "agent_connected"
    start = "the connection of its agent" if since_agent else "its submission"
    expected = f"sent within {exactly(wanted.within)} of {start}"
    task = facts.tasks.get(wanted.task)
    if task is None:
        return (expected, *_absent(facts))
    sent = task["sent_at"]
    if is_missing(sent):
        if not is_missing(task["ended_at"]):
            return expected, Finding.FAILS, f"{task['state']} at {exactly(task['ended_at'])}, never sent"
        return (expected, *_not_sent_yet(facts, task, wanted, since_agent=since_agent))
    if not since_agent:
        passed = sent - task["submitted_at"]
        return expected, _within(passed, wanted.within), f"sent after {exactly(passed)}"
    # A task that comes when its agent has long been there has not waited for it.
    start_at = max(facts.connected_at[facts.sent_first_to[wanted.task]], task["submitted_at"])
    passed = sent - start_at
    found = f"sent {exactly(passed)} after it, at {exactly(sent)}"
    return expected, _within(passed, wanted.within), found


def _not_sent_yet(
    facts: Facts, task: dict[str, Any], wanted: SentWithin, *, since_agent: bool
) -> tuple[Finding, str]:
    """Which agent it would have been sent to is not known: the first of the pool to connect stands in."""
    start = facts.first_connection(task["pool"]) if since_agent else task["submitted_at"]
    text = f"not sent by {exactly(facts.end)}"
    if start is None:
        return Finding.UNDECIDED, f"{text}, and no agent connected"
    if since_agent and not facts.is_complete:
        return Finding.UNDECIDED, f"{text}, when the run ended"
    return _open(facts, max(start, task["submitted_at"]) + wanted.within, text)


def _not_sent(facts: Facts, wanted: NotSentBefore) -> _Said:
    expected = f"not sent before {exactly(wanted.before)}"
    task = facts.tasks.get(wanted.task)
    sent = float("nan") if task is None else task["sent_at"]
    if not is_missing(sent):
        early = sent < wanted.before - TOLERANCE_S
        return expected, Finding.FAILS if early else Finding.HOLDS, f"sent at {exactly(sent)}"
    text = f"not sent by {exactly(facts.end)}"
    is_over = facts.end + TOLERANCE_S >= wanted.before
    return expected, Finding.HOLDS if is_over else Finding.UNDECIDED, text


def _finished(facts: Facts, wanted: FinishedWithin) -> _Said:
    expected = f"over within {exactly(wanted.within)}, neither failed nor cancelled"
    states = _OVER - _UNHAPPY
    return (expected, *_over_in_time(facts, wanted.task, wanted.within, states))


def _ended(facts: Facts, wanted: EndedAs) -> _Said:
    expected = f"{wanted.state} within {exactly(wanted.within)} of its submission"
    return (expected, *_over_in_time(facts, wanted.task, wanted.within, {wanted.state}))


def _over_in_time(facts: Facts, number: int, within_s: float, states: Collection[str]) -> tuple[Finding, str]:
    """Whether the task ends in one of these states soon enough after its submission."""
    task = facts.tasks.get(number)
    if task is None:
        return _absent(facts)
    ended = task["ended_at"]
    if is_missing(ended):
        text = f"{task['state']} after {exactly(facts.end - task['submitted_at'])}"
        return _open(facts, task["submitted_at"] + within_s, text)
    passed = ended - task["submitted_at"]
    found = f"{task['state']} after {exactly(passed)}"
    return (Finding.FAILS if task["state"] not in states else _within(passed, within_s)), found
