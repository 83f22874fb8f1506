"""Small scenarios for tests of what is made of a run."""

from typing import Final

from lab.running import run
from sim.record import Run
from sim.scenario import parse_scenario
from tests.lab.commands import ROOT

ONE_TASK: Final = """\
title: One task
story: One pod is there, and one task comes at 5 s.
horizon: {horizon}
policy: seed-after
pool: {{min: 1, max: 1, initial: 1}}
pod_start: 10 s
tasks:
  - {{id: 1, at: 5 s, workspace: a, kind: plan, plan: 30 s}}
"""


def fly(text: str, *, settings: tuple[str, ...] = (), policy: str | None = None) -> Run:
    """The run of a scenario that is written down here."""
    return run(parse_scenario(text, name="test.yaml", folder=ROOT, overrides=settings, policy=policy))


def one_task(expect: str = "", *, horizon: str = "10 min", **replace: str) -> Run:
    """A run with one task, which waits for the pod; `replace` changes parts of the text."""
    text = ONE_TASK.format(horizon=horizon)
    for old, new in replace.items():
        text = text.replace(old, new)
    return fly(f"{text}{expect}")
