"""What a run says of what is expected of it: values."""

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """What a run says of an expectation."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    """The run was too short to tell, or was interrupted."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One expectation and what the run says of it."""

    expected: str
    """A sentence: 'task 608 is sent within 10 s of its submission', 'L01 breaks at 19 s'."""
    found: str
    """A sentence with the numbers: 'sent after 310 s'."""
    finding: Finding
    under: str
    """For which policy the scenario's author wrote it: a preset, or `any`."""
    task: int | None = None
    """The task that it is about; None if it is about invariants."""
    invariant: str | None = None
    """The invariant that it is about; None if it is about a task, or about several."""
    at: float | None = None
    """When it was broken (float s), or, if it fails, when that happened or what did not happen was due; None
    if it cannot be said."""
