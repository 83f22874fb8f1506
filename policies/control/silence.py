"""Looking for silent agents: connections are cut, rows go offline and are deleted, tasks are given up.

An agent inside a train of heartbeats is not looked at: it cannot fall silent without an observation. One
whose last heartbeat is known is looked at again at the next check at which something could change.
"""

import math

from policies.actions import AnyAction, CutConnection
from policies.constants import Constants
from policies.control.agenda import Agenda, Grid
from policies.control.lives import Lives
from policies.decisions import ConnectionCut, Reason
from policies.lifecycles import LinkEvent, RowEvent
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.vocabulary import INSTANT, RowState


class Silence:
    """The server's check (every 30 s) and the clean-up of rows (every 5 min)."""

    def __init__(
        self,
        books: Books,
        agenda: Agenda,
        constants: Constants,
        lives: Lives,
        outbox: list[AnyAction],
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._constants = constants
        self._lives = lives
        self._outbox = outbox

    def start(self, at: float) -> None:
        """The process started at `at` (float s): its checks lie on a grid from there."""
        self._checks = Grid(self._constants.server_check_every, at)
        self._cleanups = Grid(self._constants.row_cleanup_every, at)

    def watch(self, pod: Pod) -> None:
        """The pod's last evidence of life is known: look at it when that may be too old."""
        if pod._train_every:
            return
        at = self._next_look(pod)
        if at < pod._silence_at:
            pod._silence_at = at
            self._agenda.look_at(pod, at)

    def look(self, now: float) -> None:
        """Look at the pods that are due at `now`."""
        for pod in self._agenda.due_silences(now):
            if pod._silence_at > now:
                continue  # an earlier look has taken this one's place
            due_at, pod._silence_at = pod._silence_at, math.inf
            if pod._name not in self._books.pods or pod._train_every:
                continue
            self._check(pod, now, due_at)
            if pod.connected or pod._row is not RowState.ABSENT:
                self.watch(pod)

    def _check(self, pod: Pod, now: float, due_at: float) -> None:
        """Do what the checks and clean-ups since `due_at` do."""
        silent_s = now - pod.last_sign_at(now)
        checks, cleans = self._checks.at_or_after(due_at) <= now, self._cleanups.at_or_after(due_at) <= now
        if checks and pod.connected and silent_s > self._constants.cut_after + INSTANT:
            self._cut(pod, now, silent_s)
        if checks and pod._row is RowState.ONLINE and silent_s > self._constants.row_offline_after + INSTANT:
            self._books.move_row(pod, RowEvent.SILENT)
        elif (
            cleans and pod._row is RowState.OFFLINE and silent_s > self._constants.row_deleted_after + INSTANT
        ):
            self._books.move_row(pod, RowEvent.DELETED)
            for task in list(pod._tasks):
                self._lives.lose(self._books.tasks[task], Reason.AGENT_LOST)

    def _cut(self, pod: Pod, now: float, silent_s: float) -> None:
        self._books.disconnect(pod, LinkEvent.CUT)
        because = ConnectionCut(
            at=now,
            pool=pod._pool._name,
            pod=pod._name,
            heartbeat_age_s=silent_s,
            limit_s=self._constants.cut_after,
        )
        self._outbox.append(CutConnection(at=now, pod=pod._name, because=because))

    def _next_look(self, pod: Pod) -> float:
        now, at = self._books.now, math.inf
        last = pod.last_sign_at(now)
        if pod.connected or pod._row is RowState.ONLINE:
            limit = min(self._constants.cut_after, self._constants.row_offline_after)
            at = self._checks.after(max(last + limit, now))
        if pod._row is RowState.OFFLINE:
            at = min(at, self._cleanups.after(max(last + self._constants.row_deleted_after, now)))
        return at
