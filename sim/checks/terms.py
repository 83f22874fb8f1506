"""What a run is held to where an invariant says "declared": bounds, a capacity rule, a policy's limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policies.rules.fits import EXCLUSIVE, ONE_PLAN_AND_APPLY, SLOT_ZERO, Fit
from policies.rules.placement import Placement, SlotPlacement
from policies.rules.queue import Q1

if TYPE_CHECKING:
    from sim.scenario.values import Scenario


class Sharing(StrEnum):
    """The capacity rule of a pod: who may run beside whom. All of them allow one task a slot."""

    ALONE = "alone"
    """A running plan_and_apply has its pod for itself; a reserved slot does not count (P4, P5, P7)."""
    ONE_A_POD = "one_a_pod"
    """One plan_and_apply a pod, running or reserved; plans may share with it (P6)."""
    SLOT_ZERO = "slot_zero"
    """A plan_and_apply takes slot 0, and plans any slot (P1 to P3)."""
    ANY = "any"
    """Any task takes any idle slot."""
    UNDECLARED = "undeclared"
    """Nobody says: nothing but an empty pod surely has room, nothing but a full one surely has none."""


_OF_FIT: Final[Mapping[str, Sharing]] = {
    EXCLUSIVE.name: Sharing.ALONE,
    ONE_PLAN_AND_APPLY.name: Sharing.ONE_A_POD,
    SLOT_ZERO.name: Sharing.SLOT_ZERO,
}

HEARTBEAT_LIMIT_S: Final = 120.0
"""H of the domain, for a placement that declares no `offline_after`."""


@dataclass(frozen=True, kw_only=True)
class PoolTerms:
    """A pool's bounds in pods, the slots of each, and how often its agents beat (float s)."""

    name: str
    min: int = 0
    max: int = 10
    slots: int = 3
    heartbeat_every_s: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the policy and the scenario declare. Durations are float s."""

    pools: Mapping[str, PoolTerms]
    sharing: Sharing = Sharing.ALONE
    one_at_a_time: bool = False
    """Whether anything open blocks the rest of its workspace (Q1)."""
    books_slots: bool = True
    """Whether the placement has a slot table at all (P0 has none)."""
    heartbeat_limit_s: float = HEARTBEAT_LIMIT_S
    cycle_s: float = 5.0


def terms_of(scenario: "Scenario") -> Terms:
    """The terms of a scenario under its policy; a capacity rule of the scenario's own comes first."""
    policy = scenario.policy
    declared = scenario.checks.sharing
    return Terms(
        pools={
            pool.name: PoolTerms(
                name=pool.name,
                min=pool.min,
                max=pool.max,
                slots=pool.slots_per_pod,
                heartbeat_every_s=pool.agent.heartbeat_every,
            )
            for pool in scenario.pools
        },
        sharing=sharing_of(policy.placement) if declared is None else Sharing(declared),
        one_at_a_time=isinstance(policy.queue, Q1),
        books_slots=isinstance(policy.placement, SlotPlacement),
        heartbeat_limit_s=getattr(policy.placement, "offline_after", HEARTBEAT_LIMIT_S),
        cycle_s=policy.controller.autoscaler_every,
    )


def sharing_of(placement: Placement) -> Sharing:
    """What the placement declares by its fit; a placement without one declares nothing."""
    fit = getattr(placement, "fit", None)
    return _OF_FIT.get(fit.name, Sharing.UNDECLARED) if isinstance(fit, Fit) else Sharing.UNDECLARED
