"""The table `pods`."""

from typing import ClassVar

from policies.actions import CreatePod, DeletePod
from sim.record.tables.room import NAN, Handlers, Row
from sim.record.truth import AgentHappened, PodHappened


class Pods:
    """One row a pod."""

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
            row = self._rows[pod] = [pod, pool, *([NAN] * 7), "", *([NAN] * 3)]
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
