"""A distribution bound to its stream: what the world draws a delay from, one after the other."""

from typing import Protocol

from sim.distributions import Distribution
from sim.streams import Streams


class Delay(Protocol):
    """Delays of one purpose, in float seconds."""

    is_zero: bool

    def draw(self) -> float:
        """The next delay (s)."""


class NoDelay:
    """Always zero, without a stream."""

    is_zero = True

    def draw(self) -> float:
        """Zero seconds."""
        return 0.0


class DrawnDelay:
    """Delays from a distribution and the stream of (purpose, entity)."""

    is_zero = False

    def __init__(self, distribution: Distribution, streams: Streams, purpose: str, entity: str = "") -> None:
        self._distribution = distribution
        self._rng = streams.of(purpose, entity)

    def draw(self) -> float:
        """The next delay (s)."""
        return self._distribution.sample(self._rng)


class SumOfDelays:
    """Several delays one after the other, each from its own stream."""

    is_zero = False

    def __init__(self, *delays: Delay) -> None:
        self._delays = delays

    def draw(self) -> float:
        """The next delay (s)."""
        return sum(delay.draw() for delay in self._delays)
