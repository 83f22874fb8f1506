"""The slot table as the control plane keeps it, and what it has promised.

A restart empties the table, as it is memory. It does not void a promise: a slot that was reserved for an
apply is still owed to it.
"""

from typing import NamedTuple

from policies.decisions import SlotMoved
from policies.lifecycles import SlotEvent
from policies.vocabulary import SlotState

Place = tuple[str, int]
"""A pod's name and the index of a slot."""


class Held(NamedTuple):
    """Who holds a slot, and how."""

    task: int
    state: SlotState


class SlotTable:
    """Who holds which slot, by what the log says of slots."""

    def __init__(self) -> None:
        self.held: dict[str, dict[int, Held]] = {}
        """By pod and index."""
        self.places: dict[int, set[Place]] = {}
        """The places that a task holds."""
        self.promised: dict[int, Place] = {}
        """The reservation of a task, whatever the table still knows of it."""
        self._promised_on: dict[str, set[int]] = {}  # the tasks, by pod

    def on(self, pod: str) -> dict[int, Held]:
        """What is held on a pod, by index."""
        return self.held.get(pod, {})

    def fold(self, move: SlotMoved) -> None:
        """A slot moved."""
        place = (move.pod, move.slot)
        slots = self.held.setdefault(move.pod, {})
        before = slots.pop(move.slot, None)
        if before is not None:
            self.places.get(before.task, set()).discard(place)
        if move.cause is SlotEvent.FREED:
            if self.promised.get(move.task) == place:
                self.release_promise(move.task)
            if not slots:
                del self.held[move.pod]
            if not self.places.get(move.task, True):
                del self.places[move.task]
            return
        state = SlotState.RESERVED if move.cause is SlotEvent.RESERVED else SlotState.RUNNING
        slots[move.slot] = Held(move.task, state)
        self.places.setdefault(move.task, set()).add(place)
        self.release_promise(move.task)
        if state is SlotState.RESERVED:
            self.promised[move.task] = place
            self._promised_on.setdefault(move.pod, set()).add(move.task)

    def forget(self) -> None:
        """The control plane's memory is gone."""
        self.held.clear()
        self.places.clear()

    def release_promise(self, task: int) -> None:
        """The task has what it was promised, or is over: nothing is owed to it."""
        pod, _ = self.promised.pop(task, ("", 0))
        owed = self._promised_on.get(pod)
        if owed is not None:
            owed.discard(task)
            if not owed:
                del self._promised_on[pod]

    def release_promises_on(self, pod: str) -> None:
        """The pod is gone, and with it all that was promised there."""
        for task in self._promised_on.pop(pod, ()):
            del self.promised[task]

    def owes_on(self, pod: str) -> bool:
        """Whether any slot of the pod is promised."""
        return pod in self._promised_on

    def promised_on(self, pod: str) -> dict[int, int]:
        """The slots of a pod that are reserved, by task, whatever the table still knows of them."""
        return {task: self.promised[task][1] for task in sorted(self._promised_on.get(pod, ()))}
