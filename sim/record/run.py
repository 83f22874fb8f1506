"""A finished (or interrupted) run: its log, its tables as pandas frames, and how it is saved."""

import hashlib
import inspect
import platform
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.rules.base import Rule
from policies.wire import SCHEMA_VERSION
from sim.garbage import rarely_collected
from sim.record.columns import TABLES
from sim.record.entry import Entry
from sim.record.tables import build
from sim.record.tables.room import Row

if TYPE_CHECKING:
    import pandas

    from sim.scenario import Scenario

_VERSIONED = ("windtunnel", "simpy", "numpy", "msgspec", "pandas", "pyarrow")


class Run:
    """The record of one run. Frames have the columns, meanings and units of `sim.record.columns`.

    `is_complete` is False if the run was interrupted or a policy failed before the horizon; `ended_at` is
    how far it got (float s), and `wall_s` how long that took (float s; None if nobody measured).
    """

    def __init__(
        self,
        scenario: "Scenario",
        seed: int,
        log: Sequence[Entry],
        *,
        ended_at: float,
        is_complete: bool,
        wall_s: float | None,
    ) -> None:
        self.scenario = scenario
        self.policy = scenario.policy
        self.seed = seed
        self.log = log
        self.ended_at = ended_at
        self.is_complete = is_complete
        self.wall_s = wall_s
        self._rows: dict[str, list[Row]] = {}

    @cached_property
    def tasks(self) -> "pandas.DataFrame":
        """One row a task."""
        return self.frame("tasks")

    @cached_property
    def phases(self) -> "pandas.DataFrame":
        """One row an execution, in truth."""
        return self.frame("phases")

    @cached_property
    def pods(self) -> "pandas.DataFrame":
        """One row a pod."""
        return self.frame("pods")

    @cached_property
    def slots(self) -> "pandas.DataFrame":
        """One row an interval in which a slot was running or reserved."""
        return self.frame("slots")

    @cached_property
    def agents(self) -> "pandas.DataFrame":
        """One row an interval in which a fact about an agent held."""
        return self.frame("agents")

    @cached_property
    def decisions(self) -> "pandas.DataFrame":
        """One row a decision."""
        return self.frame("decisions")

    @cached_property
    def counts(self) -> "pandas.DataFrame":
        """One row an instant at which a pool changed."""
        return self.frame("counts")

    def frame(self, table: str) -> "pandas.DataFrame":
        """A new frame of the table of this name. Raises KeyError if there is no such table."""
        import pandas

        names, rows = list(TABLES[table]), self.rows(table)
        by_column: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pandas.DataFrame(
            {name: _typed(name, values) for name, values in zip(names, by_column, strict=True)}
        )

    def columns(self, table: str, *names: str) -> Iterator[tuple[Any, ...]]:
        """The table's rows, reduced to these columns (two or more); without pandas, which imports slowly."""
        places = list(TABLES[table])
        return map(itemgetter(*map(places.index, names)), self.rows(table))

    def records(self, table: str) -> Iterator[dict[str, Any]]:
        """The table's rows as mappings from column to value: plainer than `columns`, and slower."""
        names = list(TABLES[table])
        return (dict(zip(names, row, strict=True)) for row in self.rows(table))

    def rows(self, table: str) -> list[Row]:
        """The table's rows, to be read only. They are made at first use, by one pass over the log for all
        tables but `decisions`, and kept.
        """
        if table not in self._rows:
            together = [table] if table == "decisions" else [name for name in TABLES if name != "decisions"]
            with rarely_collected():
                self._rows |= build(self.log, together, self.ended_at)
        return self._rows[table]

    def manifest(self) -> dict[str, Any]:
        """What made this record. Records with equal manifests are equal byte by byte.

        `rules` has the SHA-256 (hex) of the file of each rule that is not one of ours.
        """
        return {
            "schema": SCHEMA_VERSION,
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "digest": self.scenario.digest,
            "seed": self.seed,
            "policy": self.policy.describe(),
            "horizon_s": self.scenario.horizon_s,
            "ended_at_s": self.ended_at,
            "complete": self.is_complete,
            "rules": {
                family: _digest(rule) for family, rule in self.policy.rules().items() if _is_foreign(rule)
            },
            "versions": {"python": platform.python_version(), **{name: version(name) for name in _VERSIONED}},
        }


def _is_foreign(rule: Rule) -> bool:
    return not type(rule).__module__.startswith("policies.")


def _digest(rule: Rule) -> str | None:
    """None for a class that was not read from a file, as in a notebook."""
    try:
        source = Path(inspect.getfile(type(rule))).read_bytes()
    except (OSError, TypeError):
        return None
    return hashlib.sha256(source).hexdigest()


_WHOLE = frozenset({"task", "attempts", "refusals", "attempt", "slot"})
_COUNTED = frozenset(TABLES["counts"]) - {"at", "pool"}


def _typed(name: str, values: Sequence[Any]) -> "pandas.Series[Any]":
    import pandas

    if name in _WHOLE or name in _COUNTED:
        return pandas.Series(values, dtype="int64")
    if name == "at" or name.endswith(("_at", "_s")) or name in ("since", "until"):
        return pandas.Series(values, dtype="float64")
    return pandas.Series(values, dtype="str")
