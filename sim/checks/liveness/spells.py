"""What must not last: since when a pool has been in want of something, without a break."""

from collections.abc import Callable

from sim.checks.scene.pool import PoolNow
from sim.checks.scene.scene import Scene


class Spells:
    """One spell a pool at a time. Each is told of once, when it has lasted `within` (s)."""

    def __init__(self, scene: Scene, within: float, tell: Callable[[PoolNow, float], None]) -> None:
        """`tell` is called with the pool, and with when its spell had lasted too long (float s)."""
        self._scene = scene
        self._within = within
        self._tell = tell
        self._since: dict[str, float] = {}
        self._told: set[str] = set()

    def begin(self, pool: PoolNow) -> None:
        """It is so from now on, if it was not so already."""
        if pool.name not in self._since:
            now = self._since[pool.name] = self._scene.now
            self._scene.deadlines.at(now + self._within, lambda: self._look(pool, now))

    def end(self, pool: str) -> None:
        """It is not so any more."""
        self._since.pop(pool, None)
        self._told.discard(pool)

    def _look(self, pool: PoolNow, since: float) -> None:
        if self._since.get(pool.name) == since and pool.name not in self._told:
            self._told.add(pool.name)
            self._tell(pool, since + self._within)

    def still_young(self) -> str:
        """The pools whose spell has not lasted too long yet: 'a, b'; empty if there is none."""
        return ", ".join(pool for pool in self._since if pool not in self._told)
