"""Python's search for cyclic garbage, held back where nearly everything that is made is kept.

A run's record is millions of values that stay. The collector goes through all of them again whenever their
number has grown by a quarter, which is a tenth of a run's time, and most of the time it takes to make tables.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

RARER: Final = 1000
"""With Python's threshold of 700 containers, some 100 MB at most wait to be found; 30 MB in a run of 144,000
pods that come and go."""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Within it garbage is looked for a thousand times less often; afterwards as before."""
    young, middle, old = gc.get_threshold()
    gc.set_threshold(RARER * young, middle, old)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
