"""The table `counts`: step functions of time, one row for each instant at which a pool changed."""

from typing import ClassVar

from policies.decisions import SlotMoved, TaskMoved
from policies.lifecycles import SlotEvent
from policies.vocabulary import TaskState
from sim.record.tables.room import Handlers, Row
from sim.record.truth import AgentHappened, ControlHappened, PodHappened, TaskCreated


class Counts:
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
