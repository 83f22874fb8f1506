"""The kinds of values that a scenario's keys take, and the base of every part of a scenario file.

Each kind says how it is read, in words that help when it is wrong, and what it is in the JSON
Schema. `DEFINITIONS` holds the schema's shared parts; a placeholder `{"definition": name}` refers
to them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from policies.presets import rule_class
from sim.distributions import Distribution, PerEntity
from sim.quantities import SHORTEST_WAIT_S, parse_duration, parse_rate
from sim.scenario.policy_block import FindRule
from sim.written_distributions import ReadColumn, parse_distribution


@dataclass
class Reading:
    """What validators know about the file that is being read, and what they learn about it."""

    read_column: ReadColumn | None = None
    find_rule: FindRule = rule_class
    keys: dict[int, list[str]] = field(default_factory=dict)
    """The keys that each mapping of the tree may have, by the mapping's identity."""

    def keys_of(self, mapping: Any) -> Sequence[str]:
        """The keys that this mapping may have; none if it is not known what it is."""
        return self.keys.get(id(mapping), [])


class Part(BaseModel):
    """A mapping in a scenario file. Unknown keys are refused, nothing is silently converted.

    Numbers are finite; what may be endless says `never`.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    @model_validator(mode="before")
    @classmethod
    def _note_keys(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, dict) and isinstance(info.context, Reading):
            info.context.keys[id(value)] = [each.alias or name for name, each in cls.model_fields.items()]
        return value


def _positive_duration(value: Any) -> float:
    seconds = parse_duration(value)
    if seconds < SHORTEST_WAIT_S:
        raise ValueError(f"{value!r}; expected at least 1 ms")
    return seconds


def _duration_or_never(value: Any) -> float:
    return math.inf if value == "never" else parse_duration(value)


def _delay(value: Any, info: ValidationInfo) -> Distribution:
    distribution = _parse(value, info, may_be_never=False)
    return _not_per_entity(distribution)


def _delay_or_never(value: Any, info: ValidationInfo) -> Distribution:
    return _not_per_entity(_parse(value, info, may_be_never=True))


def _interval(value: Any, info: ValidationInfo) -> Distribution:
    distribution = _delay(value, info)
    if distribution.mean() < SHORTEST_WAIT_S:
        raise ValueError(f"{value!r}; expected a time between events of at least 1 ms on average")
    return distribution


def _pod_delay(value: Any, info: ValidationInfo) -> Distribution:
    return _parse(value, info, may_be_never=False)


def _pod_delay_or_never(value: Any, info: ValidationInfo) -> Distribution:
    return _parse(value, info, may_be_never=True)


def _parse(value: Any, info: ValidationInfo, *, may_be_never: bool) -> Distribution:
    if isinstance(value, Distribution):
        return value
    read_column = info.context.read_column if isinstance(info.context, Reading) else None
    return parse_distribution(value, read_column, may_be_never=may_be_never)


def _not_per_entity(distribution: Distribution) -> Distribution:
    if isinstance(distribution, PerEntity):
        raise ValueError(
            "a list gives each pod its value, and here are no pods; "
            "write {empirical: [...]} for one of several values at random"
        )
    return distribution


def _text_of(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _pod_number(value: Any) -> int | None:
    if value == "all":
        return None
    if type(value) is not int or value < 1:
        raise ValueError(
            f"{value!r}; expected a pod's number (1 is the first pod that its pool creates), or all"
        )
    return value


def _count_or_none(value: Any) -> int | None:
    if value == "none":
        return None
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r}; expected a whole number >= 1, or none")
    return value


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _definition(name: str) -> WithJsonSchema:
    return WithJsonSchema({"definition": name})


Text = Annotated[str, Field(min_length=1)]
TextOrNumber = Annotated[str, BeforeValidator(_text_of), WithJsonSchema({"type": ["string", "integer"]})]
Seconds = Annotated[float, PlainValidator(parse_duration), _definition("duration")]
PositiveSeconds = Annotated[float, PlainValidator(_positive_duration), _definition("duration")]
SecondsOrNever = Annotated[float, PlainValidator(_duration_or_never), _definition("duration_or_never")]
Delay = Annotated[Distribution, PlainValidator(_delay), _definition("distribution")]
DelayOrNever = Annotated[Distribution, PlainValidator(_delay_or_never), _definition("distribution_or_never")]
Interval = Annotated[Distribution, PlainValidator(_interval), _definition("distribution")]
PodDelay = Annotated[Distribution, PlainValidator(_pod_delay), _definition("pod_delay")]
PodDelayOrNever = Annotated[
    Distribution, PlainValidator(_pod_delay_or_never), _definition("pod_delay_or_never")
]
RatePerSecond = Annotated[float, PlainValidator(parse_rate), _definition("rate")]
Share = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(gt=0, le=1)]
PodNumber = Annotated[
    int | None,
    PlainValidator(_pod_number),
    WithJsonSchema({"anyOf": [{"const": "all"}, {"type": "integer", "minimum": 1}]}),
]
CountOrNone = Annotated[
    int | None,
    PlainValidator(_count_or_none),
    WithJsonSchema({"anyOf": [{"const": "none"}, {"type": "integer", "minimum": 1}]}),
]
OneOrMore = BeforeValidator(_wrapped)
"""Lets a list of one be written without brackets; the schema knows it by `one_or_more`."""

_NUMBER: Final = r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_DURATION: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": rf"^\s*({_NUMBER}\s*(ms|s|min|h|d)\s*)+$",
    "examples": ["250 ms", "6 s", "10 min", "2 h", "1 d", "1 h 30 min"],
}


def _ref(name: str) -> dict[str, Any]:
    return {"definition": name}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


_POSITIVE: Final[dict[str, Any]] = {"type": "number", "exclusiveMinimum": 0}
_DURATIONS: Final[dict[str, Any]] = {"type": "array", "items": _ref("duration"), "minItems": 1}
_NAMED: Final[dict[str, Any]] = {
    "uniform": {**_DURATIONS, "minItems": 2, "maxItems": 2},
    "exponential": _object({"mean": _ref("duration")}),
    "normal": _object(
        {"mean": _ref("duration"), "sd": _ref("duration")},
        {"min": _ref("duration"), "max": _ref("duration")},
    ),
    "lognormal": _object({"median": _ref("duration"), "sigma": _POSITIVE}),
    "weibull": _object({"scale": _ref("duration"), "shape": _POSITIVE}),
    "gamma": _object({"mean": _ref("duration"), "shape": _POSITIVE}),
    "empirical": {"anyOf": [_DURATIONS, _object({"file": {"type": "string"}, "column": {"type": "string"}})]},
    "mixture": {
        "type": "array",
        "items": _object({"weight": _POSITIVE, "of": _ref("distribution")}),
        "minItems": 1,
    },
}
_MAPPING: Final[dict[str, Any]] = {
    "type": "object",
    "properties": _NAMED,
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_NEVER: Final[dict[str, Any]] = {"const": "never"}
_LISTED_OR_NEVER: Final[dict[str, Any]] = {
    "type": "array",
    "items": _ref("duration_or_never"),
    "minItems": 1,
}

DEFINITIONS: Final[dict[str, dict[str, Any]]] = {
    "duration": {"description": "A duration with its unit: ms, s, min, h or d.", **_DURATION},
    "duration_or_never": {"anyOf": [_ref("duration"), _NEVER]},
    "named_distribution": {"description": "A distribution by name.", **_MAPPING},
    "distribution": {
        "description": "A duration, or a distribution of durations.",
        "anyOf": [_ref("duration"), _ref("named_distribution")],
    },
    "distribution_or_never": {"anyOf": [_ref("distribution"), _NEVER]},
    "pod_delay": {
        "description": "A duration, a distribution, or a list with one duration per pod.",
        "anyOf": [_ref("distribution"), _DURATIONS],
    },
    "pod_delay_or_never": {"anyOf": [_ref("distribution"), _LISTED_OR_NEVER, _NEVER]},
    "rate": {
        "description": "Events per time, for example 12 per hour.",
        "type": "string",
        "pattern": rf"^\s*{_NUMBER}\s*per\s*(s|min|h|hour|d|day)\s*$",
        "examples": ["12 per hour", "0.5 per s"],
    },
}
"""The shared parts of the JSON Schema, by the name that placeholders refer to."""
