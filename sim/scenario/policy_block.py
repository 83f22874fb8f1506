"""A scenario's policy: a preset, and what of it the scenario replaces.

Parameters that are durations carry their unit in the file and are float seconds from here on. Which
rules there are is asked of a function, so that a caller may offer those in a user's own files as
well.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from policies.constants import Constants
from policies.names import nearest
from policies.policy_set import PolicySet
from policies.presets import FAMILIES, PRESETS, resolve
from policies.rules.base import Rule, duration_fields, parameters
from sim.quantities import parse_duration
from sim.scenario.policy_name import name_of
from sim.scenario.problems import FieldError

DEFAULT_PRESET: Final = "seed-after"

FindRule = Callable[[str, str], type[Rule]]
"""The rule class of a family that a person names; ValueError if there is none."""


def parse_policy(value: Any, find_rule: FindRule) -> PolicySet:
    """The policy set that a scenario's value describes; its name says what differs from the preset.

    In Python a whole policy set, a rule or a rule class may stand where a file has its name.
    Raises FieldError, with the path of the wrong part, for a name that is not known and for a value
    that its rule does not take.
    """
    if isinstance(value, PolicySet):
        return _honestly_named(_recordable(value, value.rules()))
    if isinstance(value, str):
        value = {"preset": value}
    if not isinstance(value, Mapping):
        raise FieldError((), f"{value!r} is no policy; expected a preset's name, or preset: ...")
    given = dict(value)
    preset = given.pop("preset", DEFAULT_PRESET)
    if not isinstance(preset, str) or preset not in PRESETS:
        path = ("preset",) if len(value) > 1 else ()
        raise FieldError(path, nearest("preset", str(preset), PRESETS))
    overrides = {key: _override(key, part, preset, find_rule) for key, part in given.items()}
    try:
        policy = resolve(preset, overrides)
    except ValueError as error:
        raise _at_its_place(error, value) from None
    except Exception as error:  # a user's rule may fail in any way when it is built
        raise _where_it_raised(error, preset, overrides) from None
    _recordable(policy, value)
    return msgspec.structs.replace(policy, name=name_of(policy, PRESETS[preset], _names(given)))


def why_not_recordable(parameter: Any) -> str:
    """Why the value of a rule's parameter can stand in no record; empty if it can."""
    try:
        msgspec.json.encode(parameter)  # in the log
        json.dumps(parameter)  # in the manifest, which knows no sets and no bytes
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return f"cannot be recorded: {error}; expected numbers, texts, and lists and mappings of them"
    return ""


def _recordable(policy: PolicySet, written: Mapping[str, Any]) -> PolicySet:
    """The policy; FieldError if no record could say what it was, at the family's path if it is `written`."""
    for family, rule in policy.rules().items():
        for name, value in parameters(rule).items():
            if why := why_not_recordable(value):
                path = (family,) if family in written else ()
                raise FieldError(path, f"the parameter {name} of {rule.rule_name} {why}")
    return policy


def _honestly_named(policy: PolicySet) -> PolicySet:
    """The policy, under a name that is no preset's unless it is that preset."""
    preset = PRESETS.get(policy.name)
    if preset is None or policy == preset:
        return policy
    return msgspec.structs.replace(policy, name=name_of(policy, preset, {}))


def _where_it_raised(error: Exception, preset: str, overrides: Mapping[str, Any]) -> FieldError:
    """The error at the family whose rule raises when it is built."""
    text = f"the rule raised when it was built with its parameters: {type(error).__name__}: {error}"
    for key, override in overrides.items():
        try:
            resolve(preset, {key: override})
        except Exception:
            return FieldError((key,), text)
    return FieldError((), text)


def _override(key: str, given: Any, preset: str, find_rule: FindRule) -> Any:
    """What a family or `controller` was given, rules as classes and durations as float seconds."""
    if key == "slots_per_pod":
        return given
    if key == "controller":
        return _parameters(Constants, key, given) if isinstance(given, Mapping) else given
    if key not in FAMILIES:
        raise FieldError((key,), nearest("key", key, ["preset", *FAMILIES, "controller", "slots_per_pod"]))
    if isinstance(given, Rule):
        return given
    if isinstance(given, str | type):
        given = {"rule": given}
    if not isinstance(given, Mapping):
        raise FieldError((key,), f"{given!r} is no rule; expected its name, or its parameters")
    parameters = dict(given)
    name = parameters.pop("rule", None)
    current = type(PRESETS[preset].rules()[key])
    rule = _rule_class(key, current if name is None else name, find_rule)
    return {"rule": rule, **_parameters(rule, key, parameters)}


def _names(given: Mapping[str, Any]) -> dict[str, str]:
    """What the person called the rule of each family, where that is said."""
    called = {key: part.get("rule") if isinstance(part, Mapping) else part for key, part in given.items()}
    return {key: name for key, name in called.items() if key in FAMILIES and isinstance(name, str)}


def _rule_class(family: str, named: Any, find_rule: FindRule) -> type[Rule]:
    if isinstance(named, type) and issubclass(named, FAMILIES[family]):
        return named
    if not isinstance(named, str):
        raise FieldError((family, "rule"), f"{named!r} is no rule's name; expected for example P5")
    try:
        return find_rule(family, named)
    except ValueError as error:
        raise FieldError((family,), str(error).removeprefix(f"{family}: ")) from None


def _parameters(cls: type[msgspec.Struct], key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    durations = duration_fields(cls)
    return {
        name: _seconds((key, name), value) if name in durations else value for name, value in given.items()
    }


def _seconds(path: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, list):
        return [_seconds(path, item) for item in value]
    try:
        return parse_duration(value)
    except ValueError as error:
        raise FieldError(path, str(error)) from None


def _at_its_place(error: ValueError, value: Mapping[str, Any]) -> FieldError:
    """The error with the path that its text begins with, as far as the file has that path."""
    place, colon, text = str(error).partition(": ")
    path: list[str] = []
    part: Any = value
    for key in place.split(".") if colon else ():
        if not isinstance(part, Mapping) or key not in part:
            break
        path.append(key)
        part = part[key]
    if not path or place != ".".join(path):
        return FieldError(tuple(path), str(error))
    return FieldError(tuple(path), f"{part!r}; {text}" if text.startswith("expected") else text)
