"""Random valid scenarios: they run to their end, keep their books, and are the same each time."""

import io
import math
from pathlib import Path

import pytest
from hypothesis import given

from lab.evidence import evidence_of
from lab.judgement import judge
from lab.log_text import log_lines
from lab.summary import summarise
from policies.observations import TaskSubmitted
from sim.checks import Status, check
from sim.checks.safety.tasks import NothingIsLost
from sim.record import TABLES, Run
from sim.record.log import new_header, read_log, write_log
from sim.record.truth import ExecStarted, TaskCreated
from sim.scenario import Scenario, parse_scenario
from sim.simulate import simulate
from tests.fuzz.books import area_under, counts_by_state, entries_at_most, sojourn, states_of
from tests.fuzz.examples import examples
from tests.fuzz.scenarios import Made, scenarios

EXACT = {"rel": 1e-9, "abs": 1e-6}
OPEN = ("pending", "running", "apply_pending")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files lie that scenarios name."""
    return tmp_path_factory.mktemp("random")


def loaded(made: Made, folder: Path) -> Scenario:
    """The scenario, read from its text."""
    for name, text in made.files.items():
        (folder / name).write_text(text)
    return parse_scenario(made.text(), name="x.yaml", folder=folder)


def saved_log(run: Run) -> bytes:
    """The bytes of the run's log."""
    out = io.BytesIO()
    write_log(run.log, new_header(run.scenario.name, run.seed, run.policy.describe()), out)
    return out.getvalue()


@examples(25)
@given(scenarios())
def test_a_run_ends_with_its_horizon_and_nothing_comes_after_it(folder: Path, made: Made) -> None:
    """In order of time, and in no more entries than its pods, its tasks and its cycles can cause."""
    run = simulate(loaded(made, folder))
    times = [entry.at for entry in run.log]
    assert run.is_complete
    assert run.ended_at == run.scenario.horizon_s
    assert times == sorted(times)
    assert not times or 0.0 <= times[0] <= times[-1] <= run.ended_at
    assert len(times) <= entries_at_most(run)


@examples(25)
@given(scenarios())
def test_every_task_is_in_one_state(folder: Path, made: Made) -> None:
    """Conservation: submitted are as many as are in all states together, and each step is in the table."""
    run = simulate(loaded(made, folder))
    states = states_of(run)
    submitted = sum(type(entry) is TaskCreated for entry in run.log)
    assert sum(counts_by_state(run).values()) == submitted == len(run.rows("tasks"))
    assert {row["task"]: row["state"] for row in run.records("tasks")} == states
    for pool in run.scenario.pools:
        rows = [row for row in run.records("counts") if row["pool"] == pool.name]
        of_pool = {row["task"] for row in run.records("tasks") if row["pool"] == pool.name}
        is_over = sum(
            not math.isnan(row["ended_at"]) for row in run.records("tasks") if row["task"] in of_pool
        )
        still_open = sum(rows[-1][name] for name in OPEN) if rows else 0
        assert len(of_pool) == still_open + is_over
        assert all(value >= 0 for row in rows for name, value in row.items() if name not in ("at", "pool"))


@examples(25)
@given(scenarios())
def test_littles_law_holds_of_each_pool(folder: Path, made: Made) -> None:
    """The area under the number of tasks that are open is the sum of the times for which they were, exactly.

    Over the length of the run, that is L = λ W: time average, tasks by time, and mean time in the system.
    """
    run = simulate(loaded(made, folder))
    for pool in run.scenario.pools:
        tasks = [row for row in run.records("tasks") if row["pool"] == pool.name]
        times = sojourn(run, ((row["submitted_at"], row["ended_at"]) for row in tasks))
        area = area_under(run, pool.name, *OPEN)
        assert area == pytest.approx(times, **EXACT)
        if tasks:
            arrivals_per_s, mean_s = len(tasks) / run.ended_at, times / len(tasks)
            assert area / run.ended_at == pytest.approx(arrivals_per_s * mean_s, **EXACT)


@examples(25)
@given(scenarios())
def test_littles_law_holds_of_pods_agents_and_slots(folder: Path, made: Made) -> None:
    """Pod-seconds, connections and held slots: the area under their number is the sum of their lives."""
    run = simulate(loaded(made, folder))
    pool_of = {row["pod"]: row["pool"] for row in run.records("pods")}
    for pool in run.scenario.pools:
        lives = [row for row in run.records("pods") if row["pool"] == pool.name]
        pod_s = sum(row["pod_s"] for row in lives if not math.isnan(row["created_at"]))
        assert area_under(run, pool.name, "pods") == pytest.approx(pod_s, **EXACT)
        connections = [
            (row["since"], row["until"])
            for row in run.records("agents")
            if row["fact"] == "connected" and pool_of[row["pod"]] == pool.name
        ]
        assert area_under(run, pool.name, "connected") == pytest.approx(sojourn(run, connections), **EXACT)
        for state in ("running", "reserved"):
            held = [
                (row["since"], row["until"])
                for row in run.records("slots")
                if row["state"] == state and pool_of[row["pod"]] == pool.name
            ]
            assert area_under(run, pool.name, f"slots_{state}") == pytest.approx(sojourn(run, held), **EXACT)


@examples(25)
@given(scenarios())
def test_executions_lie_within_the_life_of_their_pod(folder: Path, made: Made) -> None:
    """Each was sent, and ends before its pod does."""
    run = simulate(loaded(made, folder))
    pods = {row["pod"]: row for row in run.records("pods")}
    for row in run.records("phases"):
        pod = pods[row["pod"]]
        assert pod["running_at"] <= row["started_at"]
        assert math.isnan(row["ended_at"]) or row["started_at"] <= row["ended_at"] <= run.ended_at
        if not math.isnan(pod["gone_at"]):
            assert row["ended_at"] <= pod["gone_at"]
    sends = {(row["task"], row["attempts"]) for row in run.records("tasks")}
    most = dict(sends)
    assert all(1 <= entry.attempt <= most[entry.task] for entry in run.log if type(entry) is ExecStarted)


@examples(25)
@given(scenarios())
def test_nothing_is_lost_under_any_rules(folder: Path, made: Made) -> None:
    """S24 holds under every combination of rules, as long as nobody hears of a task later than `grace`.

    Other invariants break as they may. If observations take longer than S24 allows for a row, it is asked
    again with the time that they took.
    """
    run = simulate(loaded(made, folder))
    verdicts = {verdict.code: verdict for verdict in check(run)}
    assert len(verdicts) >= 19
    created = {entry.task: entry.at for entry in run.log if isinstance(entry, TaskCreated)}
    heard = {entry.task: entry.at for entry in run.log if isinstance(entry, TaskSubmitted)}
    slowest_s = max((heard.get(task, run.ended_at) - at for task, at in created.items()), default=0.0)
    (patient,) = check(run, [NothingIsLost(grace=30.0 + slowest_s)])
    assert patient.status is not Status.BROKEN, patient.violations
    if slowest_s <= 30.0:
        assert verdicts["S24"].status is not Status.BROKEN, verdicts["S24"].violations


@examples(20)
@given(scenarios())
def test_a_scenario_gives_the_same_bytes_each_time(folder: Path, made: Made) -> None:
    """From its text on; and what is written is read back equal."""
    run = simulate(loaded(made, folder))
    written = saved_log(simulate(loaded(made, folder)))
    assert saved_log(run) == written
    path = folder / "events.jsonl"
    path.write_bytes(written)
    header, entries = read_log(path)
    assert entries == run.log
    assert header.seed == run.scenario.seed


@examples(15)
@given(scenarios())
def test_whatever_happened_can_be_told(folder: Path, made: Made) -> None:
    """As tables, as a log, as a summary, as judgements, and as evidence of each violation."""
    run = simulate(loaded(made, folder))
    verdicts = check(run)
    assert all(list(run.frame(table).columns) == list(TABLES[table]) for table in TABLES)
    assert all("\n" not in line for line in log_lines(run))
    assert summarise(run).tasks == len(run.rows("tasks"))
    assert judge(run, verdicts) is not None
    broken = [verdict for verdict in verdicts if verdict.violations]
    assert all(evidence_of(run, verdict.code, verdict.violations[0]) is not None for verdict in broken)
