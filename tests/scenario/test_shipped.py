"""The scenarios that are shipped."""

from pathlib import Path

import pytest

from policies.presets import PRESETS
from sim.scenario import load_scenario
from sim.streams import Streams
from sim.workloads import Workload
from tests.scenario.texts import SCENARIOS

SHIPPED = sorted(SCENARIOS.glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_can_be_read_as_documentation(path: Path) -> None:
    """It has a question, a story, what goes wrong, and presets to compare."""
    scenario = load_scenario(path)
    assert scenario.question.endswith("?")
    assert len(scenario.story) > 200
    assert scenario.goes_wrong
    assert len(scenario.presets) > 1


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_shipped_scenario_can_be_read_under_every_preset(path: Path, preset: str) -> None:
    """Not only under those that it is meant for."""
    assert load_scenario(path, policy=preset).policy.name == preset


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_scenario_says_of_every_preset_which_invariants_break(path: Path) -> None:
    """Or that none does: the incident matrix is held to these."""
    expect = load_scenario(path).expect
    assert {name for name in PRESETS if name not in expect or expect[name].breaks is None} == set()


@pytest.mark.parametrize(
    ("name", "known_after_s"),
    [
        ("609", float("inf")),
        ("609-registered-after-3s", 3.0),
        ("609-registered-after-30s", 30.0),
        ("609-registered-after-200s", 200.0),
    ],
)
def test_the_variants_of_609_differ_in_one_delay(name: str, known_after_s: float) -> None:
    """How long after its connection the pod manager learns of an agent."""
    original = load_scenario(SCENARIOS / "609.yaml")
    variant = load_scenario(SCENARIOS / f"{name}.yaml")
    [pool] = variant.pools
    assert pool.agent.known_to_pod_manager_after.constant_value == known_after_s
    assert pool.pod == original.pools[0].pod
    assert (pool.min, pool.max, pool.slots_per_pod) == (2, 5, 3)
    assert variant.sources == original.sources


def test_a_cold_start_is_twenty_plans_at_once() -> None:
    """On a pool without pods."""
    scenario = load_scenario(SCENARIOS / "cold-start.yaml")
    arrivals = Workload(scenario.sources, Streams(1), scenario.horizon_s).arrivals
    assert {arrival.submitted_at for arrival in arrivals} == {0.0}
    assert len(arrivals) == 20
    assert scenario.pools[0].initial == scenario.pools[0].min == 0


def test_a_day_has_about_three_hundred_tasks() -> None:
    """Forty-five of them in bursts."""
    scenario = load_scenario(SCENARIOS / "daily-with-bursts.yaml")
    arrivals = Workload(scenario.sources, Streams(1), scenario.horizon_s).arrivals
    assert 250 < len(arrivals) < 400
