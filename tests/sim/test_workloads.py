"""Workloads: how many tasks come when, what they are like, and under which ids."""

import math
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from policies.observations import TaskSubmitted
from sim.errors import InputError
from sim.streams import Streams
from sim.workloads import Arrival, Workload, read_column, read_trace
from tests.sim.builders import HEAD, WARM, column, logged, read, run

POOL = "pool: {max: 5}\n"


def arrivals(text: str, *, horizon: str = "10 min", seed: int = 1, folder: Path = Path()) -> list[Arrival]:
    """What a workload of one source, or what a whole text's workload, submits."""
    source = text if "\n" in text else f"workload: {{{text}}}\n"
    scenario = read(HEAD + POOL + source, overrides=[f"horizon={horizon}"], folder=folder)
    return Workload(scenario.sources, Streams(seed), scenario.horizon_s).arrivals


def times(text: str, **kwargs: str) -> list[float]:
    return [arrival.submitted_at for arrival in arrivals(text, **kwargs)]  # type: ignore[arg-type]


# poisson and curves


def test_a_poisson_source_has_its_rate() -> None:
    """10,000 expected; within four standard deviations."""
    assert len(times("poisson: {rate: 100 per min}, workspaces: 1", horizon="100 min")) == pytest.approx(
        10_000, abs=400
    )


def test_gaps_of_a_poisson_source_are_exponential() -> None:
    """Their standard deviation is their mean."""
    gaps = np.diff(times("poisson: {rate: 100 per min}, workspaces: 1", horizon="100 min"))
    assert gaps.mean() == pytest.approx(0.6, rel=0.04)
    assert gaps.std() == pytest.approx(0.6, rel=0.04)


def test_a_poisson_source_keeps_to_its_window() -> None:
    window = times("poisson: {rate: 2 per s, from: 1 min, until: 3 min}, workspaces: 1")
    assert 60.0 <= min(window) < 65.0
    assert 175.0 < max(window) <= 180.0


def test_a_count_ends_a_source_and_changes_nothing_before() -> None:
    free = times("poisson: {rate: 2 per s}, workspaces: 1")
    assert times("poisson: {rate: 2 per s, count: 17}, workspaces: 1") == free[:17]


def test_a_longer_horizon_only_adds_tasks() -> None:
    """Those before it are the same."""
    short = times("poisson: {rate: 2 per s}, workspaces: 1")
    assert times("poisson: {rate: 2 per s}, workspaces: 1", horizon="1 h")[: len(short)] == short


def test_a_rate_of_zero_is_no_task() -> None:
    assert times("poisson: {rate: 0 per s}, workspaces: 1") == []


def per_bin(values: list[float], length_s: float, bins: int) -> list[int]:
    return list(np.histogram(values, bins=bins, range=(0.0, length_s * bins))[0])


def test_a_curve_changes_its_rate_at_its_steps() -> None:
    curve = (
        "curve: {steps: [{from: 0 s, rate: 1 per s}, {from: 1 h, rate: 0 per s}, {from: 2 h, rate: 3 per s}]}"
    )
    first, second, third = per_bin(times(f"{curve}, workspaces: 1", horizon="3 h"), 3600.0, 3)
    assert first == pytest.approx(3600, abs=240)
    assert second == 0
    assert third == pytest.approx(10_800, abs=420)


def test_a_curve_may_repeat() -> None:
    steps = "{steps: [{from: 0 s, rate: 0 per s}, {from: 1 h, rate: 1 per s}], repeats_every: 2 h}"
    counts = per_bin(times(f"curve: {steps}, workspaces: 1", horizon="6 h"), 3600.0, 6)
    assert counts[::2] == [0, 0, 0]
    assert counts[1::2] == pytest.approx([3600] * 3, abs=240)


def test_a_curve_repeats_though_its_steps_are_no_binary_fractions() -> None:
    """1.1 h is 3960.0000000000005 s, and the rest of 1 d + 1.1 h after 1 d is a bit less."""
    steps = "{steps: [{from: 0 s, rate: 0 per s}, {from: 1.1 h, rate: 60 per h}], repeats_every: 1 d}"
    counts = per_bin(times(f"curve: {steps}, workspaces: 1", horizon="3 d"), 86400.0, 3)
    assert counts == pytest.approx([1374] * 3, abs=148)


def test_a_curve_that_begins_late_begins_at_the_rate_of_that_time() -> None:
    steps = "{from: 90 min, steps: [{from: 0 s, rate: 0 per s}, {from: 1 h, rate: 1 per s}]}"
    counts = per_bin(times(f"curve: {steps}, workspaces: 1", horizon="2 h"), 1800.0, 4)
    assert (counts[:3], counts[3]) == ([0, 0, 0], pytest.approx(1800, abs=170))


def test_a_daily_curve_repeats_every_day() -> None:
    """At noon only."""
    hourly = ["0 per s"] * 24
    hourly[12] = "1 per s"
    source = f"daily: {{hourly: [{', '.join(hourly)}]}}, workspaces: 1"
    counts = per_bin(times(source, horizon="2 d"), 3600.0, 48)
    assert {hour for hour, count in enumerate(counts) if count} == {12, 36}
    assert [counts[12], counts[36]] == pytest.approx([3600] * 2, abs=240)


def test_a_weekly_curve_has_a_factor_for_each_day_and_begins_on_monday() -> None:
    hourly = ", ".join(["60 per hour"] * 24)
    source = f"weekly: {{hourly: [{hourly}], days: [1, 1, 1, 1, 2, 0, 0]}}, workspaces: 1"
    counts = per_bin(times(source, horizon="14 d"), 86400.0, 14)
    assert counts[:4] == pytest.approx([1440] * 4, abs=152)
    assert [counts[4], counts[11]] == pytest.approx([2880] * 2, abs=215)
    assert [counts[day] for day in (5, 6, 12, 13)] == [0] * 4


# bursts


def test_a_burst_is_all_at_once_unless_it_takes_a_while() -> None:
    assert times("bursts: {at: [5 s, 2 min], size: 3}, workspaces: 1") == [5.0] * 3 + [120.0] * 3


def test_a_burst_that_takes_a_while_is_spread_evenly() -> None:
    spread = times("bursts: {at: [1 min], size: 2000, within: 100 s}, workspaces: 1")
    assert 60.0 <= min(spread) < 61.0
    assert 159.0 < max(spread) <= 160.0
    assert np.mean(spread) == pytest.approx(110.0, abs=4 * 100 / math.sqrt(12 * 2000))


def test_bursts_every_so_often_begin_one_interval_after_the_start() -> None:
    assert times("bursts: {every: 2 min, size: 1}, workspaces: 1") == [120.0, 240.0, 360.0, 480.0]


def test_what_a_burst_has_after_the_end_is_left_out() -> None:
    assert all(at <= 600.0 for at in times("bursts: {at: [9 min], size: 50, within: 2 min}, workspaces: 1"))


# what tasks are like


def test_kinds_and_changes_come_by_weight() -> None:
    source = (
        "bursts: {at: [0 s], size: 4000}, workspaces: 1, kinds: {plan: 3, plan_and_apply: 1}, changes: 0.25"
    )
    tasks = arrivals(source)
    assert sum(task.kind == "plan" for task in tasks) / 4000 == pytest.approx(0.75, abs=0.03)
    assert sum(task.has_changes for task in tasks) / 4000 == pytest.approx(0.25, abs=0.03)


def test_workspaces_are_equally_likely() -> None:
    tasks = arrivals("bursts: {at: [0 s], size: 4000}, workspaces: [a, b, c, d]")
    shares = [sum(task.workspace == name for task in tasks) / 4000 for name in "abcd"]
    assert shares == pytest.approx([0.25] * 4, abs=0.03)


def test_workspaces_that_are_only_counted_get_names() -> None:
    assert {task.workspace for task in arrivals("bursts: {at: [0 s], size: 99}, workspaces: 2")} == {
        "ws-1",
        "ws-2",
    }


def test_each_property_of_a_task_has_a_stream_of_its_own() -> None:
    """So another distribution of applies changes no plan, and no time of arrival."""
    source = "poisson: {rate: 1 per s}, workspaces: 5, kinds: {plan_and_apply: 1}"
    one = arrivals(source + ", plan: {exponential: {mean: 9 s}}, apply: 3 s")
    other = arrivals(source + ", plan: {exponential: {mean: 9 s}}, apply: {exponential: {mean: 3 s}}")
    keys = ("submitted_at", "task", "workspace", "kind", "plan_s")
    assert [[getattr(task, key) for key in keys] for task in one] == [
        [getattr(task, key) for key in keys] for task in other
    ]


def test_another_seed_is_another_workload() -> None:
    source = "poisson: {rate: 1 per s}, workspaces: 5"
    assert arrivals(source, seed=1) == arrivals(source, seed=1)
    assert arrivals(source, seed=1) != arrivals(source, seed=2)


# ids and merging


LISTED = (
    "tasks: [{id: 40, at: 1 min, workspace: x, kind: plan}, {id: 7, at: 5 min, workspace: x, kind: plan}]\n"
)
TWO_ALIKE = "workload:\n" + "  - {poisson: {rate: 1 per min}, workspaces: 1}\n" * 2
BURSTS = "workload: [{bursts: {at: [1 min, 2 min], size: 2}, workspaces: 1}]\n"


def test_listed_tasks_keep_their_ids_and_the_others_count_on_from_the_highest() -> None:
    """Those of one instant come in the order of their sources."""
    tasks = [(task.submitted_at, task.task) for task in arrivals(LISTED + BURSTS)]
    assert tasks == [(60.0, 40), (60.0, 41), (60.0, 42), (120.0, 43), (120.0, 44), (300.0, 7)]


def test_drawn_tasks_are_numbered_in_order_of_time_over_all_sources() -> None:
    tasks = arrivals(TWO_ALIKE, horizon="1 h")
    assert [task.task for task in tasks] == list(range(1, len(tasks) + 1))
    assert [task.submitted_at for task in tasks] == sorted(task.submitted_at for task in tasks)


def test_two_sources_alike_draw_apart() -> None:
    one = times("poisson: {rate: 1 per min}, workspaces: 1", horizon="1 h")
    assert len(set(times(TWO_ALIKE, horizon="1 h")) - set(one)) > 30


# closed populations


CLOSED = "workload: {closed: {customers: 2, think: 10 s}, workspaces: 2, plan: 60 s}\n"


def test_a_customer_thinks_submits_waits_and_thinks_again() -> None:
    record = run(WARM + CLOSED)
    submitted = column(record, "tasks", "submitted_at")
    assert submitted == sorted([10.0 + 70.0 * k for k in range(9)] * 2)


def test_a_closed_population_has_at_most_one_task_a_customer() -> None:
    record = run(WARM + CLOSED.replace("customers: 2", "customers: 5").replace("think: 10 s", "think: 0 s"))
    counts = record.counts
    assert (counts["pending"] + counts["running"] + counts["apply_pending"]).max() == 5


def test_a_closed_population_waits_longer_in_a_slower_world() -> None:
    """Five customers share three slots: 60 s a task and 10 s of thought are no longer possible for all."""
    record = run(WARM + CLOSED.replace("customers: 2", "customers: 5"))
    assert len(record.tasks) < 5 * 9


def test_ids_of_a_closed_population_follow_the_order_of_submission() -> None:
    """A lower id was submitted earlier: the rules of the queue rely on it."""
    closed = "workload: {closed: {customers: 9, think: {uniform: [1 s, 1 min]}}, workspaces: 9, plan: 5 s}\n"
    tasks = [event.task for event in logged(run(WARM + closed), TaskSubmitted)]
    assert tasks == list(range(1, len(tasks) + 1))


# traces


HEADER = "submitted_at,workspace,kind,plan_seconds,apply_seconds,confirm_after"


def trace(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_trace_is_read_row_by_row(tmp_path: Path) -> None:
    path = trace(tmp_path, "5,a,plan,60,,", "2.5,b,plan_and_apply,30,10,120", "9,b,plan_and_apply,30,10,")
    second, first, third = (
        Arrival(5.0, 1, "p", "a", "plan", 60.0, 0.0, math.inf, has_changes=False),
        Arrival(2.5, 2, "p", "b", "plan_and_apply", 30.0, 10.0, 120.0),
        Arrival(9.0, 3, "p", "b", "plan_and_apply", 30.0, 10.0, math.inf),
    )
    rows = read_trace(path, pool="p")
    assert [repr(row) for row in rows] == [repr(row) for row in (first, second, third)]


def test_times_with_a_date_count_from_the_first_or_from_the_origin(tmp_path: Path) -> None:
    path = trace(tmp_path, "2024-05-01T09:00:30+00:00,a,plan,60,,", "2024-05-01T11:00:00+02:00,a,plan,60,,")
    assert [row.submitted_at for row in read_trace(path, pool="p")] == [0.0, 30.0]
    origin = read_trace(path, pool="p", origin="2024-05-01T08:59:00+00:00")
    assert [row.submitted_at for row in origin] == [60.0, 90.0]


def test_times_in_seconds_have_no_origin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"origin 'nonsense'; the times in the file are seconds"):
        read_trace(trace(tmp_path, "5,a,plan,60,,"), pool="p", origin="nonsense")


def test_a_parquet_trace_is_the_same_as_its_csv(tmp_path: Path) -> None:
    columns = {
        "submitted_at": [1.0, 2.5],
        "workspace": ["a", "b"],
        "kind": ["plan", "plan_and_apply"],
        "plan_seconds": [60.0, 30.0],
        "apply_seconds": [None, 10.0],
        "confirm_after": [None, 5.0],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    csv = trace(tmp_path, "1.0,a,plan,60,,", "2.5,b,plan_and_apply,30,10,5")
    one, other = (read_trace(path, pool="p") for path in (tmp_path / "t.parquet", csv))
    assert [repr(row) for row in one] == [repr(row) for row in other]


def test_a_column_of_numbers_can_be_read_from_csv_and_from_parquet(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"s": [1.0, 2.0]}), tmp_path / "d.parquet")
    (tmp_path / "d.csv").write_text("s\n1\n2\n")
    assert read_column(tmp_path / "d.parquet", "s") == read_column(tmp_path / "d.csv", "s") == [1.0, 2.0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("5,a,plan,-1,,", "row 2, column plan_seconds: '-1'; expected a number of seconds, 0 or more"),
        ("5,a,paln,60,,", "row 2, column kind: 'paln'; expected one of plan, plan_and_apply, drift_check"),
        ("5,,plan,60,,", "row 2, column workspace: ''; expected a workspace's name"),
        ("soon,a,plan,60,,", "row 2, column submitted_at: 'soon'; expected seconds or an ISO 8601 time"),
        ("-5,a,plan,60,,", "expected a time that is not before the origin"),
        ("nan,a,plan,60,,", "expected a time that is not before the origin"),
        ("5,a,plan,60,,,", "row 2 has more values than the header"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_trace(trace(tmp_path, row), pool="p")
    assert said in str(refused.value)


def test_a_trace_runs_like_listed_tasks(tmp_path: Path) -> None:
    """Rows that the horizon cuts off are left out; ids count on."""
    trace(tmp_path, "700,a,plan,60,,", "100,b,plan,60,,", "50,a,plan,60,,")
    tasks = arrivals("trace: {file: t.csv}", folder=tmp_path)
    assert [(task.submitted_at, task.task, task.workspace) for task in tasks] == [
        (50.0, 1, "a"),
        (100.0, 2, "b"),
    ]
