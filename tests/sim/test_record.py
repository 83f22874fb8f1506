"""The record of a run: what its tables say of a run worked out by hand, and what they are made of."""

import json
import math
from typing import Any

import msgspec
import pytest

from policies.observations import TaskSubmitted
from sim.record import TABLES, Run
from sim.record.entry import Entry
from sim.record.truth import TaskCreated
from tests.sim.builders import COLD, EVERYTHING, HEAD, WARM, column, logged, run

APPLY = """\
tasks:
  - {id: 7, at: 5 s, workspace: a, kind: plan_and_apply, plan: 20 s, apply: 10 s, confirmed_after: 30 s}
"""
STEPS = """\
pod: {create_call: 1 s, container_start: 2 s}
agent: {registers_after: 1 s, connects_after: 1 s, known_to_pod_manager_after: 4 s}
"""
WHOLE = {"task", "attempts", "refusals", "attempt", "slot", *TABLES["counts"]} - {"at", "pool"}
NEVER = None


@pytest.fixture(scope="module")
def small() -> Run:
    """A pod from nothing at 5 s, and one plan_and_apply."""
    return run(COLD + STEPS + APPLY)


@pytest.fixture(scope="module")
def late() -> Run:
    """The same on a warm pod, every observation 3 s late."""
    return run(WARM + "control_plane: {observation_delay: 3 s}\n" + APPLY)


@pytest.fixture(scope="module")
def rich() -> Run:
    return run(EVERYTHING)


def rows(record: Run, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table, with None for NaN."""
    frame = record.frame(table)
    return [
        tuple(None if isinstance(value, float) and math.isnan(value) else value for value in row)
        for row in frame.itertuples(index=False, name=None)
    ]


# columns


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_columns_in_their_order(rich: Run, table: str) -> None:
    assert list(rich.frame(table).columns) == list(TABLES[table])


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_the_columns_and_types_of_a_full_one(rich: Run, table: str) -> None:
    empty = Run(rich.scenario, 1, [], ended_at=0.0, is_complete=False, wall_s=None).frame(table)
    assert len(empty) == 0
    assert list(empty.dtypes.items()) == list(rich.frame(table).dtypes.items())


@pytest.mark.parametrize("table", TABLES)
def test_numbers_are_numbers_and_names_are_text(rich: Run, table: str) -> None:
    """Whole numbers are int64, times and durations float64."""
    kinds = {name: str(dtype) for name, dtype in rich.frame(table).dtypes.items()}
    assert {name for name, kind in kinds.items() if kind == "int64"} == WHOLE & set(TABLES[table])
    assert {name for name, kind in kinds.items() if kind == "float64"} == {
        name for name in TABLES[table] if name in ("at", "since", "until") or name.endswith(("_at", "_s"))
    }


@pytest.mark.parametrize("table", TABLES)
def test_every_column_says_what_it_means(table: str) -> None:
    assert all(meaning and not meaning.endswith(".") for meaning in TABLES[table].values())


@pytest.mark.parametrize("table", TABLES)
def test_a_frame_is_also_there_under_its_name(small: Run, table: str) -> None:
    assert getattr(small, table).equals(small.frame(table))


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_there_without_pandas(small: Run, table: str) -> None:
    assert [len(row) for row in small.rows(table)] == [len(TABLES[table])] * len(small.frame(table))


# a run worked out by hand


def test_tasks(small: Run) -> None:
    """Refused at 5 s, sent at 15 s, planned at 35 s, confirmed at 65 s, over at 75 s."""
    [row] = rows(small, "tasks")
    assert row[:4] == (7, "default", "a", "plan_and_apply")
    assert row[4:13] == (5.0, 15.0, 15.0, 10.0, 35.0, 65.0, 65.0, 0.0, 75.0)
    assert row[13:] == ("applied", 2, 1, "default-1")


def test_phases(small: Run) -> None:
    assert rows(small, "phases") == [
        (7, "plan", 1, "default-1", 0, 15.0, 35.0, 0.0, "changes"),
        (7, "apply", 2, "default-1", 0, 65.0, 75.0, 0.0, "done"),
    ]


def test_pods(small: Run) -> None:
    """There until the end at 600 s, hence 594 s of pod."""
    assert rows(small, "pods") == [
        ("default-1", "default", 5.0, 6.0, 8.0, 9.0, 10.0, 14.0, NEVER, "", NEVER, NEVER, 594.0)
    ]


def test_slots(small: Run) -> None:
    assert rows(small, "slots") == [
        ("default-1", 0, "running", 7, 15.0, 35.0),
        ("default-1", 0, "reserved", 7, 35.0, 65.0),
        ("default-1", 0, "running", 7, 65.0, 75.0),
    ]


def test_agents(small: Run) -> None:
    assert rows(small, "agents") == [
        ("default-1", "registered", 9.0, NEVER),
        ("default-1", "connected", 10.0, NEVER),
        ("default-1", "heartbeats", 10.0, NEVER),
        ("default-1", "known_to_pod_manager", 14.0, NEVER),
    ]


def test_decisions(small: Run) -> None:
    told = [
        row[:7]
        for row in rows(small, "decisions")
        if row[2] in ("placed", "refused", "blocked") or row[0] == 5.0
    ]
    assert told == [
        (5.0, "default", "refused", "P5", "no_pods", 7, ""),
        (5.0, "default", "scaled", "C9", "need_exceeds_pods", -1, ""),
        (15.0, "default", "placed", "P5", "", 7, "default-1"),
        (35.0, "default", "blocked", "Q7", "workspace_locked", -1, ""),
        (65.0, "default", "placed", "P5", "", 7, "default-1"),
    ]


def test_a_decision_says_all_that_it_looked_at(small: Run) -> None:
    details = [json.loads(detail) for detail in small.decisions.query("decision == 'placed'")["detail"]]
    assert details == [
        {"phase": "plan", "slot": 0, "heartbeat_age_s": 5.0},
        {"phase": "apply", "slot": 0, "heartbeat_age_s": 5.0},
    ]


def test_one_decision_for_several_pods_is_one_row() -> None:
    record = run(HEAD + "pool: {min: 3, max: 3}\n" + APPLY.replace("at: 5 s", "at: 1 min"))
    assert list(record.decisions.query("decision == 'scaled' and at == 5")["detail"].map(json.loads)) == [
        {"pods": 0, "desired": 3, "numbers": {"pending": 0}}
    ]


def test_counts(small: Run) -> None:
    """pods, connected, slots running and reserved, pending, running, apply_pending."""
    assert rows(small, "counts") == [
        (5.0, "default", 0, 0, 0, 0, 1, 0, 0),
        (6.0, "default", 1, 0, 0, 0, 1, 0, 0),
        (10.0, "default", 1, 1, 0, 0, 1, 0, 0),
        (15.0, "default", 1, 1, 1, 0, 0, 1, 0),
        (35.0, "default", 1, 1, 0, 1, 0, 0, 1),
        (65.0, "default", 1, 1, 1, 0, 0, 1, 0),
        (75.0, "default", 1, 1, 0, 0, 0, 0, 0),
    ]


def test_what_still_runs_at_the_end_has_no_end() -> None:
    record = run(WARM + APPLY.replace("20 s", "1 h"))
    assert rows(record, "phases") == [(7, "plan", 1, "default-1", 0, 5.0, NEVER, 0.0, "")]
    assert rows(record, "slots") == [("default-1", 0, "running", 7, 5.0, NEVER)]


def test_a_task_that_was_never_sent_has_no_times() -> None:
    record = run(COLD + "pod_start: 1 h\n" + APPLY)
    [row] = record.tasks.to_dict("records")
    assert all(math.isnan(row[name]) for name in ("sent_at", "started_at", "wait_s", "ended_at"))
    assert (row["state"], row["attempts"], row["pod"]) == ("pending", 0, "")


# truth and observation


def test_a_phase_ends_in_truth_before_its_end_is_known(late: Run) -> None:
    """Heard of at 8 s; planned at 28 s, heard of at 31 s; confirmed at 61 s, heard of at 64 s."""
    assert column(late, "phases", "started_at", "ended_at") == [(8.0, 28.0), (64.0, 74.0)]
    assert column(late, "slots", "since", "until") == [(8.0, 31.0), (31.0, 64.0), (64.0, 77.0)]


def test_a_task_has_true_times_and_known_ones(late: Run) -> None:
    true = ("submitted_at", "started_at", "planned_at", "apply_started_at")
    assert column(late, "tasks", *true) == [(5.0, 8.0, 28.0, 64.0)]
    assert column(late, "tasks", "sent_at", "confirmed_at", "ended_at") == [(8.0, 64.0, 77.0)]


def test_the_log_holds_both_apart(late: Run) -> None:
    assert [entry.at for entry in logged(late, TaskCreated)] == [5.0]
    assert [entry.at for entry in logged(late, TaskSubmitted)] == [8.0]


def test_a_wait_is_the_users_wait(late: Run) -> None:
    assert column(late, "tasks", "wait_s") == [3.0]


# what must agree, in any run


def test_a_phase_has_at_most_one_end_and_not_before_its_start(rich: Run) -> None:
    over = rich.phases.dropna(subset="ended_at")
    assert (over["ended_at"] >= over["started_at"]).all()
    assert (over["outcome"] != "").all()


def test_nothing_runs_on_a_pod_that_is_not_there(rich: Run) -> None:
    joined = rich.phases.merge(rich.pods, on="pod")
    assert len(joined) == len(rich.phases)
    assert (joined["started_at"] >= joined["running_at"]).all()
    ends = joined.dropna(subset=["gone_at"])
    assert (ends["ended_at"] <= ends["gone_at"]).all()


def test_counts_never_fall_below_zero_and_end_as_the_tasks_do(rich: Run) -> None:
    numbers = rich.counts.drop(columns=["at", "pool"])
    assert (numbers >= 0).all(axis=None)
    last = numbers.iloc[-1]
    states = rich.tasks["state"].value_counts()
    assert last["pending"] == states.get("pending", 0)
    assert last["running"] == states.get("planning", 0) + states.get("applying", 0)
    assert last["apply_pending"] == states.get("apply_pending", 0)


def test_counts_of_pods_are_those_of_the_table_of_pods(rich: Run) -> None:
    assert (
        rich.counts["pods"].iloc[-1] == (rich.pods["created_at"].notna() & rich.pods["gone_at"].isna()).sum()
    )


def test_counts_have_one_row_an_instant(rich: Run) -> None:
    assert rich.counts["at"].is_monotonic_increasing
    assert rich.counts["at"].is_unique


def test_slots_running_are_those_of_the_table_of_slots(rich: Run) -> None:
    """At every instant of the run."""
    table = rich.slots.query("state == 'running'")
    for at, counted in zip(rich.counts["at"], rich.counts["slots_running"], strict=True):
        held = (table["since"] <= at) & ~(table["until"] <= at)
        assert held.sum() == counted, at


def test_connections_counted_are_those_of_the_table_of_agents(rich: Run) -> None:
    table = rich.agents.query("fact == 'connected'")
    for at, counted in zip(rich.counts["at"], rich.counts["connected"], strict=True):
        held = (table["since"] <= at) & ~(table["until"] <= at)
        assert held.sum() == counted, at


def test_every_entry_of_the_log_can_be_read_again(rich: Run) -> None:
    """As the very value that was written."""
    decoder = msgspec.json.Decoder(Entry)
    encoder = msgspec.json.Encoder()
    assert [decoder.decode(encoder.encode(entry)) for entry in rich.log] == list(rich.log)


def test_no_two_kinds_of_entry_have_the_same_name(rich: Run) -> None:
    names = {type(entry): json.loads(msgspec.json.encode(entry))["event"] for entry in rich.log}
    assert len(set(names.values())) == len(names) > 20
