"""The pods that have an idle slot, kept apart by what else stands on them.

A placement rule bars pods by what stands on them ("no running task", "slot 0 free") and takes the oldest
of the rest. Pods are therefore kept in one queue per combination of the occupancy bits of `pod.py`, each
ordered by the pods' creation, and a question opens only the queues that the rule does not bar: the first
candidate costs O(log pods) however many pods are full.

Entries are removed lazily: a queue's entry counts only while its pod is listed under the queue's own key.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, merge
from itertools import chain
from operator import attrgetter
from typing import Final

from policies.observed.pod import (
    HOLDS_RESERVATION,
    NEVER_HEARD_FROM,
    RUNS_PLAN_AND_APPLY,
    RUNS_TASK,
    SLOT_ZERO_TAKEN,
    Pod,
)
from policies.vocabulary import LEAVING, SlotState

_IDLE = SlotState.IDLE

_NO_PODS: Final[tuple[Pod, ...]] = ()
_BY_NUMBER = attrgetter("_number")


class Queue:
    """Pods of one key, oldest first."""

    __slots__ = ("count", "entered", "entries", "key")

    def __init__(self, key: int) -> None:
        self.key = key
        self.count = 0
        self.entries: list[tuple[int, Pod]] = []
        self.entered: set[int] = set()  # numbers of the pods in `entries`, listed here or no more

    def oldest_first(self) -> Iterator[Pod]:
        """Its pods by creation; it has one at least."""
        entries = self.entries
        oldest = entries[0][1]
        while oldest._listed is not self:
            self.entered.discard(heappop(entries)[0])
            oldest = entries[0][1]
        # Most callers take the oldest, and a generator is slow to make: `chain` asks for it if they go on.
        return iter((oldest,)) if self.count == 1 else chain((oldest,), self)

    def sweep(self) -> None:
        """Drop the entries of pods that are leaving."""
        self.entries[:] = [entry for entry in self.entries if entry[1]._state not in LEAVING]
        heapify(self.entries)
        self.entered = {number for number, _ in self.entries}

    def __iter__(self) -> Iterator[Pod]:
        """Its pods but for the oldest, by creation."""
        for _, pod in sorted(self.entries)[1:]:
            if pod._listed is self:
                yield pod


class IdlePods:
    """Pods with an idle slot, by occupancy; asked to relist a pod whenever its slots change."""

    __slots__ = ("_left", "_queues", "listed")

    def __init__(self) -> None:
        self.listed = 0
        """How many pods are listed."""
        self._queues: dict[int, Queue] = {}
        self._left = 0  # how many pods left since the last sweep

    def relist(self, pod: Pod) -> None:
        """Put the pod where placement will find it, after its slots, state or heartbeat changed."""
        old, running, reserved = pod._listed, pod._running, pod._reserved
        if running + reserved >= pod._places:
            if old is not None:
                self.listed -= 1
                old.count -= 1
                pod._listed = None
            return
        key = pod._occupancy & NEVER_HEARD_FROM
        if running:
            key |= RUNS_TASK
            if pod._plan_and_applies:
                key |= RUNS_PLAN_AND_APPLY
        if reserved:
            key |= HOLDS_RESERVATION
        if key and pod._slots[0]._state is not _IDLE:
            key |= SLOT_ZERO_TAKEN
        pod._occupancy = key
        if old is None:
            self.listed += 1
        elif old.key == key:
            return
        else:
            old.count -= 1
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = Queue(key)
        queue.count += 1
        pod._listed = queue
        number = pod._number
        if number not in queue.entered:
            queue.entered.add(number)
            heappush(queue.entries, (number, pod))

    def leave(self, pod: Pod) -> None:
        """The pod is leaving: it is listed no more, and its entries do not pile up behind older ones."""
        pod._places = 0
        self.relist(pod)
        self._left += 1
        if self._left > self.listed + 16:
            self._left = 0
            for queue in self._queues.values():
                queue.sweep()

    def without(self, barred: int) -> Iterator[Pod]:
        """Pods whose occupancy has none of the `barred` bits: those heard from first, oldest first."""
        only = None
        for queue in self._queues.values():
            if queue.count and not queue.key & barred:
                if only is not None:
                    return self._merged(barred)
                only = queue
        return iter(_NO_PODS) if only is None else only.oldest_first()

    def _merged(self, barred: int) -> Iterator[Pod]:
        open_queues = [q for q in self._queues.values() if q.count and not q.key & barred]
        heard = [q.oldest_first() for q in open_queues if not q.key & NEVER_HEARD_FROM]
        silent = [q.oldest_first() for q in open_queues if q.key & NEVER_HEARD_FROM]
        return chain(merge(*heard, key=_BY_NUMBER), merge(*silent, key=_BY_NUMBER))

    def count(self, *, having: int = 0, lacking: int = 0) -> int:
        """How many listed pods have all bits of `having` and none of `lacking`."""
        return sum(
            queue.count for key, queue in self._queues.items() if key & having == having and not key & lacking
        )
