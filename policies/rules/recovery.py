"""What a restarted control plane makes of the store and of what agents tell it.

The slot table and `AgentID` are process memory. The incident report promises that a restart leaves running
tasks unharmed; whether it does is this rule.
"""

from typing import ClassVar

from policies.rules.base import Rule


class RecoveryRule(Rule, frozen=True):
    """Says what is restored after a restart."""

    family: ClassVar[str] = "recovery"
    rebuilds_slots: ClassVar[bool] = False
    """Whether slots are bound again, from the rows in the store and from agents' reports."""


class Forget(RecoveryRule, frozen=True):
    """Seed era: the slot table starts empty and `AgentID` stays unset. Busy pods look idle.

    The restart incident: such pods are booked twice, or deleted with work on them.
    """

    called: ClassVar[str] = "forget"


class Rebuild(RecoveryRule, frozen=True):
    """Slots are bound again from the rows that say which task holds which slot of which pod.

    An agent's report, when it connects again, binds what it runs and the rows did not say.
    """

    called: ClassVar[str] = "rebuild"
    rebuilds_slots: ClassVar[bool] = True
