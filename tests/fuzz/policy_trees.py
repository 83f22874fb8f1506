"""Strategies for a scenario's policy: presets, and any combination of rules with any parameters."""

from collections.abc import Mapping

from hypothesis import strategies as st

from policies.presets import PRESETS, RULES
from tests.fuzz.values import Value, durations, shares, some_of

presets = st.sampled_from(list(PRESETS))

_waits = durations(0.5, 60.0)
_limits = durations(5.0, 300.0)

PARAMETERS: Mapping[str, Value] = {
    "plan_limit": st.integers(0, 5),
    "offline_after": _limits,
    "grace": durations(0.0, 400.0),
    "idle_for": durations(0.0, 400.0),
    "unreachable_after": _limits,
    "verify_after": _limits,
    "retry_no_slot": _waits,
    "retry_lost_race": _waits,
    "retry_no_agent": _waits,
    "send_back_off": st.lists(_waits, min_size=1, max_size=4),
    "high": shares,
    "low": shares,
    "order_seed": st.integers(0, 2**40),
}
"""A strategy for each parameter that the rules built in have, by its name."""

CONSTANTS: Mapping[str, Value] = {
    "autoscaler_every": durations(1.0, 30.0),
    "monitor_every": durations(1.0, 30.0),
    "server_check_every": durations(1.0, 60.0),
    "cut_after": durations(0.0, 180.0),
    "row_offline_after": durations(0.0, 180.0),
    "row_deleted_after": durations(0.0, 400.0),
    "row_cleanup_every": durations(1.0, 400.0),
    "reservation_expires_after": durations(1.0, 1000.0),
    "phase_timeout": durations(1.0, 1000.0),
    "heartbeat_evidence": st.sampled_from(["agent", "list_sync"]),
    "lost_plan": st.sampled_from(["fail", "requeue"]),
}


def _rule(family: str) -> Value:
    def with_parameters(rule: str) -> Value:
        fields = RULES[family][rule].__struct_fields__
        return st.fixed_dictionaries(
            {"rule": st.just(rule)},
            optional={name: PARAMETERS[name] for name in fields if name in PARAMETERS},
        )

    names = st.sampled_from(list(RULES[family]))
    return names | names.flatmap(with_parameters)


policies = presets | st.fixed_dictionaries(
    {},
    optional={
        "preset": presets,
        **{family: _rule(family) for family in RULES},
        "controller": some_of(**CONSTANTS),
        "slots_per_pod": st.integers(1, 5),
    },
)
"""The value of `policy`."""
