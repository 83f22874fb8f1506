"""One number for all that a scenario says: two runs with the same one are of one scenario.

It is taken of the values, not of the text: comments, shorthands, and 6000 ms in place of 6 s change
nothing. What the scenario does not say, because it is drawn or decided in the run, is no part of
it.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import msgspec


def digest_of(values: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of named values: frozen dataclasses, structs, tuples, mappings and scalars."""
    return hashlib.sha256(msgspec.json.encode(_plain(values), order="sorted")).hexdigest()


def _plain(value: Any) -> Any:
    """The value as JSON knows it, with names of classes, so that no two values look the same."""
    if isinstance(value, msgspec.Struct):
        named = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return {"": type(value).__name__, **named}
    if is_dataclass(value):
        named = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {"": type(value).__name__, **named}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
