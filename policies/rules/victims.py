"""Which idle pods go when a pool shrinks. Each rule orders the candidates; the controller takes the first.

Candidates are pods whose slots are all idle. The platform took them in the order of a Go map, that is in
any order; `AnyIdle` is that, made repeatable.
"""

from typing import ClassVar

from policies.observed.pod import Pod
from policies.observed.pool import Pool
from policies.rules.base import Rule
from policies.vocabulary import INSTANT, Seconds

_MASK = (1 << 64) - 1


class VictimRule(Rule, frozen=True):
    """Chooses pods to delete."""

    family: ClassVar[str] = "victims"
    depends_on_time: ClassVar[bool] = True
    """Whether `choose` may answer differently when only `pool.now` has changed.

    A rule that says False and chose nobody is not asked again until something is observed.
    """

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        """At most `count` of the pool's idle pods, those to delete first in front."""
        raise NotImplementedError


class AnyIdle(VictimRule, frozen=True):
    """Any idle pod, in an order that depends on nothing but `order_seed` and the pods' numbers."""

    called: ClassVar[str] = "any_idle"
    order_seed: int = 0
    depends_on_time: ClassVar[bool] = False

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        return sorted(pool.idle_pods(), key=lambda pod: _mix(self.order_seed, pod.number))[:count]


class Newest(VictimRule, frozen=True):
    """The idle pods that were created last."""

    called: ClassVar[str] = "newest"
    depends_on_time: ClassVar[bool] = False

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        return sorted(pool.idle_pods(), key=lambda pod: -pod.number)[:count]


class Oldest(VictimRule, frozen=True):
    """The idle pods that were created first."""

    called: ClassVar[str] = "oldest"
    depends_on_time: ClassVar[bool] = False

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        return sorted(pool.idle_pods(), key=lambda pod: pod.number)[:count]


class LongestIdle(VictimRule, frozen=True):
    """Ours: pods that were idle for `idle_for`, those first whose agent is not connected, then the youngest.

    The next burst often comes before that, and a pod that is deleted before its first task was started in
    vain. A pod whose agent has been out of reach for so long may go even if it lost its work only now.
    """

    called: ClassVar[str] = "longest_idle"
    idle_for: Seconds = 300.0

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        now, limit = pool.now, self.idle_for - INSTANT
        unused = [pod for pod in pool.idle_pods() if max(pod.idle_s(now), pod.unreachable_s(now)) >= limit]
        return sorted(unused, key=lambda pod: (pod.connected, -pod.number))[:count]


def _mix(seed: int, number: int) -> int:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): well-spread bits from neighbouring integers."""
    z = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)
