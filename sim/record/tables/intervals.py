"""The tables `slots` and `agents`: what held from one time to another."""

from typing import Any, ClassVar

from policies.decisions import SlotMoved
from policies.lifecycles import SlotEvent
from sim.record.tables.room import NAN, Handlers, Row
from sim.record.truth import AgentHappened, ControlHappened, PodHappened


class Intervals:
    """Things that hold from one time to another: opened, and closed by their key."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._open: dict[Any, Row] = {}

    def open(self, key: Any, row: Row) -> None:
        """It holds from now on; `row` ends with `since`."""
        row.append(NAN)
        self._rows.append(row)
        self._open[key] = row

    def close(self, key: Any, at: float) -> None:
        """It holds no more, if it did."""
        row = self._open.pop(key, None)
        if row is not None:
            row[-1] = at

    def rows(self, end: float) -> list[Row]:
        return self._rows


class Slots(Intervals):
    """One row an interval in which a slot was running or reserved."""

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


class Agents(Intervals):
    """One row an interval in which a fact about an agent held."""

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
