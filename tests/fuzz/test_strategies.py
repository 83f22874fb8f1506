"""The strategies themselves: what they make is valid, and leaves out nothing that a file may have."""

from typing import Any

from hypothesis import given

from policies.constants import Constants
from policies.presets import RULES
from sim.errors import InputError
from sim.scenario import parse_scenario
from tests.fuzz.examples import examples
from tests.fuzz.policy_trees import CONSTANTS, PARAMETERS
from tests.fuzz.scenarios import FAULTS, Made, scenarios
from tests.scenario.texts import SMALL, refusal


@examples(30)
@given(scenarios())
def test_a_random_scenario_is_read_without_a_complaint(tmp_path_factory: Any, made: Made) -> None:
    """Otherwise the runs would say nothing of it."""
    folder = tmp_path_factory.mktemp("files")
    for name, text in made.files.items():
        (folder / name).write_text(text)
    try:
        parse_scenario(made.text(), name="x.yaml", folder=folder)
    except InputError as error:
        raise AssertionError(f"{error}\n{made.text()}") from error


def test_every_parameter_of_a_rule_is_tried() -> None:
    """A rule that is new has parameters that nobody draws yet."""
    known = {name for rules in RULES.values() for rule in rules.values() for name in rule.__struct_fields__}
    assert known == set(PARAMETERS)


def test_every_constant_of_the_control_plane_is_tried() -> None:
    """As those of the rules."""
    assert set(CONSTANTS) == set(Constants.__struct_fields__)


def test_every_fault_is_tried() -> None:
    """The message that lists them knows all."""
    said = refusal(f"{SMALL}faults: [{{fault: none}}]\n")
    listed = said.partition("expected one of ")[2].partition(";")[0].strip().split(", ")
    assert sorted(listed) == sorted(FAULTS)
