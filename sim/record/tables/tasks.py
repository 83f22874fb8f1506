"""The tables `tasks` and `phases`."""

from policies.actions import SendTask
from policies.decisions import Refused, TaskMoved
from policies.lifecycles import TASK
from policies.observations import TaskConfirmed
from policies.vocabulary import Phase, TaskState
from sim.record.tables.room import NAN, Handlers, Row
from sim.record.truth import ExecEnded, ExecStarted, TaskCreated


class Tasks:
    """Columns by position, as the rows are filled while the log is read."""

    _SUBMITTED, _SENT, _STARTED, _PLANNED, _CONFIRMED = 4, 5, 6, 8, 9
    _APPLY_STARTED, _ENDED, _STATE, _ATTEMPTS, _REFUSALS, _POD = 10, 12, 13, 14, 15, 16

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self.handlers: Handlers = {
            TaskCreated: self._created,
            SendTask: self._sent,
            ExecStarted: self._started,
            ExecEnded: self._ended,
            TaskConfirmed: self._confirmed,
            TaskMoved: self._moved,
            Refused: self._refused,
        }

    def _created(self, e: TaskCreated) -> None:
        self._rows[e.task] = [
            *(e.task, e.pool, e.workspace, str(e.kind), e.at, NAN, NAN, NAN),
            *(NAN, NAN, NAN, NAN, NAN, str(TaskState.PENDING), 0, 0, ""),
        ]

    def _sent(self, e: SendTask) -> None:
        row = self._rows[e.task]
        if not row[self._ATTEMPTS]:
            row[self._SENT] = e.at
        row[self._ATTEMPTS] = e.attempt
        row[self._POD] = e.pod

    def _started(self, e: ExecStarted) -> None:
        row = self._rows[e.task]
        column = self._STARTED if e.phase is Phase.PLAN else self._APPLY_STARTED
        if row[column] != row[column]:
            row[column] = e.at

    def _ended(self, e: ExecEnded) -> None:
        if e.phase is Phase.PLAN:
            self._rows[e.task][self._PLANNED] = e.at

    def _confirmed(self, e: TaskConfirmed) -> None:
        row = self._rows.get(e.task)
        if row is not None and row[self._CONFIRMED] != row[self._CONFIRMED]:
            row[self._CONFIRMED] = e.at

    def _moved(self, e: TaskMoved) -> None:
        row = self._rows[e.task]
        row[self._STATE] = str(e.after)
        if not TASK[e.after]:
            row[self._ENDED] = e.at

    def _refused(self, e: Refused) -> None:
        self._rows[e.task][self._REFUSALS] += 1

    def rows(self, end: float) -> list[Row]:
        for row in self._rows.values():
            row[7] = row[self._STARTED] - row[self._SUBMITTED]
            row[11] = row[self._APPLY_STARTED] - row[self._CONFIRMED]
        return list(self._rows.values())


class Phases:
    """One row an execution."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._open: dict[tuple[int, str, int, str], list[Row]] = {}
        self.handlers: Handlers = {ExecStarted: self._started, ExecEnded: self._ended}

    def _started(self, e: ExecStarted) -> None:
        slot = -1 if e.slot is None else e.slot
        row: Row = [e.task, str(e.phase), e.attempt, e.pod, slot, e.at, NAN, e.init_s, ""]
        self._rows.append(row)
        self._open.setdefault((e.task, e.phase, e.attempt, e.pod), []).append(row)

    def _ended(self, e: ExecEnded) -> None:
        key = (e.task, e.phase, e.attempt, e.pod)
        row = self._open[key].pop(0)
        if not self._open[key]:
            del self._open[key]
        row[6] = e.at
        row[8] = str(e.outcome)

    def rows(self, end: float) -> list[Row]:
        return self._rows
