"""The control plane's constants that are no rule's own, with the platform's values as defaults."""

from enum import StrEnum

import msgspec

from policies.vocabulary import Evidence, Seconds


class LostPlan(StrEnum):
    """What becomes of a task whose plan was running on a pod that is gone."""

    FAIL = "fail"
    REQUEUE = "requeue"


class Constants(msgspec.Struct, frozen=True, kw_only=True):
    """Cadences and limits. All are float seconds but for the two switches."""

    autoscaler_every: Seconds = 5.0
    """Between capacity decisions of a pool (30 s and 10 s in earlier eras)."""
    monitor_every: Seconds = 10.0
    """From a restart to the monitor's try of the workspaces that nobody tried since (30 s earlier)."""
    server_check_every: Seconds = 30.0
    """Between looks for silent agents."""
    cut_after: Seconds = 120.0
    """A connection whose last heartbeat is strictly older is cut at the next server check."""
    row_offline_after: Seconds = 120.0
    """An agent's row is offline at the first server check that finds it silent for longer."""
    row_deleted_after: Seconds = 300.0
    """An offline row is deleted, and its tasks given up, at the first cleanup that finds it so old."""
    row_cleanup_every: Seconds = 300.0
    """Between clean-ups of the agents table."""
    reservation_expires_after: Seconds = 86400.0
    """A slot reserved for an apply that nobody confirms is freed after this (24 h)."""
    phase_timeout: Seconds = 3600.0
    """A phase that has not ended so long after it was sent is given up (60 min)."""
    heartbeat_evidence: Evidence = Evidence.AGENT
    """What refreshes the heartbeat that placement reads."""
    lost_plan: LostPlan = LostPlan.FAIL
    """What becomes of a plan whose pod is gone; an apply always fails, as it may be half done."""

    def __post_init__(self) -> None:
        for name in ("autoscaler_every", "monitor_every", "server_check_every", "row_cleanup_every"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name):g} s; expected more than 0 s")
