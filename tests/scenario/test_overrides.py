"""`--set key=value`, `--policy` and `--seed`."""

from pathlib import Path
from typing import Any

import pytest

from sim.scenario import parse_scenario
from sim.scenario.overrides import apply_overrides, parse_override
from sim.workloads import Listed
from tests.scenario.texts import SMALL, read, refusal


def test_a_dotted_key_leads_into_the_file() -> None:
    """Mappings that are not there yet are made."""
    scenario = read(SMALL, overrides=["pool.min=2", "agent.registers_after=30 s"])
    assert scenario.pools[0].min == 2
    assert scenario.pools[0].agent.registers_after.mean() == 30.0


def test_a_change_of_a_change_leaves_the_first_as_it_was() -> None:
    """The same changes may be made to several scenarios."""
    changes = [parse_override("pool={max: 3}"), parse_override("pool.min=2")]
    tree: dict[str, Any] = {}
    apply_overrides(tree, changes)
    assert (tree, changes[0].value) == ({"pool": {"max": 3, "min": 2}}, {"max": 3})


def test_an_index_leads_into_a_list() -> None:
    """Lists count from 0."""
    [source] = read(SMALL, overrides=["tasks.0.plan=2 min"]).sources
    assert isinstance(source, Listed)
    assert source.listed[0].plan_s == 120.0


def test_a_value_may_be_a_list_or_a_mapping() -> None:
    """As in the file."""
    scenario = read(SMALL, overrides=["pod_start=[1 s, 6 s]", "pool={max: 3, min: 1}"])
    assert scenario.pools[0].pod.container_start.mean() == 3.5
    assert (scenario.pools[0].min, scenario.pools[0].max) == (1, 3)


def test_the_last_of_two_changes_wins() -> None:
    """They are made in order."""
    assert read(SMALL, overrides=["seed=2", "seed=3"]).seed == 3


@pytest.mark.parametrize(
    "policy", ["", "policy: seed-before\n", "policy: {preset: seed-before, queue: Q7}\n"]
)
def test_a_family_of_rules_needs_no_path(policy: str) -> None:
    """`placement=P5` changes the policy, whichever way the file writes it."""
    overrides = ["placement=P5", "placement.offline_after=60 s", "controller.monitor_every=30 s"]
    resolved = read(SMALL + policy, overrides=overrides).policy
    assert resolved.describe()["placement"] == {"rule": "P5", "offline_after": 60.0}
    assert resolved.controller.monitor_every == 30.0
    changes = "placement.offline_after=60 s,controller.monitor_every=30 s"
    was = "seed-before,placement=P5" if policy else "seed-after"
    assert resolved.name == f"{was},{changes}"


def test_a_policy_takes_the_place_of_the_files_own_before_other_changes() -> None:
    """`--policy later --set placement=P5` is the preset with one rule replaced."""
    text = SMALL + "policy: {preset: seed-before, autoscaler: C3}\n"
    rules = read(text, policy="later", overrides=["placement=P5"]).policy.rules()
    assert [rules[key].rule_name for key in ("placement", "autoscaler")] == ["P5", "C9"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("pool.mni=2", "pool: unknown key 'mni'; expected one of min, max, slots, initial,"),
        ("pool.max=-2", "pool.max is -2; expected a whole number >= 1"),
        ("pool.min=9", "pool.min is 9; expected at most max, 5"),
        ("tasks.4.plan=2 s", "tasks is a list of 1; expected an index from 0 to 0 in place of 4"),
        ("tasks.0.plan=2", "tasks.0.plan: 2 has no unit; write for example '6 s'"),
        ("placement=P9", "policy.placement: unknown rule 'P9'; expected one of P0, P1,"),
        ("placement.offline_after=9", "policy.placement.offline_after: 9 has no unit;"),
        ("horizon.x=3", "horizon is '10 min', which has no parts"),
        ("title=", "the value is missing; for example --set pool.min=2"),
        ("pool.min=[", "'[' is no value: is no YAML:"),
        ("pool.min", "expected key=value, for example --set pool.min=2"),
        ("pool..min=2", "expected key=value, for example --set pool.min=2"),
    ],
)
def test_a_wrong_change_is_reported_as_it_was_written(override: str, message: str) -> None:
    """The line of the file would be of no help."""
    assert refusal(SMALL, overrides=[override]).startswith(f"--set {override}: {message}")


def test_a_wrong_preset_is_reported_as_policy() -> None:
    """It came from `--policy`, not from the file."""
    with pytest.raises(Exception, match=r"^--policy x: policy: unknown preset 'x'") as _:
        read(SMALL, policy="x")


def test_a_seed_takes_the_place_of_the_files_own() -> None:
    """`--seed 7`."""
    assert parse_scenario(SMALL, name="x", folder=Path(), seed=7).seed == 7


@pytest.mark.parametrize("override", ["dispatch.retry_lost_race=0 s", "controller.autoscaler_every=0 s"])
def test_what_a_change_makes_wrong_around_it_is_the_changes_fault(override: str) -> None:
    """A rule is refused as a whole, and the file has nothing to do with it."""
    assert refusal(SMALL, overrides=[override]).startswith(f"--set {override}: policy.")
