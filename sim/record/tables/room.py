"""What a table in the making is."""

import math
from collections.abc import Callable
from typing import Any, Final

Row = list[Any]
"""Values in the order of the table's columns in `sim.record.columns`."""

NAN: Final = math.nan
"""A time that has not come."""


Handlers = dict[type, Callable[[Any], None]]
"""What to do with an entry, by its type."""
