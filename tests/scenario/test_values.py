"""What a scenario file becomes."""

import dataclasses
import math
import pickle
from pathlib import Path

import pytest

from sim.distributions import Constant, PerEntity
from sim.scenario import (
    FinishedWithin,
    NotSentBefore,
    SentWithin,
    load_scenario,
    parse_scenario,
)
from tests.scenario.texts import SCENARIOS, SMALL, read


def test_a_scenario_is_called_like_its_file(tmp_path: Path) -> None:
    """Without its folder and ending."""
    path = tmp_path / "busy-day.yaml"
    path.write_text(SMALL)
    assert load_scenario(path).name == "busy-day"


def test_agents_come_up_at_once_unless_said_otherwise() -> None:
    """And behave as the platform's do."""
    agent = read(SMALL).pools[0].agent
    assert agent.registers_after == Constant(0.0)
    assert (agent.heartbeat_every, agent.deduplicates, agent.capacity) == (10.0, True, None)
    assert agent.reconnect_backoff == (2.0, 4.0, 8.0, 16.0, 32.0, 60.0)


def test_an_agent_is_what_the_file_says() -> None:
    """Every key has its effect."""
    text = (
        SMALL
        + """\
agent:
  registers_after: [1 s, 2 s]
  connects_after: never
  heartbeat_every: 5 s
  reconnect_backoff: [1 s]
  deduplicates: false
  capacity: 2
  on_sigterm: abort
"""
    )
    agent = read(text).pools[0].agent
    assert agent.registers_after == PerEntity((1.0, 2.0))
    assert agent.connects_after == Constant(math.inf)
    assert (agent.heartbeat_every, agent.reconnect_backoff) == (5.0, (1.0,))
    assert (agent.deduplicates, agent.capacity) == (False, 2)


def test_pod_start_is_short_for_the_start_of_the_container() -> None:
    """The other steps may be given beside it."""
    pod = read(SMALL + "pod_start: 6 s\npod: {image_pull: 60 s}\n").pools[0].pod
    assert (pod.container_start, pod.image_pull) == (Constant(6.0), Constant(60.0))


def test_the_control_planes_latencies_are_what_the_file_says() -> None:
    """All zero by default."""
    text = SMALL + "control_plane: {observation_delay: 1 s, reorders: true}\n"
    latencies = read(text).control_plane
    assert (latencies.observation_delay, latencies.reorders) == (Constant(1.0), True)
    assert latencies.actuation_latency == Constant(0.0)


def test_an_exception_fixes_delays_and_times_of_one_pod() -> None:
    """By the name of the step that it replaces."""
    text = SMALL + "exceptions: [{pod: 2, image_pull: 3 s, registers_at: 40 s, connects_at: 41 s}]\n"
    exceptions = read(text).exceptions_of("default")
    assert list(exceptions) == [2]
    fixed = exceptions[2]
    assert (fixed.delay("image_pull"), fixed.delay("scheduling")) == (3.0, None)
    assert (fixed.at("registers_after"), fixed.at("connects_after")) == (40.0, 41.0)
    assert (fixed.at("container_start"), fixed.delay("registers_after")) == (None, None)


def test_exceptions_are_those_of_the_pool() -> None:
    """Another pool has none."""
    assert read(SMALL + "exceptions: [{pod: 2, image_pull: 3 s}]\n").exceptions_of("x") == {}


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        (
            "fault: heartbeat_gap, pod: 2, at: 9 s, for: 3 s",
            {"pod": 2, "at": 9.0, "duration": Constant(3.0)},
        ),
        (
            "fault: agent_crash, pod: all, every: 5 s, for: never",
            {"pool": None, "pod": None, "every": Constant(5.0), "duration": Constant(math.inf)},
        ),
        ("fault: pod_killed, pod: 1, at: 9 s", {"pod": 1, "at": 9.0}),
        (
            "fault: control_plane_restart, at: 1 s, for: 2 s",
            {"pool": None, "at": 1.0, "duration": Constant(2.0)},
        ),
        ("fault: late_connect, pod: 1, by: 30 s", {"pod": 1, "by": 30.0}),
        ("fault: never_registers, pod: 1", {"pod": 1}),
        ("fault: heartbeat_loss, pod: 1, probability: 0.25", {"pod": 1, "probability": 0.25}),
        (
            "fault: dispatch_delayed, task: 1, phase: plan, attempt: 2, by: 1 s",
            {"pool": None, "task": 1, "phase": "plan", "attempt": 2, "by": 1.0},
        ),
        ("fault: dispatch_duplicated", {"pool": None}),
    ],
)
def test_a_fault_is_one_value_whatever_its_kind(fault: str, fields: dict[str, object]) -> None:
    """What does not apply is None, and a probability 1."""
    [value] = read(f"{SMALL}faults: [{{{fault}}}]\n").faults
    kind = fault.partition(",")[0].removeprefix("fault: ")
    unset = dict.fromkeys(each.name for each in dataclasses.fields(value))
    expected = unset | {"fault": kind, "pool": "default", "probability": 1.0} | fields
    assert dataclasses.asdict(value) == {
        name: dataclasses.asdict(item) if dataclasses.is_dataclass(item) else item  # type: ignore[arg-type]
        for name, item in expected.items()
    }


def test_expectations_are_one_or_a_list() -> None:
    """By preset, and under any."""
    text = (
        SMALL
        + """\
expect:
  seed-before:
    sent: {task: 1, within: 10 s, of: agent_connected}
    not_sent: [{task: 1, before: 1 s}]
  any:
    finished: {task: 1, within: 2 min}
"""
    )
    before, always = read(text).expectations_of("seed-before")
    assert before.sent == (SentWithin(task=1, within=10.0, of="agent_connected"),)
    assert before.not_sent == (NotSentBefore(task=1, before=1.0),)
    assert always.finished == (FinishedWithin(task=1, within=120.0),)
    assert read(text).expectations_of("later") == (always,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pod_start: 6 s\n", "pod: {container_start: 6000 ms}\n"),
        ("policy: seed-after\n", "# the default\n"),
        ("workload: {bursts: {at: [1 s], size: 1}, workspaces: 1}\n",
         "workload: [{bursts: {size: 1, at: [1 s]}, workspaces: 1}]\n"),
    ],
)  # fmt: skip
def test_the_digest_is_of_what_is_said_and_not_of_how(one: str, other: str) -> None:
    """Shorthands, units, comments and the order of keys make no difference."""
    assert read(SMALL + one).digest == read(SMALL + other).digest


@pytest.mark.parametrize("change", ["seed=2", "pool.max=6", "pod_start=1 s", "placement=P4"])
def test_the_digest_changes_with_what_is_said(change: str) -> None:
    """`--set` included."""
    assert read(SMALL, overrides=[change]).digest != read(SMALL).digest


def test_the_digest_changes_with_the_files_that_are_referred_to(tmp_path: Path) -> None:
    """Even where the values that are read from them stay the same."""
    text = SMALL + "pod_start: {empirical: {file: d.csv, column: x}}\n"
    (tmp_path / "d.csv").write_text("x,y\n1,1\n")
    before = read(text, folder=tmp_path).digest
    (tmp_path / "d.csv").write_text("x,y\n1,2\n")
    assert read(text, folder=tmp_path).digest != before


def test_the_digest_is_the_same_everywhere() -> None:
    """It goes into manifests; change this number only together with the format."""
    assert parse_scenario(SMALL, name="x", folder=Path()).digest == (read(SMALL).digest)


def test_a_scenario_can_be_sent_to_another_process() -> None:
    """Replications run there."""
    scenario = load_scenario(SCENARIOS / "daily-with-bursts.yaml")
    assert pickle.loads(pickle.dumps(scenario)) == scenario
