"""Every policy against every scenario: what broke first and when, or how long tasks waited if nothing did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.chance import is_random
from lab.collecting import Problems, check_policies, collect, load_under
from lab.policies_by_name import PolicyChoice
from lab.running import run_one_of_many
from lab.story import waits_to_be_sent
from lab.summary import is_missing
from policies.presets import PRESETS
from sim.checks import INVARIANTS, Status, Verdict, check, first_broken
from sim.errors import InputError
from sim.garbage import rarely_collected
from sim.record import Run
from sim.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One run: a scenario under a policy. Times and durations are float s."""

    scenario: str
    policy: str
    seed: int
    status: Status
    """Broken if an invariant is; else undecided if one is; else holds."""
    invariant: str | None
    """The one that broke first; None if none did."""
    at: float | None
    """When it broke."""
    broken: tuple[str, ...]
    """All that broke, by when they first did."""
    undecided: tuple[str, ...]
    """Those of which the run is too short to say anything."""
    slowest_wait_s: float
    """The longest wait of a task until it was first sent, or ended without, or the run did."""
    never_sent: int
    """Tasks that still waited when the run ended: if there is any, the longest wait is a lower bound."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A scenario, under each policy."""

    scenario: str
    title: str
    is_random: bool
    """Whether another seed may show something else."""
    cells: tuple[Cell, ...]
    """In the order of the policies."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Scenarios by policies."""

    policies: tuple[str, ...]
    rows: tuple[Row, ...]

    @cached_property
    def cells(self) -> Mapping[tuple[str, str], Cell]:
        """By scenario and policy."""
        return {(cell.scenario, cell.policy): cell for row in self.rows for cell in row.cells}

    @property
    def first_codes(self) -> tuple[str, ...]:
        """The invariants that broke first somewhere, in the order of the catalogue."""
        found = {cell.invariant for cell in self.cells.values()}
        return tuple(code for code in INVARIANTS if code in found)

    @property
    def drawn(self) -> tuple[Row, ...]:
        """The scenarios that leave something to chance."""
        return tuple(row for row in self.rows if row.is_random)


def matrix(
    scenarios: Sequence[str | Path] = (),
    policies: Sequence[PolicyChoice] = (),
    *,
    progress: Callable[[float], None] | None = None,
) -> Matrix:
    """Every policy against every scenario; by default every preset against all that are shipped.

    Scenarios are shipped names, files and folders. Of a scenario that draws at random, a cell is the run of
    its own seed, and no statistics. `progress` is called with the share that is done (0 to 1). Raises
    InputError with a line for everything that is wrong, before anything runs; and as `run`.
    """
    plan = _plan(scenarios, policies or tuple(PRESETS))
    total = sum(len(under) for _, under in plan)
    rows: list[Row] = []
    done = 0

    def told(share: float) -> None:
        if progress is not None:
            progress((done + share) / total)

    for name, under in plan:
        cells = []
        for scenario in under:
            cells.append(_cell(name, scenario, told))
            done += 1
            told(0.0)
        rows.append(
            Row(scenario=name, title=under[0].title, is_random=is_random(under[0]), cells=tuple(cells))
        )
    return Matrix(policies=tuple(each.policy.name for each in plan[0][1]), rows=tuple(rows))


def _plan(
    scenarios: Sequence[str | Path], policies: Sequence[PolicyChoice]
) -> list[tuple[str, list[Scenario]]]:
    """All scenarios under all policies, loaded."""
    check_policies(policies)
    problems = Problems()
    plan: list[tuple[str, list[Scenario]]] = []
    for each in collect(scenarios):
        with problems.noted():
            plan.append((each.name, load_under(each, policies)))
    problems.refuse()
    columns = {tuple(scenario.policy.name for scenario in under) for _, under in plan}
    if len(columns) > 1:
        raise InputError(
            "a policy that changes a scenario's own is another one in each scenario; expected a preset, "
            "one with changes (seed-before,P5), or a whole PolicySet"
        )
    return plan


def _cell(name: str, scenario: Scenario, progress: Callable[[float], None]) -> Cell:
    flown = run_one_of_many(name, scenario, progress)
    with rarely_collected():
        return cell_of(flown, check(flown), name)


def cell_of(run: Run, verdicts: Sequence[Verdict], name: str = "") -> Cell:
    """What a run comes to in a matrix; `name` is what its scenario is called there."""
    first = first_broken(verdicts)
    broken = sorted((each.broken_at, each.code) for each in verdicts if each.status is Status.BROKEN)
    undecided = tuple(each.code for each in verdicts if each.status is Status.UNDECIDED)
    never = sum(
        is_missing(sent) and is_missing(ended) for sent, ended in run.columns("tasks", "sent_at", "ended_at")
    )
    return Cell(
        scenario=name or run.scenario.name,
        policy=run.policy.name,
        seed=run.seed,
        status=Status.BROKEN if broken else Status.UNDECIDED if undecided else Status.HOLDS,
        invariant=None if first is None else first.code,
        at=None if first is None else first.broken_at,
        broken=tuple(code for _, code in broken),
        undecided=undecided,
        slowest_wait_s=max(waits_to_be_sent(run).values(), default=0.0),
        never_sent=never,
    )
