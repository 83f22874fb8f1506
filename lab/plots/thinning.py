"""Leaving out what no pixel can show: of big runs only, so that their pictures are quick and small.

What is left out of a picture lies within a pixel column of something that is drawn. Peaks stay.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DPI: Final = 150
"""Pixels an inch of a saved picture: a page of 8 in is 1200 px wide."""
CROWD: Final = 4000
"""From so many bars or signs of a kind on, those that run into each other are drawn as one."""

_A_COLUMN: Final = 4
"""Points of a curve that a pixel column keeps."""


def kept(pixels: Floats, *curves: Floats) -> npt.NDArray[np.intp]:
    """Which points to draw: in each pixel column the first, lowest, highest and last one of each curve.

    `pixels` are the places of the points across the picture, rising. Of up to `CROWD` points, all are
    kept, as they are if there are no more than four in a column on average.
    """
    columns = np.floor(pixels)
    begins = np.flatnonzero(np.diff(columns, prepend=-np.inf) > 0)
    if len(pixels) <= max(_A_COLUMN * len(begins), CROWD):
        return np.arange(len(pixels))
    ends = np.append(begins[1:], len(pixels)) - 1
    found = [begins, ends]
    for values in curves:
        by_height = np.lexsort((values, columns))
        found += [by_height[begins], by_height[ends]]
    return np.unique(np.concatenate(found))


def merged(spans: Iterable[tuple[float, float]], pixel: float) -> list[tuple[float, float]]:
    """Intervals of one lane from left to right; those less than a pixel apart are one."""
    found: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if found and left - found[-1][1] < pixel:
            found[-1] = found[-1][0], max(right, found[-1][1])
        else:
            found.append((left, right))
    return found


def distinct(spans: Iterable[tuple[float, float]], pixel: float) -> list[tuple[float, float]]:
    """Intervals of one lane, without those that begin and end in the same pixels as another one."""
    return list({(left // pixel, right // pixel): (left, right) for left, right in spans}.values())


def apart(places: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """Of signs (x, y), the first in each column of this width of each lane: others would stand on it."""
    return list({(x // width, y): (x, y) for x, y in reversed(places)}.values())[::-1]
