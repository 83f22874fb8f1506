"""What a check says of a run: values."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

KEPT: Final = 100
"""How many violations of one invariant are kept; the rest are counted."""


class Status(StrEnum):
    """What a run says of an invariant."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNDECIDED = "undecided"
    """The run ended before a bound could be refuted."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One time at which an invariant did not hold. A bound is broken at its deadline (float s)."""

    at: float
    text: str
    """A sentence with the names and the numbers."""
    pool: str = ""
    task: int | None = None
    pod: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant, and what a run says of it."""

    code: str
    """S01, L05 and so on."""
    status: Status
    violations: tuple[Violation, ...] = ()
    """The first ones, in the order of time."""
    count: int = 0
    """How many there are in all."""
    still_open: str = ""
    """Why it is undecided, in words."""

    @property
    def broken_at(self) -> float:
        """When it was first broken (float s); infinity if it was not."""
        return self.violations[0].at if self.violations else math.inf

    @property
    def first(self) -> Violation | None:
        """The first violation."""
        return self.violations[0] if self.violations else None


def first_broken(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The invariant that broke first; of two at one time the one whose code comes first. None if none did."""
    broken = [each for each in verdicts if each.status is Status.BROKEN]
    return min(broken, key=lambda each: (each.broken_at, each.code), default=None)
