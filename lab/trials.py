"""Holding scenarios to what they expect, each under every preset that it speaks of, with evidence."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.collecting import Collected, Problems, check_policies, collect, load_under
from lab.evidence import Evidence, failures
from lab.judgement import Finding, Judgement, judge
from lab.policies_by_name import PolicyChoice
from lab.running import run_one_of_many
from policies.presets import PRESETS
from sim.checks import check
from sim.garbage import rarely_collected
from sim.scenario import ANY_PRESET, Scenario


@dataclass(frozen=True)
class Case:
    """A scenario that is to be tried, under each policy of which it expects something."""

    name: str
    """A shipped name, or a path as it was given."""
    title: str
    scenarios: tuple[Scenario, ...]
    """One for each policy; empty if nothing is expected."""
    expects_of_others: bool = False
    """Whether nothing is expected of the policies that were asked for, and something of others."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run of a scenario under one policy, held to what is expected of it."""

    policy: str
    seed: int
    judgements: tuple[Judgement, ...]
    failures: tuple[tuple[Judgement, Evidence | None], ...]
    """What fails, and what was going on; None if it cannot be said when it failed."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a case."""

    name: str
    title: str
    trials: tuple[Trial, ...]
    """In the order of the presets; empty if nothing is expected."""
    expects_of_others: bool = False
    """Whether nothing is expected of the policies that were asked for, and something of others."""

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """Of all trials together."""
        return tuple(each for trial in self.trials for each in trial.judgements)

    @property
    def has_failed(self) -> bool:
        """Whether an expectation fails; one that is undecided does not."""
        return any(trial.failures for trial in self.trials)


def judge_scenarios(
    scenarios: Sequence[str | Path] = (), policies: Sequence[PolicyChoice] = ()
) -> tuple[Outcome, ...]:
    """Run scenarios against what they expect: shipped names, files, folders; all shipped ones by default.

    `policies` narrows down under which. Raises InputError with a line for everything that is wrong, before
    anything runs; Interrupted and PolicyFailed as `run`.
    """
    return tuple(map(try_case, find_cases(scenarios, policies)))


def find_cases(
    scenarios: Sequence[str | Path] = (), policies: Sequence[PolicyChoice] = ()
) -> tuple[Case, ...]:
    """What `judge_scenarios` runs, loaded and checked."""
    check_policies(policies)
    found: list[Case] = []
    problems = Problems()
    for each in collect(scenarios):
        with problems.noted():
            found.append(_case(each, policies))
    problems.refuse()
    return tuple(found)


def _case(collected: Collected, policies: Sequence[PolicyChoice]) -> Case:
    own = collected.text.load()
    under = load_under(collected, policies or list(_policies_of(own)))
    tried = tuple(each for each in under if _expects(each))
    return Case(collected.name, own.title, tried, expects_of_others=not tried and bool(own.expect))


def _policies_of(scenario: Scenario) -> Iterator[PolicyChoice | None]:
    """The presets that it speaks of; if it only speaks of any policy, its own and those that it compares."""
    named = [name for name in PRESETS if name in scenario.expect]
    yield from named
    if not named and ANY_PRESET in scenario.expect:
        yield None
        yield from scenario.presets


def _expects(scenario: Scenario) -> bool:
    return bool(scenario.expectations_of(scenario.policy.name))


def try_case(case: Case, progress: Callable[[float], None] | None = None) -> Outcome:
    """Run a case; `progress` is called with the share of it that is done (0 to 1)."""
    trials: list[Trial] = []

    def told(share: float) -> None:
        if progress is not None:
            progress((len(trials) + share) / len(case.scenarios))

    for scenario in case.scenarios:
        trials.append(_try(case, scenario, told))
        told(0.0)
    return Outcome(
        name=case.name, title=case.title, trials=tuple(trials), expects_of_others=case.expects_of_others
    )


def _try(case: Case, scenario: Scenario, progress: Callable[[float], None]) -> Trial:
    flown = run_one_of_many(case.name, scenario, progress)
    with rarely_collected():
        verdicts = check(flown)
        judgements = judge(flown, verdicts)
        return Trial(
            policy=scenario.policy.name,
            seed=flown.seed,
            judgements=judgements,
            failures=tuple(failures(flown, judgements, verdicts)),
        )


def undecided(outcome: Outcome) -> Iterator[tuple[Trial, Judgement]]:
    """What the runs were too short to decide, and was not expected to be left open."""
    for trial in outcome.trials:
        for each in trial.judgements:
            if each.finding is Finding.UNDECIDED:
                yield trial, each
