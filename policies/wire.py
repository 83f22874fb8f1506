"""The stable JSON form: one value a line, with its name in `event` and a schema version at the top.

Observations, decisions and actions are told apart by `event`, whose names do not overlap. A change that an
older reader would misread raises `SCHEMA_VERSION`, which whoever keeps a log writes at its top.

JSON has no infinity. It is written as null, and a null where no None may stand is read as infinity.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import inspect

from policies.actions import AnyAction
from policies.decisions import AnyDecision
from policies.observations import AnyObservation

SCHEMA_VERSION: Final = 1

Line: TypeAlias = AnyObservation | AnyDecision | AnyAction

T = TypeVar("T")


class LineReader(Generic[T]):
    """Reads lines of JSON as values of a union of structs, which are told apart by `event`."""

    def __init__(self, union: Any) -> None:
        self._union = union
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(union)
        kinds = inspect.type_info(union)
        assert isinstance(kinds, inspect.UnionType)
        self._kinds = {each.tag: each for each in kinds.types if isinstance(each, inspect.StructType)}

    @property
    def events(self) -> tuple[str, ...]:
        """The names that may stand in `event`."""
        return tuple(str(tag) for tag in self._kinds)

    def read(self, line: bytes | str) -> T:
        """The value of one line; `msgspec.ValidationError` or `msgspec.DecodeError` says what is wrong."""
        try:
            return self._decoder.decode(line)
        except msgspec.ValidationError:
            plain = msgspec.json.decode(line)
            event = plain.get("event") if isinstance(plain, dict) else None
            kind = self._kinds.get(event) if isinstance(event, str) else None
            if kind is None or not _restore(plain, kind):
                raise
            value: T = msgspec.convert(plain, self._union)
            return value


def _restore(plain: Any, kind: inspect.Type) -> bool:
    """Put infinity where null stands for it, below a list or mapping; whether there was any."""
    match kind:
        case inspect.Metadata(type=inner):
            return _restore(plain, inner)
        case inspect.StructType(fields=fields) if isinstance(plain, dict):
            parts: Mapping[Any, inspect.Type] = {
                field.encode_name: field.type for field in fields if field.encode_name in plain
            }
        case inspect.DictType(value_type=inner) if isinstance(plain, dict):
            parts = dict.fromkeys(plain, inner)
        case inspect.VarTupleType(item_type=inner) if isinstance(plain, list):
            parts = dict.fromkeys(range(len(plain)), inner)
        case _:
            return False
    found = False
    for key, part in parts.items():
        if plain[key] is None and _is_number(part):
            plain[key], found = math.inf, True
        else:
            found |= _restore(plain[key], part)
    return found


def _is_number(kind: inspect.Type) -> bool:
    """Whether a float may stand there, and no None."""
    match kind:
        case inspect.Metadata(type=inner):
            return _is_number(inner)
        case inspect.UnionType(types=kinds, includes_none=includes_none):
            return not includes_none and any(map(_is_number, kinds))
    return isinstance(kind, inspect.FloatType)


_ENCODER = msgspec.json.Encoder()
_READER: LineReader[Line] = LineReader(Line)


def encode(value: Line) -> bytes:
    """The value as one line of JSON, without the line's end."""
    return _ENCODER.encode(value)


def decode(line: bytes | str) -> Line:
    """The value of one line; `msgspec.ValidationError` or `msgspec.DecodeError` says what is wrong."""
    return _READER.read(line)
