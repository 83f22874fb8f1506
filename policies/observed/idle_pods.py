"""The pods that have an idle slot, kept apart by what else stands on them.

A placement rule bars pods by what stands on them ("no running task", "slot 0 free") and takes the oldest
of the rest. Pods are therefore kept in one queue per combination of the occupancy bits of `pod.py`, each
ordered by the pods' creation, and a question opens only the queues that the rule does not bar: the first
candidate costs O(log pods) however many pods are full.

Entries are removed lazily: a queue's entry counts only while its pod is listed under the queue's own key.
"""

from collections.abc import Iterator
from heapq import heappop, heappush, merge
from itertools import chain
from operator import attrgetter
from typing import Final

from policies.observed.pod import NEVER_HEARD_FROM, NOT_LISTED, Pod

_NO_PODS: Final[tuple[Pod, ...]] = ()
_BY_NUMBER = attrgetter("_number")


class _Queue:
    """Pods of one key, oldest first."""

    __slots__ = ("count", "entered", "entries", "key")

    def __init__(self, key: int) -> None:
        self.key = key
        self.count = 0
        self.entries: list[tuple[int, Pod]] = []
        self.entered: set[int] = set()  # numbers of the pods in `entries`, listed here or no more

    def oldest_first(self) -> Iterator[Pod]:
        """Its pods by creation."""
        entries, key = self.entries, self.key
        while entries and entries[0][1]._listed != key:
            self.entered.discard(heappop(entries)[0])
        if not entries:
            return
        yield entries[0][1]
        # Only a caller that the oldest pod did not suit comes here, and it may look at all of them.
        for _, pod in sorted(entries)[1:]:
            if pod._listed == key:
                yield pod


class IdlePods:
    """Pods with an idle slot, by occupancy; told of a pod whenever its slots change."""

    __slots__ = ("_queues", "listed")

    def __init__(self) -> None:
        self.listed = 0
        """How many pods are listed."""
        self._queues: dict[int, _Queue] = {}

    def put(self, pod: Pod, key: int) -> None:
        """List the pod under `key` from now on."""
        old = pod._listed
        if old == key:
            return
        if old == NOT_LISTED:
            self.listed += 1
        else:
            self._queues[old].count -= 1
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(key)
        queue.count += 1
        pod._listed = key
        number = pod._number
        if number not in queue.entered:
            queue.entered.add(number)
            heappush(queue.entries, (number, pod))

    def remove(self, pod: Pod) -> None:
        """The pod has no idle slot any more, or is leaving."""
        if pod._listed != NOT_LISTED:
            self.listed -= 1
            self._queues[pod._listed].count -= 1
            pod._listed = NOT_LISTED

    def without(self, barred: int) -> Iterator[Pod]:
        """Pods whose occupancy has none of the `barred` bits: those heard from first, oldest first."""
        only = None
        if self.listed:
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
