"""Incidents 604, 606, 609 and fix 3 to the second, where the story says more than the file expects.

What each scenario expects of each preset stands in its file and is judged elsewhere. Here are the steps
between: which slot, at which retry, by which decision.
"""

import pytest

from policies.actions import CreatePod, DeletePod, SendTask
from policies.decisions import Reason, Refused, Released, Scaled, SlotMoved
from sim.checks import check
from sim.record.run import Run
from sim.simulate import simulate
from tests.sim.builders import column, logged, sends, shipped


def flown(name: str, policy: str, *overrides: str) -> Run:
    """The run of a shipped scenario under a policy, with some keys changed."""
    return simulate(shipped(name, policy=policy, overrides=overrides))


def moves_of(record: Run, task: int) -> list[tuple[float, str, str, int]]:
    """What became of slots for a task: (at, event, pod, slot)."""
    return [
        (moved.at, str(moved.cause), moved.pod, moved.slot)
        for moved in logged(record, SlotMoved)
        if moved.task == task
    ]


def refusals_of(record: Run, task: int) -> list[tuple[float, set[Reason]]]:
    """When placement found no place for a task, and why."""
    return [
        (refused.at, {pod.reason for pod in refused.refusals})
        for refused in logged(record, Refused)
        if refused.task == task
    ]


def pod_changes(record: Run) -> list[tuple[float, str, str]]:
    """When which pod was asked for (up) or deleted (down)."""
    kinds: dict[type, str] = {CreatePod: "up", DeletePod: "down"}
    return [(e.at, kinds[type(e)], e.pod) for e in record.log if isinstance(e, CreatePod | DeletePod)]


def first_broken(record: Run) -> dict[str, float]:
    """The invariants that break, each with the first time."""
    return {verdict.code: verdict.broken_at for verdict in check(record) if verdict.violations}


# 604, as reported


def test_604_the_slot_is_booked_and_released_at_every_retry_until_somebody_is_connected() -> None:
    """At 10 s, and every 15 s from there; the booking of 70 s is the one that lasts."""
    record = flown("604-booked-before-connected", "post599")
    churn = [(at, event, "default-1", 0) for at in (10.0, 25.0, 40.0, 55.0) for event in ("booked", "freed")]
    assert moves_of(record, 604)[:9] == [*churn, (70.0, "booked", "default-1", 0)]


def test_604_each_release_says_that_nobody_is_connected_and_when_the_next_try_is() -> None:
    released = logged(flown("604-booked-before-connected", "post599"), Released)
    assert [(each.at, each.retry_at) for each in released] == [
        (10.0, 25.0),
        (25.0, 40.0),
        (40.0, 55.0),
        (55.0, 70.0),
    ]
    assert {each.reason for each in released} == {Reason.NO_AGENT_CONNECTED}


@pytest.mark.parametrize(("policy", "sent_at"), [("post599", 70.0), ("phase2-raw", 60.0)])
def test_604_an_early_booking_may_cost_a_retry_of_15_s_in_place_of_10_s(policy: str, sent_at: float) -> None:
    """The agent connects at 56 s, a second after the try of 55 s: 14 s lost, against 4 s."""
    record = flown("604-booked-before-connected", policy, "pod_start=51 s", "expect={}")
    assert column(record, "pods", "connected_at") == [56.0]
    assert column(record, "tasks", "sent_at") == [sent_at]


@pytest.mark.parametrize("policy", ["phase2-raw", "post599", "post604", "seed-before"])
def test_604_with_a_minimum_of_0_the_pod_is_deleted_before_anything_can_be_booked_for_good(
    policy: str,
) -> None:
    """As the report has it: created at 5 s, deleted at 10 s. That is why the scenario has a minimum of 1."""
    record = flown("604-booked-before-connected", policy, "pool.min=0", "expect={}")
    assert pod_changes(record)[:3] == [
        (5.0, "up", "default-1"),
        (10.0, "down", "default-1"),
        (15.0, "up", "default-2"),
    ]
    assert sends(record) == []


# 604, as its log tells it


@pytest.mark.parametrize("policy", ["phase2-raw", "post599", "post604"])
def test_604_the_second_apply_waits_for_slot_0_and_for_nothing_else(policy: str) -> None:
    """From 86 s to 366 s, 29 times; running, reserved and running again are all the same to it."""
    refused = refusals_of(flown("604-slot-zero", policy), 604)
    assert refused == [(86.0 + 10.0 * k, {Reason.SLOT_ZERO_TAKEN}) for k in range(29)]


def test_604_nothing_is_wrong_with_the_agent_or_with_the_number_of_slots() -> None:
    """What the log of the incident shows: one pod, one slot running, one task pending."""
    waiting = flown("604-slot-zero", "phase2-raw").counts.query("86 <= at < 300")
    columns = ["pods", "slots_running", "slots_reserved", "pending"]
    assert {tuple(row) for row in waiting[columns].itertuples(index=False)} == {(1, 1, 0, 1)}


def test_604_if_nobody_confirms_the_first_apply_the_second_is_not_sent_at_all() -> None:
    """Slot 0 is kept for a day; by the slot rules of 606 it bars nobody."""
    nobody = ("tasks.0.confirmed_after=never", "horizon=20 h", "expect={}")
    assert [send[:2] for send in sends(flown("604-slot-zero", "post604", *nobody))] == [(0.0, 603)]
    assert sends(flown("604-slot-zero", "seed-before", *nobody))[1][:2] == (306.0, 604)


# 606


def test_606a_the_plan_is_refused_for_the_plan_and_apply_beside_it() -> None:
    """From 33 s until the plan of the other is over at 120 s."""
    refused = refusals_of(flown("606a-plan-beside-a-running-apply", "seed-after"), 2)
    assert refused == [(33.0 + 10.0 * k, {Reason.PLAN_AND_APPLY_RUNNING}) for k in range(9)]


@pytest.mark.parametrize("autoscaler", ["C8", "C9a", "C9"])
def test_606a_no_autoscaler_of_its_time_adds_a_pod_for_a_plan(autoscaler: str) -> None:
    """The rule of 606 takes room away from plans, and the demand formulas do not know."""
    record = flown("606a-plan-beside-a-running-apply", "seed-after", f"autoscaler={autoscaler}")
    assert pod_changes(record) == []


def test_606b_plan_and_applies_stand_side_by_side_as_long_as_one_runs_at_a_time() -> None:
    """[reserved, reserved, idle] takes the third at index 2."""
    placed = logged(flown("606b-apply-beside-two-reserved-slots", "seed-after"), SendTask)[:3]
    assert [(send.at, send.task, send.pod, send.slot) for send in placed] == [
        (0.0, 1, "default-1", 0),
        (44.0, 2, "default-1", 1),
        (88.0, 3, "default-1", 2),
    ]


def test_606b_an_autoscaler_that_counts_running_pods_does_not_see_that_a_reserved_one_is_full() -> None:
    """Under its own rule, P6 leaves task 2 without a place from 44 s on, and C9 asks for nothing by 54 s."""
    record = flown("606b-apply-beside-two-reserved-slots", "later", "checks.sharing=one_a_pod")
    assert first_broken(record) == {"L02": 54.0}


def test_606b_the_pod_that_is_added_for_two_waiting_tasks_goes_to_the_later_one() -> None:
    """Whoever's retry comes first: 3 at 98 s, and 2, which came 44 s earlier, at 314 s."""
    record = flown("606b-apply-beside-two-reserved-slots", "later")
    assert pod_changes(record)[0] == (90.0, "up", "default-2")
    plans = [send for send in sends(record) if send[2] == "plan"]
    assert plans[1:] == [(98.0, 3, "plan", "default-2"), (314.0, 2, "plan", "default-1")]


def test_606c_a_running_plan_bars_the_pod_and_the_next_cycle_asks_for_another() -> None:
    """Refused at 32 s beside an idle slot; two pods needed at 35 s."""
    record = flown("606c-apply-beside-running-plans", "seed-after")
    assert refusals_of(record, 3)[0] == (32.0, {Reason.TASK_RUNNING_ON_POD})
    (created,) = logged(record, CreatePod)
    assert (created.at, created.because.reason) == (35.0, Reason.NEED_EXCEEDS_PODS)
    assert created.because.numbers == {"pods_running_tasks": 1, "unblocked_plan_and_apply": 1}


@pytest.mark.parametrize("policy", ["phase2-raw", "post599", "post604", "seed-before"])
def test_606d_two_thirds_of_the_slots_are_idle_and_so_the_pool_stays_as_it_is(policy: str) -> None:
    """Each pod has all that it may run; utilisation is 1/3 and will not become more."""
    scaled = logged(flown("606d-every-pod-runs-an-apply", policy), Scaled)
    assert {each.desired for each in scaled} == {2}
    assert scaled[0].numbers == {"running": 2, "reserved": 0, "utilisation": pytest.approx(1 / 3)}


@pytest.mark.parametrize("policy", ["seed-after", "later"])
def test_606d_the_pool_jumps_at_the_cycle_after_the_submission(policy: str) -> None:
    """Two pods that run something and one unblocked task: three, at 35 s."""
    record = flown("606d-every-pod-runs-an-apply", policy)
    assert pod_changes(record)[0] == (35.0, "up", "default-3")
    assert sends(record)[2] == (42.0, 3, "plan", "default-3")


# 609


def test_609_before_604_a_young_pod_is_booked_too_early_and_the_retry_comes_15_s_later() -> None:
    """P2 does not have the incident: at 10 s the second pod is Pending and its agent has no row."""
    record = flown("609", "post599")
    (released,) = logged(record, Released)
    assert (released.at, released.task, released.pod) == (10.0, 609, "default-2")
    assert (released.reason, released.retry_at) == (Reason.AGENT_NOT_KNOWN, 25.0)
    assert sends(record)[1] == (25.0, 609, "plan", "default-2")


@pytest.mark.parametrize("policy", ["post604", "seed-before"])
def test_609_no_pod_that_is_recycled_ever_gets_old_enough_to_be_trusted(policy: str) -> None:
    """Eight pods, of which none is asked for a task at an age of 246 s or more."""
    record = flown("609-recycled", policy)
    ages = [
        pod.numbers["pod_age_s"]
        for refused in logged(record, Refused)
        for pod in refused.refusals
        if pod.reason is Reason.AGENT_NOT_REGISTERED_YET
    ]
    assert max(ages) == 245.0
    assert column(record, "pods", "created_at") == [5.0, 5.0, 250.0, 255.0, 500.0, 505.0, 750.0, 755.0]


# Fix 3


@pytest.mark.parametrize("policy", ["phase2-raw", "post599", "post604", "seed-before"])
def test_fix_3_the_pool_goes_up_and_down_six_times_a_minute(policy: str) -> None:
    """The first pod goes at 15 s; from there one is asked for at 20, 30 .. s and deleted at 25, 35 .. s."""
    changes = [(at, to) for at, to, _ in pod_changes(flown("fix-3", policy))]
    steps = [(5.0 * k, "down" if k % 2 else "up") for k in range(3, 121)]
    assert changes == steps


def test_fix_3_no_run_is_long_enough_for_the_waiting_task() -> None:
    """Six hours, 2,160 pods, and nothing but the first task is sent."""
    record = flown("fix-3", "seed-before", "horizon=6 h", "expect={}")
    assert [send[:2] for send in sends(record)] == [(0.0, 1)]
    assert len(record.pods) == 2160


def test_fix_3_with_the_draft_of_606_the_task_is_late_if_the_new_pod_goes() -> None:
    """C9a adds a pod at 5 s, which goes at 15 s, when both are idle; the task takes the old one at 20 s."""
    record = flown("fix-3", "seed-before", "autoscaler=C9a", "victims=newest")
    assert pod_changes(record)[:2] == [(5.0, "up", "default-2"), (15.0, "down", "default-2")]
    assert sends(record)[1] == (20.0, 2, "plan", "default-1")
    assert first_broken(record) == {"L08": 15.0}


def test_fix_3_with_the_draft_of_606_the_task_is_never_sent_if_the_old_pod_goes() -> None:
    """The new pod is not up at 20 s and is deleted then; from there it goes as without the draft."""
    record = flown("fix-3", "seed-before", "autoscaler=C9a", "victims=oldest")
    assert [change[:2] for change in pod_changes(record)][:6] == [
        (5.0, "up"),
        (15.0, "down"),
        (20.0, "down"),
        (25.0, "up"),
        (30.0, "down"),
        (35.0, "up"),
    ]
    assert [send[:2] for send in sends(record)] == [(0.0, 1)]


def test_fix_3_both_pods_are_held_while_the_task_waits() -> None:
    """At 15 s nothing runs on two pods; C8 alone would take one."""
    scaled = [each for each in logged(flown("fix-3", "seed-after"), Scaled) if each.at == 15.0]
    assert [(each.desired, each.reason) for each in scaled] == [(2, Reason.HELD_FOR_UNBLOCKED_TASKS)]


def test_fix_3_the_pod_that_was_added_is_not_needed_once_the_first_is_free() -> None:
    """With a plan of a minute it goes unused at about two minutes, which L08 counts as flapping."""
    record = flown("fix-3", "seed-after", "tasks.1.plan=60 s", "expect={}")
    assert pod_changes(record)[0] == (5.0, "up", "default-2")
    assert sends(record)[1] == (20.0, 2, "plan", "default-1")
    assert 120.0 <= first_broken(record)["L08"] <= 125.0
