"""Invariants, and the checkers that hold a run to them.

Lives here: the catalogue, one small checker for each invariant, and the scene that they look at, put
together from the log alone. Must not live here: what a scenario expects of its run (`lab.judgement`), and
how a violation is shown (`lab.text`).
"""

from sim.checks.catalogue import INVARIANTS
from sim.checks.check import check, check_log, invariants_of, scene_at, scene_of
from sim.checks.invariant import Invariant
from sim.checks.terms import PoolTerms, Sharing, Terms, terms_of
from sim.checks.verdicts import Status, Verdict, Violation, first_broken

__all__ = [
    "INVARIANTS",
    "Invariant",
    "PoolTerms",
    "Sharing",
    "Status",
    "Terms",
    "Verdict",
    "Violation",
    "check",
    "check_log",
    "first_broken",
    "invariants_of",
    "scene_at",
    "scene_of",
    "terms_of",
]
