"""A pod as it truly is, beside what the control plane was told of it."""

from dataclasses import dataclass, field
from math import ceil, inf

from policies.vocabulary import INSTANT, Phase, TaskKind


@dataclass(frozen=True)
class Live:
    """An execution that is going on, in truth."""

    task: int
    kind: TaskKind
    phase: Phase
    attempt: int
    pod: str
    slot: int | None
    since: float


@dataclass(eq=False)
class PodNow:
    """One pod. What is true first, then what the control plane was told or asked for. Times are float s."""

    name: str
    pool: str
    requested_at: float | None = None
    """When its creation was asked for; None for a pod of a warm pool."""
    phase: str = "requested"
    """Requested, called (its creation), pending, running or gone: in truth."""
    is_terminating: bool = False
    connected_since: float | None = None
    beats_since: float | None = None
    last_beat_at: float = -inf
    """Of the train before, if none is on its way."""
    live: list[Live] = field(default_factory=list)
    has_hosted: bool = False
    """Whether an execution ever began on it."""
    ready_since: float | None = None
    """Since when it is Running and stays, with an agent that is connected and beats."""
    has_been_ready: bool = False
    own_ready: set[int] = field(default_factory=set)
    """Tasks whose slot is reserved here and whose apply could start in it now."""

    delete_requested_at: float | None = None
    seen_phase: str = ""
    is_seen_connected: bool = False
    is_row_online: bool = False
    is_known_to_pod_manager: bool = False

    @property
    def is_there(self) -> bool:
        """Running, and nobody has asked for its end."""
        return self.phase == "running" and not self.is_terminating and self.delete_requested_at is None

    @property
    def is_staying(self) -> bool:
        """Asked for or there, and nobody has asked for its end: one of n."""
        return self.phase != "gone" and not self.is_terminating and self.delete_requested_at is None

    def beats_end(self, now: float, every_s: float) -> None:
        """Its train of heartbeats is over: the last beat is the last of the grid before `now`."""
        if self.beats_since is not None:
            beats = max(0, ceil(round((now - self.beats_since) / every_s, 9)) - 1)
            self.last_beat_at = self.beats_since + beats * every_s
            self.beats_since = None

    def heartbeat_age_s(self, now: float, every_s: float) -> float | None:
        """How long ago (s) its last heartbeat was, in truth; None if there never was one."""
        if self.beats_since is not None:
            return round((now - self.beats_since) % every_s, 6) % every_s
        return now - self.last_beat_at if self.last_beat_at > -inf else None

    def is_heard(self, now: float, limit_s: float) -> bool:
        """Whether its last heartbeat is at most `limit_s` old; exactly that old still counts."""
        return self.beats_since is not None or now - self.last_beat_at <= limit_s + INSTANT
