"""The policy that a scenario names."""

from pathlib import Path

import pytest

from policies.presets import rule_class
from policies.rules.base import Rule
from policies.rules.placement import P5
from sim.scenario import parse_scenario
from tests.scenario.texts import SMALL, read, refusal


def test_the_default_is_the_rule_set_after_the_fix() -> None:
    """A scenario that does not say is about other things than the rules."""
    assert read(SMALL).policy.name == "seed-after"


def test_parts_of_a_preset_are_replaced() -> None:
    """By a rule's name, by its parameters, or both; durations carry their units."""
    block = """\
policy:
  preset: seed-before
  queue: Q1
  placement: {rule: P5, offline_after: 60 s}
  dispatch: {retry_no_slot: 3 s, send_back_off: [1 s, 2 min]}
  victims: newest
  recovery: rebuild
  controller: {monitor_every: 30 s, lost_plan: requeue}
"""
    policy = read(SMALL + block).policy.describe()
    assert policy["queue"] == {"rule": "Q1"}
    assert policy["placement"] == {"rule": "P5", "offline_after": 60.0}
    assert policy["dispatch"]["retry_no_slot"] == 3.0
    assert list(policy["dispatch"]["send_back_off"]) == [1.0, 120.0]
    assert policy["victims"]["rule"] == "newest"
    assert policy["recovery"]["rule"] == "rebuild"
    assert policy["controller"]["monitor_every"] == 30.0
    assert policy["controller"]["lost_plan"] == "requeue"
    assert policy["autoscaler"]["rule"] == "C8"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("sed-after", "6: policy: unknown preset 'sed-after'; expected one of phase2-raw,"),
        ("{preset: x, queue: Q1}", "6: policy.preset: unknown preset 'x'; expected one of"),
        ("{preset: [a], queue: Q1}", "6: policy.preset: unknown preset \"['a']\"; expected one of"),
        ("{slots_per_pd: 3}", "6: policy.slots_per_pd: unknown key 'slots_per_pd'; expected one of preset,"),
        ("5", "6: policy: 5 is no policy; expected a preset's name, or preset: ..."),
        ("{placment: P5}", "6: policy.placment: unknown key 'placment'; expected one of preset,"),
        ("{placement: P9}", "6: policy.placement: unknown rule 'P9'; expected one of P0, P1,"),
        ("{placement: 5}", "6: policy.placement: 5 is no rule; expected its name, or its"),
        ("\n  placement:\n    offline_aftr: 1 s", "8: policy.placement.offline_aftr: unknown"),
        ("\n  placement:\n    offline_after: 60", "8: policy.placement.offline_after: 60 has no"),
        ("{controller: {monitor_every: 0 s}}", "6: policy.controller: monitor_every is 0 s;"),
        ("{autoscaler: {high: 2}}", "6: policy.autoscaler.high: 2; expected `float` <= 1.0"),
        ("{autoscaler: {high: 1 s}}", "6: policy.autoscaler.high: '1 s'; expected `float`"),
    ],
)
def test_a_wrong_policy_gets_the_line_and_the_nearest_name(block: str, message: str) -> None:
    """Rules, parameters and constants are checked when the file is read."""
    said = refusal(f"{SMALL}policy: {block}\n".replace(": \n", ":\n"))
    assert said.startswith(f"x.yaml:{message}")


def test_a_rule_of_the_users_own_comes_from_who_can_find_it() -> None:
    """The scenario names it; the caller knows where rules are."""

    class Mine(P5, frozen=True):
        """P5 with a grace of my own."""

        grace: float = 1.0

    def find(family: str, name: str) -> type[Rule]:
        return Mine if name == "mine.py:Mine" else rule_class(family, name)

    text = SMALL + "policy: {placement: {rule: 'mine.py:Mine', grace: 2.5}}\n"
    policy = parse_scenario(text, name="x", folder=Path(), find_rule=find).policy
    assert policy.placement == Mine(grace=2.5)
