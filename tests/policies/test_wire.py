"""The JSON form of observations, decisions and actions: one line each, and every value comes back equal."""

from typing import Any, get_args

import msgspec
import pytest

from policies.actions import AbortTask, AnyAction, AskAgent, CreatePod, CutConnection, DeletePod, SendTask
from policies.decisions import (
    Anomaly,
    AnyDecision,
    Blocked,
    ConnectionCut,
    Doubted,
    Placed,
    PodChosen,
    PodRefusal,
    Reason,
    Recovered,
    Refused,
    Released,
    RolledBack,
    Scaled,
    SlotMoved,
    TaskEnded,
    TaskMoved,
)
from policies.lifecycles import SlotEvent, TaskEvent, Verdict
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AgentReported,
    AnyObservation,
    ControlPlaneRestarted,
    DispatchFailed,
    HeartbeatsBegan,
    HeartbeatSeen,
    HeartbeatsEnded,
    PhaseEnded,
    PodCreateAccepted,
    PodCreateFailed,
    PodGone,
    PodSeen,
    PodTerminating,
    RunningPhase,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
    snake_case,
)
from policies.vocabulary import Outcome, Phase, TaskKind, TaskState
from policies.wire import SCHEMA_VERSION, Line, decode, encode

AT = 12.25
POOL, POD = "a", "a-1"
RUNNING = (RunningPhase(1, Phase.PLAN, 1), RunningPhase(2, Phase.APPLY, 3))
ODD = 'a "quoted" name,\nof two lines, with an umlaut: ü'

OBSERVATIONS: list[AnyObservation] = [
    TaskSubmitted(AT, 1, POOL, ODD, TaskKind.DRIFT_CHECK),
    TaskConfirmed(AT, 1, ODD),
    TaskCancelled(AT, 1),
    PodCreateAccepted(AT, POD),
    PodCreateFailed(AT, POD, ODD),
    PodSeen(AT, POD, POOL, "Running", 5.5),
    PodTerminating(AT, POD),
    PodGone(AT, POD),
    AgentRegistered(AT, POD),
    AgentConnected(AT, POD),
    AgentConnected(AT, POD, RUNNING),
    AgentDisconnected(AT, POD),
    AgentKnownToPodManager(AT, POD),
    AgentReported(AT, POD, 11.5),
    AgentReported(AT, POD, 11.5, RUNNING),
    HeartbeatSeen(AT, POD),
    HeartbeatSeen(AT, POD, RUNNING),
    HeartbeatsBegan(AT, POD, 10.0),
    HeartbeatsEnded(AT, POD, 2.25),
    DispatchFailed(AT, 1, Phase.APPLY, 2, "not_connected"),
    PhaseEnded(AT, 1, Phase.PLAN, 1, POD, Outcome.CHANGES),
    ControlPlaneRestarted(AT),
]

SCALED = Scaled(AT, POOL, "C9", 1, 2, Reason.NEED_EXCEEDS_PODS, {"pods_running_tasks": 1, "share": 0.1})
CHOSEN = PodChosen(AT, POOL, POD, "any_idle", Reason.UTILISATION_LOW)
PLACED = Placed(AT, 1, Phase.PLAN, POOL, POD, 0, "P5", 2.25)
ENDED = TaskEnded(AT, 1, POOL, "failed", Reason.POD_LOST)
DOUBTED = Doubted(AT, 1, POOL, POD, 2, "D5", 30.0, 30.0)
CUT = ConnectionCut(AT, POOL, POD, 130.5, 120.0)
REFUSALS = (
    PodRefusal(POD, Reason.HEARTBEAT_STALE, {"heartbeat_age_s": 121.0, "limit_s": 120.0}),
    PodRefusal(None, Reason.NO_FREE_SLOT, {}, 7),
)

DECISIONS: list[AnyDecision] = [
    PLACED,
    Placed(AT, 1, Phase.APPLY, POOL, POD, None, "P0", None),
    Refused(AT, 1, POOL, "w", "P5", REFUSALS, 22.25),
    Released(AT, 1, POOL, POD, 0, "D3", Reason.NO_AGENT_CONNECTED, 27.25),
    Blocked(AT, "w", POOL, "Q7", Reason.BLOCKED_BY_LOWER_ID, 1),
    Blocked(AT, "w", POOL, "Mine", Reason.WORKSPACE_LOCKED, None),
    RolledBack(AT, 1, POOL, 2, Reason.SEND_FAILED, 17.25),
    DOUBTED,
    ENDED,
    TaskMoved(AT, 1, TaskState.PENDING, TaskState.PLANNING, TaskEvent.SENT),
    SlotMoved(AT, POOL, POD, 0, SlotEvent.BOOKED, 1),
    SCALED,
    CHOSEN,
    CUT,
    Recovered(AT, POOL, POD, "rebuild", (1, 2)),
    Anomaly(AT, "pod_gone", POD, "gone", Verdict.LATE),
]

ACTIONS: list[AnyAction] = [
    CreatePod(AT, POOL, POD, SCALED),
    DeletePod(AT, POOL, POD, CHOSEN),
    SendTask(AT, 1, Phase.PLAN, 1, POD, 0, PLACED),
    SendTask(AT, 1, Phase.PLAN, 1, POD, None, PLACED),
    AbortTask(AT, 1, POD, ENDED),
    AskAgent(AT, POD, DOUBTED),
    CutConnection(AT, POD, CUT),
]

EVERYTHING: list[Line] = [*OBSERVATIONS, *DECISIONS, *ACTIONS]


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal_and_of_its_class(value: Line) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_a_value_is_one_line_that_says_what_it_is(value: Line) -> None:
    line = encode(value)
    assert b"\n" not in line
    plain = msgspec.json.decode(line)
    assert plain["event"] == snake_case(type(value).__name__)
    assert plain["at"] == AT


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_the_same_value_is_the_same_bytes(value: Line) -> None:
    assert encode(decode(encode(value))) == encode(value)


@pytest.mark.parametrize(
    ("examples", "union"),
    [(OBSERVATIONS, AnyObservation), (DECISIONS, AnyDecision), (ACTIONS, AnyAction)],
    ids=["observations", "decisions", "actions"],
)
def test_every_class_has_an_example_above(examples: list[Any], union: Any) -> None:
    assert {type(value) for value in examples} == set(get_args(union))


def test_no_two_classes_share_a_name() -> None:
    classes = [cls for union in (AnyObservation, AnyDecision, AnyAction) for cls in get_args(union)]
    assert len({snake_case(cls.__name__) for cls in classes}) == len(classes) == 39


def test_the_form_of_schema_version_1() -> None:
    """A change of these bytes is a new schema version."""
    assert SCHEMA_VERSION == 1
    assert encode(TaskSubmitted(1.5, 7, "a", "w", TaskKind.PLAN_AND_APPLY)) == (
        b'{"event":"task_submitted","at":1.5,"task":7,"pool":"a","workspace":"w","kind":"plan_and_apply"}'
    )
    assert encode(SendTask(1.5, 7, Phase.PLAN, 1, "a-1", 0, PLACED)) == (
        b'{"event":"send_task","at":1.5,"task":7,"phase":"plan","attempt":1,"pod":"a-1","slot":0,'
        b'"because":{"event":"placed","at":12.25,"task":1,"phase":"plan","pool":"a","pod":"a-1","slot":0,'
        b'"rule":"P5","heartbeat_age_s":2.25}}'
    )


def test_a_text_is_read_as_bytes_are() -> None:
    value = PodGone(AT, POD)
    assert decode(encode(value).decode()) == value


def test_what_a_newer_writer_added_is_ignored() -> None:
    assert decode('{"event":"pod_gone","at":1.0,"pod":"a-1","uid":"x"}') == PodGone(1.0, "a-1")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"event":"pod_vanished","at":1.0}', "Invalid value 'pod_vanished'"),
        ('{"at":1.0,"pod":"a-1"}', "missing required field `event`"),
        ('{"event":"pod_gone","at":1.0}', "missing required field `pod`"),
        ('{"event":"pod_gone","at":"now","pod":"a-1"}', "Expected `float`, got `str`"),
        (
            '{"event":"task_submitted","at":1,"task":1,"pool":"a","workspace":"w","kind":"x"}',
            "enum value 'x'",
        ),
    ],
)
def test_a_line_that_is_none_says_what_is_wrong(line: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        decode(line)


def test_half_a_line_is_no_line() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode('{"event":"pod_gone","at":1.')
