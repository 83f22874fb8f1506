"""Running scenarios: one, or one under several policies side by side."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.judgement import Judgement, judge
from lab.policies_by_name import PolicyChoice
from lab.rules import prints_aside
from lab.scenarios import check_seed, read_scenario
from lab.summary import Summary, summarise
from sim.checks import Verdict, check
from sim.errors import InputError, PolicyError
from sim.record import Run
from sim.scenario import Scenario
from sim.simulate import simulate


def load(
    name: str | Path,
    policy: PolicyChoice | None = None,
    settings: Sequence[str] = (),
    seed: int | None = None,
) -> Scenario:
    """The scenario of this name (shipped), path, or `-`, as `windtunnel run` takes it.

    `policy` takes the place of the scenario's own: `seed-before`, `seed-before,placement=P5`,
    `my.py:MyPlacement`, a rule class, a rule or a `PolicySet`. `settings` are `key=value` changes, as of
    `--set`. Raises InputError for everything that is wrong.
    """
    return read_scenario(name).load(policy=policy, settings=settings, seed=seed)


def run(
    scenario: Scenario | str | Path,
    policy: PolicyChoice | None = None,
    settings: Sequence[str] = (),
    seed: int | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """The record of a run of this scenario, loaded as by `load` if it is a name.

    Raises PolicyFailed or Interrupted, with the record up to there, and InputError, also if a policy or
    settings are given for a scenario that is loaded already.
    """
    if not isinstance(scenario, Scenario):
        scenario = load(scenario, policy, settings)
    elif policy is not None or settings:
        raise InputError("a scenario that is loaded has its policy and settings; give them to `load`")
    checked = check_seed(seed)
    with prints_aside():
        return simulate(scenario, seed=checked, progress=progress, clock=time.perf_counter)


def run_one_of_many(name: str, scenario: Scenario, progress: Callable[[float], None] | None = None) -> Run:
    """As `run`; if the policy fails, a note says in which of the scenarios and under which policy."""
    try:
        return run(scenario, progress=progress)
    except PolicyError as error:
        error.add_note(f"it was scenario {name} under {scenario.policy.name}")
        raise


@dataclass(frozen=True)
class Comparison:
    """Runs of one scenario with one seed, each under another policy, in the order asked for."""

    runs: tuple[Run, ...]

    @cached_property
    def summaries(self) -> tuple[Summary, ...]:
        """What each run comes to."""
        return tuple(map(summarise, self.runs))

    @cached_property
    def judgements(self) -> tuple[tuple[Judgement, ...], ...]:
        """For each run, what its scenario expects under its policy, and whether it holds."""
        return tuple(map(judge, self.runs, self.verdicts))

    @cached_property
    def verdicts(self) -> tuple[tuple[Verdict, ...], ...]:
        """For each run, what it says of each invariant."""
        return tuple(map(check, self.runs))

    @property
    def scenario(self) -> Scenario:
        """The scenario as the first policy met it."""
        return self.runs[0].scenario


def compare(
    policies: Iterable[PolicyChoice],
    scenario: str | Path,
    settings: Sequence[str] = (),
    seed: int | None = None,
) -> Comparison:
    """Run one scenario under several policies. One seed shows what can happen, and is no statistics.

    Service times and start-up delays are the same under every policy, so a difference is the policies'.
    Raises as `run`, and InputError if there are fewer than two policies, or two are the same.
    """
    return Comparison(tuple(run(each, seed=seed) for each in load_each(policies, scenario, settings)))


def load_each(
    policies: Iterable[PolicyChoice], scenario: str | Path, settings: Sequence[str] = ()
) -> list[Scenario]:
    """The scenario, read once, under each of the policies.

    Raises InputError as `load`, for fewer than two policies, and for one that is given twice.
    """
    if isinstance(policies, str):
        raise InputError(
            f"policies={policies!r}: is one text; expected a list, as in [{policies!r}, 'later']"
        )
    chosen = list(policies)
    if len(chosen) < 2:
        only = f"only one policy, {getattr(chosen[0], 'name', chosen[0])}," if chosen else "no policy"
        raise InputError(f"{only} to compare; expected two or more (or use run)")
    text = read_scenario(scenario)
    loaded = [text.load(policy=policy, settings=settings) for policy in chosen]
    names = [each.policy.name for each in loaded]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"the policy {name} is given {names.count(name)} times; expected different ones")
    return loaded
