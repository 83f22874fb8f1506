"""Running a scenario: to its end, until a policy fails, or until a person has seen enough."""

import pickle
from pathlib import Path

import pytest

import sim.engine
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.presets import rule_class
from policies.rules.autoscaling import Autoscaler, Target
from policies.rules.base import Rule
from policies.rules.placement import P5
from sim.errors import PolicyError
from sim.record import save
from sim.record.truth import TaskCreated
from sim.scenario import Scenario, parse_scenario
from sim.simulate import Interrupted, PolicyFailed, simulate
from tests.sim.builders import PLAN, WARM, column, logged, read, run, sends

LATER = "tasks: [{id: 1, at: 10 s, workspace: a, kind: plan}, {id: 2, at: 70 s, workspace: b, kind: plan}]\n"


class Stumbles(P5, frozen=True):
    """As P5, until task 2 is asked for."""

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        if task.id == 2:
            raise ZeroDivisionError("nothing to divide by")
        return P5.place(self, task, pool)


class Dreams(Autoscaler, frozen=True):
    """Wants more pods than a pool may have."""

    def decide(self, pool: Pool, now: float) -> Target:
        return Target(99, P5.__name__)  # type: ignore[arg-type]


def with_rule(family: str, rule: type[Rule]) -> Scenario:
    """A scenario under the rule of a person's own."""
    text = WARM + f"policy: {{preset: seed-after, {family}: mine}}\n" + LATER
    return parse_scenario(
        text,
        name="x.yaml",
        folder=Path(),
        find_rule=lambda family, name: rule if name == "mine" else rule_class(family, name),
    )


def stopped_at(share: float) -> Interrupted:
    """What a run of 600 s raises that a person interrupts when this share of it is done."""

    def interrupt(done: float) -> None:
        if done >= share:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as interrupted:
        simulate(read(WARM + LATER), progress=interrupt)
    return interrupted.value


def test_a_run_goes_to_its_horizon() -> None:
    record = run(WARM + PLAN)
    assert (record.ended_at, record.is_complete) == (600.0, True)


def test_a_run_knows_its_scenario_policy_and_seed() -> None:
    scenario = read(WARM + PLAN)
    record = simulate(scenario, seed=9)
    assert (record.scenario, record.policy, record.seed) == (scenario, scenario.policy, 9)


def test_nobody_measures_unless_a_clock_is_given() -> None:
    assert run(WARM + PLAN).wall_s is None


def test_a_clock_measures_the_run() -> None:
    times = iter([100.0, 107.5])
    assert simulate(read(WARM + PLAN), clock=lambda: next(times)).wall_s == 7.5


def test_progress_is_called_with_the_share_done() -> None:
    """Two hundred times, at even distances, up to 1."""
    shares: list[float] = []
    simulate(read(WARM + PLAN), progress=shares.append)
    assert shares == [k / 200 for k in range(1, 201)]


# a policy fails


@pytest.fixture(scope="module")
def failed() -> PolicyFailed:
    with pytest.raises(PolicyFailed) as failure:
        simulate(with_rule("placement", Stumbles))
    return failure.value


def test_a_policy_that_raises_ends_the_run(failed: PolicyFailed) -> None:
    assert (failed.run.ended_at, failed.run.is_complete) == (70.0, False)


def test_the_message_says_which_policy_when_and_what_it_was_asked(failed: PolicyFailed) -> None:
    said = str(failed)
    assert said.startswith("policy Stumbles failed at 70 s: asked place(task 2, pool default)")
    assert "ZeroDivisionError('nothing to divide by')" in said


def test_a_failed_policy_has_an_exit_code_of_its_own(failed: PolicyFailed) -> None:
    assert (isinstance(failed, PolicyError), failed.exit_code) == (True, 3)


def test_a_failed_run_has_its_record_up_to_there(failed: PolicyFailed) -> None:
    assert sends(failed.run) == [(10.0, 1, "plan", "default-1")]
    assert [(entry.at, entry.task) for entry in logged(failed.run, TaskCreated)] == [(10.0, 1), (70.0, 2)]


def test_a_failed_runs_tables_end_where_it_did(failed: PolicyFailed) -> None:
    assert column(failed.run, "pods", "pod_s") == [70.0]
    assert column(failed.run, "tasks", "task", "state") == [(1, "success"), (2, "pending")]


def test_an_answer_that_no_pool_can_carry_out_is_a_failure_too() -> None:
    with pytest.raises(PolicyFailed, match=r"policy Dreams failed at 5 s: .* answered 99; expected a Target"):
        simulate(with_rule("autoscaler", Dreams))


def test_an_instant_that_does_not_end_fails_the_run_with_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """One customer who does not think, whose tasks take no time."""
    monkeypatch.setattr(sim.engine, "STEPS_MAX", 300)
    text = WARM + "workload: {closed: {customers: 1, think: 0 s}, workspaces: 1, plan: 0 s}\n"
    with pytest.raises(PolicyFailed, match=r"seed-after does not settle: 300 steps at 0 s, .*") as failure:
        simulate(read(text))
    assert (failure.value.run.ended_at, len(failure.value.run.tasks) > 100) == (0.0, True)


@pytest.mark.parametrize("how", ["failed", "interrupted"])
def test_what_ends_a_run_goes_to_another_process_with_its_record(failed: PolicyFailed, how: str) -> None:
    """A pool of processes pickles what is raised in one of them."""
    ended = failed if how == "failed" else stopped_at(0.5)
    again = pickle.loads(pickle.dumps(ended))
    assert (type(again), str(again)) == (type(ended), str(ended))
    assert len(again.run.log) == len(ended.run.log)


def test_the_cause_of_a_failure_is_kept(failed: PolicyFailed) -> None:
    """For whoever debugs the policy."""
    cause = failed.__cause__
    while cause is not None and not isinstance(cause, ZeroDivisionError):
        cause = cause.__cause__
    assert isinstance(cause, ZeroDivisionError)


# a person interrupts


def test_an_interrupted_run_has_its_record_up_to_there() -> None:
    record = stopped_at(0.1).run
    assert (record.ended_at, record.is_complete) == (60.0, False)
    assert sends(record) == [(10.0, 1, "plan", "default-1")]


def test_an_interrupted_run_has_the_beginning_of_the_whole_one() -> None:
    whole = run(WARM + LATER).log
    part = stopped_at(0.1).run.log
    assert 0 < len(part) < len(whole)
    assert part == whole[: len(part)]


def test_an_interruption_is_no_error_that_one_may_swallow() -> None:
    assert issubclass(Interrupted, KeyboardInterrupt)
    assert not issubclass(Interrupted, Exception)


def test_an_incomplete_record_can_be_saved_and_says_so(tmp_path: Path) -> None:
    record = stopped_at(0.5).run
    save(record, tmp_path / "run")
    assert (record.manifest()["complete"], record.manifest()["ended_at_s"]) == (False, 300.0)
