"""The models that Windtunnel's speed is measured against are the queue that they claim to be."""

import heapq

import pytest

from benchmarks.baselines import ciw_served, ciw_simulation, draws, simpy_waits


def waits_by_recursion(servers: int, gaps_s: list[float], services_s: list[float]) -> list[float]:
    """Kiefer and Wolfowitz: a task starts once it has arrived and a server is free."""
    free_at = [0.0] * servers
    arrived_at = 0.0
    waits_s = []
    for gap_s, service_s in zip(gaps_s, services_s, strict=True):
        arrived_at += gap_s
        started_at = max(arrived_at, free_at[0])
        heapq.heapreplace(free_at, started_at + service_s)
        waits_s.append(started_at - arrived_at)
    return waits_s


def test_the_simpy_baseline_serves_first_come_first_served_with_k_servers() -> None:
    """Every task's wait is the one that the recursion for such a queue gives."""
    gaps_s, services_s = draws(3, 2_000, seed=1)
    expected = waits_by_recursion(3, gaps_s, services_s)
    assert simpy_waits(3, gaps_s, services_s) == pytest.approx(expected, abs=1e-6)


def test_the_ciw_baseline_serves_about_the_number_of_tasks_asked_for() -> None:
    """Arrival rate and duration fit together: 2,000 tasks at 0.8 * 3 / 60 s need 50,000 s."""
    simulation = ciw_simulation(3, seed=1)
    simulation.simulate_until_max_time(50_000.0)
    assert ciw_served(simulation) == pytest.approx(2_000, rel=0.05)
