"""What a notebook imports from `lab`."""

from pathlib import Path

import pytest

import lab
from lab import Comparison, compare, judge, load, log_lines, run, summarise
from lab.rules import load_rule
from sim.errors import InputError
from tests.lab.commands import RULES


def test_there_are_few_names() -> None:
    """A promise is easier to keep if it is short."""
    assert len(lab.__all__) <= 30
    assert set(lab.__all__) <= set(dir(lab))


def test_a_name_that_is_not_there_is_said_to_be_missing() -> None:
    """As of any other module."""
    with pytest.raises(AttributeError, match="module 'lab' has no attribute 'fly'"):
        _ = lab.fly


def test_a_scenario_is_run_by_its_name() -> None:
    """With a policy, settings and a seed."""
    flown = run("609", policy="seed-after", settings=["horizon=14 min"], seed=9)
    assert (flown.scenario.horizon_s, flown.seed) == (840.0, 9)
    assert summarise(flown).tasks == 2
    assert len(judge(flown)) == 6
    assert next(log_lines(flown)).endswith("Task 608 submitted: plan_and_apply in workspace a")


def test_a_scenario_that_is_loaded_runs_as_it_is() -> None:
    """A policy is given when it is loaded, and a seed may be given to the run."""
    scenario = load("609", policy="later", seed=3)
    assert run(scenario).seed == 3
    assert run(scenario, seed=4).seed == 4
    with pytest.raises(InputError, match="give them to `load`"):
        run(scenario, policy="later")


def test_policies_are_compared_with_one_of_ones_own(tmp_path: Path) -> None:
    """A class will do, as a notebook has it."""
    (tmp_path / "my.py").write_text(RULES)
    mine = load_rule(f"{tmp_path}/my.py:Patient")
    compared = compare(["seed-before", "seed-after", mine], "609")
    assert isinstance(compared, Comparison)
    names = [flown.policy.name for flown in compared.runs]
    assert names == ["seed-before", "seed-after", "seed-before,placement=Patient"]
    waits = [summary.plan_waits["plan_and_apply"].max_s for summary in compared.summaries]
    assert waits == [310.0, 20.0, 10.0]
    assert [len(each) for each in compared.judgements] == [9, 6, 0]
