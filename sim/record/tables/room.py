"""What a table in the making is."""

import math
from collections.abc import Callable
from typing import Any, Final, Protocol

Row = list[Any]
"""Values in the order of the table's columns in `sim.record.columns`."""

NAN: Final = math.nan
"""A time that has not come."""


Handlers = dict[type, Callable[[Any], None]]
"""What to do with an entry, by its type."""


class Room(Protocol):
    """One table in the making."""

    handlers: Handlers

    def rows(self, end: float) -> list[Row]:
        """Its rows, for a run that ended at `end` (float s)."""
