"""Windtunnel as a contender: an M/M/k queue run by the complete control plane, with its whole record.

A fixed pool of `servers` warm pods with one slot each, no latencies, plans of one workspace (so that they are
first come, first served). Autoscaler cycle 5 s, monitor 10 s, heartbeat 10 s: all on, all at their defaults.
The clock covers the whole run, the drawing of its random numbers included, up to the finished event log.
"""

import time
from pathlib import Path
from typing import Final

from benchmarks.baselines import SERVICE_S_MEAN, arrivals_per_s
from sim.record import Run
from sim.scenario import Scenario, parse_scenario
from sim.simulate import simulate

_TEXT: Final = """
title: M/M/k
story: A fixed pool of warm pods with one slot each, and plans that come at random.
horizon: {horizon_s:.3f} s
policy: seed-after
pool: {{min: {servers}, max: {servers}, initial: {servers}, slots: 1}}
workload:
  poisson: {{rate: {rate:.9f} per s, count: {tasks}}}
  workspaces: 1
  plan: {{exponential: {{mean: {service_s} s}}}}
"""


def windtunnel_pool(servers: int, tasks: int, seed: int) -> float:
    """Tasks per s (of real time) of Windtunnel with `servers` pods of one slot."""
    scenario = mmk_scenario(servers, tasks)
    started = time.perf_counter()
    run = simulate(scenario, seed=seed)
    elapsed_s = time.perf_counter() - started
    return started_tasks(run) / elapsed_s


def mmk_scenario(servers: int, tasks: int) -> Scenario:
    """The scenario of an M/M/k; its horizon is long enough for all tasks to come and be served."""
    rate = arrivals_per_s(servers)
    horizon_s = 1.2 * tasks / rate + 100 * SERVICE_S_MEAN
    text = _TEXT.format(
        horizon_s=horizon_s, servers=servers, rate=rate, tasks=tasks, service_s=SERVICE_S_MEAN
    )
    return parse_scenario(text, name="mmk", folder=Path())


def started_tasks(run: Run) -> int:
    """How many tasks were executed."""
    return sum(type(entry).__name__ == "ExecStarted" for entry in run.log)
