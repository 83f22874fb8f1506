"""The pods that have an idle slot, kept apart by what else stands on them.

A placement rule bars pods by what stands on them ("no running task", "slot 0 free") and takes the oldest
of the rest. Pods are therefore kept in one queue per combination of the occupancy bits of `pod.py`, each
ordered by the pods' creation, and a question opens only the queues that the rule does not bar: the first
candidate costs O(log pods) however many pods are full.

Entries are removed lazily: a queue's entry counts only while its pod's key is the queue's own.
"""

import heapq
from collections.abc import Iterator
from operator import attrgetter

from policies.observed.pod import NEVER_HEARD_FROM, Pod

_NOT_LISTED = -1
_BY_NUMBER = attrgetter("_number")


class _Queue:
    """Pods of one key, oldest first."""

    __slots__ = ("count", "entries", "key")

    def __init__(self, key: int) -> None:
        self.key = key
        self.count = 0
        self.entries: list[int] = []


class IdlePods:
    """Pods with an idle slot, by occupancy. A pod is told of by `place` whenever its slots change."""

    __slots__ = ("_entered", "_key_of", "_pods", "_queues")

    def __init__(self) -> None:
        self._queues: dict[int, _Queue] = {}
        self._key_of: dict[int, int] = {}  # pod number -> key of the queue that it counts in
        self._entered: set[tuple[int, int]] = set()  # (key, number) that a heap holds, stale or not
        self._pods: dict[int, Pod] = {}

    def put(self, pod: Pod, key: int) -> None:
        """List the pod under `key` from now on."""
        number = pod._number
        old = self._key_of.get(number, _NOT_LISTED)
        if old == key:
            return
        if old != _NOT_LISTED:
            self._queues[old].count -= 1
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(key)
        queue.count += 1
        self._key_of[number] = key
        self._pods[number] = pod
        entry = (key, number)
        if entry not in self._entered:
            self._entered.add(entry)
            heapq.heappush(queue.entries, number)

    def remove(self, pod: Pod) -> None:
        """The pod has no idle slot any more, or is leaving."""
        key = self._key_of.pop(pod._number, _NOT_LISTED)
        if key != _NOT_LISTED:
            self._queues[key].count -= 1
            del self._pods[pod._number]

    def without(self, barred: int) -> Iterator[Pod]:
        """Pods whose occupancy has none of the `barred` bits: those heard from first, oldest first."""
        for heard in (0, NEVER_HEARD_FROM):
            queues = [
                queue
                for key, queue in self._queues.items()
                if queue.count and not key & barred and key & NEVER_HEARD_FROM == heard
            ]
            if len(queues) == 1:
                yield from self._oldest_first(queues[0])
            elif queues:
                yield from heapq.merge(*map(self._oldest_first, queues), key=_BY_NUMBER)

    def count(self, *, having: int = 0, lacking: int = 0) -> int:
        """How many listed pods have all bits of `having` and none of `lacking`."""
        return sum(
            queue.count
            for key, queue in self._queues.items()
            if key & having == having and not key & lacking
        )

    def _oldest_first(self, queue: _Queue) -> Iterator[Pod]:
        entries, key, key_of = queue.entries, queue.key, self._key_of
        while entries and key_of.get(entries[0]) != key:
            self._entered.discard((key, heapq.heappop(entries)))
        if not entries:
            return
        yield self._pods[entries[0]]
        # Only a caller that the oldest pod did not suit comes here, and it may look at all of them.
        for number in sorted(entries)[1:]:
            if key_of.get(number) == key:
                yield self._pods[number]
