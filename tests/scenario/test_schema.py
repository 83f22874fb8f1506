"""The JSON Schema of scenario files."""

from functools import cache
from typing import Any

import jsonschema
import pytest

from sim.scenario import json_schema
from sim.scenario.model import ScenarioBlock
from sim.scenario.source import read_document
from tests.scenario.texts import HEAD, POOL, SCENARIOS, SMALL, read

SHIPPED = sorted(SCENARIOS.glob("*.yaml"))


@cache
def _validator() -> Any:
    return jsonschema.Draft202012Validator(json_schema())


def _is_valid(text: str) -> bool:
    return bool(_validator().is_valid(read_document(text, "x").tree))


def test_the_schema_is_one() -> None:
    """By the rules of its own dialect, and without references that lead nowhere."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_valid(path: Any) -> None:
    """An editor that knows the schema finds nothing in them."""
    errors = _validator().iter_errors(read_document(path.read_text(), path.name).tree)
    assert [error.message for error in errors] == []


def test_every_key_is_explained() -> None:
    """An editor shows it where the key is written, but for what its name says."""
    properties = json_schema()["properties"]
    assert set(properties) == set(ScenarioBlock.model_fields)
    blocks = {"pod", "agent", "control_plane", "work"}
    assert {key for key in properties if "description" not in properties[key]} <= blocks


VALID = [
    SMALL,
    HEAD + "pools: {a: {max: 1}}\ntasks: [{id: 1, at: 0 s, workspace: w, kind: plan}]\n",
    SMALL + "pod: {image_pull: [1 s, 1 h 30 min], scheduling: {normal: {mean: 1 s, sd: 1 ms}}}\n",
    SMALL + "agent: {registers_after: [1 s, never], connects_after: never, capacity: none}\n",
    SMALL + "pod_start: {mixture: [{weight: 1, of: {uniform: [1 s, 2 s]}}]}\n",
    SMALL + "policy: {preset: later, placement: {rule: P5, offline_after: 60 s}}\n",
    SMALL + "policy: {placement: 'my/rule.py:Mine', dispatch: {send_back_off: [1 s]}}\n",
    SMALL + "policy: {controller: {monitor_every: 30 s, lost_plan: requeue}}\n",
    SMALL + "faults: [{fault: pod_killed, pod: all, every: {exponential: {mean: 1 h}}}]\n",
    SMALL + "faults: [{fault: dispatch_lost, probability: 0.5}]\n",
    SMALL + "exceptions: [{pod: 1, registers_at: 4 s}]\n",
    SMALL + "expect: {any: {sent: {task: 1, within: 1 s}, finished: [{task: 1, within: 1 s}]}}\n",
    HEAD + POOL + "workload: {poisson: {rate: 3 per hour, from: 1 s}, workspaces: 3}\n",
    HEAD + POOL + "workload: [{bursts: {every: 1 s, size: 3}, workspaces: [a]}]\n",
    HEAD + POOL + "workload: {closed: {customers: 3, think: 1 s}, workspaces: 1}\n",
]


@pytest.mark.parametrize("text", VALID)
def test_what_the_schema_allows_is_read(text: str) -> None:
    """Both say yes to every form that a value can take; only a user's own rules are not here."""
    assert _is_valid(text)
    if "Mine" not in text:
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + POOL,
        SMALL + "pools: {a: {max: 1}}\n",
        SMALL + "titel: x\n",
        SMALL + "seed: '1'\n",
        SMALL + "pod: {image_pul: 1 s}\n",
        SMALL + "pod_start: 6\n",
        SMALL + "pod_start: -6 s\n",
        SMALL + "pod_start: never\n",
        SMALL + "pod_start: {uniform: [1 s, 2 s], exponential: {mean: 1 s}}\n",
        SMALL + "pod_start: {uniform: [1 s]}\n",
        SMALL + "agent: {on_sigterm: drain}\n",
        SMALL + "policy: seed-befor\n",
        SMALL + "policy: {placement: P9}\n",
        SMALL + "policy: {placement: {offline_after: 60}}\n",
        SMALL + "policy: {placement: {offline_aftr: 60 s}}\n",
        SMALL + "policy: {autoscaler: {high: 2}}\n",
        SMALL + "faults: [{fault: pod_killed, pod: 1, at: 1 s, for: 3 s}]\n",
        SMALL + "faults: [{fault: pod_killed, pod: 1}]\n",
        SMALL + "faults: [{fault: pod_killed, pod: 0, at: 1 s}]\n",
        SMALL + "expect: {any: {send: {task: 1, within: 1 s}}}\n",
        HEAD + POOL + "workload: {poisson: {rate: 3}, workspaces: 3}\n",
        HEAD + POOL + "workload: {workspaces: 3}\n",
    ],
)
def test_what_the_schema_refuses_is_refused_when_read(text: str) -> None:
    """Unknown keys, bare numbers, unknown names: in an editor and on the command line."""
    assert not _is_valid(text)
    with pytest.raises(Exception, match=r"^x\.yaml:"):
        read(text)
