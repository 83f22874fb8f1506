"""What holds of every check on every log, also on logs that no run of ours would write.

Logs of live clusters will be checked one day: they lack entries, repeat them, and have them out of order.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.checks import INVARIANTS, Status, Verdict, check, check_log, invariants_of, terms_of
from sim.record import Run
from sim.record.entry import Entry
from sim.simulate import simulate
from tests.sim.builders import EVERYTHING, read, shipped

SAFETY: Final = [code for code in INVARIANTS if code.startswith("S")]

POOLS: Final = """\
title: A title
story: Two pools whose control plane goes down, and what was decided before is not carried out.
horizon: 4 min
pools:
  left: {min: 0, max: 3, slots: 2, workspaces: [a, b]}
  right: {min: 1, max: 2, slots: 3, initial: 1, workspaces: [c, d, e]}
pod: {termination: 5 s}
control_plane: {actuation_latency: 2 s, observation_delay: 1 s}
work: {plan: {uniform: [5 s, 40 s]}, confirmed_after: 10 s}
workload:
  - {poisson: {rate: 6 per min}, pool: left, kinds: {plan: 0.4, plan_and_apply: 0.6}}
  - {poisson: {rate: 6 per min}, pool: right, kinds: {plan: 0.6, plan_and_apply: 0.4}}
faults:
  - {fault: connection_lost, pod: all, pool: left, every: {exponential: {mean: 40 s}}, for: 10 s}
  - {fault: pod_killed, pod: all, pool: right, every: {exponential: {mean: 50 s}}}
  - {fault: dispatch_duplicated, probability: 0.2}
  - {fault: dispatch_delayed, probability: 0.2, by: 7 s}
  - {fault: control_plane_restart, at: 1 min, for: 15 s}
  - {fault: control_plane_restart, at: 2 min, for: 3 s}
"""


@cache
def a_run(name: str, policy: str) -> Run:
    """A run of a shipped scenario, or of one that is written here."""
    texts = {"everything": EVERYTHING.replace("30 min", "13 min"), "pools": POOLS}
    if name in texts:
        preset, _, recovery = policy.partition(" and ")
        overrides = [f"recovery={recovery}"] if recovery else []
        return simulate(read(texts[name], policy=preset, overrides=overrides))
    return simulate(shipped(name, policy=policy))


RUNS: Final = [
    ("609", "seed-before"),
    ("609", "seed-after"),
    ("pools", "phase2-raw"),
    ("pools", "seed-after and rebuild"),
    ("pools", "later"),
    ("everything", "seed-before"),
]

runs = st.sampled_from(RUNS).map(lambda name: a_run(*name))


@st.composite
def strange_logs(draw: st.DrawFn) -> tuple[Run, list[Entry]]:
    """The log of a run with some entries left out, repeated, moved, or told in another order."""
    of = draw(runs)
    log = list(of.log)
    places = st.integers(0, len(log) - 1)
    for _ in range(draw(st.integers(1, 30))):
        place, other = draw(places), draw(places)
        match draw(st.sampled_from(["drop", "drop a part", "repeat", "swap", "move"])):
            case "drop":
                log[place] = log[other]
            case "drop a part":
                del log[place : place + draw(st.integers(1, 60))]
                log = log or list(of.log)
            case "repeat":
                log.insert(other % (len(log) + 1), log[place % len(log)])
            case "swap":
                place, other = place % len(log), other % len(log)
                log[place], log[other] = log[other], log[place]
            case "move":
                log.insert(other % len(log), log.pop(place % len(log)))
        places = st.integers(0, len(log) - 1)
    return of, log


def verdicts_of(log: Sequence[Entry], of: Run, ended_at: float | None = None) -> dict[str, Verdict]:
    """What all checks say of a log, under the terms of a run."""
    until = of.ended_at if ended_at is None else ended_at
    found = check_log(log, terms_of(of.scenario), invariants_of(of), ended_at=until)
    return {each.code: each for each in found}


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(strange_logs())
def test_no_check_raises_on_a_strange_log_and_all_say_the_same_twice(
    strange: tuple[Run, list[Entry]],
) -> None:
    """Dropped, repeated and reordered entries are judged like any others, and always alike."""
    of, log = strange
    found = verdicts_of(log, of)
    assert found == verdicts_of(log, of)
    for each in found.values():
        assert (each.status is Status.BROKEN) == bool(each.count)
        assert [violation.at for violation in each.violations] == sorted(v.at for v in each.violations)


@pytest.mark.slow
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(runs, st.floats(0, 1))
def test_what_breaks_in_the_beginning_of_a_log_breaks_in_all_of_it(of: Run, share: float) -> None:
    """What is known by some instant is not taken back: the first violations of the whole log are these."""
    ends = sorted({entry.at for entry in of.log})
    end = ends[int(share * (len(ends) - 1))]
    whole, part = verdicts_of(of.log, of), verdicts_of([each for each in of.log if each.at <= end], of, end)
    for code in SAFETY:
        known = part[code].violations
        assert known == whole[code].violations[: len(known)], code


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(runs, st.floats(0, 1))
def test_a_bound_that_holds_of_a_beginning_is_not_broken_before_its_end(of: Run, share: float) -> None:
    """A verdict `holds` says that nothing that was so far can still break: it is `undecided` otherwise."""
    ends = sorted({entry.at for entry in of.log})
    end = ends[int(share * (len(ends) - 1))]
    part = verdicts_of([each for each in of.log if each.at <= end], of, end)
    silent = verdicts_of([each for each in of.log if each.at <= end], of, end + 10_000.0)
    for code, verdict in part.items():
        if verdict.status is Status.HOLDS:
            assert silent[code].status is not Status.BROKEN, (code, silent[code].first)


@pytest.mark.parametrize(("name", "policy"), RUNS)
def test_an_invariant_is_judged_alike_alone_and_beside_all_others(name: str, policy: str) -> None:
    """They share a scene and do not disturb each other."""
    of = a_run(name, policy)
    together = check(of)
    for invariant, verdict in zip(invariants_of(of), together, strict=True):
        assert check(of, [invariant]) == (verdict,)


def test_an_empty_log_breaks_nothing() -> None:
    """And leaves nothing open."""
    of = a_run("609", "seed-after")
    assert {str(each.status) for each in check_log([], terms_of(of.scenario), invariants_of(of))} == {"holds"}
