"""What the event log of a run holds, and where the world's parts put it."""

from collections.abc import Callable
from typing import TypeAlias

from policies.wire import Line
from sim.record.truth import AnyHappening

Entry: TypeAlias = Line | AnyHappening
Log: TypeAlias = Callable[[Entry], None]
