"""The files that a scenario refers to: found beside it, read, and remembered by what is in them."""

import hashlib
from pathlib import Path
from typing import BinaryIO, Final

from sim.errors import InputError
from sim.workloads import Arrival, read_column, read_trace

SIZE_MAX: Final = 64 * 2**20
"""Bytes of a scenario file; a hundred times what anybody writes, and what `/dev/zero` must be kept to."""


def read_whole(path: Path, name: str) -> bytes:
    """What is in a scenario file, called `name` in messages. Raises OSError; InputError if it is too long."""
    with path.open("rb") as file:
        return whole(file, name)


def whole(file: BinaryIO, name: str) -> bytes:
    """All that is in an open scenario file. Raises OSError, and InputError if it is too long."""
    content = file.read(SIZE_MAX + 1)
    if len(content) > SIZE_MAX:
        raise InputError(f"{name}: has more than {SIZE_MAX // 2**20} MB; expected a scenario in YAML")
    return content


class ScenarioFiles:
    """Reads files by the names that a scenario uses, which are relative to `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.digests: dict[str, str] = {}
        """SHA-256 (hex) of each file that was read, by the name that the scenario uses."""

    def column(self, name: str, column: str) -> list[float]:
        """The numbers in one column; ValueError, since it is read while a value is checked."""
        try:
            values = read_column(self._folder / name, column)
        except InputError as error:
            raise ValueError(str(error)) from None
        self._remember(name)
        return values

    def trace(self, name: str, pool: str, origin: str | None) -> tuple[Arrival, ...]:
        """The tasks of a trace; ValueError as for `column`."""
        try:
            arrivals = read_trace(self._folder / name, pool=pool, origin=origin)
        except InputError as error:
            raise ValueError(str(error)) from None
        self._remember(name)
        return tuple(arrivals)

    def _remember(self, name: str) -> None:
        content = (self._folder / name).read_bytes()
        self.digests[name] = hashlib.sha256(content).hexdigest()
