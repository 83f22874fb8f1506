"""What observations about agents change: each of an agent's facts by its own event, none from another."""

from policies.control.misfits import Misfits
from policies.control.recovery import Recovery
from policies.control.silence import Silence
from policies.control.verification import Verification
from policies.lifecycles import LINK, LinkEvent, RowEvent, Verdict
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
)
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.vocabulary import LinkState, RowState


class FoldAgents:
    """One method per observation about an agent."""

    def __init__(
        self,
        books: Books,
        misfits: Misfits,
        silence: Silence,
        recovery: Recovery,
        verification: Verification,
    ) -> None:
        self._books = books
        self._misfits = misfits
        self._silence = silence
        self._recovery = recovery
        self._verification = verification

    def registered(self, event: AgentRegistered) -> None:
        """The row is online; a restarted agent process registers again, which is no misfit."""
        pod = self._misfits.pod(event, event.pod)
        if pod is not None:
            self._books.move_row(pod, RowEvent.REGISTERED)
            pod._registered_at = pod._agent_since = self._books.now
            self._silence.watch(pod)

    def known_to_pod_manager(self, event: AgentKnownToPodManager) -> None:
        """`pod.AgentID` is set."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        if pod._known_to_pod_manager:
            self._misfits.record(event, pod._name, "known", Verdict.REPEATED)
            return
        self._books.make_known(pod)

    def connected(self, event: AgentConnected) -> None:
        """The connection is up, and the agent says what it runs."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        if pod._link is LinkState.UP:
            self._misfits.refuse(event, pod._name, LINK, pod._link, LinkEvent.CONNECTED)
            return
        self._books.connect(pod)
        self._silence.watch(pod)
        self._recovery.report(pod, event.running)
        self._verification.connected(pod, event.running)

    def disconnected(self, event: AgentDisconnected) -> None:
        """The connection is down; what the agent runs, it goes on running."""
        pod = self._misfits.pod(event, event.pod)
        if pod is not None and not self._books.disconnect(pod, LinkEvent.DISCONNECTED):
            self._misfits.refuse(event, pod._name, LINK, pod._link, LinkEvent.DISCONNECTED)

    def heartbeat(self, event: HeartbeatSeen) -> None:
        """One heartbeat; it ends a train, as whoever sends single ones knows no trains."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        pod._train_every = 0.0
        self._heard(pod, event.at)
        self._silence.watch(pod)
        self._recovery.report(pod, event.running)

    def heartbeats_began(self, event: HeartbeatsBegan) -> None:
        """A heartbeat, and more of them at even distances until further notice."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        if not event.every_s > 0:
            self._misfits.record(event, pod._name, f"every {event.every_s} s", Verdict.IMPOSSIBLE)
            return
        pod._train_from = event.at
        pod._train_every = event.every_s
        self._heard(pod, event.at)
        self._books.gain(pod)  # the silence before may have been too long for placement

    def heartbeats_ended(self, event: HeartbeatsEnded) -> None:
        """The train's last heartbeat is known; from it on the agent is silent."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        if not pod._train_every:
            self._misfits.record(event, pod._name, "no train", Verdict.REPEATED)
            return
        if not event.last_at <= self._books.now:
            self._misfits.record(event, pod._name, f"last at {event.last_at:g} s", Verdict.IMPOSSIBLE)
            return
        pod._train_every = 0.0
        self._heard(pod, event.last_at)
        self._silence.watch(pod)

    def _heard(self, pod: Pod, at: float) -> None:
        pod._heard_at = max(pod._heard_at, at)
        if pod._row is RowState.OFFLINE:
            self._books.move_row(pod, RowEvent.PINGED)
            self._books.gain(pod)
        self._books.heard_from(pod)
