"""The presets as the domain lists them, what may be replaced in them, and what a wrong override is told."""

import json
import re
from typing import Any

import msgspec
import pytest

from policies.constants import Constants, LostPlan
from policies.presets import FAMILIES, PRESETS, RULES, SUMMARIES, resolve, rule_class
from policies.rules.base import Rule, duration_fields, parameters
from policies.rules.dispatch import D3
from policies.rules.placement import P1, P3, P5
from policies.rules.victims import Oldest
from policies.vocabulary import Evidence

KEYS = "queue, placement, dispatch, autoscaler, victims, recovery, controller, slots_per_pod"
RULE_NAMES = [(family, name) for family, rules in RULES.items() for name in rules]


@pytest.mark.parametrize(
    ("preset", "queue", "placement", "dispatch", "autoscaler", "slots"),
    [
        ("phase2-raw", "Q7", "P1", "D3", "C7", 3),
        ("post599", "Q7", "P2", "D3", "C8", 3),
        ("post604", "Q7", "P3", "D3", "C8", 3),
        ("seed-before", "Q7", "P4", "D3", "C8", 3),
        ("seed-after", "Q7", "P5", "D3", "C9", 3),
        ("later", "Q8", "P6", "D4", "C9", 4),
    ],
)
def test_a_preset_is_the_rules_of_its_time(
    preset: str, queue: str, placement: str, dispatch: str, autoscaler: str, slots: int
) -> None:
    policy = resolve(preset)
    names = {family: rule.rule_name for family, rule in policy.rules().items()}
    assert names == {
        "queue": queue,
        "placement": placement,
        "dispatch": dispatch,
        "autoscaler": autoscaler,
        "victims": "any_idle",
        "recovery": "forget",
    }
    assert policy.slots_per_pod == slots


def test_our_preset_is_rules_of_our_own_and_a_memory_that_survives() -> None:
    policy = resolve("windtunnel")
    names = {family: rule.rule_name for family, rule in policy.rules().items()}
    assert names == {
        "queue": "Q9",
        "placement": "P7",
        "dispatch": "D5",
        "autoscaler": "C10",
        "victims": "longest_idle",
        "recovery": "rebuild",
    }
    assert policy.controller == Constants(lost_plan=LostPlan.REQUEUE)
    assert policy.slots_per_pod == 3


def test_there_are_six_presets_in_the_order_of_history_and_ours_each_with_a_summary() -> None:
    history = ["phase2-raw", "post599", "post604", "seed-before", "seed-after", "later"]
    assert list(PRESETS) == [*history, "windtunnel"]
    assert list(SUMMARIES) == list(PRESETS)
    assert [policy.name for policy in PRESETS.values()] == list(PRESETS)


def test_all_presets_but_ours_have_the_platform_s_constants() -> None:
    others = {policy.controller for name, policy in PRESETS.items() if name != "windtunnel"}
    assert others == {Constants()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("autoscaler_every", 5.0),
        ("monitor_every", 10.0),
        ("server_check_every", 30.0),
        ("cut_after", 120.0),
        ("row_offline_after", 120.0),
        ("row_deleted_after", 300.0),
        ("row_cleanup_every", 300.0),
        ("reservation_expires_after", 86400.0),
        ("phase_timeout", 3600.0),
        ("heartbeat_evidence", Evidence.AGENT),
        ("lost_plan", LostPlan.FAIL),
    ],
)
def test_a_constant_is_the_platform_s(name: str, value: object) -> None:
    assert getattr(Constants(), name) == value


@pytest.mark.parametrize(
    ("family", "rule", "values"),
    [
        ("placement", "P1", {"offline_after": 120.0}),
        ("placement", "P2", {"offline_after": 120.0, "grace": 300.0}),
        ("placement", "P3", {"offline_after": 120.0, "grace": 300.0}),
        ("placement", "P4", {"offline_after": 120.0, "grace": 300.0}),
        ("placement", "P5", {"offline_after": 120.0}),
        ("placement", "P6", {"offline_after": 120.0}),
        ("autoscaler", "C7", {"high": 0.8, "low": 0.2}),
        ("autoscaler", "C9", {"high": 0.8, "low": 0.2}),
        ("autoscaler", "C2", {}),
        ("placement", "P7", {"offline_after": 120.0}),
        ("autoscaler", "C10", {"offline_after": 120.0, "unreachable_after": 300.0}),
        ("victims", "longest_idle", {"idle_for": 300.0}),
        (
            "dispatch",
            "D4",
            {
                "retry_no_slot": 10.0,
                "retry_lost_race": 5.0,
                "retry_no_agent": 15.0,
                "send_back_off": (5.0, 10.0, 20.0, 40.0, 60.0),
            },
        ),
    ],
)
def test_a_rule_s_parameters_are_the_platform_s(family: str, rule: str, values: dict[str, Any]) -> None:
    assert parameters(rule_class(family, rule)()) == values


@pytest.mark.parametrize(("family", "name"), RULE_NAMES)
def test_every_rule_is_of_its_family_can_be_built_and_has_a_summary(family: str, name: str) -> None:
    rule = rule_class(family, name)
    assert issubclass(rule, FAMILIES[family])
    assert isinstance(rule(), Rule)
    assert rule.summary().endswith(".")


def test_durations_are_known_as_such() -> None:
    assert duration_fields(P3) == {"offline_after", "grace"}
    assert "send_back_off" in duration_fields(D3)
    assert duration_fields(type(resolve("seed-after").autoscaler)) == frozenset()


# overrides


def test_no_overrides_give_the_preset_itself() -> None:
    assert resolve("seed-after") is PRESETS["seed-after"]


def test_a_rule_is_replaced_by_name() -> None:
    policy = resolve("seed-before", {"placement": "P5", "victims": "oldest"})
    assert (policy.placement, policy.victims) == (P5(), Oldest())
    assert policy.queue == PRESETS["seed-before"].queue


def test_a_rule_is_replaced_by_an_instance() -> None:
    assert resolve("seed-before", {"placement": P1(offline_after=7.0)}).placement == P1(offline_after=7.0)


def test_a_parameter_is_replaced_and_the_others_kept() -> None:
    first = resolve("post604", {"placement": {"offline_after": 60}})
    assert first.placement == P3(offline_after=60.0, grace=300.0)


def test_a_rule_and_its_parameters_are_replaced_together() -> None:
    policy = resolve("post604", {"placement": {"rule": "P5", "offline_after": 60}})
    assert policy.placement == P5(offline_after=60.0)


def test_a_rule_s_class_can_stand_for_its_name() -> None:
    assert resolve("post604", {"placement": {"rule": P5, "offline_after": 60}}).placement == P5(
        offline_after=60.0
    )


def test_constants_are_replaced_one_by_one() -> None:
    policy = resolve("seed-after", {"controller": {"monitor_every": 30, "lost_plan": "requeue"}})
    assert policy.controller == Constants(monitor_every=30.0, lost_plan=LostPlan.REQUEUE)


def test_the_number_of_slots_is_replaced() -> None:
    assert resolve("seed-after", {"slots_per_pod": 8}).slots_per_pod == 8


def test_a_list_of_waits_becomes_a_tuple() -> None:
    assert resolve("seed-after", {"dispatch": {"send_back_off": [1, 2]}}).dispatch == D3(
        send_back_off=(1.0, 2.0)
    )


def test_overrides_leave_the_preset_alone() -> None:
    resolve("seed-after", {"placement": "P1", "controller": {"monitor_every": 30}})
    assert PRESETS["seed-after"].placement == P5()
    assert PRESETS["seed-after"].controller == Constants()


# errors


@pytest.mark.parametrize(
    ("preset", "overrides", "text"),
    [
        (
            "seed-aftr",
            None,
            f"unknown preset 'seed-aftr'; expected one of {', '.join(PRESETS)}; did you mean 'seed-after'?",
        ),
        (
            "seed-after",
            {"placment": "P5"},
            f"unknown policy key 'placment'; expected one of {KEYS}; did you mean 'placement'?",
        ),
        (
            "seed-after",
            {"queue": "Q6"},
            "queue: unknown rule 'Q6'; expected one of Q1, Q7, Q8, Q9",
        ),
        ("seed-after", {"queue": 7}, "queue: 7 is no rule; expected a rule's name or parameters"),
        (
            "seed-after",
            {"queue": P5()},
            "queue: P5(offline_after=120.0) is no rule; expected a rule's name or",
        ),
        (
            "seed-after",
            {"placement": {"ofline_after": 60}},
            "placement.ofline_after: unknown parameter 'ofline_after'; expected one of offline_after; did",
        ),
        (
            "seed-after",
            {"queue": {"order": 1}},
            "queue.order: unknown parameter 'order'; expected one of (none)",
        ),
        (
            "seed-after",
            {"placement": {"offline_after": -1}},
            "placement.offline_after: expected `float` >= 0.0",
        ),
        (
            "seed-after",
            {"placement": {"offline_after": "2m"}},
            "placement.offline_after: expected `float`, got `str`",
        ),
        ("seed-after", {"autoscaler": {"high": 1.5}}, "autoscaler.high: expected `float` <= 1.0"),
        (
            "seed-after",
            {"dispatch": {"send_back_off": [5, -1]}},
            "dispatch.send_back_off[1]: expected `float` >= 0.0",
        ),
        (
            "seed-after",
            {"dispatch": {"send_back_off": []}},
            "dispatch: send_back_off is []; expected waits of at least 1 µs",
        ),
        (
            "seed-after",
            {"dispatch": {"retry_no_slot": 0}},
            "dispatch: retry_no_slot is 0 s; expected at least 1 µs",
        ),
        (
            "seed-after",
            {"dispatch": {"retry_no_agent": 0}},
            "dispatch: retry_no_agent is 0 s; expected at least 1 µs",
        ),
        (
            "seed-after",
            {"controller": {"monitor_evry": 30}},
            "controller.monitor_evry: unknown parameter 'monitor_evry'; expected one of ",
        ),
        (
            "seed-after",
            {"controller": {"autoscaler_every": 0}},
            "controller: autoscaler_every is 0 s; expected more than 0 s",
        ),
        ("seed-after", {"controller": 5}, "controller: 5; expected parameters by name"),
        (
            "seed-after",
            {"controller": {"lost_plan": "keep"}},
            "controller.lost_plan: invalid enum value 'keep'",
        ),
        ("seed-after", {"slots_per_pod": "many"}, "slots_per_pod: expected `int`, got `str`"),
        ("seed-after", {"slots_per_pod": 0}, "slots_per_pod: expected `int` >= 1"),
    ],
    ids=str,
)
def test_a_wrong_override_is_refused_with_its_place_what_was_expected_and_the_nearest(
    preset: str, overrides: dict[str, Any] | None, text: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}"):
        resolve(preset, overrides)


# description


@pytest.mark.parametrize("preset", PRESETS)
def test_a_policy_set_describes_itself_in_plain_values(preset: str) -> None:
    described = PRESETS[preset].describe()
    assert json.loads(json.dumps(described))["placement"]["rule"] == described["placement"]["rule"]
    assert list(described) == [
        "name",
        "queue",
        "placement",
        "dispatch",
        "autoscaler",
        "victims",
        "recovery",
        "controller",
        "slots_per_pod",
    ]


def test_a_description_is_enough_to_make_the_policy_set_again() -> None:
    overrides: dict[str, Any] = {
        "placement": {"rule": "P3", "grace": 60},
        "dispatch": {"rule": "D4", "send_back_off": [1]},
        "controller": {"monitor_every": 30, "heartbeat_evidence": "list_sync"},
        "slots_per_pod": 8,
    }
    policy = resolve("seed-after", overrides)
    described = policy.describe()
    name = described.pop("name")
    described["victims"] = {"rule": "any_idle", "order_seed": 0}
    described["recovery"] = "forget"
    assert resolve(name, described) == policy


@pytest.mark.parametrize(
    "values",
    [
        {"retry_no_slot": 0.0},
        {"retry_lost_race": 0.0},
        {"retry_no_agent": 0.0},
        {"send_back_off": ()},
        {"send_back_off": (5.0, 0.0)},
    ],
)
def test_a_dispatch_rule_that_would_try_again_at_once_for_ever_cannot_be_built(values: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        D3(**values)


def test_a_policy_set_is_a_value() -> None:
    assert resolve("seed-after", {"slots_per_pod": 4}) == msgspec.structs.replace(
        PRESETS["seed-after"], slots_per_pod=4
    )
