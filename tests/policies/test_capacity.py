"""Capacity cycles: when they are, what follows from a target, and which pods go."""

import pytest

from policies.actions import CreatePod, DeletePod
from policies.decisions import PodChosen, Reason, Scaled
from policies.observations import AgentDisconnected, HeartbeatsEnded, PodGone, PodTerminating, TaskCancelled
from policies.observed.pod import Pod
from policies.observed.pool import Pool
from policies.rules.autoscaling import C8, Autoscaler, Target
from policies.rules.victims import AnyIdle, LongestIdle, Newest, Oldest, VictimRule
from policies.vocabulary import RowState
from tests.policies.driver import Driver, scene


def deleted(driver: Driver) -> list[tuple[float, str]]:
    """When which pod was deleted."""
    return [(at, delete.pod) for at, delete in driver.done(DeletePod)]


def created(driver: Driver) -> list[tuple[float, str]]:
    """When which pod was created."""
    return [(at, create.pod) for at, create in driver.done(CreatePod)]


def test_the_first_cycle_is_five_seconds_after_the_start() -> None:
    driver = Driver(min_pods=2)
    driver.run(20.0)
    assert created(driver) == [(5.0, "a-1"), (5.0, "a-2")]


def test_cycles_lie_on_a_grid_of_the_configured_distance() -> None:
    driver = Driver(overrides={"controller": {"autoscaler_every": 30.0}})
    driver.run(31.0)
    driver.submit("w")
    driver.run(100.0)
    assert created(driver) == [(60.0, "a-1")]


def test_a_submission_at_a_cycle_s_own_time_is_counted_in_it() -> None:
    driver = Driver()
    driver.run(10.0)
    driver.submit("w")
    assert created(driver) == [(10.0, "a-1")]


def test_a_creation_carries_the_decision_that_explains_it() -> None:
    driver = Driver()
    driver.submit("w")
    driver.run(5.0)
    [(_, create)] = driver.done(CreatePod)
    assert create.because == Scaled(
        at=5.0,
        pool="a",
        rule="C9",
        pods=0,
        desired=1,
        reason=Reason.COLD_START,
        numbers={"pending": 1},
    )


class PodsReady(Autoscaler, frozen=True):
    """One pod more than there are agents of this fact."""

    fact: str
    depends_on_time = False

    def decide(self, pool: Pool, now: float) -> Target:
        """Pods of the pool are asked one by one."""
        pods = list(pool.pods_with_idle_slot())
        known = sum(pod.known_to_pod_manager for pod in pods)
        online = sum(pod.row is RowState.ONLINE for pod in pods)
        return Target(1 + (known if self.fact == "known" else online), Reason.BY_RULE)


@pytest.mark.parametrize("fact", ["known", "online"])
def test_an_autoscaler_of_counts_is_asked_again_when_an_agent_s_fact_changes(fact: str) -> None:
    driver = Driver(overrides={"autoscaler": PodsReady(fact=fact)})
    driver.pod(registered=False, connected=False, heartbeats=False, known=False)
    driver.run(12.0)
    driver.agent("a-1", registered=True, connected=False, heartbeats=False, known=True)
    driver.run(40.0)
    assert created(driver) == [(15.0, "a-2")]


class AsC8UntilKnown(C8, frozen=True):
    """As C8, and one pod more when an agent is known: a subclass that reads more than counts."""

    def decide(self, pool: Pool, now: float) -> Target:
        """Counts, and one fact of a pod."""
        pods = list(pool.pods_with_idle_slot())
        if any(pod.known_to_pod_manager for pod in pods):
            return Target(2, Reason.BY_RULE)
        return C8.decide(self, pool, now)


def test_a_subclass_of_a_rule_of_counts_is_asked_again_at_the_same_counts() -> None:
    driver = Driver(min_pods=1, overrides={"autoscaler": AsC8UntilKnown()})
    driver.pod(registered=False, connected=False, heartbeats=False, known=False)
    driver.run(12.0)
    driver.agent("a-1", registered=True, connected=False, heartbeats=False, known=True)
    driver.run(40.0)
    assert created(driver) == [(15.0, "a-2")]


def test_a_rule_of_counts_answers_as_before_when_the_counts_come_back() -> None:
    driver = scene("...", autoscaler="C8", min_pods=1)
    for at, name in ((12.0, "a-1"), (112.0, "a-2")):
        driver.tell(PodGone(at, name))
        driver.run(at + 50.0)
    assert created(driver) == [(15.0, "a-2"), (115.0, "a-3")]


def test_utilisation_adds_one_pod_a_cycle() -> None:
    """Create calls in flight are pods, so a full pod of three slots and two fresh ones are 0.33."""
    driver = scene("ppp", autoscaler="C8")
    driver.run(60.0)
    assert created(driver) == [(5.0, "a-2")]


def test_a_pod_that_is_gone_is_replaced_at_the_next_cycle_under_a_name_of_its_own() -> None:
    driver = scene("...", autoscaler="C8", min_pods=1)
    driver.tell(PodGone(12.0, "a-1"))
    driver.run(60.0)
    assert created(driver) == [(15.0, "a-2")]


def test_a_terminating_pod_is_no_capacity() -> None:
    driver = scene("...", autoscaler="C8", min_pods=1)
    driver.tell(PodTerminating(12.0, "a-1"))
    driver.run(60.0)
    assert created(driver) == [(15.0, "a-2")]


def test_an_idle_pool_goes_down_one_pod_a_cycle_to_its_minimum() -> None:
    driver = scene("...", "...", "...", autoscaler="C8", min_pods=1)
    driver.run(60.0)
    assert [at for at, _ in deleted(driver)] == [5.0, 10.0]


def test_a_pod_with_a_running_or_reserved_slot_is_never_a_victim() -> None:
    driver = scene("p..", "...", "..p", autoscaler="C2")
    driver.run(60.0)
    assert deleted(driver) == [(5.0, "a-2")]


def test_nothing_is_scaled_down_while_an_apply_waits_for_its_confirmation() -> None:
    driver = scene("r..", "...", autoscaler="C2")
    driver.run(60.0)
    assert deleted(driver) == []
    last = driver.decided(Scaled)[-1]
    assert (last.desired, last.reason) == (2, Reason.HELD_FOR_APPLY_PENDING)
    assert last.numbers == {"pending": 0, "apply_pending": 1}


def test_the_pool_shrinks_at_the_next_cycle_once_that_apply_is_cancelled() -> None:
    driver = scene("r..", "...", autoscaler="C2")
    driver.tell(TaskCancelled(61.0, 1))
    driver.run(80.0)
    assert [at for at, _ in deleted(driver)] == [65.0, 65.0]


@pytest.mark.parametrize(
    ("rule", "victims"),
    [(Newest(), ["a-4", "a-3"]), (Oldest(), ["a-1", "a-3"])],
    ids=str,
)
def test_victims_are_idle_pods_in_the_order_of_the_rule(rule: VictimRule, victims: list[str]) -> None:
    driver = scene("...", "p..", "...", "...")
    assert [pod.name for pod in rule.choose(driver.pool, 2)] == victims


@pytest.mark.parametrize("order_seed", range(5))
def test_any_idle_takes_idle_pods_only_and_the_same_ones_for_the_same_seed(
    order_seed: int,
) -> None:
    driver = scene("...", "p..", "...", "...")
    first = AnyIdle(order_seed=order_seed).choose(driver.pool, 3)
    assert {pod.name for pod in first} == {"a-1", "a-3", "a-4"}
    assert AnyIdle(order_seed=order_seed).choose(driver.pool, 3) == first


def test_the_seed_of_any_idle_changes_the_order() -> None:
    driver = scene("...", "...", "...", "...")
    firsts = {AnyIdle(order_seed=seed).choose(driver.pool, 1)[0].name for seed in range(20)}
    assert firsts == {"a-1", "a-2", "a-3", "a-4"}


@pytest.mark.parametrize("rule", [AnyIdle(), Newest(), Oldest()], ids=str)
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_a_victim_rule_chooses_no_more_than_asked_for(rule: VictimRule, count: int) -> None:
    assert len(rule.choose(scene("...", "...").pool, count)) == min(count, 2)


def chosen(driver: Driver, count: int = 9, idle_for: float = 300.0) -> list[str]:
    """Whom `longest_idle` takes now."""
    return [pod.name for pod in LongestIdle(idle_for=idle_for).choose(driver.pool, count)]


def later(driver: Driver, now: float) -> Driver:
    """The same driver at this time."""
    driver.run(now)
    driver.control.step(now)
    return driver


@pytest.mark.parametrize(
    ("now", "victims"), [(299.999, []), (300.0 - 1e-9, ["a-1"]), (300.0, ["a-1"]), (9999.0, ["a-1"])]
)
def test_longest_idle_takes_a_pod_after_300_s_without_work(now: float, victims: list[str]) -> None:
    """Its last task ended at 0 s."""
    assert chosen(later(scene("..."), now)) == victims


def test_longest_idle_counts_from_the_end_of_the_last_task() -> None:
    driver = scene("p..", "p..", "r..")
    later(driver, 100.0).end(1)
    later(driver, 200.0).tell(TaskCancelled(200.0, 7))
    assert chosen(later(driver, 399.0)) == []
    assert chosen(later(driver, 400.0)) == ["a-1"]
    assert chosen(later(driver, 500.0)) == ["a-3", "a-1"]


def test_longest_idle_counts_from_when_a_pod_that_was_never_used_is_known() -> None:
    """Its creation may have been asked for by an earlier process."""
    driver = scene()
    later(driver, 100.0).pod(created_at=-1000.0)
    assert chosen(later(driver, 399.0)) == []
    assert chosen(later(driver, 400.0)) == ["a-1"]


def test_longest_idle_takes_those_first_that_are_not_connected_then_the_youngest() -> None:
    driver = scene("...", "...", "p..", "...", "...")
    for name in ("a-1", "a-2"):
        driver.tell(AgentDisconnected(0.0, name))
    assert chosen(later(driver, 300.0)) == ["a-2", "a-1", "a-5", "a-4"]
    assert chosen(driver, count=3) == ["a-2", "a-1", "a-5"]


def test_longest_idle_takes_a_pod_that_has_long_been_out_of_reach_though_its_work_ended_now() -> None:
    driver = scene("p..", "p..")
    driver.tell(HeartbeatsEnded(0.0, "a-1", 0.0), AgentDisconnected(0.0, "a-1"))
    later(driver, 250.0)
    for task in (1, 4):
        driver.end(task)
    assert chosen(later(driver, 300.0)) == ["a-1"]


def test_longest_idle_takes_nobody_who_is_out_of_reach_with_work() -> None:
    driver = scene("r..")
    driver.tell(HeartbeatsEnded(0.0, "a-1", 0.0), AgentDisconnected(0.0, "a-1"))
    assert chosen(later(driver, 999.0)) == []


def test_how_long_is_a_parameter_of_longest_idle() -> None:
    driver = later(scene("..."), 60.0)
    assert chosen(driver, idle_for=60.0) == ["a-1"]
    assert chosen(driver, idle_for=61.0) == []


def test_under_our_preset_an_idle_pod_goes_300_s_after_its_last_task() -> None:
    driver = Driver("windtunnel")
    driver.pod()
    driver.submit("w")
    later(driver, 42.0).end(1)
    driver.run(1000.0)
    assert deleted(driver) == [(345.0, "a-1")]


class Patient(VictimRule, frozen=True):
    """Takes pods from 100 s on."""

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        """Any, or none yet."""
        return list(pool.idle_pods())[:count] if pool.now >= 100.0 else []


class Never(Patient, frozen=True):
    """Takes none, whatever the time."""

    depends_on_time = False

    def choose(self, pool: Pool, count: int) -> list[Pod]:
        """None."""
        return []


def test_a_victim_rule_that_took_nobody_is_asked_again_as_time_goes_by() -> None:
    driver = scene("...", autoscaler="C8", overrides={"victims": Patient()})
    driver.run(200.0)
    assert deleted(driver) == [(100.0, "a-1")]


def test_a_victim_rule_that_takes_nobody_at_any_time_never_wakes_its_driver() -> None:
    driver = scene("...", autoscaler="C8", overrides={"victims": Never()})
    driver.run(200.0)
    assert driver.control.next_wakeup() == float("inf")


def test_pods_that_are_gone_leave_nothing_behind_where_placement_looks() -> None:
    """An older pod lives on, so that none of them ever comes to the top."""
    driver = scene("...")
    for number in range(2, 200):
        driver.tell(PodGone(float(number), driver.pod()))
    assert sum(len(queue.entries) for queue in driver.pool._idle._queues.values()) < 50


def test_a_deletion_names_the_rule_and_the_reason() -> None:
    driver = scene("...", "...", autoscaler="C8", min_pods=1, overrides={"victims": "newest"})
    driver.run(5.0)
    [(_, delete)] = driver.done(DeletePod)
    assert delete.because == PodChosen(
        at=5.0, pool="a", pod="a-2", rule="newest", reason=Reason.UTILISATION_LOW
    )


def test_a_decision_that_repeats_the_last_is_not_recorded_again() -> None:
    driver = Driver(min_pods=1)
    driver.run(1000.0)
    assert [(scaled.at, scaled.desired) for scaled in driver.decided(Scaled)] == [(10.0, 1)]


def test_an_idle_pool_never_wakes_its_driver() -> None:
    driver = scene("...", autoscaler="C8", min_pods=1)
    driver.run(200.0)
    assert driver.control.next_wakeup() == float("inf")


def test_stepping_into_the_past_is_the_driver_s_mistake() -> None:
    driver = scene("...")
    driver.tell(PodTerminating(20.0, "a-1"))
    with pytest.raises(ValueError, match="step at 19 s after an observation at 20 s"):
        driver.control.step(19.0)


def test_a_pool_that_it_does_not_run_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Driver().control.pool("b")
