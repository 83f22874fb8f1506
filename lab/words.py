"""Numbers as people read them: durations with their unit, shares, tallies; counts are in `sim.words`."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Final

NOTHING: Final = "–"
"""What stands where there is no number."""


def visible(text: str, *, keep: str = "") -> str:
    """The text with control characters as `\\x1b`, so that a name cannot command a terminal.

    What overrides the direction of writing is shown likewise; the letters in `keep` are left as they are.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter in keep else _visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if unicodedata.category(letter) in _COMMANDS and letter not in _JOINERS:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


_COMMANDS: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_JOINERS: Final = "\u200c\u200d\u00ad"
"""Some scripts and hyphenation need these, and they do no harm."""


def duration(seconds: float | None) -> str:
    """Three digits and a unit: '310 s', '12.5 min', '3.1 h', '4.5 d', '30,000 d'; a dash for None and NaN."""
    if seconds is None or math.isnan(seconds):
        return NOTHING
    if math.isinf(seconds):
        return "never"
    if abs(seconds) < 600:
        return f"{seconds:.3g} s" if abs(seconds) >= 0.0005 else "0 s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h" if seconds < 360_000 else f"{number(seconds / 86400)} d"


def exactly(seconds: float) -> str:
    """To 10 microseconds, where `duration` would round: '19 s', '13 min', '785.655 s (13.1 min)'.

    For what people look up in the log, or copy into a scenario's `expect`, where less makes no difference.
    """
    rounded, exact = duration(seconds), f"{seconds:.5f}".rstrip("0").rstrip(".")
    amount, _, unit = rounded.replace(",", "").partition(" ")
    size = {"s": 1, "min": 60, "h": 3600, "d": 86_400}.get(unit)
    if size is None or abs(float(amount) * size - seconds) < _SAME_TIME_S:
        return rounded
    return f"{exact} s" if unit == "s" else f"{exact} s ({rounded})"


_SAME_TIME_S: Final = 5e-6


def number(value: float | None) -> str:
    """Three digits, thousands apart: '0.25', '12,400'; a dash for None and NaN."""
    if value is None or math.isnan(value):
        return NOTHING
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 999.5 else f"{value:.3g}"


def share(value: float | None) -> str:
    """A share between 0 and 1 as a percentage: '7.5 %'; a dash for None and NaN."""
    if value is None or math.isnan(value):
        return NOTHING
    return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.2g} %"


def times(n: int) -> str:
    """How often: 'once', 'twice', '31 times'."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def tally(counts: Mapping[str, int]) -> str:
    """'30 × agent_not_registered_yet, 1 × no_pods', most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n:,} × {name}" for name, n in ordered)
