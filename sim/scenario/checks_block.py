"""`checks`: the capacity rule that a run is held to, and the parameters of single invariants."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from pydantic import PlainValidator, WithJsonSchema

from policies.names import nearest
from policies.rules.base import duration_fields
from sim.checks.catalogue import INVARIANTS
from sim.checks.terms import Sharing
from sim.quantities import parse_duration
from sim.scenario.problems import FieldError
from sim.scenario.values import HeldTo

SHARING: Final = "sharing"


def parse_checks(value: Any) -> HeldTo:
    """The value of `checks`. Raises FieldError with the path of what is wrong."""
    if not isinstance(value, Mapping):
        raise FieldError((), f"{value!r}; expected keys with values, for example L01: {{within: 15 s}}")
    sharing = None
    parameters: dict[str, Mapping[str, Any]] = {}
    for key, given in value.items():
        if key == SHARING:
            sharing = _sharing(given)
        elif key in INVARIANTS:
            parameters[key] = _parameters(key, given)
        else:
            raise FieldError((str(key),), nearest("key", str(key), (SHARING, *INVARIANTS)))
    return HeldTo(sharing=sharing, parameters=parameters)


def _sharing(given: Any) -> str:
    if given not in list(Sharing):
        raise FieldError((SHARING,), nearest("capacity rule", str(given), map(str, Sharing)))
    return str(given)


def _parameters(code: str, given: Any) -> dict[str, Any]:
    cls = INVARIANTS[code]
    known = cls.__struct_fields__
    if not isinstance(given, Mapping):
        raise FieldError(
            (code,), f"{given!r}; expected parameters by name: {', '.join(known) or 'it has none'}"
        )
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise FieldError((code, str(name)), nearest("parameter", str(name), known or ("(none)",)))
        read[name] = _read(code, name, value)
    try:
        msgspec.convert(read, cls)
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `$.")
        name = where.rstrip("`").partition("[")[0]
        path = (code, name) if name in read else (code,)
        raise FieldError(path, f"{given.get(name, given)!r}; {text[0].lower()}{text[1:]}") from None
    return read


def _read(code: str, name: str, value: Any) -> Any:
    if name not in duration_fields(INVARIANTS[code]):
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise FieldError((code, name), str(error)) from None


ChecksBlock = Annotated[HeldTo, PlainValidator(parse_checks), WithJsonSchema({"definition": "checks"})]
