"""A policy as a person names it."""

from pathlib import Path

import msgspec
import pytest

from lab.policies_by_name import split
from lab.rules import load_rule
from lab.running import load
from policies import Placement, resolve
from policies.rules.placement import P5
from sim.errors import InputError
from tests.lab.commands import RULES


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)


def described(policy: str) -> tuple[str, list[str]]:
    """Name and layers of 609 under a policy."""
    found = load("609", policy).policy
    return found.name, [rule.rule_name for rule in found.rules().values()][:4]


@pytest.mark.parametrize(
    ("policy", "name", "layers"),
    [
        ("later", "later", "Q8 P6 D4 C9"),
        ("seed-before,placement=P5", "seed-before,placement=P5", "Q7 P5 D3 C8"),
        ("seed-before,P5", "seed-before,placement=P5", "Q7 P5 D3 C8"),
        ("P5", "seed-before,placement=P5", "Q7 P5 D3 C8"),
        ("placement=P5,C9", "seed-before,placement=P5,autoscaler=C9", "Q7 P5 D3 C9"),
        ("my.py:Patient", "seed-before,placement=my.py:Patient", "Q7 Patient D3 C8"),
        ("later,my.py:Patient", "later,placement=my.py:Patient", "Q8 Patient D4 C9"),
        ("later,placement=my.py:Patient", "later,placement=my.py:Patient", "Q8 Patient D4 C9"),
        ("seed-before,placement=P4", "seed-before", "Q7 P4 D3 C8"),
        (
            "seed-before,controller.monitor_every=30s",
            "seed-before,controller.monitor_every=30 s",
            "Q7 P4 D3 C8",
        ),
        (
            "seed-before,dispatch.send_back_off=[1 s, 2 min],slots_per_pod=4",
            "seed-before,dispatch.send_back_off=[1 s, 120 s],slots_per_pod=4",
            "Q7 P4 D3 C8",
        ),
    ],
)
def test_a_policy_is_a_preset_or_changes_and_its_name_says_which(policy: str, name: str, layers: str) -> None:
    """609's own policy is seed-before; what equals the preset is called by its name."""
    assert described(policy) == (name, layers.split())


def test_a_name_can_be_given_to_the_command_line_again() -> None:
    """It means the same policy."""
    first = load("609", "later,my.py:Patient,placement.offline_after=90s,autoscaler.high=0.9").policy
    assert load("609", first.name).policy == first


def test_in_python_a_class_a_rule_or_a_whole_policy_will_do() -> None:
    """As notebooks have them."""
    patient = load_rule("my.py:Patient")
    assert load("609", patient).policy.placement == patient()
    assert load("609", P5(offline_after=30.0)).policy.name == (
        "seed-before,placement=P5,placement.offline_after=30 s"
    )
    assert load("609", resolve("later")).policy == resolve("later")


def test_a_policy_set_that_has_a_presets_name_wrongly_gets_another() -> None:
    """`resolve` keeps the name; nothing that is shown or recorded does."""
    changed = resolve("later", {"placement": "P5"})
    assert load("609", changed).policy.name == "later,placement=P5"
    named = msgspec.structs.replace(changed, name="mine")
    assert load("609", named).policy == named


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("seed-befor", "unknown policy 'seed-befor'; expected one of phase2-raw,"),
        ("seed-before,P9", "unknown rule 'P9'; expected one of Q1,"),
        ("seed-before,later", "the preset later comes first, and only one is expected"),
        ("seed-before,,P5", "a part is empty; expected for example seed-before,placement=P5"),
        ("", "a part is empty;"),
        ("pool.min=3", "pool is no part of a policy; use --set pool.min=3 to change the scenario"),
        ("placement=", "the value is missing;"),
        ("placement=P9", "policy.placement: unknown rule 'P9'; expected one of P0,"),
        ("placement.offline_after=60", "policy.placement.offline_after: 60 has no unit;"),
        ("placement.offline_after=-1 s", "policy.placement.offline_after: '-1 s' is negative;"),
        ("placement.ofline_after=1 s", "policy.placement.ofline_after: unknown parameter"),
        ("autoscaler=my.py:Patient", "policy.autoscaler: my.py:Patient is a placement rule;"),
        ("my.py:Nobody", "my.py: unknown class 'Nobody'; expected one of Patient,"),
        ("my.py:Needs", "policy.placement: object missing required field `limit`"),
        ("my.py:Needs,placement.limit=x", "policy.placement.limit: 'x'; expected `int`"),
        ("my.py:Odd", "policy.placement: the rule raised when it was built with its parameters: KeyError"),
    ],
)
def test_a_wrong_policy_is_quoted_and_its_part_is_named(policy: str, message: str) -> None:
    """What a person typed, then what is wrong with it."""
    with pytest.raises(InputError) as said:
        load("609", policy)
    assert str(said.value).startswith(f"--policy {policy}: {message}")


def test_commas_in_brackets_and_quotes_belong_to_a_value() -> None:
    """`dispatch.send_back_off=[1 s, 2 s]`."""
    assert split("a, b=[1, {2, 3}] ,'c,d'") == ["a", "b=[1, {2, 3}]", "'c,d'"]


class Slip(Placement):
    """A rule without its method."""


def test_a_class_given_in_python_must_have_its_method_too() -> None:
    """As a class, a rule, or in a whole policy."""
    whole = msgspec.structs.replace(resolve("later"), placement=Slip())
    for choice in (Slip, Slip(), whole):
        with pytest.raises(InputError, match=r"class Slip defines no place\(task, pool\)"):
            load("609", policy=choice)


@pytest.mark.parametrize("choice", [int, 5])
def test_what_is_no_policy_at_all_is_refused(choice: object) -> None:
    """From Python anything can be given."""
    with pytest.raises(InputError, match="expected an expression such as seed-before"):
        load("609", policy=choice)  # type: ignore[arg-type]
