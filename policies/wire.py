"""The stable JSON form: one value a line, with its name in `event` and a schema version at the top.

Observations, decisions and actions are told apart by `event`, whose names do not overlap. A change that an
older reader would misread raises `SCHEMA_VERSION`, which whoever keeps a log writes at its top.
"""

from typing import Final, TypeAlias

import msgspec

from policies.actions import AnyAction
from policies.decisions import AnyDecision
from policies.observations import AnyObservation

SCHEMA_VERSION: Final = 1

Line: TypeAlias = AnyObservation | AnyDecision | AnyAction

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def encode(value: Line) -> bytes:
    """The value as one line of JSON, without the line's end."""
    return _ENCODER.encode(value)


def decode(line: bytes | str) -> Line:
    """The value of one line; `msgspec.ValidationError` or `msgspec.DecodeError` says what is wrong."""
    return _DECODER.decode(line)
