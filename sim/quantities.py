"""Durations and rates as people write them: a number never goes without its unit."""

import math
import re
from typing import Final

UNITS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_RATE_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}
_NUMBER: Final = r"([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_PART: Final = re.compile(rf"\s*{_NUMBER}\s*([a-zA-Zµ]*)\s*")
_RATE: Final = re.compile(rf"\s*(-?){_NUMBER}\s*per\s*([a-z]+)\s*")
LONGEST_S: Final = 100_000 * 86400.0
"""The longest duration that is read. From 104,000 days on, float seconds are coarser than the microseconds to
which durations are drawn; what never comes says `never`."""
SHORTEST_WAIT_S: Final = 0.001
"""The shortest wait (float s) of what is done again and again: less of it, and time would hardly move on."""
_EXAMPLE: Final = f"write for example '6 s', '10 min' or '1 h 30 min' (units: {', '.join(UNITS)})"


def parse_duration(value: object) -> float:
    """Float seconds of a duration such as "250 ms", "6 s" or "1 h 30 min".

    Raises ValueError, which says what is wrong and what to write, for anything else: a bare number, an
    unknown unit, a negative duration or one of more than 100,000 days.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is no duration; {_EXAMPLE}")
    if isinstance(value, int | float):
        raise ValueError(f"{value!r} has no unit; {_EXAMPLE}")
    text = value.strip()
    if text.startswith("-"):
        raise ValueError(f"{value!r} is negative; a duration is 0 s or more")
    total, rest = 0.0, text
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValueError(f"{value!r} is no duration; {_EXAMPLE}")
        number, unit = part.groups()
        if not unit:
            raise ValueError(f"{value!r} has no unit; {_EXAMPLE}")
        if unit not in UNITS:
            raise ValueError(f"{value!r} has the unknown unit {unit!r}; {_EXAMPLE}")
        total += float(number) * UNITS[unit]
        rest = rest[part.end() :]
    if not text:
        raise ValueError(f"{value!r} is no duration; {_EXAMPLE}")
    if total > LONGEST_S:
        raise ValueError(f"{value!r} is too long; the longest duration is 100000 d")
    return total


def parse_rate(value: object) -> float:
    """Events per second of a rate such as "12 per hour"; ValueError says what to write instead."""
    example = "write for example '12 per hour' (per s, min, hour or day)"
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no rate; {example}")
    read = _RATE.fullmatch(value)
    if read is None or read[3] not in _RATE_UNITS or not math.isfinite(float(read[2])):
        raise ValueError(f"{value!r} is no rate; {example}")
    if read[1]:
        raise ValueError(f"{value!r} is negative; a rate is 0 or more")
    return float(read[2]) / _RATE_UNITS[read[3]]
