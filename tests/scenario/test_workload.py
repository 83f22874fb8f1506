"""Sources of tasks, from the file to what the world draws from."""

import math
from pathlib import Path

import pytest

from sim.distributions import Constant, Exponential
from sim.workloads import Bursts, Closed, Listed, Source, Varying
from tests.scenario.texts import HEAD, POOL, SMALL, read, refusal

DAY = ", ".join(f"{hour} per hour" for hour in range(24))


def _source(text: str, **kwargs: Path) -> Source | Closed:
    [source] = read(f"{HEAD}{POOL}workload: {{{text}}}\n", **kwargs).sources
    return source


def test_a_poisson_source_has_a_rate_per_time_and_a_window() -> None:
    """Rates are per second inside."""
    source = _source("poisson: {rate: 12 per hour, from: 1 min, until: 5 min, count: 7}, workspaces: 3")
    assert isinstance(source, Varying)
    assert source.steps == ((0.0, 12 / 3600),)
    assert (source.starts_at, source.ends_at, source.count) == (60.0, 300.0, 7)
    assert source.repeats_every_s is None


def test_a_curve_is_steps_that_may_repeat() -> None:
    """The last step lasts until the curve begins anew."""
    source = _source(
        "curve: {steps: [{from: 0 s, rate: 1 per s}, {from: 1 h, rate: 2 per s}], "
        "repeats_every: 1 d}, workspaces: 1"
    )
    assert isinstance(source, Varying)
    assert source.steps == ((0.0, 1.0), (3600.0, 2.0))
    assert source.repeats_every_s == 86400.0


def test_a_daily_curve_has_a_rate_for_each_hour() -> None:
    """It repeats every day."""
    source = _source(f"daily: {{hourly: [{DAY}]}}, workspaces: 1")
    assert isinstance(source, Varying)
    assert source.steps[23] == (23 * 3600.0, 23 / 3600)
    assert source.repeats_every_s == 86400.0


def test_a_weekly_curve_is_the_daily_one_times_a_factor_for_each_day() -> None:
    """It has 168 steps, and repeats every week."""
    days = "[1, 1, 1, 1, 1, 0.5, 0]"
    source = _source(f"weekly: {{hourly: [{DAY}], days: {days}}}, workspaces: 1")
    assert isinstance(source, Varying)
    assert source.steps[5 * 24 + 10] == (5 * 86400.0 + 36000.0, 5 / 3600)
    assert len(source.steps) == 168
    assert source.repeats_every_s == 7 * 86400.0


def test_bursts_come_at_times_or_every_so_often() -> None:
    """Each has a size and takes a while."""
    at = _source("bursts: {at: [1 s, 2 min], size: 5, within: 10 s}, workspaces: 1")
    every = _source("bursts: {every: 1 min, size: 5}, workspaces: 1")
    assert isinstance(at, Bursts)
    assert isinstance(every, Bursts)
    assert (at.at, at.size, at.within_s, at.every_s) == ((1.0, 120.0), 5, 10.0, None)
    assert (every.at, every.within_s, every.every_s) == ((), 0.0, 60.0)


def test_a_closed_population_thinks() -> None:
    """Think times are a distribution."""
    source = _source("closed: {customers: 5, think: {exponential: {mean: 1 min}}}, workspaces: 5")
    assert isinstance(source, Closed)
    assert (source.customers, source.think) == (5, Exponential(60.0))


def test_what_a_source_does_not_say_is_what_work_says() -> None:
    """And what neither says is the default of the format."""
    text = (
        f"{HEAD}{POOL}work: {{plan: 30 s, changes: 0.5}}\n"
        "workload: {poisson: {rate: 1 per s}, workspaces: [a, b], apply: 5 s, "
        "kinds: {plan: 0.7, plan_and_apply: 0.3}}\n"
    )
    [source] = read(text).sources
    traits = source.traits
    assert (traits.plan, traits.apply) == (Constant(30.0), Constant(5.0))
    assert (traits.confirmed_after, traits.changes) == (Constant(0.0), 0.5)
    assert traits.workspaces == ("a", "b")
    assert dict(traits.kinds) == {"plan": 0.7, "plan_and_apply": 0.3}


def test_a_source_uses_the_workspaces_that_its_pool_lists() -> None:
    """They need not be written twice."""
    text = f"{HEAD}pool: {{max: 1, workspaces: [a, b]}}\nworkload: {{poisson: {{rate: 1 per s}}}}\n"
    [source] = read(text).sources
    assert source.traits.workspaces == ("a", "b")


def test_sources_keep_their_streams_whether_tasks_are_written_down_or_not() -> None:
    """The index names the random streams, and the first place is that of `tasks`."""
    workload = "workload: [{poisson: {rate: 1 per s}, workspaces: 1}]\n"
    alone = read(HEAD + POOL + workload).sources
    beside = read(SMALL + workload).sources
    assert [source.index for source in alone] == [1]
    assert [source.index for source in beside] == [0, 1]


def test_a_task_becomes_an_arrival() -> None:
    """With all that it says, and what `work` says for the rest."""
    text = f"""{HEAD}{POOL}
work: {{apply: 7 s, confirmed_after: never}}
tasks:
  - {{id: 3, at: 1 s, workspace: a, kind: plan_and_apply, plan: 2 s, fails: apply}}
  - {{id: 4, at: 1 s, workspace: a, kind: plan_and_apply, confirmed_at: 9 s, cancelled_at: 10 s}}
  - {{id: 5, at: 1 s, workspace: a, kind: plan_and_apply, changes: false, cancelled_after: 3 s}}
"""
    [source] = read(text).sources
    assert isinstance(source, Listed)
    first, second, third = source.listed
    assert (first.task, first.submitted_at, first.plan_s, first.apply_s) == (3, 1.0, 2.0, 7.0)
    assert (first.confirmed_after_s, first.fails) == (math.inf, "apply")
    assert math.isnan(first.confirmed_at)
    assert (second.confirmed_at, second.cancelled_at, second.plan_s) == (9.0, 10.0, 60.0)
    assert (third.has_changes, third.cancelled_after_s) == (False, 3.0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("poisson: {rate: 3}, workspaces: 1", "workload.poisson.rate: 3 is no rate; write for"),
        ("poisson: {rate: 3 per s}", "workload.workspaces: is missing; expected how many, or a"),
        ("poisson: {rate: 3 per s}, workspaces: 0", "expected a whole number from 1 to 1000000, or"),
        ("workspaces: 1", "workload: has none of them; expected exactly one of poisson, curve,"),
        (
            "poisson: {rate: 1 per s}, bursts: {size: 3, at: [1 s]}, workspaces: 1",
            "workload: has poisson and bursts; expected exactly one of poisson, curve,",
        ),
        (
            "poisson: {rate: 1 per s, from: 2 s, until: 1 s}, workspaces: 1",
            "workload.poisson.until: 1 s; expected more than from, 2 s",
        ),
        (
            "poisson: {rate: 1 per s, from: 2 h}, workspaces: 1",
            "workload.poisson.from: 2 h is after the end of the run",
        ),
        (
            "curve: {steps: [{from: 1 s, rate: 1 per s}]}, workspaces: 1",
            "workload.curve.steps.0.from: 1 s; the first step is from 0 s",
        ),
        (
            "curve: {steps: [{from: 0 s, rate: 1 per s}, {from: 0 s, rate: 1 per s}]}",
            "workload.curve.steps.1.from: 0 s; expected more than 0 s",
        ),
        (
            "curve: {steps: [{from: 0 s, rate: 1 per s}, {from: 9 s, rate: 1 per s}], repeats_every: 9 s}",
            "workload.curve.repeats_every: 9 s; expected more than the last step's from, 9 s",
        ),
        ("daily: {hourly: [1 per s]}, workspaces: 1", "expected at least 24 of them"),
        ("bursts: {size: 3}, workspaces: 1", "workload.bursts: expected exactly one of at and"),
        (
            "bursts: {size: 3, at: [2 h]}, workspaces: 1",
            "workload.bursts.at.0: 2 h is after the end of the run",
        ),
        ("poisson: {rate: 1 per s}, workspaces: 1, kinds: {pln: 1}", "did you mean 'plan'?"),
        (
            "poisson: {rate: 1 per s}, workspaces: 1, kinds: {plan: 0}",
            "workload.kinds.plan is 0; expected a number > 0",
        ),
        (
            "poisson: {rate: 1 per s}, workspaces: 1, kinds: {plan: 1e999}",
            "workload.kinds.plan is inf; expected a finite number",
        ),
        (
            f"weekly: {{hourly: [{', '.join(['1 per s'] * 24)}], days: [1e999, 1, 1, 1, 1, 1, 1]}}",
            "workload.weekly.days.0 is inf; expected a finite number",
        ),
        ("poisson: {rate: +12 per s}, workspaces: 1", "'+12 per s' is no rate; write for example"),
        ("poisson: {rate: 1_2 per s}, workspaces: 1", "'1_2 per s' is no rate; write for example"),
        ("poisson: {rate: .5 per s}, workspaces: 1", "'.5 per s' is no rate; write for example"),
        (
            "poisson: {rate: 1 per s}, workspaces: 1, changes: 0.5",
            "workload.changes: no task of this source has an apply; see kinds",
        ),
        (
            "poisson: {rate: 1 per s}, workspaces: 1, plan: [1 s, 2 s]",
            "workload.plan: a list gives each pod its value, and here are no pods",
        ),
        ("trace: {file: none.csv}", "workload.trace.file: none.csv: can not be read: No such"),
        (
            "trace: {file: none.csv}, plan: 3 s",
            "workload.plan: a trace's tasks bring their own; remove the key",
        ),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(source: str, message: str) -> None:
    """Each has its line and what was expected."""
    said = refusal(f"{HEAD}{POOL}workload: {{{source}}}\n")
    assert said.startswith("x.yaml:5: ")
    assert message in said


def test_a_list_of_sources_is_named_by_its_indexes() -> None:
    """So that `--set workload.1.workspaces=3` mends it."""
    one = "  - {poisson: {rate: 1 per s}, workspaces: 1}\n"
    two = "  - {poisson: {rate: 1 per s}}\n"
    said = refusal(f"{HEAD}{POOL}workload:\n{one}{two}")
    assert said.startswith("x.yaml:7: workload.1.workspaces: is missing;")


def _trace(folder: Path, rows: str) -> None:
    header = "submitted_at,workspace,kind,plan_seconds,apply_seconds,confirm_after"
    (folder / "t.csv").write_text(f"{header}\n{rows}\n")


def test_a_trace_stands_beside_the_scenario(tmp_path: Path) -> None:
    """Its tasks are numbered in the run, not in the file."""
    _trace(tmp_path, "5,a,plan,60,,")
    source = _source("trace: {file: t.csv}", folder=tmp_path)
    assert isinstance(source, Listed)
    assert not source.keeps_ids
    assert [(each.submitted_at, each.pool) for each in source.listed] == [(5.0, "default")]


def test_a_wrong_row_of_a_trace_is_named(tmp_path: Path) -> None:
    """Scenario and line first, then the trace's file, row and column."""
    _trace(tmp_path, "5,a,plan,-60,,")
    text = f"{HEAD}{POOL}workload: {{trace: {{file: t.csv}}}}\n"
    said = refusal(text, folder=tmp_path)
    assert said.startswith("x.yaml:5: workload.trace.file: ")
    assert "row 2, column plan_seconds: '-60'" in said


def test_a_trace_that_begins_after_the_run_is_refused(tmp_path: Path) -> None:
    """Epoch seconds are the usual reason; without a word the run would have no tasks."""
    _trace(tmp_path, "1709542800,a,plan,60,,")
    said = refusal(f"{HEAD}{POOL}workload: {{trace: {{file: t.csv}}}}\n", folder=tmp_path)
    assert "t.csv: all 1 tasks come after the end of the run, horizon: 600 s" in said
    assert "Seconds count from the start of the run" in said


def test_a_trace_belongs_to_the_pools_that_list_its_workspaces(tmp_path: Path) -> None:
    """A row without a pool is where its workspace is."""
    _trace(tmp_path, "5,a,plan,60,,\n6,b,plan,60,,")
    pools = "pools: {red: {max: 1, workspaces: [b]}, blue: {max: 1, workspaces: [a]}}\n"
    [source] = read(f"{HEAD}{pools}workload: {{trace: {{file: t.csv}}}}\n", folder=tmp_path).sources
    assert isinstance(source, Listed)
    assert [each.pool for each in source.listed] == ["blue", "red"]


def test_a_trace_of_unknown_workspaces_is_refused(tmp_path: Path) -> None:
    """There is no telling which pool they belong to."""
    _trace(tmp_path, "5,c,plan,60,,")
    pools = "pools: {red: {max: 1, workspaces: [b]}, blue: {max: 1}}\n"
    said = refusal(f"{HEAD}{pools}workload: {{trace: {{file: t.csv}}}}\n", folder=tmp_path)
    assert "row 2, column pool: is missing; expected one of red, blue" in said


def test_delays_may_be_read_from_a_file(tmp_path: Path) -> None:
    """One column of numbers of seconds, beside the scenario."""
    (tmp_path / "d.csv").write_text("seconds\n1\n3\n")
    text = SMALL + "pod_start: {empirical: {file: d.csv, column: seconds}}\n"
    assert read(text, folder=tmp_path).pools[0].pod.container_start.mean() == 2.0


def test_a_part_of_a_mixture_may_be_read_from_a_file(tmp_path: Path) -> None:
    """As the schema says."""
    (tmp_path / "d.csv").write_text("seconds\n1\n3\n")
    text = SMALL + "pod_start: {mixture: [{weight: 1, of: {empirical: {file: d.csv, column: seconds}}}]}\n"
    assert read(text, folder=tmp_path).pools[0].pod.container_start.mean() == 2.0


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    """With the line of the scenario, and the columns that there are."""
    (tmp_path / "d.csv").write_text("seconds\n1\n3\n")
    text = SMALL + "pod_start: {empirical: {file: d.csv, column: secnds}}\n"
    said = refusal(text, folder=tmp_path)
    assert said.startswith("x.yaml:6: pod_start: ")
    assert "did you mean 'seconds'?" in said
