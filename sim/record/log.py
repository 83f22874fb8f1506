"""The event log of a run: observations, decisions, actions and happenings, in the order in which they came.

One value a line as JSON, after a header that says what made it. The log is kept as values and written when
the run is saved; whoever needs columns reads `tables`.
"""

from collections.abc import Iterable
from typing import IO, Any, Final

import msgspec

from policies.wire import SCHEMA_VERSION
from sim.record.entry import Entry

LOG_FORMAT: Final = "windtunnel-log"


class Header(msgspec.Struct, frozen=True, tag_field="event", tag="header"):
    """The first line of a log: its format, and the run that it is of."""

    format: str
    schema: int
    scenario: str
    seed: int
    policy: dict[str, Any]


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
