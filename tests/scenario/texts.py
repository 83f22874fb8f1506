"""Scenario texts that tests begin with, and how they read them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.scenario import Scenario, parse_scenario

HEAD = """\
title: A title
story: A story
horizon: 10 min
"""
POOL = "pool: {max: 5}\n"
TASK = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan}]\n"
SMALL = HEAD + POOL + TASK
"""A scenario of five lines in which nothing is wrong; what is appended stands in line 6."""

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def read(
    text: str | bytes, *, folder: Path = Path(), overrides: Sequence[str] = (), policy: str = ""
) -> Scenario:
    """The scenario of a text that is called `x.yaml`."""
    return parse_scenario(text, name="x.yaml", folder=folder, overrides=overrides, policy=policy or None)


def refusal(text: str | bytes, *, folder: Path = Path(), overrides: Sequence[str] = ()) -> str:
    """The message with which a text is refused."""
    with pytest.raises(InputError) as refused:
        read(text, folder=folder, overrides=overrides)
    return str(refused.value)
