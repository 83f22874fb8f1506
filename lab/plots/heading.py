"""The second line of a picture: of which run it is, and what it leaves out."""

from collections.abc import Iterable
from typing import Final

from sim.record import Run

SEPARATOR: Final = "\N{NO-BREAK SPACE}· "
"""A line is broken behind it only."""


def about(run: Run, *notes: str) -> str:
    """Scenario, policy with its rules, and seed of a run; then the notes that are not empty.

    A run that ended before its horizon is always named as such.
    """
    unfinished = "" if run.is_complete else f"interrupted at {run.ended_at:,g} s: what follows is unknown"
    facts = (
        f"scenario {run.scenario.name} ({run.scenario.title})",
        f"policy {policy_text(run)}",
        f"seed {run.seed}",
    )
    return joined([*facts, unfinished, *notes])


def policy_text(run: Run) -> str:
    """A policy's name, and the rules of the four layers: 'seed-after (Q7, P5, D3, C9)'."""
    policy = run.policy
    layers = (policy.queue, policy.placement, policy.dispatch, policy.autoscaler)
    return f"{policy.name} ({', '.join(rule.rule_name for rule in layers)})"


def some_of(shown: int, total: int, things: str, which: str) -> str:
    """'40 of 312 pods: those that ...', or nothing if all of them are shown."""
    return "" if shown == total else f"{shown:,} of {total:,} {things}: {which}"


def joined(parts: Iterable[str]) -> str:
    """The parts that are not empty, in one line."""
    return SEPARATOR.join(part for part in parts if part)
