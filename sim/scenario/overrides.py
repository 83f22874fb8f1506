"""`--set key=value`: changes to a scenario's tree before it is checked.

A key is a dotted path into the file, list indexes included (`pool.min`, `tasks.0.plan`). The names
of the rule families, and `controller`, need no path: `placement=P5` changes the scenario's policy.
"""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

import msgspec

from policies.presets import FAMILIES
from sim.errors import InputError
from sim.scenario.source import Path, dotted, parse_value

POLICY_KEYS: Final = (*FAMILIES, "controller", "slots_per_pod")
"""Keys that change the policy and may be written without `policy.` before them."""

_INDEX: Final = re.compile("[0-9]{1,18}")
"""A part of a path that may be an index into a list."""


class Override(msgspec.Struct, frozen=True):
    """One change: what the person wrote, where it goes and what it puts there."""

    place: str
    """What the person wrote, for messages."""
    path: Path
    value: Any


def parse_override(text: str) -> Override:
    """The override written as `key=value`; InputError says what is wrong with it."""
    if not is_text(text):
        raise InputError(f"--set {text!r}: is no text (UTF-8); expected key=value, for example pool.min=2")
    place = f"--set {text if text.isprintable() else repr(text)}"
    key, equals, value_text = text.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise InputError(f"{place}: expected key=value, for example --set pool.min=2")
    if parts[0] in POLICY_KEYS:
        parts.insert(0, "policy")
    try:
        value = parse_value(value_text)
    except ValueError as error:
        raise InputError(f"{place}: {error}") from None
    if value is None:
        raise InputError(f"{place}: the value is missing; for example --set pool.min=2")
    path = tuple(int(part) if _INDEX.fullmatch(part) else part for part in parts)
    return Override(place, path, value)


def is_text(given: str) -> bool:
    """Whether what a person gave is text; an argument of a command that is no UTF-8 has lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in given)


def apply_overrides(tree: dict[str, Any], overrides: Sequence[Override]) -> None:
    """Change the tree in place, in the order given; InputError if a path leads nowhere."""
    for override in overrides:
        _apply(tree, override)


def _apply(tree: dict[str, Any], override: Override) -> None:
    part: Any = tree
    *way, last = override.path
    for index, key in enumerate(way):
        part = _into(part, key, override, override.path[:index], override.path[: index + 1])
    _put(part, last, override)


def _into(part: Any, key: str | int, override: Override, at: Path, to: Path) -> Any:
    """The part under `key`, made if it is missing; a shorthand becomes what it is short for."""
    if isinstance(part, list):
        return part[_index(part, key, override, at)]
    if not isinstance(part, dict):
        raise InputError(f"{override.place}: {dotted(at) or 'the scenario'} is {part!r}, which has no parts")
    key = str(key)
    value = part.get(key)
    if value is None:
        value = part[key] = {}
    elif isinstance(value, str) and to == ("policy",):
        value = part[key] = {"preset": value}
    elif isinstance(value, str) and to[0] == "policy" and len(to) == 2:
        value = part[key] = {"rule": value}
    return value


def _put(part: Any, key: str | int, override: Override) -> None:
    at = override.path[:-1]
    value = deepcopy(override.value)  # a later override may change it
    if isinstance(part, list):
        part[_index(part, key, override, at)] = value
    elif isinstance(part, dict):
        part[str(key)] = value
    else:
        raise InputError(f"{override.place}: {dotted(at) or 'the scenario'} is {part!r}, which has no parts")


def _index(part: list[Any], key: str | int, override: Override, at: Path) -> int:
    if not isinstance(key, int) or key >= len(part):
        raise InputError(
            f"{override.place}: {dotted(at) or 'the scenario'} is a list of {len(part)}; "
            f"expected an index from 0 to {len(part) - 1} in place of {key!r}"
        )
    return key
