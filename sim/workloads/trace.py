"""Reading a trace of tasks from CSV or Parquet, with errors that name row and column.

Columns: `submitted_at, workspace, kind, plan_seconds, apply_seconds, confirm_after`, and optionally `pool`.
Times are seconds, or ISO 8601 with a zone on all or on none; ISO times count from `origin`, or from the
first one; seconds have no origin. An empty `confirm_after` is a task that nobody confirms. Rows are sorted by
time, stably.
"""

import csv
import math
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from policies.names import nearest
from policies.vocabulary import TaskKind
from sim.errors import InputError
from sim.workloads.arrival import Arrival

REQUIRED: Final = ("submitted_at", "workspace", "kind", "plan_seconds")
OPTIONAL: Final = ("apply_seconds", "confirm_after", "pool")
_KINDS: Final = tuple(TaskKind)


def read_trace(path: Path, *, pool: str, origin: str | None = None) -> list[Arrival]:
    """The tasks of a trace file, in order of time, with ids from 1.

    Raises InputError, naming the file, the row (the header is row 1) and the column, for a file that can
    not be read, a missing column, or a value that is no time, number or kind.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError(f"{path}: no tasks in it; expected a header and at least one row")
    reader = _Reader(path, rows, origin)
    arrivals = [reader.arrival(number, row, pool) for number, row in rows]
    return sorted(arrivals, key=lambda arrival: arrival.submitted_at)


def read_column(path: Path, column: str) -> list[float]:
    """The numbers of one column of a CSV or Parquet file; InputError as for `read_trace`."""
    numbers = []
    for row_number, row in _rows(path):
        if column not in row:
            raise InputError(f"{path}: {nearest('column', column, map(str, row))}")
        numbers.append(_number(path, row_number, column, row[column]))
    return numbers


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows by number, as a person counts them: the header is row 1."""
    try:
        if stat.S_ISCHR(path.stat().st_mode) or stat.S_ISFIFO(path.stat().st_mode):
            raise InputError(f"{path}: is no file that can be read twice; expected a CSV or Parquet file")
        if path.suffix == ".parquet":
            yield from _parquet_rows(path)
        else:
            yield from _csv_rows(path)
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise InputError(f"{path}: can not be read: {reason}") from None


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            for row in (reader := csv.DictReader(lines)):
                if None in row:
                    raise InputError(f"{path}: row {reader.line_num} has more values than the header")
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV text: {error}") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Imported here because it is slow to import, and few traces are Parquet.
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise InputError(f"{path}: is no Parquet file: {' '.join(str(error).split())}") from None
    yield from enumerate(table.to_pylist(), start=2)


class _Reader:
    """Reads rows against one origin of time."""

    def __init__(self, path: Path, rows: list[tuple[int, Mapping[str, Any]]], origin: str | None) -> None:
        self._path = path
        header = [str(name) for name in rows[0][1]]
        for column in REQUIRED:
            if column not in header:
                raise InputError(f"{path}: the column {column!r} is missing; found {header}")
        for column in header:
            if column not in REQUIRED + OPTIONAL:
                raise InputError(f"{path}: {nearest('column', column, REQUIRED + OPTIONAL)}")
        stamps = [self._stamp(number, row["submitted_at"]) for number, row in rows]
        kinds = {_sort_of_time(stamp) for stamp in stamps}
        if len(kinds) > 1:
            raise InputError(
                f"{path}: column submitted_at mixes {' and '.join(sorted(kinds))}; use one of them"
            )
        self._origin: datetime | None = None
        if isinstance(stamps[0], datetime):
            first = min(stamp for stamp in stamps if isinstance(stamp, datetime))
            self._origin = first if origin is None else _origin(path, origin, first)
        elif origin is not None:
            raise InputError(
                f"{path}: origin {origin!r}; the times in the file are seconds, and 0 s is theirs. Remove it"
            )

    def arrival(self, number: int, row: Mapping[str, Any], pool: str) -> Arrival:
        """The task of one row."""
        kind = str(row["kind"]).strip()
        if kind not in _KINDS:
            self._fail(number, "kind", row["kind"], f"one of {', '.join(_KINDS)}")
        workspace = str(row["workspace"] or "").strip()
        if not workspace:
            self._fail(number, "workspace", row["workspace"], "a workspace's name")
        apply_s = row.get("apply_seconds")
        confirm = row.get("confirm_after")
        return Arrival(
            self._seconds(number, row["submitted_at"]),
            number - 1,
            str(row.get("pool") or pool),
            workspace,
            kind,
            self._duration(number, "plan_seconds", row["plan_seconds"]),
            0.0 if _is_empty(apply_s) else self._duration(number, "apply_seconds", apply_s),
            math.inf if _is_empty(confirm) else self._duration(number, "confirm_after", confirm),
            has_changes=not _is_empty(apply_s),
        )

    def _stamp(self, number: int, value: Any) -> float | datetime:
        if isinstance(value, datetime):
            return value
        text = "" if value is None else str(value).strip()
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self._fail(number, "submitted_at", value, "seconds or an ISO 8601 time")

    def _seconds(self, number: int, value: Any) -> float:
        stamp = self._stamp(number, value)
        if isinstance(stamp, datetime):
            assert self._origin is not None
            stamp = (stamp - self._origin).total_seconds()
        if not (stamp >= 0 and math.isfinite(stamp)):
            self._fail(number, "submitted_at", value, "a time that is not before the origin")
        return stamp

    def _duration(self, number: int, column: str, value: Any) -> float:
        return _number(self._path, number, column, value)

    def _fail(self, number: int, column: str, value: Any, expected: str) -> NoReturn:
        raise InputError(f"{self._path}: row {number}, column {column}: {value!r}; expected {expected}")


def _number(path: Path, row: int, column: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (number >= 0 and math.isfinite(number)):
        raise InputError(
            f"{path}: row {row}, column {column}: {value!r}; expected a number of seconds, 0 or more"
        )
    return number


def _is_empty(value: Any) -> bool:
    return value is None or str(value).strip() == "" or value != value


def _sort_of_time(stamp: float | datetime) -> str:
    if not isinstance(stamp, datetime):
        return "seconds"
    return "ISO times without a zone" if stamp.tzinfo is None else "ISO times with a zone"


def _origin(path: Path, text: str, like: datetime) -> datetime:
    try:
        origin = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{path}: origin {text!r}; expected an ISO 8601 time") from None
    if (origin.tzinfo is None) != (like.tzinfo is None):
        raise InputError(
            f"{path}: origin {text!r} and the times in the file must both have a zone, or neither"
        )
    return origin
