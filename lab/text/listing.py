"""Lists and descriptions: scenarios, presets, rules and invariants with their parameters."""

import inspect
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lab.text.parts import indented, plain_table
from lab.text.screen import Screen
from lab.words import duration
from policies.constants import Constants
from policies.policy_set import PolicySet
from policies.presets import PRESETS, RULES, SUMMARIES
from policies.rules.base import Rule, duration_fields
from sim.checks import INVARIANTS, Invariant
from sim.checks.invariant import BOTH, OBSERVED, TRUTH
from sim.scenario import Scenario

_ATTRIBUTE_DOC: Final = re.compile(r'^    (\w+): [^\n]*\n    """(.*?)"""', re.MULTILINE | re.DOTALL)

_LOOKS_AT: Final = {
    TRUTH: "what is true",
    OBSERVED: "what the control plane has written down",
    BOTH: "what is true and what the control plane has written down",
}


def show_scenarios(screen: Screen, scenarios: Sequence[Scenario]) -> None:
    """Names, titles and how long each lasts."""
    table = plain_table("scenario", "lasts", "title")
    for each in scenarios:
        table.add_row(Text(each.name, style="bold"), duration(each.horizon_s), each.title)
    screen.show(table)


def show_scenario(screen: Screen, scenario: Scenario) -> None:
    """What a scenario is about."""
    title = Text(scenario.name, style="bold")
    title.append(f"  {scenario.title}")
    screen.show(title)
    for heading, text in (
        ("Question", scenario.question),
        ("Story", scenario.story),
        ("What goes wrong", scenario.goes_wrong),
        ("Covers", "; ".join(scenario.covers)),
    ):
        if text:
            screen.show("", Text(heading, style="bold"))
            for paragraph in text.split("\n"):
                if paragraph.strip():
                    screen.show(indented(Text(paragraph.strip())))
    screen.show("", _facts(scenario))


def _facts(scenario: Scenario) -> Table:
    table = plain_table("", "")
    table.add_row("lasts", duration(scenario.horizon_s))
    table.add_row("seed", str(scenario.seed))
    table.add_row("policy", scenario.policy.name)
    if scenario.presets:
        table.add_row("compares", " ".join(scenario.presets))
    for pool in scenario.pools:
        bounds = f"{pool.min} to {pool.max} pods of {pool.slots_per_pod} slots, {pool.initial} at the start"
        table.add_row(f"pool {pool.name}", bounds)
    if scenario.expect:
        table.add_row("expects of", ", ".join(scenario.expect))
    return table


def show_policies(screen: Screen) -> None:
    """All presets and all rules, one line each."""
    table = plain_table(f"{'preset':<12}", "", "")
    for name, preset in PRESETS.items():
        rules = " ".join(rule.rule_name for rule in list(preset.rules().values())[:4])
        table.add_row(Text(name, style="bold"), rules, SUMMARIES[name])
    screen.show(table)
    for family, classes in RULES.items():
        table = plain_table(f"{family:<12}", "")
        for name, cls in classes.items():
            table.add_row(Text(name, style="bold"), cls.summary())
        screen.show("", table)
    screen.show("", Text("Your own: a class derived from one of these families, path/to/file.py:Class"))


def show_preset(screen: Screen, preset: PolicySet) -> None:
    """A preset's rules, and every parameter that it has."""
    heading = Text(preset.name, style="bold")
    heading.append(f"  {SUMMARIES.get(preset.name, '')}", style="not bold")
    screen.show(heading)
    for family, rule in preset.rules().items():
        title = Text(f"{family} ", style="dim")
        title.append(rule.rule_name, style="bold not dim")
        title.append(f"  {rule.summary()}", style="not dim")
        screen.show("", title, *_parameters(family, type(rule), rule))
    screen.show("", Text("controller", style="dim"), *_parameters("controller", Constants, preset.controller))
    screen.show("", Text(f"slots_per_pod={preset.slots_per_pod}"))


def show_rule(screen: Screen, name: str, cls: type[Rule]) -> None:
    """A rule: its family, what it does, and its parameters."""
    heading = Text(name, style="bold")
    heading.append(f"  a rule of the family {cls.family}", style="dim not bold")
    own = cls.__doc__  # not inspect.getdoc, which takes the family's for want of one
    text = inspect.cleandoc(own) if own else "It has no docstring, so nothing says what it does."
    screen.show(heading, "", Text(text), "")
    parts = list(_parameters(cls.family, cls, None))
    screen.show(*(parts or [Text("It has no parameters.")]))


def show_invariants(screen: Screen) -> None:
    """All invariants, one line each."""
    table = plain_table("", "", "what must hold")
    for code, cls in INVARIANTS.items():
        table.add_row(Text(code, style="bold"), cls.title, cls.sentence())
    screen.show(table)


def show_invariant(screen: Screen, cls: type[Invariant]) -> None:
    """An invariant: what must hold, what that means, and its parameters."""
    heading = Text(cls.code, style="bold")
    heading.append(f"  {cls.title}", style="not bold")
    heading.append(f"  (looks at {_LOOKS_AT[cls.looks_at]})", style="dim not bold")
    paragraphs = (inspect.getdoc(cls) or "").split("\n\n")
    screen.show(heading, *(part for text in paragraphs for part in ("", Text(" ".join(text.split())))), "")
    parts = list(_parameters(f"checks.{cls.code}", cls, None))
    screen.show(*(parts or [Text("It has no parameters.")]))


def _parameters(
    place: str, cls: type[msgspec.Struct], rule: msgspec.Struct | None
) -> Iterator[RenderableType]:
    """The parameters as `--set` takes them, with defaults (or this rule's values) and their meaning."""
    if not cls.__struct_fields__:
        return
    durations, docs = duration_fields(cls), _docs(cls)
    hints = get_type_hints(cls, include_extras=True)
    table = plain_table("parameter", "value" if rule is not None else "default", "kind", "")
    table.columns[0].no_wrap = True
    for field in msgspec.structs.fields(cls):
        value = getattr(rule, field.name) if rule is not None else _default(field)
        kind = _kind(hints[field.name], is_duration=field.name in durations)
        text = _value(value, is_duration=field.name in durations)
        table.add_row(f"{place}.{field.name}", text, kind, docs.get(field.name, ""))
    yield indented(table)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return "(required)" if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _value(value: Any, *, is_duration: bool) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(each, is_duration=is_duration) for each in value)}]"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g} s" if is_duration and isinstance(value, int | float) else str(value)


def _kind(hint: Any, *, is_duration: bool) -> str:
    """What is expected, in a few words."""
    if is_duration:
        return "durations" if get_origin(hint) in (tuple, list) else "duration"
    if get_origin(hint) in (tuple, list):
        return "list"
    inner = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if isinstance(inner, type) and issubclass(inner, Enum):
        return " or ".join(str(member.value) for member in inner)
    metas = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, msgspec.Meta)]
    if metas and metas[0].ge is not None and metas[0].le is not None:
        return f"number from {metas[0].ge:g} to {metas[0].le:g}"
    names = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    return names.get(inner, str(getattr(inner, "__name__", inner)))


def _docs(cls: type[Any]) -> dict[str, str]:
    """The text below each field, which Python does not keep: it is read from the source, base classes too."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        try:
            source = inspect.getsource(base)
        except (OSError, TypeError):
            continue
        found |= {name: " ".join(text.split()) for name, text in _ATTRIBUTE_DOC.findall(source)}
    return found
