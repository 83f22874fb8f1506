"""All the tasks of a scenario in the order in which they come, numbered."""

from collections.abc import Sequence
from itertools import chain, count
from operator import attrgetter

import msgspec

from policies.vocabulary import TaskId
from sim.streams import Streams
from sim.workloads.arrival import Arrival
from sim.workloads.closed import Closed, ClosedSource
from sim.workloads.sources import Listed, Source


class Workload:
    """The workload of one run: arrivals known beforehand, and customers who react.

    Tasks of one instant come in the order of their sources. Ids are monotone: those written down in the
    scenario are kept, and the others count on from the highest of them.
    """

    def __init__(self, sources: Sequence[Source | Closed], streams: Streams, horizon_s: float) -> None:
        open_sources = [source for source in sources if isinstance(source, Source)]
        keep = {source.index for source in open_sources if isinstance(source, Listed) and source.keeps_ids}
        open_sources.sort(key=attrgetter("index"))
        drawn = [(source.index, source.arrivals(streams, horizon_s)) for source in open_sources]
        highest = max((a.task for index, part in drawn if index in keep for a in part), default=0)
        self._ids = count(highest + 1)
        kept = {id(arrival) for index, part in drawn if index in keep for arrival in part}
        # Sorting is stable, so what comes at one time stays in the order of its sources.
        coming = sorted(chain.from_iterable(part for _, part in drawn), key=attrgetter("submitted_at"))
        self.arrivals: list[Arrival] = [
            arrival if id(arrival) in kept else _numbered(arrival, next(self._ids)) for arrival in coming
        ]
        self.closed = [
            ClosedSource(source, streams, self._ids) for source in sources if isinstance(source, Closed)
        ]


def _numbered(arrival: Arrival, number: TaskId) -> Arrival:
    return arrival if arrival.task == number else msgspec.structs.replace(arrival, task=number)
