"""What every invariant is: a frozen value whose fields are its parameters, with a code and a sentence.

An invariant puts a `Watch` on a scene. The watch sees each entry before it is folded in, and each pool that
changed once an instant is over, and reports what it finds broken.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import msgspec

from sim.checks.scene.pool import PoolNow
from sim.checks.scene.scene import Scene
from sim.checks.verdicts import KEPT, Violation

TRUTH: Final = "truth"
OBSERVED: Final = "observed"
BOTH: Final = "both"


class Report:
    """Collects what is broken: the first ones whole, the rest as a number."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.count = 0

    def __call__(
        self, at: float, text: str, *, pool: str = "", task: int | None = None, pod: str | None = None
    ) -> None:
        """The invariant is broken at `at` (float s); `text` says how, in a sentence with the numbers."""
        self.count += 1
        if len(self.violations) < KEPT:
            self.violations.append(Violation(at=at, text=text, pool=pool, task=task, pod=pod))


def _nothing_open() -> str:
    return ""


@dataclass(kw_only=True)
class Watch:
    """How an invariant looks at a log."""

    on: Mapping[type, Callable[[Any], None]] = field(default_factory=dict)
    """What it does with an entry of this type, before the scene has taken it in."""
    settled: Callable[[PoolNow], None] | None = None
    """What it does with a pool that changed, when the instant is over; None if nothing."""
    still_open: Callable[[], str] = _nothing_open
    """At the end of the log: which bound was still running, in words; empty if none was."""


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must be true of every run; its docstring begins with the sentence that it checks."""

    code: ClassVar[str] = ""
    """As in the catalogue: S01, L05."""
    title: ClassVar[str] = ""
    """Its name in a few words."""
    looks_at: ClassVar[str] = BOTH
    """`truth`, `observed` (what the control plane has written down) or `both`."""

    def watch(self, scene: Scene, report: Report) -> Watch:
        """How it looks at the log that `scene` is folded from."""
        raise NotImplementedError

    @classmethod
    def sentence(cls) -> str:
        """What must hold: the first paragraph of its docstring, on one line."""
        return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
