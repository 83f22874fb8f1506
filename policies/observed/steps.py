"""The tables of `lifecycles` with what each step changes in the counts, so that one look-up answers all."""

from typing import Final

from policies.lifecycles import SLOT, TASK
from policies.vocabulary import RUNNING, SlotState, TaskState

TASK_STEPS: Final = {
    old: {
        event: (
            new,
            (new is TaskState.PENDING) - (old is TaskState.PENDING),
            (new in RUNNING) - (old in RUNNING),
            (new is TaskState.APPLY_PENDING) - (old is TaskState.APPLY_PENDING),
            not TASK[new],
        )
        for event, new in events.items()
    }
    for old, events in TASK.items()
}
"""By state and event: the new state; how many more tasks are pending, running and apply_pending; whether
it is the end."""
SLOT_STEPS: Final = {
    old: {
        event: (
            new,
            (new is SlotState.RUNNING) - (old is SlotState.RUNNING),
            (new is SlotState.RESERVED) - (old is SlotState.RESERVED),
        )
        for event, new in events.items()
    }
    for old, events in SLOT.items()
}
"""By state and event: the new state, and how many more slots are running and reserved."""
