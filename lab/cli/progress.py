"""Signs of progress on standard error, for what takes longer than people like to wait."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lab.text.screen import Screen
from lab.words import duration, visible
from sim.record import Run

PATIENCE_S: Final = 1.0
_EVERY_S: Final = 0.2


class Progress:
    """Shows how far a run is, on a terminal only, and clears the line when it is over."""

    def __init__(self, screen: Screen, name: str) -> None:
        self._screen = screen
        self._name = visible(name)
        self._began = self._shown = time.perf_counter()
        self._is_shown = False

    def __call__(self, share: float) -> None:
        """The run has got this far (0 to 1)."""
        now = time.perf_counter()
        if not self._screen.is_terminal or now - self._began < PATIENCE_S or now - self._shown < _EVERY_S:
            return
        self._shown, self._is_shown = now, True
        self._screen.write(f"\r{self._name}: {100 * share:.0f} % simulated ")

    def clear(self) -> None:
        """Leave nothing on the terminal."""
        if self._is_shown:
            self._screen.write("\r\x1b[K")
            self._is_shown = False


@contextmanager
def sign_of_life(screen: Screen, what: str) -> Iterator[None]:
    """Say what is being done, once it takes longer than people like to wait, on a terminal or not."""
    timer = threading.Timer(PATIENCE_S, screen.write, [f"{visible(what)}\n"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def timing(run: Run) -> str:
    """'seed-before: 15 min simulated in 0.02 s'."""
    return f"{visible(run.policy.name)}: {duration(run.ended_at)} simulated in {run.wall_s or 0.0:.2g} s\n"
