"""Tests of the simulated world: time, chance, pods, agents, faults, people, and the record of a run."""
