"""The name of a policy: its preset's, and whatever differs from the preset.

`seed-before,placement=P5,controller.monitor_every=30 s` is the preset with one rule and one constant
replaced, and is never called `seed-before`: expectations that were written for a preset, and people who
read a table, mean the preset itself. A policy that was written as changes and has none is its preset.
The name can be given to the command line again.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from policies.policy_set import PolicySet
from policies.presets import RULES
from policies.rules.base import Rule, duration_fields

_MISSING: Final = object()


def name_of(policy: PolicySet, preset: PolicySet, called: Mapping[str, str]) -> str:
    """The preset's name with all differences. `called` is what a person called a family's rule.

    Rules that are built in are called by their own names, whatever the person wrote.
    """
    parts = [preset.name]
    for family, rule in policy.rules().items():
        before: Rule | None = preset.rules()[family]
        if type(rule) is not type(before):
            parts.append(f"{family}={_rule_name(family, rule, called)}")
            before = _default(type(rule))
        parts += _differences(family, rule, before)
    parts += _differences("controller", policy.controller, preset.controller)
    if policy.slots_per_pod != preset.slots_per_pod:
        parts.append(f"slots_per_pod={policy.slots_per_pod}")
    return ",".join(parts)


def _rule_name(family: str, rule: Rule, called: Mapping[str, str]) -> str:
    is_built_in = type(rule) in RULES[family].values()
    return rule.rule_name if is_built_in else called.get(family, rule.rule_name)


def _default(cls: type[Rule]) -> Rule | None:
    """The rule with all parameters as they are by default; None if it has none for some."""
    try:
        return cls()
    except TypeError:
        return None


def _differences(place: str, now: msgspec.Struct, before: msgspec.Struct | None) -> Iterator[str]:
    durations = duration_fields(type(now))
    for name in now.__struct_fields__:
        value = getattr(now, name)
        if value != getattr(before, name, _MISSING):
            yield f"{place}.{name}={_text(value, is_duration=name in durations)}"


def _text(value: Any, *, is_duration: bool) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_text(each, is_duration=is_duration) for each in value)}]"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g} s" if is_duration and isinstance(value, float) else f"{value}"
