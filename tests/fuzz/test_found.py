"""What random and hostile input once got away with: tracebacks, runs without an end, no memory left."""

from pathlib import Path

import pytest

from sim.distributions import Gamma, LogNormal, Weibull
from sim.engine import Engine
from sim.errors import InputError
from sim.scenario import load_scenario
from sim.streams import Streams
from sim.written_distributions import parse_distribution
from tests.lab.commands import windtunnel
from tests.scenario.texts import HEAD, POOL, SMALL, TASK, read, refusal
from tests.sim.builders import run

MANY = "9" * 90
HUGE = ", ".join(["1e300 per h"] * 24)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}pool: {{max: {MANY}, min: {MANY}}}\n{TASK}", "...; expected a whole number <= 150000"),
        (f"{HEAD}pool: {{max: 1, slots: 100000000}}\n{TASK}", "100000000; expected a whole number <= 1000"),
        (f"{SMALL}policy: {{slots_per_pod: {MANY}}}\n", "9; expected a whole number <= 1000"),
        (
            f"{SMALL}policy: {{controller: {{monitor_every: 1e-9 s}}}}\n",
            "policy.controller.monitor_every: 1e-09 s; expected at least 1 ms",
        ),
        (SMALL.replace("10 min", "1e300 s"), "'1e300 s' is too long; the longest duration is 100000 d"),
        (SMALL.replace("10 min", "1e-300 s"), "horizon: '1e-300 s'; expected at least 1 ms"),
        (f"{SMALL}agent: {{reconnect_backoff: [1e-300 s]}}\n", "expected at least 1 ms"),
        (f"{SMALL}agent: {{heartbeat_every: 1e-9 s}}\n", "expected at least 1 ms"),
        (
            f"{SMALL}faults: [{{fault: pod_killed, pod: all, every: {{uniform: [0 s, 1e-9 s]}}}}]\n",
            "expected a time between events of at least 1 ms on average",
        ),
        (f"{SMALL}expect: {{any: {{undecided: [{{a: 1}}]}}}}\n", "undecided.0: unknown invariant"),
        (f"{SMALL}policy: {{placement: {{rule: {{a: 1}}}}}}\n", "rule: {'a': 1} is no rule's name"),
    ],
)
def test_what_nobody_can_mean_is_refused(text: str, message: str) -> None:
    """Rather than run until the memory is full, or for ever."""
    assert message in refusal(text)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("poisson: {rate: 1e9 per s}, workspaces: 1", "makes about 600,000,000,000 tasks in 600 s; expected"),
        ("poisson: {rate: 1e307 per s}, workspaces: 1", "makes more tasks than can be counted in 600 s"),
        ("bursts: {at: [0 s], size: 1000000000000}, workspaces: 1", "makes about 1,000,000,000,000 tasks"),
        (f"bursts: {{at: [0 s], size: {MANY}}}, workspaces: 1", "makes more tasks than can be counted"),
        ("bursts: {every: 1e-300 s, size: 1}, workspaces: 1", "bursts.every: '1e-300 s'; expected at least"),
        ("closed: {customers: 1000000000, think: 1 s}, workspaces: 1", "a whole number <= 100000"),
        (f"poisson: {{rate: 1 per min}}, workspaces: {MANY}", "expected a whole number from 1 to 1000000"),
        (
            "curve: {steps: [{from: 0 s, rate: 1 per min}], repeats_every: 1e-320 s}, workspaces: 1",
            "repeats_every: '1e-320 s'; expected at least 1 ms",
        ),
        (
            f"weekly: {{hourly: [{HUGE}], days: [1e308, 1, 1, 1, 1, 1, 1]}}, workspaces: 1",
            "makes more tasks than can be counted",
        ),
        ('trace: {file: "\\0"}', "can not be read: embedded null byte"),
        ("trace: {file: /dev/zero}", "/dev/zero: is no file that can be read twice"),
    ],
)
def test_a_source_that_has_no_end_is_refused(source: str, message: str) -> None:
    """With its line and what to do."""
    said = refusal(f"{HEAD}{POOL}workload: {{{source}}}\n")
    assert said.startswith("x.yaml:5: workload")
    assert message in said


def test_a_limited_number_of_tasks_may_come_as_fast_as_it_likes() -> None:
    """`count` is what limits them, whatever the rate."""
    text = f"{HEAD}{POOL}workload: {{poisson: {{rate: 1e300 per s, count: 5}}, workspaces: 1}}\n"
    assert len(run(text).rows("tasks")) == 5


def test_a_curve_that_starts_anew_too_often_is_refused() -> None:
    """A year of milliseconds is no list that fits anywhere."""
    curve = "curve: {steps: [{from: 0 s, rate: 1 per h}], repeats_every: 1 ms}, workspaces: 1"
    text = HEAD.replace("10 min", "365 d") + POOL + f"workload: {{{curve}}}\n"
    assert "more tasks than can be counted" in refusal(text)


@pytest.mark.parametrize(
    "distribution",
    [Weibull(60.0, 1e-300), LogNormal(60.0, 1e300), LogNormal(1e300, 40.0)],
)
def test_a_mean_that_no_float_holds_is_infinite(distribution: Weibull | LogNormal) -> None:
    """It once raised OverflowError while a fault's `every` was read."""
    assert distribution.mean() == float("inf")


def test_weights_whose_sum_no_float_holds_are_weights() -> None:
    """Two huge equal weights are two equal weights."""
    parts = [{"weight": 1e308, "of": "1 s"}, {"weight": 1e308, "of": "3 s"}]
    mixture = parse_distribution({"mixture": parts})
    assert mixture.mean() == 2.0
    assert set(mixture.sample_many(Streams(1).of("x", "y"), 100).tolist()) == {1.0, 3.0}


def test_kinds_may_have_huge_weights() -> None:
    """As those of a mixture."""
    kinds = "{plan: 1e308, drift_check: 1e308}"
    source = f"{{poisson: {{rate: 1 per s}}, workspaces: 1, kinds: {kinds}}}"
    assert {row[3] for row in run(f"{HEAD}{POOL}workload: {source}").rows("tasks")} == {"plan", "drift_check"}


def test_a_fault_whose_waits_are_mostly_nothing_lets_time_pass() -> None:
    """A gamma of a tiny shape has a mean of a minute and draws 0 s nearly always, which stopped the clock."""
    assert Gamma(60.0, 1e-300).sample(Streams(1).of("x", "y")) == 0.0
    text = f"""\
{HEAD.replace("10 min", "2 s")}pool: {{min: 1, max: 1, initial: 1}}
{TASK}faults: [{{fault: heartbeat_gap, pod: 1, every: {{gamma: {{mean: 60 s, shape: 1e-300}}}}, for: 0 s}}]
"""
    assert run(text).ended_at == 2.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "a" * 5000], "windtunnel: unknown scenario 'aaa"),
        (["run", "a/" * 5000], "cannot be read: File name too long"),
        (["test", "a/" * 5000], "cannot be read: File name too long"),
        (["run", "/dev/zero"], "/dev/zero: has more than 64 MB; expected a scenario in YAML"),
        (["run", "609", "--out", "a" * 5000], "cannot be looked at: File name too long"),
        (["run", "609", "--set", f"tasks.{'9' * 5000}=1"], "windtunnel: --set tasks.999"),
        (["run", "609", "--set", "title=\udcff"], "--set 'title=\\udcff': is no text (UTF-8)"),
        (["run", "609", "--policy", "\udcff"], "--policy '\\udcff': is no text (UTF-8)"),
        (["run", "609", "--policy", "sys:exit"], "sys:exit is a builtin_function_or_method; expected"),
        (["run", "609", "--policy", "a\0.py:X"], "a\\x00.py: cannot be read: embedded null byte"),
        (["run", "609", "--policy", "..:X"], "'..' is no module's name; expected path/to/file.py:Class"),
        (
            ["run", "609", "--policy", "seed-before,placement={rule: P5"],
            "--policy seed-before,placement={rule: P5: '{rule: P5' is no value: is no YAML",
        ),
    ],
)
def test_an_odd_argument_gets_one_message(arguments: list[str], message: str) -> None:
    """Of a length that can be read, and no report of a bug."""
    ran = windtunnel(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert all(len(line) < 2100 for line in ran.err.splitlines())


def test_a_scenario_that_python_code_names_oddly_is_refused() -> None:
    """As by the command line."""
    with pytest.raises(InputError, match="can not be read: embedded null byte"):
        load_scenario(Path("a\0b"))


def test_ctrl_c_at_the_very_end_of_a_slice_is_no_other_error() -> None:
    """The loop looks for its end mark when it is interrupted, which may be gone by then."""
    engine = Engine()

    def interrupt(_: object) -> None:
        engine._calls.clear()
        raise KeyboardInterrupt

    engine.call_in(1.0, interrupt)
    with pytest.raises(KeyboardInterrupt):
        engine.advance(2.0)


def test_a_bound_of_no_length_is_a_scenario_all_the_same() -> None:
    """Limits refuse what is endless, not what is small."""
    assert read(f"{SMALL}agent: {{heartbeat_every: 1 ms}}\n").pools[0].agent.heartbeat_every == 0.001
