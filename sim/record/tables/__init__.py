"""From the event log to columns: one pass, one small room for each table.

The log is the record; the tables are a view of it that pandas can work with. A room reads the entries that
concern its table and gives rows in the order of `columns.TABLES`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sim.record.entry import Entry
from sim.record.tables.counts import Counts
from sim.record.tables.decisions import Decisions
from sim.record.tables.intervals import Agents, Slots
from sim.record.tables.pods import Pods
from sim.record.tables.room import Row
from sim.record.tables.tasks import Phases, Tasks


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


_ROOMS: dict[str, type[Any]] = {
    "tasks": Tasks,
    "phases": Phases,
    "pods": Pods,
    "slots": Slots,
    "agents": Agents,
    "decisions": Decisions,
    "counts": Counts,
}
