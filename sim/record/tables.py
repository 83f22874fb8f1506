"""From the event log to columns: one pass, one small room for each table.

The log is the record; the tables are a view of it that pandas can work with. A room reads the entries that
concern its table and gives rows in the order of `columns.TABLES`.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Protocol

import msgspec

from policies.actions import CreatePod, CutConnection, DeletePod, SendTask
from policies.decisions import (
    Anomaly,
    Blocked,
    Placed,
    Recovered,
    Refused,
    Released,
    RolledBack,
    Scaled,
    SlotMoved,
    TaskEnded,
    TaskMoved,
)
from policies.lifecycles import TASK, SlotEvent
from policies.observations import TaskConfirmed, snake_case
from policies.vocabulary import Phase, TaskState
from sim.record.entry import Entry
from sim.record.truth import AgentHappened, ControlHappened, ExecEnded, ExecStarted, PodHappened, TaskCreated

Row = list[Any]
Handlers = dict[type, Callable[[Any], None]]
_NAN = math.nan


class Room(Protocol):
    """One table in the making."""

    handlers: Handlers

    def rows(self, end: float) -> list[Row]:
        """Its rows, for a run that ended at `end` (float s)."""


def build(entries: Iterable[Entry], names: Iterable[str], end: float) -> dict[str, list[Row]]:
    """The rows of the named tables, from one pass over the log."""
    rooms = {name: _ROOMS[name]() for name in names}
    handlers: dict[type, list[Callable[[Any], None]]] = {}
    for room in rooms.values():
        for kind, handler in room.handlers.items():
            handlers.setdefault(kind, []).append(handler)
    nobody: list[Callable[[Any], None]] = []
    for entry in entries:
        for handler in handlers.get(type(entry), nobody):
            handler(entry)
    return {name: room.rows(end) for name, room in rooms.items()}


class _Tasks:
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
            *(e.task, e.pool, e.workspace, str(e.kind), e.at, _NAN, _NAN, _NAN),
            *(_NAN, _NAN, _NAN, _NAN, _NAN, str(TaskState.PENDING), 0, 0, ""),
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


class _Phases:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._open: dict[tuple[int, str, int, str], list[Row]] = {}
        self.handlers: Handlers = {ExecStarted: self._started, ExecEnded: self._ended}

    def _started(self, e: ExecStarted) -> None:
        slot = -1 if e.slot is None else e.slot
        row: Row = [e.task, str(e.phase), e.attempt, e.pod, slot, e.at, _NAN, e.init_s, ""]
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


class _Pods:
    _HAPPENED: ClassVar = {"created": 3, "running": 4, "terminating": 10, "gone": 11}
    _AGENT: ClassVar = {"registered": 5, "connected": 6, "known_to_pod_manager": 7}

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self.handlers: Handlers = {
            CreatePod: self._requested,
            DeletePod: self._deleted,
            PodHappened: self._happened,
            AgentHappened: self._agent,
        }

    def _row(self, pod: str, pool: str) -> Row:
        row = self._rows.get(pod)
        if row is None:
            row = self._rows[pod] = [pod, pool, *([_NAN] * 7), "", *([_NAN] * 3)]
        return row

    def _requested(self, e: CreatePod) -> None:
        self._row(e.pod, e.pool)[2] = e.at

    def _deleted(self, e: DeletePod) -> None:
        row = self._row(e.pod, e.pool)
        row[8], row[9] = e.at, str(e.because.reason)

    def _happened(self, e: PodHappened) -> None:
        column = self._HAPPENED.get(e.what)
        if column is not None:
            self._row(e.pod, e.pool)[column] = e.at

    def _agent(self, e: AgentHappened) -> None:
        column = self._AGENT.get(e.what)
        if column is not None:
            row = self._rows[e.pod]
            if row[column] != row[column]:
                row[column] = e.at

    def rows(self, end: float) -> list[Row]:
        for row in self._rows.values():
            gone = row[11] if row[11] == row[11] else end
            row[12] = gone - row[3]
        return list(self._rows.values())


class _Intervals:
    """Things that hold from one time to another: opened, and closed by their key."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._open: dict[Any, Row] = {}

    def open(self, key: Any, row: Row) -> None:
        """It holds from now on; `row` ends with `since`."""
        row.append(_NAN)
        self._rows.append(row)
        self._open[key] = row

    def close(self, key: Any, at: float) -> None:
        """It holds no more, if it did."""
        row = self._open.pop(key, None)
        if row is not None:
            row[-1] = at

    def rows(self, end: float) -> list[Row]:
        return self._rows


class _Slots(_Intervals):
    _STATES: ClassVar = {
        SlotEvent.BOOKED: "running",
        SlotEvent.ACTIVATED: "running",
        SlotEvent.RESERVED: "reserved",
    }

    def __init__(self) -> None:
        super().__init__()
        self.handlers: Handlers = {
            SlotMoved: self._moved,
            ControlHappened: self._lost,
        }

    def _lost(self, e: ControlHappened) -> None:
        for key in list(self._open) if e.what == "down" else ():
            self.close(key, e.at)

    def _moved(self, e: SlotMoved) -> None:
        key = (e.pod, e.slot)
        self.close(key, e.at)
        state = self._STATES.get(e.cause)
        if state is not None:
            self.open(key, [e.pod, e.slot, state, e.task, e.at])


class _Agents(_Intervals):
    _BEGINS: ClassVar = {
        "registered": "registered",
        "connected": "connected",
        "known_to_pod_manager": "known_to_pod_manager",
        "heartbeats_began": "heartbeats",
    }
    _ENDS: ClassVar = {"disconnected": "connected", "heartbeats_ended": "heartbeats"}

    def __init__(self) -> None:
        super().__init__()
        self.handlers: Handlers = {AgentHappened: self._agent, PodHappened: self._pod}

    def _agent(self, e: AgentHappened) -> None:
        fact = self._BEGINS.get(e.what)
        if fact is not None and (e.pod, fact) not in self._open:
            self.open((e.pod, fact), [e.pod, fact, e.at])
        ended = self._ENDS.get(e.what)
        if ended is not None:
            self.close((e.pod, ended), e.at)

    def _pod(self, e: PodHappened) -> None:
        if e.what == "gone":
            for fact in self._BEGINS.values():
                self.close((e.pod, fact), e.at)


_COMMON = ("at", "pool", "rule", "reason", "task", "pod")


class _Decisions:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        kinds = (Refused, Released, Blocked, RolledBack, TaskEnded, Scaled, Recovered, Anomaly)
        self.handlers: Handlers = dict.fromkeys((*kinds, Placed), self._decided)
        self.handlers[SendTask] = self._carried
        self.handlers[CreatePod] = self._created
        self.handlers[DeletePod] = self._carried
        self.handlers[CutConnection] = self._carried
        self._last: object = None

    def _carried(self, e: Any) -> None:
        self._decided(e.because)

    def _created(self, e: CreatePod) -> None:
        if e.because is not self._last:  # several pods of one decision
            self._last = e.because
            self._decided(e.because)

    def _decided(self, e: Any) -> None:
        detail = {
            name: value
            for name in e.__struct_fields__
            if name not in _COMMON and (value := getattr(e, name)) is not None
        }
        self._rows.append(
            [
                e.at,
                getattr(e, "pool", ""),
                snake_case(type(e).__name__),
                getattr(e, "rule", ""),
                str(getattr(e, "reason", "")),
                getattr(e, "task", -1),
                getattr(e, "pod", "") or "",
                msgspec.json.encode(detail).decode(),
            ]
        )

    def rows(self, end: float) -> list[Row]:
        return self._rows


class _Counts:
    """Step functions of time: a row for each instant at which something of the pool changed."""

    _STATES: ClassVar = {
        TaskState.PENDING: 6,
        TaskState.PLANNING: 7,
        TaskState.APPLYING: 7,
        TaskState.APPLY_PENDING: 8,
    }

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._now: dict[str, Row] = {}
        self._pool_of: dict[str | int, str] = {}
        self._slot_state: dict[tuple[str, int], int] = {}
        self.handlers: Handlers = {
            TaskCreated: self._created,
            TaskMoved: self._moved,
            SlotMoved: self._slot,
            ControlHappened: self._slots_lost,
            PodHappened: self._pod,
            AgentHappened: self._agent,
        }

    def _change(self, at: float, pool: str, column: int, change: int) -> None:
        row = self._now.get(pool)
        if row is None:
            row = self._now[pool] = [at, pool, 0, 0, 0, 0, 0, 0, 0]
            self._rows.append(row)
        elif row[0] != at:
            row = self._now[pool] = [at, *row[1:]]
            self._rows.append(row)
        row[column] += change

    def _created(self, e: TaskCreated) -> None:
        self._pool_of[e.task] = e.pool
        self._change(e.at, e.pool, 6, +1)

    def _moved(self, e: TaskMoved) -> None:
        pool = self._pool_of[e.task]
        before, after = self._STATES.get(e.before), self._STATES.get(e.after)
        if before != after:
            if before is not None:
                self._change(e.at, pool, before, -1)
            if after is not None:
                self._change(e.at, pool, after, +1)

    def _slot(self, e: SlotMoved) -> None:
        old = self._slot_state.pop((e.pod, e.slot), None)
        if old is not None:
            self._change(e.at, e.pool, old, -1)
        if e.cause is not SlotEvent.FREED:
            new = 5 if e.cause is SlotEvent.RESERVED else 4
            self._slot_state[e.pod, e.slot] = new
            self._change(e.at, e.pool, new, +1)

    def _slots_lost(self, e: ControlHappened) -> None:
        for (pod, _), column in self._slot_state.items() if e.what == "down" else ():
            self._change(e.at, self._pool_of[pod], column, -1)
        if e.what == "down":
            self._slot_state.clear()

    def _pod(self, e: PodHappened) -> None:
        self._pool_of[e.pod] = e.pool
        if e.what == "created":
            self._change(e.at, e.pool, 2, +1)
        elif e.what == "gone":
            self._change(e.at, e.pool, 2, -1)

    def _agent(self, e: AgentHappened) -> None:
        change = {"connected": +1, "disconnected": -1}.get(e.what)
        if change is not None:
            self._change(e.at, self._pool_of[e.pod], 3, change)

    def rows(self, end: float) -> list[Row]:
        return self._rows


_ROOMS: dict[str, type[Any]] = {
    "tasks": _Tasks,
    "phases": _Phases,
    "pods": _Pods,
    "slots": _Slots,
    "agents": _Agents,
    "decisions": _Decisions,
    "counts": _Counts,
}
