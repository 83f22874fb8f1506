"""The event log of a run: observations, decisions, actions and happenings, in the order in which they came.

One value a line as JSON, after a header that says what made it. The log is kept as values and written when
the run is saved; `read_log` makes values of a file again. Whoever needs columns reads `tables`.
"""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from policies.wire import SCHEMA_VERSION, LineReader
from sim.errors import InputError
from sim.record.entry import Entry

LOG_FORMAT: Final = "windtunnel-log"
LOG_FILE: Final = "events.jsonl"
"""The log's name in the folder of a record."""
_LINE_MAX: Final = 2**24
"""Bytes of a line; a refusal that names every pod of a large pool has a few million."""

_MISSING: Final = "Object missing required field "
"""How msgspec's message begins."""


class Header(msgspec.Struct, frozen=True, tag_field="event", tag="header"):
    """The first line of a log: its format, and the run that it is of."""

    format: str
    schema: int
    scenario: str
    seed: int
    policy: dict[str, Any]


class _Version(msgspec.Struct):
    """What says of a first line whether the rest of it can be read."""

    event: str
    format: str
    schema: int


_READER: Final[LineReader[Entry]] = LineReader(Entry)


def write_log(entries: Iterable[Entry], header: Header, out: IO[bytes]) -> None:
    """Write the header and every entry, one line of JSON each. Infinite numbers are written as null."""
    encoder = msgspec.json.Encoder()
    out.write(encoder.encode(header) + b"\n")
    buffer = bytearray()
    for entry in entries:
        encoder.encode_into(entry, buffer, -1)
        buffer += b"\n"
        if len(buffer) > 1 << 20:
            out.write(buffer)
            buffer.clear()
    out.write(buffer)


def new_header(scenario: str, seed: int, policy: dict[str, Any]) -> Header:
    """The header of a log in today's schema."""
    return Header(LOG_FORMAT, SCHEMA_VERSION, scenario, seed, policy)


def read_log(path: Path | str) -> tuple[Header, list[Entry]]:
    """The header and all entries of a log: the file, or the folder of the record that it is in.

    What is read is equal to what was written. Fields that this version does not know are left out. Raises
    InputError, with the line, for what is no log, was cut off, or is of a newer schema.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path /= LOG_FILE
        with path.open("rb") as lines:
            first = lines.readline(_LINE_MAX + 1)
            return _header(first, path), [_entry(*each, path) for each in _numbered(lines, path)]
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: the log cannot be read: {reason}") from None


def _numbered(lines: IO[bytes], path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines after the header by their number."""
    number = 1
    while line := lines.readline(_LINE_MAX + 1):
        number += 1
        if len(line) > _LINE_MAX:
            raise InputError(
                f"{path}:{number}: has more than {_LINE_MAX >> 20} MB; expected one event a line"
            )
        yield number, line


def _header(line: bytes, path: Path) -> Header:
    if not line:
        raise InputError(f"{path}: is empty; expected the log of a run")
    expected = f'expected the header of a log, {{"event":"header","format":"{LOG_FORMAT}",...}}'
    try:
        version = msgspec.json.decode(line, type=_Version)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{path}:1: is {_shown(line)}; {expected}") from None
    if (version.event, version.format) != ("header", LOG_FORMAT):
        raise InputError(f"{path}:1: is {_shown(line)}; {expected}")
    if version.schema > SCHEMA_VERSION or version.schema < 1:
        raise InputError(
            f"{path}:1: schema is {version.schema}; expected at most {SCHEMA_VERSION}, as this version of "
            "Windtunnel knows no newer one"
        )
    try:
        return msgspec.json.decode(line, type=Header)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}:1: {_sentence(error)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}:1: is no JSON: {error}") from None


def _entry(number: int, line: bytes, path: Path) -> Entry:
    try:
        return _READER.read(line)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}:{number}: {_of_event(line) or _sentence(error)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if not line.endswith(b"\n"):
            raise InputError(
                f"{path}:{number}: is cut off, as the file ends within this line: {_shown(line)}"
            ) from None
        raise InputError(f"{path}:{number}: is {_shown(line)}; expected an event as JSON: {error}") from None


def _of_event(line: bytes) -> str:
    """What is wrong with the name of the event; empty if something else is."""
    plain = msgspec.json.decode(line)
    if not isinstance(plain, dict) or "event" not in plain:
        return f'is {_shown(line)}; expected an event, {{"event":...,"at":...}}'
    event = plain["event"]
    if event in _READER.events:
        return ""
    close = difflib.get_close_matches(str(event), _READER.events, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown event {_shown(str(event).encode())}{hint}"


def _sentence(error: msgspec.ValidationError) -> str:
    """`at is wrong: expected float, got str`, of what msgspec says."""
    text, _, where = str(error).partition(" - at `$")
    said = text.replace("`", "").replace("Expected", "expected")
    if said.startswith(_MISSING):
        said = f"the field {said.removeprefix(_MISSING)} is missing"
    place = where.strip("`.")
    return f"{place}: {said}" if place else said


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
