"""The rule sets of the platform's history, by name, and every rule by family and name.

`resolve` combines freely: a preset with any of its rules, parameters or constants replaced.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

import msgspec

from policies.constants import Constants, LostPlan
from policies.names import nearest
from policies.policy_set import PolicySet
from policies.rules import autoscaling, dispatch, placement, queue, recovery, victims
from policies.rules.base import Rule, parameters

FAMILIES: Final[Mapping[str, type[Rule]]] = {
    "queue": queue.QueueRule,
    "placement": placement.Placement,
    "dispatch": dispatch.DispatchRule,
    "autoscaler": autoscaling.Autoscaler,
    "victims": victims.VictimRule,
    "recovery": recovery.RecoveryRule,
}


def _by_name(*classes: type[Rule]) -> dict[str, type[Rule]]:
    return {cls.own_name(): cls for cls in classes}


RULES: Final[Mapping[str, Mapping[str, type[Rule]]]] = {
    "queue": _by_name(queue.Q1, queue.Q7, queue.Q8, queue.Q9),
    "placement": _by_name(
        placement.P0,
        placement.P1,
        placement.P2,
        placement.P3,
        placement.P4,
        placement.P5,
        placement.P6,
        placement.P7,
    ),
    "dispatch": _by_name(dispatch.D3, dispatch.D4, dispatch.D5),
    "autoscaler": _by_name(
        autoscaling.C2,
        autoscaling.C3,
        autoscaling.C7,
        autoscaling.C8,
        autoscaling.C9a,
        autoscaling.C9,
        autoscaling.C10,
    ),
    "victims": _by_name(victims.AnyIdle, victims.Newest, victims.Oldest, victims.LongestIdle),
    "recovery": _by_name(recovery.Forget, recovery.Rebuild),
}

SlotCount = Annotated[int, msgspec.Meta(ge=1)]

_SEED = PolicySet(
    name="seed-before",
    queue=queue.Q7(),
    placement=placement.P4(),
    dispatch=dispatch.D3(),
    autoscaler=autoscaling.C8(),
    victims=victims.AnyIdle(),
    recovery=recovery.Forget(),
)

_replace = msgspec.structs.replace

PRESETS: Final[Mapping[str, PolicySet]] = {
    "phase2-raw": _replace(_SEED, name="phase2-raw", placement=placement.P1(), autoscaler=autoscaling.C7()),
    "post599": _replace(_SEED, name="post599", placement=placement.P2()),
    "post604": _replace(_SEED, name="post604", placement=placement.P3()),
    "seed-before": _SEED,
    "seed-after": _replace(_SEED, name="seed-after", placement=placement.P5(), autoscaler=autoscaling.C9()),
    "later": _replace(
        _SEED,
        name="later",
        queue=queue.Q8(),
        placement=placement.P6(),
        dispatch=dispatch.D4(),
        autoscaler=autoscaling.C9(),
        slots_per_pod=4,
    ),
    "windtunnel": _replace(
        _SEED,
        name="windtunnel",
        queue=queue.Q9(),
        placement=placement.P7(),
        dispatch=dispatch.D5(),
        autoscaler=autoscaling.C10(),
        victims=victims.LongestIdle(),
        recovery=recovery.Rebuild(),
        controller=Constants(lost_plan=LostPlan.REQUEUE),
    ),
}

SUMMARIES: Final[Mapping[str, str]] = {
    "phase2-raw": "Phase 2 as it was: slot 0 for applies, utilisation steps.",
    "post599": "After 599: young pods are always usable, and a cold start counts any pending task.",
    "post604": "After 604: young pods only once the pod manager knows their agent.",
    "seed-before": "Before the fix of 609: as post604, with the slot rules of 606.",
    "seed-after": "After the fix of 609: heartbeats only, and capacity by unblocked demand.",
    "later": "What came later: four slots, one plan_and_apply a pod, confirmed applies driven apart.",
    "windtunnel": "Ours: what the incidents teach, put together.",
}


def resolve(preset: str, overrides: Mapping[str, Any] | None = None) -> PolicySet:
    """The preset with `overrides` applied.

    `overrides` maps a family to a rule name, a rule class's instance, or a mapping of parameters with an
    optional `rule`; `controller` to constants; `slots_per_pod` to a number. Durations are float seconds.
    Raises ValueError, whose text starts with the path of the wrong value (`placement.offline_after: ...`).
    """
    try:
        policy = PRESETS[preset]
    except KeyError:
        raise ValueError(nearest("preset", preset, PRESETS)) from None
    changes: dict[str, Any] = {}
    for key, value in (overrides or {}).items():
        if key in FAMILIES:
            changes[key] = _rule(key, value, getattr(policy, key))
        elif key == "controller":
            values = msgspec.to_builtins(policy.controller) | _checked(key, value, Constants)
            changes[key] = _convert(key, values, Constants)
        elif key == "slots_per_pod":
            changes[key] = _convert(key, value, SlotCount)
        else:
            raise ValueError(nearest("policy key", key, [*FAMILIES, "controller", "slots_per_pod"]))
    return _replace(policy, **changes) if changes else policy


def rule_class(family: str, name: str) -> type[Rule]:
    """The rule of this name; ValueError lists the family's rules and the nearest."""
    try:
        return RULES[family][name]
    except KeyError:
        raise ValueError(f"{family}: {nearest('rule', name, RULES[family])}") from None


def _rule(family: str, value: Any, current: Rule) -> Rule:
    if isinstance(value, FAMILIES[family]):
        return value
    if isinstance(value, str):
        return rule_class(family, value)()
    if not isinstance(value, Mapping):
        raise ValueError(f"{family}: {value!r} is no rule; expected a rule's name or parameters")
    given = dict(value)
    rule = given.pop("rule", None)
    if isinstance(rule, type) and issubclass(rule, FAMILIES[family]):
        cls: type[Rule] = rule
    else:
        cls = type(current) if rule is None else rule_class(family, str(rule))
    kept = parameters(current) if cls is type(current) else {}
    return cast(Rule, _convert(family, kept | _checked(family, given, cls), cls))


def _checked(path: str, given: Any, cls: type[msgspec.Struct]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValueError(f"{path}: {given!r}; expected parameters by name")
    for name in given:
        if name not in cls.__struct_fields__:
            known = cls.__struct_fields__ or ["(none)"]
            raise ValueError(f"{path}.{name}: {nearest('parameter', name, known)}")
    return dict(given)


def _convert(path: str, values: Any, cls: Any) -> Any:
    try:
        return msgspec.convert(values, cls)
    except msgspec.ValidationError as error:
        text, _, where = str(error).partition(" - at `$")
        place = path + where.rstrip("`")
        raise ValueError(f"{place}: {text[0].lower() + text[1:]}") from None
