"""The JSON Schema of scenario files (draft 2020-12), for editors and for other programs.

It is made from the models that read the files, and says all of what can be said about single keys.
What holds between keys (a minimum below a maximum, a task that exists) is checked when a file is
loaded.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import inspect
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from policies.constants import Constants
from policies.decisions import Reason
from policies.presets import FAMILIES, PRESETS, RULES
from policies.rules.base import duration_fields
from sim.checks.catalogue import INVARIANTS
from sim.checks.terms import Sharing
from sim.scenario.arrival_times import BurstsBlock
from sim.scenario.checks_block import SHARING
from sim.scenario.expectations import ANY_TIME, NONE, ExpectBlock
from sim.scenario.faults import Timed
from sim.scenario.fields import DEFINITIONS, OneOrMore, Part
from sim.scenario.model import ScenarioBlock
from sim.scenario.work import SOURCES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator; our defaults are values that no JSON knows, and none is shown."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {  # noqa: RUF012  (Pydantic declares it so)
        "non-serializable-default"
    }


def json_schema() -> dict[str, Any]:
    """The schema, as a fresh plain dict."""
    schema = ScenarioBlock.model_json_schema(schema_generator=_Generator)
    definitions: dict[str, Any] = schema.pop("$defs")
    models = {"ScenarioBlock": schema, **definitions}
    with_lists: tuple[type[Part], ...] = (ScenarioBlock, ExpectBlock)
    for model in with_lists:
        for key, field in model.model_fields.items():
            if OneOrMore in field.metadata:
                _allow_one(models[model.__name__]["properties"], key)
    _exactly_one(definitions["SourceBlock"], SOURCES)
    at_or_every: tuple[type[Part], ...] = (*Timed.__subclasses__(), BurstsBlock)
    for timed in at_or_every:
        _exactly_one(definitions[timed.__name__], ("at", "every"))
    _exactly_one(schema, ("pool", "pools"))
    schema["anyOf"] = [{"required": ["tasks"]}, {"required": ["workload"]}]
    schema["$defs"] = definitions | DEFINITIONS | {"policy": _policy(), **_of_invariants()}
    plain: dict[str, Any] = _plain(schema)
    return {"$schema": DIALECT, "title": "Windtunnel scenario", **plain}


def _allow_one(properties: dict[str, Any], key: str) -> None:
    listed = properties[key]
    one = listed["items"]
    described = {"description": listed.pop("description", "")}
    properties[key] = described | {"anyOf": [one, listed]}


def _exactly_one(model: dict[str, Any], keys: tuple[str, ...]) -> None:
    model["oneOf"] = [{"required": [key]} for key in keys]


def _plain(part: Any) -> Any:
    """The schema without what Pydantic adds for Python: null for None, titles, defaults."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    if "definition" in part and isinstance(part["definition"], str):
        rest = {key: value for key, value in part.items() if key != "definition"}
        return _plain(rest) | {"$ref": f"#/$defs/{part['definition']}"}
    plain = {
        key: {name: _plain(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _plain(value)
        for key, value in part.items()
        if key not in ("title", "default", "discriminator")
    }
    choices = plain.get("anyOf")
    if choices and {"type": "null"} in choices:
        choices = [choice for choice in choices if choice != {"type": "null"}]
        if len(choices) > 1:
            return plain | {"anyOf": choices}
        del plain["anyOf"]
        return choices[0] | plain
    return plain


def _policy() -> dict[str, Any]:
    preset = {"description": "A preset.", "enum": list(PRESETS)}
    families = {family: _family(family) for family in FAMILIES}
    mapping = {
        "type": "object",
        "properties": {
            "preset": preset,
            **families,
            "controller": _parameters(Constants),
            "slots_per_pod": {"type": "integer", "minimum": 1},
        },
        "additionalProperties": False,
    }
    return {"anyOf": [preset, mapping]}


def _of_invariants() -> dict[str, Any]:
    codes = {"enum": list(INVARIANTS)}
    duration = {"definition": "duration"}
    between = {"type": "array", "items": duration, "minItems": 2, "maxItems": 2}
    when = {"anyOf": [duration, between, {"const": ANY_TIME}]}
    return {
        "checks": {
            "type": "object",
            "properties": {
                SHARING: {
                    "description": "The capacity rule of a pod.",
                    "enum": [str(each) for each in Sharing],
                },
                **{code: _parameters(cls) for code, cls in INVARIANTS.items()},
            },
            "additionalProperties": False,
        },
        "breaks": {
            "anyOf": [
                {"const": NONE},
                {
                    "type": "object",
                    "properties": dict.fromkeys(INVARIANTS, when),
                    "additionalProperties": False,
                },
            ]
        },
        "invariants": _one_or_more(codes),
        "reasons": _one_or_more({"enum": [str(each) for each in Reason]}),
    }


def _one_or_more(one: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _family(family: str) -> dict[str, Any]:
    """A rule's name, or a mapping of its parameters; a user's own rule is known by the colon."""
    rule = {"enum": list(RULES[family])}
    own = {"type": "string", "pattern": ":", "description": "path/to/file.py:Class or module:Class"}
    properties: dict[str, Any] = {"rule": rule}
    for cls in RULES[family].values():
        properties |= _parameters(cls)["properties"]
    known = {"type": "object", "properties": properties, "additionalProperties": False}
    users = {"type": "object", "properties": {"rule": own}, "required": ["rule"]}
    return {"anyOf": [rule, own, known, users]}


def _parameters(cls: type[Any]) -> dict[str, Any]:
    """The fields of a rule, or of the constants, as a file writes them."""
    durations = duration_fields(cls)
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    properties = {each.name: _kind(each.type, is_duration=each.name in durations) for each in info.fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _kind(given: inspect.Type, *, is_duration: bool) -> dict[str, Any]:
    """The schema of one parameter; anything for a type that only the rule itself understands."""
    match given:
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return {"type": "array", "items": _kind(item, is_duration=is_duration)}
        case _ if is_duration:
            return {"definition": "duration"}
        case inspect.Metadata(type=inner):
            return _kind(inner, is_duration=False)
        case inspect.EnumType(cls=enum):
            return {"enum": [member.value for member in enum]}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.StrType():
            return {"type": "string"}
        case inspect.IntType(ge=low):
            return {"type": "integer"} | ({} if low is None else {"minimum": low})
        case inspect.FloatType(ge=low, le=high):
            limits = {"minimum": low, "maximum": high}
            return {"type": "number"} | {k: v for k, v in limits.items() if v is not None}
    return {}
