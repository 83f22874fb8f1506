"""Which slots a task may take on a pod, given what stands on the pod: the rules of slot design.

Incident 606 is about these: `SLOT_ZERO` lets a plan_and_apply wait beside two idle slots,
`EXCLUSIVE` is the rule that 606 wrote down, and `ONE_PLAN_AND_APPLY` is the later one of four
slots.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from policies.decisions import Reason
from policies.observed.pod import (
    HOLDS_RESERVATION,
    RUNS_PLAN_AND_APPLY,
    RUNS_TASK,
    SLOT_ZERO_TAKEN,
    Pod,
    Slot,
)
from policies.vocabulary import TaskKind

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY


class Bars(msgspec.Struct, frozen=True):
    """The occupancy bits that bar a pod, each with its reason, and all of them as one mask."""

    reasons: dict[int, Reason]
    mask: int


def _bars(reasons: dict[int, Reason]) -> Bars:
    return Bars(reasons, sum(reasons))


class Fit(msgspec.Struct, frozen=True):
    """What bars a pod for a plan_and_apply and for a plan, and when a reserved slot may run its apply."""

    name: str
    plan_and_apply: Bars
    plan: Bars
    may_activate: Callable[[Slot], bool]
    """Whether the slot reserved for an apply may run it now, given the rest of its pod."""
    plan_and_apply_takes_slot_zero: bool = False

    def pick(self, pod: Pod, kind: TaskKind) -> Slot:
        """The slot of a pod that is not barred."""
        if self.plan_and_apply_takes_slot_zero and kind is _PLAN_AND_APPLY:
            return pod.slots[0]
        return pod.first_idle_slot()


def _always(slot: Slot) -> bool:
    return True


def _nothing_runs_beside(slot: Slot) -> bool:
    return not slot.pod.running


def _no_other_plan_and_apply_on_pod(slot: Slot) -> bool:
    return not any(
        other.task is not None and other.task is not slot.task and other.task.kind is _PLAN_AND_APPLY
        for other in slot.pod.slots
    )


SLOT_ZERO: Final = Fit(
    name="slot 0 takes anything, the others plans only",
    plan_and_apply=_bars({SLOT_ZERO_TAKEN: Reason.SLOT_ZERO_TAKEN}),
    plan=_bars({}),
    may_activate=_always,
    plan_and_apply_takes_slot_zero=True,
)

EXCLUSIVE: Final = Fit(
    name="a running plan_and_apply has its pod for itself; a reserved slot does not count as running",
    plan_and_apply=_bars(
        {
            RUNS_PLAN_AND_APPLY: Reason.PLAN_AND_APPLY_RUNNING,
            RUNS_TASK: Reason.TASK_RUNNING_ON_POD,
        }
    ),
    plan=_bars({RUNS_PLAN_AND_APPLY: Reason.PLAN_AND_APPLY_RUNNING}),
    may_activate=_nothing_runs_beside,
)

ONE_PLAN_AND_APPLY: Final = Fit(
    name="one plan_and_apply a pod, running or reserved; plans may share with it",
    plan_and_apply=_bars(
        {
            RUNS_PLAN_AND_APPLY: Reason.PLAN_AND_APPLY_ON_POD,
            HOLDS_RESERVATION: Reason.PLAN_AND_APPLY_ON_POD,
        }
    ),
    plan=_bars({}),
    may_activate=_no_other_plan_and_apply_on_pod,
)
