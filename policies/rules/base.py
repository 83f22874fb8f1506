"""What every rule is: a frozen value whose fields are its parameters, with one or two pure methods.

A rule reads a read-only view and answers; it keeps nothing, draws nothing, and reads no clock. A user's
rule is a subclass in a file of its own: its annotated fields are its parameters, validated when it is built
and listed by `parameters`, and its docstring is what `windtunnel policies show` prints.
"""

import inspect
from typing import Any, ClassVar, get_args, get_type_hints

import msgspec

from policies.vocabulary import Seconds


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of one of the families; its fields are its parameters."""

    family: ClassVar[str] = "rule"

    called: ClassVar[str] = ""
    """The rule's name where that is not its class's; a subclass of it has a name of its own again."""

    @classmethod
    def own_name(cls) -> str:
        """The name that files, decisions and tables use."""
        return cls.__dict__.get("called") or cls.__name__

    @property
    def rule_name(self) -> str:
        """The name of this rule, as its class has it."""
        return self.own_name()

    @classmethod
    def summary(cls) -> str:
        """The first paragraph of its docstring, on one line."""
        return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def duration_fields(cls: type) -> frozenset[str]:
    """The names of the fields that are durations (`Seconds`) or tuples of them, or may be None."""
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(name for name, hint in hints.items() if _is_duration(hint))


def _is_duration(hint: Any) -> bool:
    return hint == Seconds or any(_is_duration(part) for part in get_args(hint) if part is not float)


def parameters(rule: Rule) -> dict[str, Any]:
    """The rule's parameters by name, as plain values."""
    return {name: getattr(rule, name) for name in rule.__struct_fields__}
