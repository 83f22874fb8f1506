"""A policy as a person names it: a preset, a preset with changes, or changes of the scenario's own policy.

    seed-before
    seed-before,placement=P5,controller.monitor_every=30 s
    my_rule.py:MyPlacement
    seed-after,my_rule.py:MyPlacement,placement.offline_after=60 s

The parts are separated by commas. The first may be a preset; without one, the scenario's own policy is
what is changed. A rule by itself takes the place of its family's rule, `family=rule` says the family, and
`family.parameter=value` sets a parameter. In Python a rule class, a rule, or a whole `PolicySet` will do.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from lab.rules import OWN, check_methods, find_any_rule, rule_names, unknown
from policies.policy_set import PolicySet
from policies.presets import PRESETS
from policies.rules.base import Rule
from sim.errors import InputError
from sim.scenario import Override, parse_override
from sim.scenario.overrides import is_text

PolicyChoice: TypeAlias = str | PolicySet | Rule | type[Rule]

_OPENING: Final = "([{"
_CLOSING: Final = ")]}"


def as_changes(choice: PolicyChoice | None) -> list[Override]:
    """The changes of a scenario that put this policy into it; none for None.

    Raises InputError, naming the part of the expression, the nearest name and what was expected.
    """
    if choice is None:
        return []
    _check_methods(choice)
    if isinstance(choice, PolicySet):
        return [Override(f"policy {choice.name}", ("policy",), choice)]
    if isinstance(choice, Rule):
        return [Override(f"policy {choice.rule_name}", ("policy", choice.family), choice)]
    if isinstance(choice, type) and issubclass(choice, Rule):
        return [Override(f"policy {choice.__name__}", ("policy", choice.family), choice)]
    if not isinstance(choice, str):
        raise InputError(
            f"policy {choice!r}: expected an expression such as seed-before, a rule or a PolicySet"
        )
    if not is_text(choice):
        raise InputError(f"--policy {choice!r}: is no text (UTF-8); expected for example seed-before")
    return list(_changes(choice))


def _check_methods(choice: object) -> None:
    """Raise InputError if a rule given in Python lacks a method; one named is checked when it is found."""
    rules = choice.rules().values() if isinstance(choice, PolicySet) else (choice,)
    for rule in rules:
        cls = rule if isinstance(rule, type) else type(rule)
        if issubclass(cls, Rule):
            try:
                check_methods(cls)
            except ValueError as error:
                raise InputError(f"policy: {error}") from None


def _changes(expression: str) -> Iterator[Override]:
    place = f"--policy {expression if expression.isprintable() else repr(expression)}"
    for index, part in enumerate(split(expression)):
        if not part:
            raise InputError(f"{place}: a part is empty; expected for example seed-before,placement=P5")
        if index == 0 and part in PRESETS:
            yield Override(place, ("policy",), part)
        elif "=" in part.partition(":")[0]:
            yield _setting(part, place)
        else:
            yield _rule(part, place, may_be_preset=index == 0)


def _setting(part: str, place: str) -> Override:
    try:
        change = parse_override(part)
    except InputError as error:
        raise InputError(f"{place}: {str(error).removeprefix(f'--set {part}: ')}") from None
    if change.path[0] != "policy":
        raise InputError(
            f"{place}: {change.path[0]} is no part of a policy; use --set {part} to change the scenario"
        )
    return Override(place, change.path, change.value)


def _rule(part: str, place: str, *, may_be_preset: bool) -> Override:
    if part in PRESETS:
        raise InputError(f"{place}: the preset {part} comes first, and only one is expected")
    if may_be_preset and ":" not in part:
        return Override(place, *_preset_or_rule(part, place))
    try:
        rule = find_any_rule(part)
    except ValueError as error:
        raise InputError(f"{place}: {error}") from None
    return Override(place, ("policy", rule.family), part)


def _preset_or_rule(part: str, place: str) -> tuple[tuple[str, ...], str]:
    try:
        return ("policy", find_any_rule(part).family), part
    except ValueError:
        raise InputError(f"{place}: {unknown_policy(part)}") from None


def unknown_policy(name: str) -> str:
    """The message for what is neither a preset nor a rule."""
    return unknown("policy", name, [*PRESETS, *rule_names(), OWN])


def split(expression: str) -> list[str]:
    """The parts between commas, but for commas inside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in expression:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        depth += (letter in _OPENING) - (letter in _CLOSING) if not quote else 0
        if letter == "," and depth <= 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
