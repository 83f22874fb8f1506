"""Small scenarios for tests of the world, how they are run, and what is asked of their records."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from policies.actions import SendTask
from sim.record.run import Run
from sim.record.truth import AgentHappened, ControlHappened, DispatchHappened, PodHappened
from sim.scenario import Scenario, load_scenario, parse_scenario
from sim.simulate import simulate

SCENARIOS = Path(__file__).parents[2] / "scenarios"

HEAD = "title: A title\nstory: A story\nhorizon: 10 min\n"

WARM = HEAD + "pool: {min: 1, max: 1, slots: 3, initial: 1}\n"
"""One pod that is there from the start and stays; its agent beats at 0 s, 10 s, 20 s, ..."""

COLD = HEAD + "pool: {min: 1, max: 1, slots: 3}\n"
"""One pod that the first autoscaler cycle creates at 5 s, as there is a minimum."""

PLAN = "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan, plan: 60 s}]\n"

IDLE = "tasks: [{id: 1, at: 10 min, workspace: a, kind: plan}]\n"
"""Nothing to do before the end of the run."""

EVERYTHING = """\
title: A title
story: A story
horizon: 30 min
pool: {min: 1, max: 6, slots: 3, initial: 1}
pod:
  create_call: {uniform: [100 ms, 900 ms]}
  image_pull: {mixture: [{weight: 0.7, of: 1 s}, {weight: 0.3, of: {exponential: {mean: 30 s}}}]}
  termination: 5 s
agent:
  registers_after: {gamma: {mean: 1 s, shape: 4}}
  known_to_pod_manager_after: {exponential: {mean: 5 s}}
control_plane:
  observation_delay: {exponential: {mean: 200 ms}}
  actuation_latency: {exponential: {mean: 100 ms}}
work:
  init: 20 s
  plan: {lognormal: {median: 40 s, sigma: 0.5}}
  confirmed_after: {exponential: {mean: 1 min}}
workload:
  - {poisson: {rate: 4 per min}, workspaces: 8, kinds: {plan: 0.5, plan_and_apply: 0.5}, changes: 0.7}
  - {closed: {customers: 3, think: {exponential: {mean: 2 min}}}, workspaces: 3}
faults:
  - {fault: heartbeat_loss, pod: all, probability: 0.1}
  - {fault: connection_lost, pod: all, every: {exponential: {mean: 5 min}}, for: 20 s}
  - {fault: pod_killed, pod: all, every: {exponential: {mean: 15 min}}}
  - {fault: dispatch_duplicated, probability: 0.1}
  - {fault: control_plane_restart, at: 12 min, for: 15 s}
"""
"""A scenario with something random in every corner."""

T = TypeVar("T")


def read(text: str, *, overrides: Sequence[str] = (), policy: str = "", folder: Path = Path()) -> Scenario:
    """The scenario of a text that is called `x.yaml`."""
    return parse_scenario(text, name="x.yaml", folder=folder, overrides=overrides, policy=policy or None)


def shipped(name: str, *, policy: str = "", overrides: Sequence[str] = ()) -> Scenario:
    """A scenario that is shipped, by its name."""
    return load_scenario(SCENARIOS / f"{name}.yaml", policy=policy or None, overrides=overrides)


def run(text: str, *, overrides: Sequence[str] = (), policy: str = "", seed: int | None = None) -> Run:
    """The record of a text's run."""
    return simulate(read(text, overrides=overrides, policy=policy), seed=seed)


def logged(record: Run, cls: type[T]) -> list[T]:
    """All entries of the log that are of this class, in order."""
    return [entry for entry in record.log if isinstance(entry, cls)]


def times_of(record: Run, what: str, pod: str = "default-1") -> list[float]:
    """When this happened to a pod or its agent, in truth."""
    return [
        entry.at
        for entry in record.log
        if isinstance(entry, PodHappened | AgentHappened) and entry.pod == pod and entry.what == what
    ]


def control_times(record: Run) -> list[tuple[float, str]]:
    """When the control plane went down and came up."""
    return [(entry.at, entry.what) for entry in logged(record, ControlHappened)]


def dispatches(record: Run) -> list[tuple[float, int, str]]:
    """What became of dispatches on their way: (at, task, what)."""
    return [(entry.at, entry.task, entry.what) for entry in logged(record, DispatchHappened)]


def sends(record: Run) -> list[tuple[float, int, str, str]]:
    """All dispatches: (at, task, phase, pod)."""
    return [(send.at, send.task, str(send.phase), send.pod) for send in logged(record, SendTask)]


def column(record: Run, table: str, *names: str) -> list[Any]:
    """The values of one column of a table, or tuples of several, row by row."""
    frame = record.frame(table)
    if len(names) == 1:
        return list(frame[names[0]])
    return list(frame[list(names)].itertuples(index=False, name=None))


def intervals(record: Run, fact: str, pod: str = "default-1") -> list[tuple[float, float | None]]:
    """From when to when this fact about a pod's agent held; None is to the end."""
    rows = column(record, "agents", "pod", "fact", "since", "until")
    mine = [row[2:] for row in rows if row[:2] == (pod, fact)]
    return [(since, None if until != until else until) for since, until in mine]
