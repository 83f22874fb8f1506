"""Scenario files: what they may say, and the immutable value that one becomes.

Lives here: reading YAML with positions, the models of its parts, the checks between them, `--set`,
and the JSON Schema. Must not live here: anything that runs a scenario, SimPy, and looking for
scenarios by name. The world imports the values; the laboratory imports `load_scenario`,
`parse_scenario` and `json_schema`.
"""

from sim.scenario.load import load_scenario, parse_scenario
from sim.scenario.overrides import Override, parse_override
from sim.scenario.schema import json_schema
from sim.scenario.values import (
    ANY_PRESET,
    AgentTimes,
    Breaks,
    EndedAs,
    Expectation,
    Fault,
    FinishedWithin,
    HeldTo,
    Latencies,
    NotSentBefore,
    PodException,
    PodTimes,
    PoolPlan,
    Scenario,
    SentWithin,
)

__all__ = [
    "ANY_PRESET",
    "AgentTimes",
    "Breaks",
    "EndedAs",
    "Expectation",
    "Fault",
    "FinishedWithin",
    "HeldTo",
    "Latencies",
    "NotSentBefore",
    "Override",
    "PodException",
    "PodTimes",
    "PoolPlan",
    "Scenario",
    "SentWithin",
    "json_schema",
    "load_scenario",
    "parse_override",
    "parse_scenario",
]
