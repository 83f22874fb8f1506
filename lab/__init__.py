"""What people do with runs: load, run, compare, summarise, judge, look at them. Notebooks start here.

Lives here: the command line (`cli`), pictures (`plots`), text for terminals (`text`), and the functions
behind them. Must not live here: what happens in a run (`sim`) or is decided in it (`policies`). Nobody
imports `lab` but notebooks, tests and the command's first step.

    from lab import compare, run, summarise, timeline

    before = run("609", policy="seed-before")
    timeline(before)

Names are imported when they are first used, so that what needs no data frames does not wait for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.evidence import Evidence, evidence_at, evidence_of
    from lab.judgement import Finding, Judgement, judge
    from lab.log_text import log_lines
    from lab.matrices import Matrix, matrix
    from lab.plots import matrix_figure, pool_against_demand, save_figure, timeline, waits
    from lab.running import Comparison, compare, load, run
    from lab.scenarios import shipped_scenarios
    from lab.summary import Summary, summarise
    from lab.trials import Outcome, judge_scenarios
    from sim.errors import InputError, PolicyError
    from sim.record import Run, read_log, save
    from sim.scenario import Scenario

__all__ = [
    "Comparison",
    "Evidence",
    "Finding",
    "InputError",
    "Judgement",
    "Matrix",
    "Outcome",
    "PolicyError",
    "Run",
    "Scenario",
    "Summary",
    "compare",
    "evidence_at",
    "evidence_of",
    "judge",
    "judge_scenarios",
    "load",
    "log_lines",
    "matrix",
    "matrix_figure",
    "pool_against_demand",
    "read_log",
    "run",
    "save",
    "save_figure",
    "shipped_scenarios",
    "summarise",
    "timeline",
    "waits",
]

_HOMES = {
    "lab.evidence": ("Evidence", "evidence_at", "evidence_of"),
    "lab.judgement": ("Finding", "Judgement", "judge"),
    "lab.log_text": ("log_lines",),
    "lab.matrices": ("Matrix", "matrix"),
    "lab.plots": ("matrix_figure", "pool_against_demand", "save_figure", "timeline", "waits"),
    "lab.running": ("Comparison", "compare", "load", "run"),
    "lab.scenarios": ("shipped_scenarios",),
    "lab.summary": ("Summary", "summarise"),
    "lab.trials": ("Outcome", "judge_scenarios"),
    "sim.errors": ("InputError", "PolicyError"),
    "sim.record": ("Run", "read_log", "save"),
    "sim.scenario": ("Scenario",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
