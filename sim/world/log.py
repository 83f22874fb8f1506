"""Where the world's parts put what is to be recorded."""

from collections.abc import Callable
from typing import TypeAlias

from policies.wire import Line
from sim.record.truth import AnyHappening

Entry: TypeAlias = Line | AnyHappening
Log: TypeAlias = Callable[[Entry], None]
