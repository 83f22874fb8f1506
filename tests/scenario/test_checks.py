"""`checks` and what `expect` says of invariants: how they are read, and what is refused."""

import math
from typing import Any

import jsonschema
import pytest

from sim.checks import INVARIANTS, Sharing, invariants_of, terms_of
from sim.scenario import Breaks, json_schema
from sim.scenario.source import read_document
from sim.simulate import simulate
from tests.scenario.texts import SMALL, read, refusal

# checks


def test_parameters_and_the_capacity_rule_are_read() -> None:
    """Durations in seconds; what is not given is as the invariant has it."""
    held_to = read(
        SMALL
        + "checks: {sharing: one_a_pod, L01: {within: 15 s}, L02: {cycles: 3}, S20: {collisions: [x]}}\n"
    ).checks
    assert held_to.sharing == "one_a_pod"
    assert held_to.parameters == {
        "L01": {"within": 15.0},
        "L02": {"cycles": 3},
        "S20": {"collisions": ["x"]},
    }
    assert read(SMALL).checks.parameters == {}


def test_runs_are_held_to_what_the_scenario_says() -> None:
    """Every invariant, with the parameters that are given for it."""
    run = simulate(read(SMALL + "checks: {L01: {within: 1 min}, L08: {reversals: 0}}\n"))
    chosen = {each.code: each for each in invariants_of(run)}
    assert list(chosen) == list(INVARIANTS)
    assert chosen["L01"] == INVARIANTS["L01"](within=60.0)
    assert chosen["L08"] == INVARIANTS["L08"](reversals=0)
    assert chosen["L05"] == INVARIANTS["L05"]()


@pytest.mark.parametrize(
    ("policy", "sharing"),
    [
        ("phase2-raw", Sharing.SLOT_ZERO),
        ("post599", Sharing.SLOT_ZERO),
        ("post604", Sharing.SLOT_ZERO),
        ("seed-before", Sharing.ALONE),
        ("seed-after", Sharing.ALONE),
        ("later", Sharing.ONE_A_POD),
    ],
)
def test_the_placement_declares_the_capacity_rule(policy: str, sharing: Sharing) -> None:
    """Unless the scenario names one."""
    assert terms_of(read(SMALL, policy=policy)).sharing is sharing
    assert terms_of(read(SMALL + "checks: {sharing: any}\n", policy=policy)).sharing is Sharing.ANY


def test_the_policy_declares_the_rest_of_the_terms() -> None:
    """Cycle, limit of heartbeats, order of tasks, and whether there are slots at all."""
    plain = terms_of(read(SMALL))
    assert (plain.cycle_s, plain.heartbeat_limit_s) == (5.0, 120.0)
    assert (plain.one_at_a_time, plain.books_slots) == (False, True)
    assert (plain.pools["default"].min, plain.pools["default"].max, plain.pools["default"].slots) == (0, 5, 3)
    changes = ["queue=Q1", "placement.offline_after=60 s", "controller.autoscaler_every=30 s"]
    changed = terms_of(read(SMALL, overrides=changes))
    assert (changed.cycle_s, changed.heartbeat_limit_s, changed.one_at_a_time) == (30.0, 60.0, True)
    none = terms_of(read(SMALL, overrides=["placement=P0"]))
    assert (none.books_slots, none.sharing) == (False, Sharing.UNDECLARED)


REFUSED = [
    ("checks: 5", "checks: 5; expected keys with values, for example L01: {within: 15 s}"),
    ("checks: {L99: {}}", "checks.L99: unknown key 'L99'; expected one of sharing, S01,"),
    ("checks: {shring: any}", "did you mean 'sharing'?"),
    ("checks: {sharing: anny}", "checks.sharing: unknown capacity rule 'anny'; expected one of alone,"),
    ("checks: {sharing: anny}", "undeclared; did you mean 'any'?"),
    ("checks: {L01: 15 s}", "checks.L01: '15 s'; expected parameters by name: within"),
    ("checks: {S01: 5}", "checks.S01: 5; expected parameters by name: it has none"),
    ("checks: {L01: {withn: 1 s}}", "checks.L01.withn: unknown parameter 'withn'; expected one of within;"),
    ("checks: {S01: {within: 1 s}}", "checks.S01.within: unknown parameter 'within'"),
    ("checks: {L01: {within: 15}}", "checks.L01.within: 15 has no unit; write for example"),
    ("checks: {L01: {within: 15 kg}}", "checks.L01.within: '15 kg' has the unknown unit 'kg';"),
    ("checks: {L01: {within: -1 s}}", "checks.L01.within: '-1 s' is negative; a duration is 0 s or more"),
    ("checks: {L02: {cycles: 0}}", "checks.L02.cycles: 0; expected `int` >= 1"),
    ("checks: {L02: {cycles: true}}", "checks.L02.cycles: True; expected `int`, got `bool`"),
    ("checks: {L08: {reversals: -1}}", "checks.L08.reversals: -1; expected `int` >= 0"),
    ("checks: {S20: {collisions: x}}", "checks.S20.collisions: 'x'; expected `array`, got `str`"),
    ("checks: {S20: {collisions: [5]}}", "checks.S20.collisions: [5]; expected `str`, got `int`"),
    ("expect: {any: {breaks: L01}}", "expect.any.breaks: 'L01'; expected none, or the invariants that"),
    (
        "expect: {any: {breaks: {L99: 1 s}}}",
        "expect.any.breaks.L99: unknown invariant 'L99'; expected one",
    ),
    ("expect: {any: {breaks: {L01: 19}}}", "expect.any.breaks.L01: 19; expected a time (19 s), two between"),
    ("expect: {any: {breaks: {L01: -1 s}}}", "expect.any.breaks.L01: '-1 s'; expected a time"),
    ("expect: {any: {breaks: {L01: [1 s]}}}", "expect.any.breaks.L01: ['1 s']; expected a time"),
    ("expect: {any: {breaks: {L01: anytime}}}", "expect.any.breaks.L01: 'anytime'; expected a time"),
    (
        "expect: {any: {breaks: none, undecided: []}}",
        "expect.any.undecided: []; expected a list of invariants",
    ),
    (
        "expect: {any: {breaks: none, undecided: [L01, L1]}}",
        "any.undecided.1: unknown invariant 'L1';",
    ),
]
"""What is refused, and by the schema too."""

CONTRADICTIONS = [
    ("expect: {any: {breaks: {L01: [2 s, 1 s]}}}", "the first of the two times is the later one"),
    ("expect: {any: {breaks: {L01: 11 min}}}", "expect.any.breaks.L01: 11 min is after the end of the run"),
    ("expect: {any: {breaks: {L01: [1 s, 11 min]}}}", "expect.any.breaks.L01.1: 11 min is after the end"),
    (
        "expect: {any: {sent: {task: 1, within: 1 s}, undecided: [L01]}}",
        "expect.any.undecided: says something only beside breaks; add for example breaks: none",
    ),
    (
        "expect: {any: {breaks: {L01: 1 s, L02: 1 s}, undecided: [L04, L02]}}",
        "expect.any.undecided: L02 is said to break, too; keep one of them",
    ),
    (
        "expect: {'seed-after, later': {breaks: none}, later: {breaks: none}}",
        "expect.later: later is under 'seed-after, later' already",
    ),
    ("expect: {'later, later': {breaks: none}}", "later is under 'later, later' already"),
    ("expect: {'later, latr': {breaks: none}}", "unknown preset 'latr'"),
    ("expect: {'later,, seed-after': {breaks: none}}", "unknown preset ''"),
]
"""What is well formed, and is refused all the same."""


def is_valid(line: str) -> bool:
    """What an editor that knows the schema says."""
    validator: Any = jsonschema.Draft202012Validator(json_schema())
    return bool(validator.is_valid(read_document(f"{SMALL}{line}\n", "x").tree))


@pytest.mark.parametrize(("line", "message"), [*REFUSED, *CONTRADICTIONS])
def test_a_wrong_value_gets_its_line_the_value_and_what_was_expected(line: str, message: str) -> None:
    """One message names file, line and key."""
    said = refusal(f"{SMALL}{line}\n")
    assert said.startswith("x.yaml:6: ")
    assert message in said


@pytest.mark.parametrize("line", dict.fromkeys(line for line, _ in REFUSED))
def test_what_is_no_value_at_all_is_refused_by_the_schema_too(line: str) -> None:
    """While it is written, in an editor."""
    assert not is_valid(line)


@pytest.mark.parametrize(
    "line",
    [
        *(f"checks: {{sharing: {rule}}}" for rule in Sharing),
        *(f"checks: {{{code}: {{}}}}" for code in INVARIANTS),
        "checks: {}",
        "checks: {L02: {cycles: 1, startup: 1 h 30 min}, L08: {reversals: 0, window: 0 s}}",
        "checks: {S20: {collisions: [a, b]}, S24: {grace: 1 min}, S22: {within: 0 s}}",
        "expect: {any: {breaks: none}}",
        "expect: {any: {breaks: {}}}",
        "expect: {any: {breaks: {L01: 19 s, L02: [1 s, 1 s], L05: any time}}}",
        "expect: {any: {breaks: none, undecided: L04}}",
        "expect: {'seed-after, later': {breaks: none, undecided: [L04, S02]}, any: {breaks: none}}",
    ],
)
def test_what_the_schema_allows_is_read(line: str) -> None:
    """Both say yes to every form that a value can take."""
    assert is_valid(line)
    read(f"{SMALL}{line}\n")


def test_the_times_of_what_breaks_are_read() -> None:
    """At one time, between two, and at any."""
    scenario = read(SMALL + "expect: {any: {breaks: {L01: 19 s, L02: [1 s, 1 min], L05: any time}}}\n")
    assert scenario.expect["any"].breaks == (
        Breaks(code="L01", earliest=19.0, latest=19.0),
        Breaks(code="L02", earliest=1.0, latest=60.0),
        Breaks(code="L05", earliest=0.0, latest=math.inf),
    )


def test_none_is_another_thing_than_nothing() -> None:
    """`breaks: none` says that all hold; without `breaks` nothing is said of invariants."""
    assert read(SMALL + "expect: {any: {breaks: none}}\n").expect["any"].breaks == ()
    text = "expect: {any: {sent: {task: 1, within: 1 s}}}\n"
    assert read(SMALL + text).expect["any"].breaks is None


def test_a_key_may_name_several_presets() -> None:
    """Each expects all of it."""
    expect = read(SMALL + "expect: {'seed-after, later': {breaks: none, undecided: [L04]}}\n").expect
    assert list(expect) == ["seed-after", "later"]
    assert expect["seed-after"] == expect["later"]
    assert expect["later"].undecided == ("L04",)
