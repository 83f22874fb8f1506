"""Every invariant by its code, in the order of the catalogue."""

from collections.abc import Mapping
from typing import Final

from sim.checks.invariant import Invariant
from sim.checks.liveness.capacity import NoFlapping, ScaledUpSoon, WokenUpSoon
from sim.checks.liveness.dispatching import AppliedSoon, SentSoon, UsableSoon
from sim.checks.safety.dispatch import (
    OnePlanAndApplyAWorkspace,
    OnlyOnRunningPods,
    SentToAConnectedAgent,
    StartsOnce,
)
from sim.checks.safety.pods import NamesAreUnique, NoReservationIsDeleted, NoWorkIsDeleted
from sim.checks.safety.slots import CapacityRule, OneSlotATask, OneTaskASlot, StartsWhereBooked
from sim.checks.safety.tasks import CancelledTasksStop, NothingIsLost

INVARIANTS: Final[Mapping[str, type[Invariant]]] = {
    each.code: each
    for each in (
        OneTaskASlot,
        OneSlotATask,
        CapacityRule,
        StartsWhereBooked,
        SentToAConnectedAgent,
        OnlyOnRunningPods,
        StartsOnce,
        OnePlanAndApplyAWorkspace,
        NoWorkIsDeleted,
        NoReservationIsDeleted,
        NamesAreUnique,
        CancelledTasksStop,
        NothingIsLost,
        SentSoon,
        ScaledUpSoon,
        WokenUpSoon,
        AppliedSoon,
        UsableSoon,
        NoFlapping,
    )
}
