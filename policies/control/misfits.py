"""Observations that do not fit: judged, counted and recorded, never raised and never obeyed."""

from collections import Counter

from policies.decisions import Anomaly
from policies.lifecycles import Table, Verdict, judge
from policies.observations import Observation, snake_case
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.observed.task import Task


class Misfits:
    """Looks up an observation's subject, and keeps account of those that do not fit theirs."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.counts: Counter[tuple[str, Verdict]] = Counter()

    def record(self, event: Observation, subject: str, state: str, verdict: Verdict) -> None:
        """Count and record an observation that changed nothing."""
        name = snake_case(type(event).__name__)
        self.counts[name, verdict] += 1
        self._books.journal.append(
            Anomaly(
                at=self._books.now,
                observation=name,
                subject=subject,
                state=str(state),
                verdict=verdict,
            )
        )

    def refuse(self, event: Observation, subject: str, table: Table, state: str, cause: str) -> None:
        """Record an observation that its subject's table does not list."""
        self.record(event, subject, state, judge(table, state, cause))

    def task(self, event: Observation, task: int) -> Task | None:
        """The task that the observation is about; None, and recorded, if there is none."""
        row = self._books.tasks.get(task)
        if row is None:
            self.record(event, str(task), "unknown", Verdict.IMPOSSIBLE)
        return row

    def pod(self, event: Observation, name: str) -> Pod | None:
        """The pod that the observation is about; None, and recorded, if it is gone or was never known."""
        pod = self._books.pods.get(name)
        if pod is not None:
            return pod
        if name in self._books.gone:
            self.record(event, name, "gone", Verdict.LATE)
        else:
            self.record(event, name, "unknown", Verdict.IMPOSSIBLE)
        return None
