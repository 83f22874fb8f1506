"""Restarts of the control plane: what is lost, what the store keeps, and what recovery makes of both."""

import pytest

from policies.actions import AbortTask, CreatePod, DeletePod
from policies.decisions import Reason, Recovered, TaskEnded
from policies.observations import (
    AgentConnected,
    ControlPlaneRestarted,
    DispatchFailed,
    PodGone,
    PodSeen,
    PodTerminating,
    RunningPhase,
    TaskCancelled,
    TaskConfirmed,
)
from policies.rules.autoscaling import Autoscaler
from policies.vocabulary import Outcome, RowState, TaskState
from tests.policies.driver import APPLY, PLAN, PLAN_AND_APPLY, POOL, Driver, Keep

DAY = 24 * 3600.0

both = pytest.mark.parametrize("recovery", ["forget", "rebuild"])


def before(
    recovery: str,
    *kinds: str,
    autoscaler: Autoscaler | str | None = None,
    min_pods: int = 0,
) -> Driver:
    """Pod a-1 at 10 s with a task for each kind, the first with the id 1 and slot 0.

    `p` is a running plan, `A` a running plan_and_apply, `r` one that is planned.
    """
    rules = {"recovery": recovery, "autoscaler": autoscaler or Keep()}
    driver = Driver(overrides=rules, min_pods=min_pods)
    driver.pod(created_at=-1000.0)
    for number, kind in enumerate(kinds):
        task = driver.submit(f"w{number}", PLAN_AND_APPLY) if kind in "Ar" else driver.submit(f"w{number}")
        if kind == "r":
            driver.end(task, Outcome.CHANGES)
    driver.run(10.0)
    return driver


def restart(driver: Driver, *, pod_shows_up: bool = True) -> None:
    """The process starts anew, now; lists show the pod again, and its agent connects and beats again."""
    driver.tell(ControlPlaneRestarted(driver.now))
    if pod_shows_up:
        show_up(driver)


def show_up(driver: Driver) -> None:
    """A list shows pod a-1, and its agent is there as before; nobody tells the pod manager."""
    driver.control.observe(PodSeen(driver.now, "a-1", POOL, "Running", -1000.0))
    driver.agent("a-1", registered=False, known=False)


def state_of(driver: Driver, task: int = 1) -> TaskState:
    """The state of a task's row."""
    return driver.control._books.tasks[task].state


# what any restart does


@both
def test_pods_are_unknown_until_a_list_shows_them(recovery: str) -> None:
    driver = before(recovery, "p")
    restart(driver, pod_shows_up=False)
    assert (driver.pool.pods, driver.pool.slots_running, driver.pool.anyone_connected) == (0, 0, False)


@both
def test_rows_are_kept(recovery: str) -> None:
    driver = before(recovery, "p")
    driver.submit("w0", PLAN_AND_APPLY)
    restart(driver, pod_shows_up=False)
    assert driver.pool.tasks_running == 1
    assert driver.pool.pending() == 1


@both
def test_nothing_is_sent_twice(recovery: str) -> None:
    driver = before(recovery, "p")
    restart(driver)
    driver.run(200.0)
    assert driver.sent() == [(0.0, 1)]


@both
def test_the_end_of_what_was_running_is_taken(recovery: str) -> None:
    driver = before(recovery, "p")
    restart(driver)
    driver.run(50.0)
    driver.end(1)
    assert state_of(driver) is TaskState.SUCCESS
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


@both
def test_an_unconfirmed_apply_keeps_its_lock_and_is_not_sent(recovery: str) -> None:
    driver = before(recovery, "r")
    driver.submit("w0")
    restart(driver)
    driver.run(200.0)
    assert driver.sent() == [(0.0, 1)]


@both
def test_a_confirmation_is_in_the_store(recovery: str) -> None:
    """Confirmed while nobody was there, restarted, and sent by the monitor 10 s later."""
    driver = before(recovery, "r")
    driver.tell(PodTerminating(10.0, "a-1"), PodGone(10.0, "a-1"), TaskConfirmed(10.0, 1, "somebody"))
    driver.tell(ControlPlaneRestarted(10.0))
    driver.pod(created_at=-1000.0)
    driver.run(20.0)
    assert driver.sent() == [(0.0, 1), (20.0, 1)]


@both
def test_names_of_pods_are_not_used_again(recovery: str) -> None:
    driver = before(recovery, autoscaler="C8", min_pods=1)
    restart(driver, pod_shows_up=False)
    driver.run(20.0)
    assert [(at, create.pod) for at, create in driver.done(CreatePod)] == [(15.0, "a-2")]


@both
def test_names_of_adopted_pods_are_not_given_to_new_ones(recovery: str) -> None:
    """A control plane that starts with an empty store adopts a-2 first, which makes it its first pod."""
    driver = Driver(overrides={"recovery": recovery}, min_pods=3)
    driver.tell(PodSeen(0.0, "a-2", POOL, "Running", -50.0))
    driver.run(5.0)
    assert [create.pod for _, create in driver.done(CreatePod)] == ["a-3", "a-4"]


@both
def test_cycles_are_counted_from_the_restart(recovery: str) -> None:
    driver = before(recovery, autoscaler="C8", min_pods=1)
    driver.run(12.0)
    restart(driver, pod_shows_up=False)
    driver.run(30.0)
    assert [at for at, _ in driver.done(CreatePod)] == [17.0]


@both
def test_actions_that_were_not_handed_out_are_lost(recovery: str) -> None:
    driver = before(recovery, "p")
    driver.control.observe(TaskCancelled(10.0, 1))
    restart(driver)
    assert driver.done(AbortTask) == []


@both
def test_a_task_cancelled_before_frees_no_slot_after(recovery: str) -> None:
    """Its slot has another holder by the time its agent lets go."""
    driver = before(recovery, "p")
    driver.tell(TaskCancelled(10.0, 1))
    restart(driver)
    driver.submit("v")
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]
    driver.end(1, Outcome.ABORTED)
    assert driver.slots_of("a-1") == ["running", "idle", "idle"]


# forget


def test_forget_takes_a_busy_pod_for_an_idle_one() -> None:
    driver = before("forget", "r", "A")
    restart(driver)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_forget_deletes_a_pod_with_work_on_it() -> None:
    """The restart incident: utilisation is 0, so the next cycle takes the pod."""
    driver = before("forget", "p", autoscaler="C8")
    restart(driver)
    driver.run(16.0)
    assert [(at, delete.pod) for at, delete in driver.done(DeletePod)] == [(15.0, "a-1")]


def test_forget_sends_a_second_plan_and_apply_to_a_pod_that_runs_one() -> None:
    driver = before("forget", "A")
    restart(driver)
    driver.submit("v", PLAN_AND_APPLY)
    assert driver.last_send(2).pod == "a-1"


def test_forget_never_sets_the_agent_id_again() -> None:
    driver = before("forget")
    restart(driver)
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert not pod.known_to_pod_manager


# rebuild


@pytest.mark.parametrize(
    ("kinds", "slots"),
    [
        ("p", ["running", "idle", "idle"]),
        ("pp", ["running", "running", "idle"]),
        ("A", ["running", "idle", "idle"]),
        ("r", ["reserved", "idle", "idle"]),
        ("rA", ["reserved", "running", "idle"]),
    ],
)
def test_rebuild_binds_the_slots_that_the_rows_speak_of(kinds: str, slots: list[str]) -> None:
    driver = before("rebuild", *kinds)
    restart(driver)
    assert driver.slots_of("a-1") == slots


def test_rebuild_says_what_it_bound() -> None:
    driver = before("rebuild", "r", "p")
    restart(driver)
    assert driver.decided(Recovered) == [
        Recovered(at=10.0, pool=POOL, pod="a-1", rule="rebuild", tasks=(1, 2))
    ]


def test_rebuild_keeps_a_busy_pod() -> None:
    driver = before("rebuild", "p", autoscaler="C8")
    restart(driver)
    driver.run(100.0)
    assert driver.done(DeletePod) == []


def test_rebuild_keeps_a_plan_and_apply_alone_on_its_pod() -> None:
    driver = before("rebuild", "A")
    restart(driver)
    driver.submit("v", PLAN_AND_APPLY)
    driver.run(100.0)
    assert driver.sent() == [(0.0, 1)]


def test_rebuild_sends_an_apply_to_the_slot_that_was_reserved_for_it() -> None:
    driver = before("rebuild", "r")
    restart(driver)
    driver.tell(TaskConfirmed(20.0, 1, "somebody"))
    assert (driver.last_send(1).phase, driver.last_send(1).slot) == (APPLY, 0)


def test_a_rebuilt_reservation_expires_24_hours_after_it_was_rebuilt() -> None:
    driver = before("rebuild", "r")
    restart(driver)
    driver.run(10.0 + DAY - 1.0)
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]
    driver.run(10.0 + DAY)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


@pytest.mark.parametrize("pod_shows_up", [True, False])
def test_rebuild_gives_what_runs_an_hour_whether_its_pod_shows_up_or_not(pod_shows_up: bool) -> None:
    driver = before("rebuild", "p")
    restart(driver, pod_shows_up=pod_shows_up)
    driver.run(3609.9)
    assert state_of(driver) is TaskState.PLANNING
    driver.run(3610.0)
    assert state_of(driver) is TaskState.FAILED


def test_rebuild_knows_what_a_pod_took_along_that_was_gone_before_it_was_seen() -> None:
    driver = before("rebuild", "p")
    restart(driver, pod_shows_up=False)
    driver.tell(PodGone(12.0, "a-1"))
    assert driver.decided(TaskEnded) == [
        TaskEnded(at=12.0, task=1, pool=POOL, state=TaskState.FAILED, reason=Reason.POD_LOST)
    ]
    assert not driver.control.anomalies


@pytest.mark.parametrize(
    "outcome",
    [Outcome.DONE, Outcome.FAILED, None],
    ids=["done", "failed", "not sent"],
)
def test_a_row_that_moved_on_before_its_pod_showed_up_takes_no_slot(outcome: Outcome | None) -> None:
    driver = before("rebuild", "p")
    restart(driver, pod_shows_up=False)
    if outcome is None:
        driver.control.observe(DispatchFailed(10.0, 1, PLAN, 1, "not_connected"))
    else:
        driver.end(1, outcome)
    show_up(driver)
    assert driver.slots_of("a-1") == ["idle", "idle", "idle"]


def test_a_plan_that_ended_before_its_pod_showed_up_has_its_slot_reserved() -> None:
    driver = before("rebuild", "A")
    restart(driver, pod_shows_up=False)
    driver.end(1, Outcome.CHANGES)
    show_up(driver)
    assert driver.slots_of("a-1") == ["reserved", "idle", "idle"]


def test_rebuild_survives_a_second_restart() -> None:
    driver = before("rebuild", "r", "A")
    for _ in range(2):
        restart(driver)
        driver.run(driver.now + 30.0)
    assert driver.slots_of("a-1") == ["reserved", "running", "idle"]


def test_rebuild_survives_a_second_restart_before_the_pod_showed_up() -> None:
    """What held which slot is in the store, so no number of restarts loses it."""
    driver = before("rebuild", "r", "A")
    restart(driver, pod_shows_up=False)
    restart(driver)
    assert driver.slots_of("a-1") == ["reserved", "running", "idle"]


# agents' rows


@both
def test_an_agents_row_is_in_the_store(recovery: str) -> None:
    """An agent registers once in its life, which the restart does not make it do again."""
    driver = before(recovery)
    restart(driver)
    pod = driver.pool.pod("a-1")
    assert pod is not None
    assert (pod.row, pod.connected, pod.known_to_pod_manager) == (RowState.ONLINE, True, False)


@both
def test_an_agent_that_falls_silent_over_a_restart_goes_offline_and_is_deleted(recovery: str) -> None:
    """Its row remembers its last heartbeat, of 10 s: offline at the first check that is later than 130 s."""
    driver = before(recovery)
    driver.tell(ControlPlaneRestarted(10.0), PodSeen(10.0, "a-1", POOL, "Running", -1000.0))
    rows = []
    for at in (130.0, 161.0, 309.0, 611.0):
        driver.run(at)
        pod = driver.pool.pod("a-1")
        assert pod is not None
        rows.append(str(pod.row))
    assert rows == ["online", "offline", "offline", "absent"]


def test_what_was_cancelled_while_its_pod_was_unknown_is_stopped_when_its_agent_reports_it() -> None:
    driver = before("rebuild", "p")
    restart(driver, pod_shows_up=False)
    driver.tell(TaskCancelled(10.0, 1))
    assert driver.done(AbortTask) == []
    driver.tell(
        PodSeen(20.0, "a-1", POOL, "Running", -1000.0),
        AgentConnected(20.0, "a-1", (RunningPhase(1, PLAN, 1),)),
    )
    assert [(at, abort.task, abort.pod) for at, abort in driver.done(AbortTask)] == [(20.0, 1, "a-1")]
