"""The table `decisions`."""

from typing import Any

import msgspec

from policies.actions import AbortTask, AskAgent, CreatePod, CutConnection, DeletePod, SendTask
from policies.decisions import (
    Anomaly,
    Blocked,
    Reason,
    Recovered,
    Refused,
    Released,
    RolledBack,
    Scaled,
    TaskEnded,
)
from policies.observations import snake_case
from sim.record.tables.room import Handlers, Row

_COMMON = ("at", "pool", "rule", "reason", "task", "pod")


class Decisions:
    """One row a decision, whether the log has it by itself or inside the action that it led to."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        kinds = (Refused, Released, Blocked, RolledBack, TaskEnded, Scaled, Recovered, Anomaly)
        self.handlers: Handlers = dict.fromkeys(kinds, self._decided)
        self.handlers[SendTask] = self._carried
        self.handlers[CreatePod] = self._created
        self.handlers[DeletePod] = self._carried
        self.handlers[CutConnection] = self._carried
        self.handlers[AskAgent] = self._carried
        self.handlers[AbortTask] = self._aborted
        self._last: object = None

    def _carried(self, e: Any) -> None:
        self._decided(e.because)

    def _aborted(self, e: AbortTask) -> None:
        if e.because.reason is Reason.CANCELLED:  # the end of a task that timed out is in the log by itself
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
                _reason(e),
                getattr(e, "task", -1),
                getattr(e, "pod", "") or "",
                msgspec.json.encode(detail).decode(),
            ]
        )

    def rows(self, end: float) -> list[Row]:
        return self._rows


def _reason(e: Any) -> str:
    return str(e.main_reason if isinstance(e, Refused) else getattr(e, "reason", ""))
