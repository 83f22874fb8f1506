"""The M/M/k queue as plain SimPy and as Ciw run it: what Windtunnel's speed is measured against.

Tasks arrive in a Poisson stream and are served first come, first served by k servers. There is no
pod, no agent, no heartbeat, no autoscaler, and no record but what the engine keeps by itself (for
SimPy: one waiting time for each task). Whatever a control plane costs, these models do not pay it.

Both are written as fast as the engine's documented, ordinary way of writing them allows. For SimPy
that is one process for each task, with its random numbers drawn at once before the first event. (Callbacks
in place of processes would be faster by about a third at 10 servers and by a seventh at 1000, but
that is not how SimPy models are written.)

The clock is the machine's: these functions measure, they are no part of a run.
"""

import time
from collections.abc import Generator
from typing import Final

import ciw
import numpy as np
import simpy

UTILISATION: Final = 0.8
SERVICE_S_MEAN: Final = 60.0


def arrivals_per_s(servers: int) -> float:
    """The arrival rate (tasks per s) that keeps `servers` busy for `UTILISATION` of the time."""
    return UTILISATION * servers / SERVICE_S_MEAN


def draws(servers: int, tasks: int, seed: int) -> tuple[list[float], list[float]]:
    """Times between arrivals and service times (float s), as Python's floats: NumPy's are slow."""
    rng = np.random.default_rng(seed)
    gaps_s = rng.exponential(1 / arrivals_per_s(servers), tasks)
    return gaps_s.tolist(), rng.exponential(SERVICE_S_MEAN, tasks).tolist()


def simpy_resource(servers: int, tasks: int, seed: int) -> float:
    """Tasks per s (of real time) of a SimPy `Resource` with `servers` slots."""
    started = time.perf_counter()
    gaps_s, services_s = draws(servers, tasks, seed)
    simpy_waits(servers, gaps_s, services_s)
    return tasks / (time.perf_counter() - started)


def simpy_waits(servers: int, gaps_s: list[float], services_s: list[float]) -> list[float]:
    """How long (float s) each task waits for a server, in the order in which they start.

    `gaps_s` are the times between arrivals, `services_s` how long each task takes.
    """
    environment = simpy.Environment()
    resource = simpy.Resource(environment, capacity=servers)
    waits_s: list[float] = []
    # Looked up once: this is the inner loop.
    timeout, process = environment.timeout, environment.process
    request, release, note = resource.request, resource.release, waits_s.append

    def task(service_s: float) -> Generator[simpy.Event, None, None]:
        submitted_at = environment.now
        slot = request()
        yield slot
        note(environment.now - submitted_at)
        yield timeout(service_s)
        release(slot)

    def arrivals() -> Generator[simpy.Event, None, None]:
        for gap_s, service_s in zip(gaps_s, services_s, strict=True):
            yield timeout(gap_s)
            process(task(service_s))

    process(arrivals())
    environment.run()
    return waits_s


def ciw_queue(servers: int, tasks: int, seed: int) -> float:
    """Tasks per s (of real time) of Ciw's M/M/k, run for as long as `tasks` tasks take on average.

    Ciw draws its random numbers while it runs. The clock covers the run only, not its set-up.
    """
    simulation = ciw_simulation(servers, seed)
    until_s = tasks / arrivals_per_s(servers)
    started = time.perf_counter()
    simulation.simulate_until_max_time(until_s)
    elapsed_s = time.perf_counter() - started
    return ciw_served(simulation) / elapsed_s


def ciw_served(simulation: ciw.Simulation) -> int:
    """How many tasks have left the system."""
    served: int = simulation.nodes[-1].number_of_individuals
    return served


def ciw_simulation(servers: int, seed: int) -> ciw.Simulation:
    """An M/M/k of that many servers, ready to run; it computes with floats, not with decimals."""
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=arrivals_per_s(servers))],
        service_distributions=[ciw.dists.Exponential(rate=1 / SERVICE_S_MEAN)],
        number_of_servers=[servers],
    )
    return ciw.Simulation(network, exact=False)
