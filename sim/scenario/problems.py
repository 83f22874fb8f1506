"""What is wrong with a scenario, where, and how that is said.

A problem is a path into the tree and a sentence. Pydantic's findings become sentences here, in the
words of the file format: the value found, what was expected, and the nearest valid name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from policies.names import nearest
from sim.errors import InputError
from sim.scenario.overrides import Override
from sim.scenario.source import Document, Path, dotted

SHOWN_MAX: Final = 20
"""How many problems one message lists."""

_EXPECTED: Final[Mapping[str, str]] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text (put it in quotes if it looks like a number)",
    "string_too_short": "some text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}


class FieldError(ValueError):
    """A value is wrong at `path` below the field that is being read."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        super().__init__(text)


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, and the sentence, which names the field."""

    path: Path
    text: str


def found_by_pydantic(
    error: ValidationError, tree: dict[str, Any], keys_of: Callable[[Any], Sequence[str]]
) -> list[Problem]:
    """Pydantic's findings as problems; `keys_of` tells which keys a mapping may have."""
    return [_problem(each, tree, keys_of) for each in error.errors(include_url=False)]


def refuse(problems: Iterable[Problem], document: Document, overrides: Sequence[Override]) -> None:
    """Raise InputError with all problems, one a line, in the order of the file; nothing if none."""
    placed = []
    for problem in dict.fromkeys(problems):
        override = _cause(problem.path, overrides)
        line = 0 if override else document.line(problem.path)
        place = override.place if override else f"{document.name}:{line}"
        placed.append((line, f"{place}: {problem.text}"))
    if placed:
        lines = [text for _, text in sorted(placed, key=lambda entry: entry[0])]
        if len(lines) > SHOWN_MAX:
            lines[SHOWN_MAX:] = [f"{document.name}: and {len(lines) - SHOWN_MAX} more problems"]
        raise InputError("\n".join(lines))


def _cause(path: Path, overrides: Sequence[Override]) -> Override | None:
    """The last override that put this part there, or that put something into it."""
    keys = tuple(map(str, path))
    puts = [(override, tuple(map(str, override.path))) for override in reversed(overrides)]
    above = (override for override, put in puts if keys[: len(put)] == put)
    within = (override for override, put in puts if len(keys) > 1 and put[: len(keys)] == keys)
    return next(above, None) or next(within, None)


def _problem(error: ErrorDetails, tree: dict[str, Any], keys_of: Callable[[Any], Sequence[str]]) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    path, parent = _path(error["loc"], tree, names_a_key=kind in ("missing", "extra_forbidden"))
    name = dotted(path)
    if kind == "extra_forbidden":
        around = f"{dotted(path[:-1])}: " if path[:-1] else ""
        return Problem(path, around + nearest("key", str(path[-1]), keys_of(parent)))
    if kind == "missing":
        return Problem(path, f"{name} is missing; it is required")
    if kind == "value_error":
        cause = context["error"]
        if isinstance(cause, FieldError):
            path = (*path, *cause.path)
        return Problem(path, f"{dotted(path)}: {cause}" if path else str(cause))
    if kind == "union_tag_not_found":
        tag = str(context["discriminator"]).strip("'")
        return Problem(path, f"{name}.{tag} is missing; it is required")
    if kind == "union_tag_invalid":
        tag = str(context["discriminator"]).strip("'")
        known = str(context["expected_tags"]).replace("'", "").split(", ")
        return Problem((*path, tag), f"{name}: {nearest(tag, context['tag'], known)}")
    if kind == "literal_error":
        known = str(context["expected"]).replace("' or '", "', '").replace("'", "").split(", ")
        return Problem(path, f"{name}: {nearest('value', str(error['input']), known)}")
    return Problem(path, f"{name} is {_shown(error['input'])}; expected {_expected(error)}")


def _expected(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    for name, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if name in context:
            number = "a whole number" if isinstance(context[name], int) else "a number"
            return f"{number} {sign} {context[name]:g}"
    if kind == "too_short":
        return f"at least {context['min_length']} of them"
    if kind == "too_long":
        return f"at most {context['max_length']} of them"
    text = error["msg"]
    return text[0].lower() + text[1:]


def _path(location: Sequence[str | int], tree: Any, *, names_a_key: bool) -> tuple[Path, Any]:
    """The path in the tree that a location of Pydantic's means, and what is around its end.

    A location also holds parts that are not in the file: the tag of a union, the index in a list
    that may be written without brackets.
    """
    path: list[str | int] = []
    around, part = None, tree
    for index, key in enumerate(location):
        if _has(part, key):
            path.append(key)
            around, part = part, part[key]
        elif names_a_key and index == len(location) - 1 and isinstance(part, dict):
            path.append(key)
            around = part
    return tuple(path), around


def _has(part: Any, key: str | int) -> bool:
    if isinstance(part, dict):
        return key in part
    return isinstance(part, list) and isinstance(key, int) and 0 <= key < len(part)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
