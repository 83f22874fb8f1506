"""What observations about pods change: create calls answered, phases seen, pods gone."""

from policies.control.lives import Lives
from policies.control.misfits import Misfits
from policies.control.recovery import Recovery
from policies.decisions import Reason
from policies.lifecycles import POD, PodEvent, Verdict
from policies.observations import (
    Observation,
    PodCreateAccepted,
    PodCreateFailed,
    PodGone,
    PodSeen,
    PodTerminating,
)
from policies.observed.books import Books

_PHASES = {
    "Pending": PodEvent.SEEN_PENDING,
    "Running": PodEvent.SEEN_RUNNING,
    "Succeeded": PodEvent.SEEN_SUCCEEDED,
    "Failed": PodEvent.SEEN_FAILED,
}


class FoldPods:
    """One method per observation about a pod."""

    def __init__(self, books: Books, misfits: Misfits, lives: Lives, recovery: Recovery) -> None:
        self._books = books
        self._misfits = misfits
        self._lives = lives
        self._recovery = recovery

    def create_accepted(self, event: PodCreateAccepted) -> None:
        """The cluster took the create call."""
        self._move(event, event.pod, PodEvent.CREATE_ACCEPTED)

    def create_failed(self, event: PodCreateFailed) -> None:
        """The cluster refused the create call; the pod never was."""
        self._end(event, event.pod, PodEvent.CREATE_FAILED)

    def seen(self, event: PodSeen) -> None:
        """A list or watch shows the pod in a phase; a pod that this process does not know is adopted."""
        pod_event = _PHASES.get(event.phase)
        if pod_event is None:
            self._misfits.record(event, event.pod, event.phase, Verdict.IMPOSSIBLE)
            return
        if event.pod not in self._books.pods:
            pool = self._books.pools.get(event.pool)
            if pool is None:
                self._misfits.record(event, event.pod, "unknown", Verdict.IMPOSSIBLE)
                return
            if event.pod in self._books.gone:
                self._misfits.record(event, event.pod, "gone", Verdict.LATE)
                return
            self._recovery.adopt(event.pod, pool, created_at=event.created_at)
        self._move(event, event.pod, pod_event)

    def terminating(self, event: PodTerminating) -> None:
        """Somebody asked for the pod's deletion; no news if that was the control plane itself."""
        pod = self._books.pods.get(event.pod)
        if pod is None or not pod.is_leaving:
            self._move(event, event.pod, PodEvent.SEEN_TERMINATING)

    def gone(self, event: PodGone) -> None:
        """The pod no longer exists; what the store says was running on it is lost."""
        if event.pod in self._books.pods or not self._recovery.lost_meanwhile(event.pod):
            self._end(event, event.pod, PodEvent.SEEN_GONE)

    def _end(self, event: Observation, name: str, pod_event: PodEvent) -> None:
        pod = self._books.pods.get(name)
        if not self._move(event, name, pod_event) or pod is None:
            return
        for task in list(pod._tasks):
            self._lives.lose(self._books.tasks[task], Reason.POD_LOST)

    def _move(self, event: Observation, name: str, pod_event: PodEvent) -> bool:
        pod = self._misfits.pod(event, name)
        if pod is None:
            return False
        if not self._books.move_pod(pod, pod_event):
            self._misfits.refuse(event, name, POD, pod._state, pod_event)
            return False
        return True
