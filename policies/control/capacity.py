"""Capacity: every cycle, how many pods there should be, and the create and delete calls that follow.

A cycle that could only repeat the one before it is left out. When the autoscaler is arithmetic (it says so
by `depends_on_time`) and its last answer led to nothing, it is not asked again until the pool has changed.
A rule that reads only counts (`OF_COUNTS`) is not even then, if its answer to these counts is remembered: a
busy pool has hundreds of thousands of cycles, and comes back to the same few counts.
"""

from typing import Final

from policies.actions import AnyAction, CreatePod, DeletePod
from policies.control.agenda import Periodic
from policies.decisions import PodChosen, Reason, Scaled, is_explained
from policies.errors import FAILURES, PolicyFault, fault_of
from policies.lifecycles import PodEvent
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.observed.pool import Pool
from policies.policy_set import PolicySet
from policies.rules.autoscaling import OF_COUNTS, Target
from policies.vocabulary import PodState

_ENDED = frozenset({PodState.FAILED, PodState.SUCCEEDED})
_REMEMBERED_MAX: Final = 4096
"""How many answers of an autoscaler are remembered, of all pools together."""


class Capacity:
    """Runs the autoscaler and the victim rule over each pool."""

    def __init__(self, books: Books, policy: PolicySet, outbox: list[AnyAction]) -> None:
        self._books = books
        self._autoscaler = policy.autoscaler
        self._depends_on_time = policy.autoscaler.depends_on_time
        self._victims = policy.victims
        self._dispatch_name = policy.dispatch.rule_name
        self._deletes_ended_pods = policy.dispatch.deletes_ended_pods
        self._every = policy.controller.autoscaler_every
        self._outbox = outbox
        self._last_scaled: dict[str, tuple[int, int, Reason]] = {}
        self._is_of_counts = type(policy.autoscaler) in OF_COUNTS
        self._targets: dict[tuple[str | int, ...], Target] = {}

    def start(self, at: float) -> None:
        """The process started at `at` (float s): its cycles lie on a grid from there."""
        self.cycles = Periodic(self._every, at)
        self.cycles.ask(at)
        self._settled = -1  # the version of the books at which a cycle found nothing to do
        self._last_scaled.clear()

    def look_ahead(self) -> None:
        """Plan the next cycle, if none is planned and it could find something to do."""
        if self._books.version != self._settled:
            self.cycles.ask(self._books.now)

    def cycle(self) -> None:
        """One cycle of every pool."""
        books = self._books
        self.cycles.done(books.now)
        acted = self._depends_on_time
        for pool in books.pools.values():
            if self._deletes_ended_pods and self._delete_ended_pods(pool):
                acted = True
            target = self._targets.get(pool._counts()) if self._is_of_counts else None
            if target is None:
                target = self._decide(pool)
            known, desired = pool._known, target.desired
            seen = (known, desired, target.reason)
            if self._last_scaled.get(pool._name) != seen:
                self._last_scaled[pool._name] = seen
                if desired <= known:
                    books.journal.append(self._scaled(pool, target))
            if desired != known and self._resize(pool, target):
                acted = True
            if pool._refusals:
                pool._refusals.clear()  # only a placement's notes become decisions
        if acted:
            self.cycles.ask(books.now)
        else:
            self._settled = books.version

    def one_more(self, pool: Pool) -> None:
        """D4: nobody is connected, so one pod is asked for at once rather than at the next cycle."""
        if pool._known < pool._max:
            target = Target(pool._known + 1, Reason.NOTHING_CONNECTED)
            self._grow(pool, self._scaled(pool, target, self._dispatch_name))

    def forget(self) -> None:
        """Forget what the autoscaler answered to which counts."""
        self._targets.clear()

    def _decide(self, pool: Pool) -> Target:
        """Ask the autoscaler, and remember the answer if it is one to counts."""
        target = self._ask(pool)
        if self._is_of_counts:
            if len(self._targets) >= _REMEMBERED_MAX:
                self._targets.clear()
            self._targets[pool._counts()] = target
        return target

    def _ask(self, pool: Pool) -> Target:
        try:
            target = self._autoscaler.decide(pool, self._books.now)
        except FAILURES as error:
            raise self._fault_of_autoscaler(pool, error) from error
        if not isinstance(target, Target) or type(target.desired) is not int:
            raise self._fault_of_autoscaler(pool, target)
        known, desired = pool._known, target.desired
        if desired == known:
            return target
        if not 0 <= desired <= max(pool._max, known):
            raise self._fault_of_autoscaler(pool, desired)
        if desired < known and pool.apply_pending and self._autoscaler.holds_for_applies:
            # Somebody may confirm at any moment, and the plan's pod saves the apply its init.
            self._require_explanation(pool, target)
            numbers = {**target.numbers, "apply_pending": pool.apply_pending}
            return Target(known, Reason.HELD_FOR_APPLY_PENDING, numbers)
        return target

    def _resize(self, pool: Pool, target: Target) -> bool:
        """Create or delete pods; whether the next cycle may find something to do even if nothing changes."""
        more = target.desired - pool._known
        if more < 0:
            return self._shrink(pool, -more, target.reason)
        self._grow(pool, self._scaled(pool, target))
        return True

    def _grow(self, pool: Pool, because: Scaled) -> None:
        for _ in range(because.desired - pool._known):
            name = self._books.new_name(pool)
            self._books.new_pod(pool, name, created_at=self._books.now)
            self._outbox.append(CreatePod(at=self._books.now, pool=pool._name, pod=name, because=because))

    def _shrink(self, pool: Pool, count: int, reason: Reason) -> bool:
        pods = self._choose(pool, count)
        for pod in pods:
            self._delete(pool, pod, self._victims.rule_name, reason)
        return bool(pods) or self._victims.depends_on_time

    def _choose(self, pool: Pool, count: int) -> list[Pod]:
        rule = self._victims
        asked = f"choose({count} of the idle pods of pool {pool._name})"
        expected = f"a list of at most {count} different idle pods of the pool"
        try:
            pods = rule.choose(pool, count)
        except FAILURES as error:
            raise self._fault(rule, asked, error, expected) from error
        fits = (
            isinstance(pods, list)
            and len(pods) <= count
            and all(isinstance(pod, Pod) for pod in pods)
            and len({pod._name for pod in pods}) == len(pods)
            and all(pool._pods.get(pod._name) is pod for pod in pods)
            and all(pod.is_idle and not pod.is_leaving for pod in pods)
        )
        if not fits:
            raise self._fault(rule, asked, pods, expected)
        return pods

    def _delete_ended_pods(self, pool: Pool) -> bool:
        ended = [pod for pod in pool._pods.values() if pod._state in _ENDED]
        for pod in ended:
            self._delete(pool, pod, "sync", Reason.POD_ENDED)
        return bool(ended)

    def _delete(self, pool: Pool, pod: Pod, rule: str, reason: Reason) -> None:
        chosen = PodChosen(at=self._books.now, pool=pool._name, pod=pod._name, rule=rule, reason=reason)
        self._books.move_pod(pod, PodEvent.DELETE_REQUESTED)
        self._outbox.append(DeletePod(at=self._books.now, pool=pool._name, pod=pod._name, because=chosen))

    def _require_explanation(self, pool: Pool, target: Target) -> None:
        """Raise PolicyFault if a record could not hold the target's reason and numbers."""
        if not is_explained(target.reason, target.numbers):
            raise self._fault_of_autoscaler(pool, target, "a Target with a Reason, and numbers by name")

    def _scaled(self, pool: Pool, target: Target, rule: str = "") -> Scaled:
        self._require_explanation(pool, target)
        return Scaled(
            at=self._books.now,
            pool=pool._name,
            rule=rule or self._autoscaler.rule_name,
            pods=pool._known,
            desired=target.desired,
            reason=target.reason,
            numbers=target.numbers,
        )

    def _fault_of_autoscaler(self, pool: Pool, answered: object, expected: str = "") -> PolicyFault:
        asked = f"decide(pool {pool._name} of {pool._known} pods)"
        expected = expected or f"a Target of a whole number from 0 to the pool's max, {pool._max}"
        return self._fault(self._autoscaler, asked, answered, expected)

    def _fault(self, rule: object, asked: str, answered: object, expected: str) -> PolicyFault:
        return fault_of(rule, self._books.now, asked, answered, expected)
