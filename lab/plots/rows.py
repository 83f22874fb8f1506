"""A table's rows, one by one."""

from collections.abc import Iterator
from typing import Any

import pandas


def rows_of(frame: pandas.DataFrame) -> Iterator[Any]:
    """Each row as a named tuple, by the names of `sim.record.columns`.

    Its fields are Any, as what pandas knows of a cell's type is not worth repeating in every lane.
    """
    yield from frame.itertuples(index=False)
