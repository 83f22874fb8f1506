"""The rows of a run's tables, built once for all who ask, without pandas.

A big run's log has millions of entries, so one pass makes all tables that summaries, stories and pictures of
characters need. They are kept as long as the run is.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Final
from weakref import WeakKeyDictionary

from sim.record import TABLES, Run
from sim.record.tables import build

_NAMES: Final = ("tasks", "phases", "pods", "slots", "counts")
_built: "WeakKeyDictionary[Run, dict[str, list[list[Any]]]]" = WeakKeyDictionary()


def columns_of(run: Run, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The table's rows, reduced to these columns (two or more, as named in `sim.record.columns`)."""
    places = list(TABLES[table])
    return map(itemgetter(*map(places.index, columns)), _rows(run, table))


def records_of(run: Run, table: str) -> Iterator[dict[str, Any]]:
    """The table's rows as mappings from column to value: plainer than `columns_of`, and slower."""
    names = list(TABLES[table])
    return (dict(zip(names, row, strict=True)) for row in _rows(run, table))


def _rows(run: Run, table: str) -> list[list[Any]]:
    built = _built.get(run)
    if built is None:
        with garbage_uncollected():
            built = _built[run] = build(run.log, _NAMES, run.ended_at)
    return built[table]


@contextmanager
def garbage_uncollected() -> Iterator[None]:
    """Within it nobody looks for cyclic garbage.

    A big run's rows are millions of lists, which are kept and hold no cycles. Python looks for garbage among
    them whenever their number has grown by a quarter, which takes five times as long as to make them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
