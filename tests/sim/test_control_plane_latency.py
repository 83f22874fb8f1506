"""What lies between the world and the control plane: delays both ways, order, and restarts."""

import pytest

from policies.actions import SendTask
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    ControlPlaneRestarted,
    HeartbeatsBegan,
    HeartbeatsEnded,
    PhaseEnded,
    PodGone,
    PodSeen,
    TaskSubmitted,
)
from sim.record.truth import ControlHappened, ExecEnded, TaskCreated
from tests.sim.builders import (
    COLD,
    HEAD,
    IDLE,
    PLAN,
    WARM,
    column,
    intervals,
    logged,
    run,
    sends,
    times_of,
)

APPLY = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 20 s, apply: 10 s}]\n"
MANY = "workload: {bursts: {at: [0 s], size: 100, within: 10 s}, workspaces: 100}\n"


def slow(**delays: str) -> str:
    """A control plane with these delays."""
    return f"control_plane: {{{', '.join(f'{key}: {value}' for key, value in delays.items())}}}\n"


def restart(at: str = "30 s", length: str = "10 s") -> str:
    """The control plane is down for a while."""
    return f"faults: [{{fault: control_plane_restart, at: {at}, for: {length}}}]\n"


# observations


def test_what_happens_is_observed_after_the_observation_delay() -> None:
    record = run(WARM + slow(observation_delay="3 s") + PLAN)
    assert [event.at for event in logged(record, TaskCreated)] == [0.0]
    assert [event.at for event in logged(record, TaskSubmitted)] == [3.0]
    assert [event.at for event in logged(record, ExecEnded)] == [63.0]
    assert [event.at for event in logged(record, PhaseEnded)] == [66.0]


def test_without_delays_the_control_plane_acts_at_the_instant() -> None:
    assert sends(run(WARM + PLAN)) == [(0.0, 1, "plan", "default-1")]


def test_observations_of_one_source_arrive_in_the_order_in_which_they_happened() -> None:
    record = run(WARM + slow(observation_delay="{exponential: {mean: 20 s}}") + MANY)
    tasks = [event.task for event in logged(record, TaskSubmitted)]
    assert tasks == sorted(tasks)


def test_a_channel_that_reorders_lets_them_overtake_each_other() -> None:
    record = run(WARM + slow(observation_delay="{exponential: {mean: 20 s}}", reorders="true") + MANY)
    tasks = [event.task for event in logged(record, TaskSubmitted)]
    assert tasks != sorted(tasks)
    assert sorted(tasks) == list(range(1, 101))


@pytest.mark.parametrize("seed", range(8))
def test_facts_about_a_connection_do_not_overtake_each_other(seed: int) -> None:
    """A late end of the first connection would leave an agent that is connected cut off for good."""
    text = (
        COLD
        + slow(observation_delay="{uniform: [0 s, 10 s]}", reorders="true")
        + "agent: {reconnect_backoff: [1 s]}\n"
        + "faults: [{fault: connection_lost, pod: 1, at: 60 s, for: 100 ms}]\n"
        + IDLE
    )
    facts = [e for e in run(text, seed=seed).log if isinstance(e, AgentConnected | AgentDisconnected)]
    assert [type(fact) for fact in facts] == [AgentConnected, AgentDisconnected, AgentConnected]


def test_each_observation_has_a_delay_of_its_own() -> None:
    """Their mean, over 100 of them, within four standard errors."""
    record = run(WARM + slow(observation_delay="{exponential: {mean: 20 s}}", reorders="true") + MANY)
    created = {event.task: event.at for event in logged(record, TaskCreated)}
    delays = [event.at - created[event.task] for event in logged(record, TaskSubmitted)]
    assert sum(delays) / len(delays) == pytest.approx(20.0, abs=8.0)


def test_observations_are_logged_in_the_order_in_which_they_are_learned() -> None:
    record = run(WARM + slow(observation_delay="{exponential: {mean: 20 s}}", reorders="true") + MANY)
    times = [event.at for event in logged(record, TaskSubmitted)]
    assert times == sorted(times)


# actions


@pytest.mark.parametrize(
    ("delays", "started_at"),
    [
        ({"decision_latency": "2 s"}, 2.0),
        ({"actuation_latency": "3 s"}, 3.0),
        ({"decision_latency": "2 s", "actuation_latency": "3 s"}, 5.0),
        ({"observation_delay": "1 s", "decision_latency": "2 s", "actuation_latency": "3 s"}, 6.0),
    ],
)
def test_latencies_add_up_between_a_decision_and_its_effect(
    delays: dict[str, str], started_at: float
) -> None:
    record = run(WARM + slow(**delays) + PLAN)
    assert column(record, "tasks", "started_at") == [started_at]


def test_a_decision_is_stamped_when_it_is_taken() -> None:
    record = run(WARM + slow(decision_latency="2 s", actuation_latency="3 s") + PLAN)
    assert [send.at for send in logged(record, SendTask)] == [0.0]


def test_a_create_call_takes_effect_after_the_latencies() -> None:
    record = run(COLD + slow(decision_latency="2 s", actuation_latency="3 s") + PLAN)
    assert column(record, "pods", "requested_at", "created_at") == [(5.0, 10.0)]


def test_pods_are_created_in_the_order_decided_however_long_each_call_is_on_its_way() -> None:
    pool = HEAD + "pool: {min: 20, max: 20}\n"
    record = run(pool + slow(actuation_latency="{exponential: {mean: 5 s}}") + IDLE)
    created = column(record, "pods", "created_at")
    assert len(created) == 20
    assert created == sorted(created)


def test_a_delete_call_does_not_overtake_its_create_call() -> None:
    """Else the pod would stay for ever. C8 deletes what it created at its next cycle, again and again."""
    text = HEAD + "pool: {max: 1}\npolicy: {preset: seed-before, controller: {autoscaler_every: 1 s}}\n"
    record = run(text + slow(actuation_latency="{exponential: {mean: 10 s}}") + PLAN)
    pods = record.pods.query("delete_requested_at < 500")
    assert len(pods) > 50
    assert (pods["terminating_at"] >= pods["created_at"]).all()


# restarts


def test_a_restarted_control_plane_is_told_that_it_is_one() -> None:
    assert [event.at for event in logged(run(WARM + restart() + PLAN), ControlPlaneRestarted)] == [40.0]


def test_a_restart_keeps_the_store() -> None:
    """The task that waited is sent afterwards, at the monitor's first look 10 s after the start."""
    text = WARM + "policy: {preset: seed-after, recovery: rebuild}\n" + restart("2 s", "3 s")
    waiting = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 4 s, changes: false},\n"
    second = "  {id: 2, at: 0 s, workspace: a, kind: plan_and_apply, plan: 4 s, changes: false}]\n"
    record = run(text + waiting + second)
    assert column(record, "tasks", "state") == ["planned_and_finished", "planned_and_finished"]


def test_a_restart_loses_the_slot_table() -> None:
    """Under `forget` the pod looks empty: a plan_and_apply is placed beside a running one."""
    two = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan_and_apply, plan: 5 min},\n"
    two += "  {id: 2, at: 50 s, workspace: b, kind: plan_and_apply}]\n"
    record = run(WARM + "policy: {preset: seed-after, recovery: forget}\n" + restart() + two)
    assert [(at, task) for at, task, _, _ in sends(record)][:2] == [(0.0, 1), (50.0, 2)]


def test_a_restart_loses_the_agents_id() -> None:
    """P4 refuses the pod until it is 300 s old, as nobody calls `RegisterAgent` again."""
    record = run(WARM + "policy: seed-before\n" + restart() + PLAN.replace("at: 0 s", "at: 60 s"))
    assert [event.at for event in logged(record, AgentKnownToPodManager)] == [0.0]
    assert column(record, "tasks", "sent_at") == [300.0]


def test_a_restart_harms_nothing_that_runs() -> None:
    record = run(WARM + restart() + PLAN)
    assert column(record, "phases", "started_at", "ended_at", "outcome") == [(0.0, 60.0, "done")]
    assert column(record, "tasks", "state") == ["success"]


def test_a_restart_drops_every_connection_and_the_agents_dial_again() -> None:
    """Down from 30 s to 40 s: tries at 32, 36 and 44 s."""
    assert intervals(run(WARM + restart() + PLAN), "connected") == [(0.0, 30.0), (44.0, None)]


def test_a_restarted_control_plane_lists_the_pods() -> None:
    seen = [(event.at, event.pod, event.phase) for event in logged(run(WARM + restart() + PLAN), PodSeen)]
    assert seen == [(0.0, "default-1", "Running"), (40.0, "default-1", "Running")]


def test_heartbeats_while_it_is_down_are_lost() -> None:
    record = run(WARM + restart() + PLAN)
    assert [event.at for event in logged(record, HeartbeatsBegan)] == [0.0, 44.0]


def test_heartbeats_that_were_on_their_way_are_lost() -> None:
    """Connected at 5 s, the train would be heard of from 35 s on, but the process is gone at 30 s."""
    record = run(COLD + slow(observation_delay="30 s") + restart() + PLAN)
    first = logged(record, HeartbeatsBegan)[0]
    assert first.at == times_of(record, "connected")[1] + 30.0


def test_a_restart_that_is_shorter_than_the_delay_hears_of_no_train_of_the_life_before() -> None:
    """Down from 30 s to 31 s; an end that was sent at 30 s would arrive at 33 s."""
    record = run(COLD + slow(observation_delay="3 s") + restart(length="1 s") + IDLE)
    assert logged(record, HeartbeatsEnded) == []


def test_a_connection_that_was_not_known_when_it_dropped_is_never_known() -> None:
    """It was to the process that is gone."""
    record = run(COLD + slow(observation_delay="30 s") + restart() + PLAN)
    assert [event.at for event in logged(record, AgentConnected)] == [times_of(record, "connected")[1] + 30.0]


@pytest.mark.parametrize("what", [TaskSubmitted, PodGone])
def test_what_people_and_the_cluster_say_meanwhile_waits(what: type) -> None:
    faults = restart()[:-2] + ", {fault: pod_killed, pod: 1, at: 35 s}]\n"
    record = run(WARM + faults + PLAN.replace("at: 0 s", "at: 35 s"))
    assert logged(record, what)[0].at == 40.0


def test_what_waited_is_learned_after_the_restart() -> None:
    record = run(WARM + restart() + PLAN.replace("at: 0 s", "at: 35 s"))
    kinds = [type(entry) for entry in record.log]
    assert kinds.index(ControlPlaneRestarted) < kinds.index(TaskSubmitted)


def test_nothing_is_decided_while_it_is_down() -> None:
    record = run(WARM + restart("1 s", "30 s") + APPLY)
    assert [at for at in column(record, "decisions", "at") if 1.0 < at < 31.0] == []


def test_actions_on_their_way_are_not_taken() -> None:
    """Decided at 5 s, the create call would reach the cluster at 15 s; the process is gone at 10 s."""
    record = run(COLD + slow(actuation_latency="10 s") + restart("10 s", "5 s") + PLAN)
    assert column(record, "pods", "pod", "requested_at", "created_at")[1:] == [("default-2", 20.0, 30.0)]
    assert times_of(record, "create_called", "default-1") == []


def test_the_record_shows_when_the_control_plane_was_down() -> None:
    record = run(WARM + restart() + PLAN)
    assert [(event.at, event.what) for event in logged(record, ControlHappened)] == [
        (30.0, "down"),
        (40.0, "up"),
    ]


def test_the_record_shows_the_slot_table_empty_after_a_restart_that_forgets() -> None:
    """Although the task runs to its end at 60 s."""
    record = run(WARM + "policy: {preset: seed-after, recovery: forget}\n" + restart() + PLAN)
    assert column(record, "slots", "task", "since", "until") == [(1, 0.0, 30.0)]
    assert column(record, "counts", "at", "slots_running")[-2:] == [(44.0, 0), (60.0, 0)]


def test_the_record_shows_slots_that_a_restart_rebuilt() -> None:
    record = run(WARM + "policy: {preset: seed-after, recovery: rebuild}\n" + restart() + PLAN)
    assert column(record, "slots", "task", "since", "until") == [(1, 0.0, 30.0), (1, 40.0, 60.0)]
