"""Python's search for cyclic garbage, held back where nearly everything that is made is kept.

A run's record is millions of values that stay. The collector goes through all of them again whenever their
number has grown by a quarter, which is a tenth of a run's time, and most of the time it takes to make tables.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

RARELY: Final = 700_000
"""How many new containers make the collector look; in Python's own setting it is 700. Some 100 MB at most
wait to be found; 30 MB in a run of 144,000 pods that come and go."""


class _Rest:
    """Who wants the collector to rest: it is one for all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._depth = 0
        self._before = (0, 0, 0)

    def begin(self) -> None:
        """The first one makes it rest."""
        with self._lock:
            if not self._depth:
                self._before = young, middle, old = gc.get_threshold()
                gc.set_threshold(max(young, RARELY) if young else 0, middle, old)  # 0 is never
            self._depth += 1

    def end(self) -> None:
        """The last one leaves it as it was."""
        with self._lock:
            self._depth -= 1
            if not self._depth:
                gc.set_threshold(*self._before)


_REST: Final = _Rest()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Within it garbage is looked for a thousand times less often; afterwards as before.

    It may be used within itself, and by several threads at a time.
    """
    _REST.begin()
    try:
        yield
    finally:
        _REST.end()
