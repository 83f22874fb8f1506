"""Damaged files and arguments: valid all the same, or refused with their place, and nothing is written."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet as parquet
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.record.log import new_header, read_log, write_log
from tests.fuzz.answers import BAD_INPUT, assert_answered
from tests.fuzz.examples import examples
from tests.fuzz.mutations import NASTY, as_yaml, damaged_bytes, damaged_trees, places
from tests.fuzz.scenarios import Made, scenarios
from tests.lab.commands import RULES, Ran, windtunnel
from tests.scenario.texts import HEAD, SCENARIOS
from tests.sim.builders import EVERYTHING, run

SHIPPED = sorted(path for path in SCENARIOS.glob("*.yaml") if path.stat().st_size < 3500)
DRAW = st.data()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where damaged files lie, and nothing else may come to lie."""
    return tmp_path_factory.mktemp("damaged")


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def given_file(
    folder: Path, name: str, content: bytes, *arguments: str, codes: tuple[int, ...] = (0, 1, 2)
) -> Ran:
    """What comes of a command whose input is this file; the folder is as before if it is refused."""
    (folder / name).write_bytes(content)
    before = sorted(folder.rglob("*"))
    ran = windtunnel(*arguments)
    assert_answered(ran, codes=codes)
    if ran.code == BAD_INPUT:
        assert sorted(folder.rglob("*")) == before
    return ran


def assert_place(ran: Ran, *names: str) -> None:
    """Each line of a refusal begins with what was given: the file, or the argument."""
    for line in ran.err.splitlines() if ran.code == BAD_INPUT else ():
        assert line.removeprefix("windtunnel: ").startswith(names), line


@examples(40)
@given(DRAW)
def test_a_shipped_scenario_with_other_values(folder: Path, data: st.DataObject) -> None:
    """Other kinds, units, keys and lists, anywhere."""
    path = data.draw(st.sampled_from(SHIPPED))
    tree = data.draw(damaged_trees(yaml.safe_load(path.read_text())))
    assert_place(given_file(folder, "x.yaml", as_yaml(tree), "run", "x.yaml"), "x.yaml")


@examples(20)
@given(scenarios(), DRAW)
def test_a_random_scenario_with_other_values(folder: Path, made: Made, data: st.DataObject) -> None:
    """As the shipped ones, with every key that there is."""
    for name, text in made.files.items():
        (folder / name).write_text(text)
    tree = data.draw(damaged_trees(made.tree))
    assert_place(given_file(folder, "x.yaml", as_yaml(tree), "run", "x.yaml"), "x.yaml")


@examples(80)
@given(DRAW)
def test_a_scenario_of_damaged_bytes(folder: Path, data: st.DataObject) -> None:
    """Cut off, doubled, in another encoding, with what YAML has and we do not."""
    path = data.draw(st.sampled_from(SHIPPED))
    content = data.draw(damaged_bytes(path.read_bytes()))
    assert_place(given_file(folder, "x.yaml", content, "run", "x.yaml"), "x.yaml")


TRACE = """\
submitted_at,workspace,kind,plan_seconds,apply_seconds,confirm_after,pool
2024-03-04T09:00:00Z,network,plan,42,,,
2024-03-04T09:00:30Z,network,plan_and_apply,61.5,12,300,
2024-03-04T09:01:10Z,billing,drift_check,20,,,default
"""
TRACED = f"{HEAD}pool: {{max: 2, initial: 1}}\nworkload: {{trace: {{file: t.EXT}}}}\n"
CELLS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "nan",
        "inf",
        "1e999",
        "x",
        "plan",
        '"',
        '"a,b"',
        "2024-03-04T09:00:00",
        "9" * 400,
        "2024-13-01",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "1_000",
        "\u0661",
        "\x00",
        "ünï",
    ]
)


@examples(40)
@given(CELLS, st.integers(0, 3), st.integers(0, 6))
def test_a_trace_with_another_cell(folder: Path, cell: str, line: int, column: int) -> None:
    """In the header or in a row: named with its row and column."""
    (folder / "x.yaml").write_text(TRACED.replace("EXT", "csv"))
    rows = [row.split(",") for row in TRACE.splitlines()]
    rows[line][column] = cell
    content = "\n".join(map(",".join, rows)).encode()
    ran = given_file(folder, "t.csv", content, "run", "x.yaml")
    assert_place(ran, "x.yaml:5: workload.trace.file: t.csv: ")


@examples(40)
@given(DRAW)
def test_a_trace_of_damaged_bytes(folder: Path, data: st.DataObject) -> None:
    """The message names the scenario's line and the trace."""
    (folder / "x.yaml").write_text(TRACED.replace("EXT", "csv"))
    content = data.draw(damaged_bytes(TRACE.encode()))
    ran = given_file(folder, "t.csv", content, "run", "x.yaml")
    assert_place(ran, "x.yaml:5: workload.trace.file: t.csv: ")


@cache
def _parquet() -> bytes:
    rows = [row.split(",") for row in TRACE.splitlines()]
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))), out)
    return out.getvalue()


@examples(20)
@given(DRAW)
def test_a_parquet_trace_of_damaged_bytes(folder: Path, data: st.DataObject) -> None:
    """Whatever Arrow makes of it."""
    (folder / "x.yaml").write_text(TRACED.replace("EXT", "parquet"))
    content = data.draw(damaged_bytes(_parquet()))
    ran = given_file(folder, "t.parquet", content, "run", "x.yaml")
    assert_place(ran, "x.yaml:5: workload.trace.file: t.parquet: ")


COLUMNS: dict[str, list[Any]] = {
    "nothing": [None, None],
    "lists": [[1], [2]],
    "mappings": [{"a": 1}, {"a": 2}],
    "bytes": [b"\xff", b"plan"],
    "numbers": [1.5, float("nan")],
    "huge numbers": [2**62, -(2**62)],
    "truths": [True, False],
}


@examples(30)
@given(st.sampled_from(list(COLUMNS)), st.sampled_from(TRACE.splitlines()[0].split(",")))
def test_a_parquet_trace_with_a_column_of_another_kind(folder: Path, kind: str, column: str) -> None:
    """Each column, each kind."""
    columns: dict[str, list[Any]] = {
        "submitted_at": [0, 1],
        "workspace": ["a", "b"],
        "kind": ["plan", "plan"],
    }
    columns |= {"plan_seconds": [1, 2], column: COLUMNS[kind]}
    (folder / "x.yaml").write_text(TRACED.replace("EXT", "parquet"))
    out = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), out)
    ran = given_file(folder, "t.parquet", out.getvalue(), "run", "x.yaml")
    assert_place(ran, "x.yaml:5: workload.trace.file: t.parquet: ")


TREE = yaml.safe_load((SCENARIOS / "609.yaml").read_text())
PATHS = [".".join(map(str, path)) for path in places(TREE)]
KEYS = st.one_of(
    st.sampled_from(PATHS),
    st.sampled_from(
        ["placement", "policy.placement.offline_after", "controller", "slots_per_pod", "workload"]
    ),
    st.text(max_size=10),
    st.builds("{}.{}".format, st.sampled_from(PATHS), st.sampled_from(["0", "-1", "x", "99", ""])),
)
VALUES = st.one_of(
    st.sampled_from(NASTY).map(lambda value: as_yaml(value).decode().removesuffix("\n...\n")),
    st.text(max_size=20),
)


@examples(150)
@given(st.lists(st.builds("{}={}".format, KEYS, VALUES) | st.text(max_size=20), min_size=1, max_size=3))
def test_a_setting_of_any_kind(settings: list[str]) -> None:
    """Of every key, to every kind of value; refused with what was written."""
    ran = windtunnel("run", "609", *(part for each in settings for part in ("--set", each)))
    assert_answered(ran, codes=(0, 1, 2))


WORDS = st.sampled_from(
    [
        "seed-before",
        "later",
        "P5",
        "P99",
        "placement",
        "controller",
        "offline_after",
        "monitor_every",
        "rule",
        "=",
        "=",
        ",",
        ",",
        ".",
        ":",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        " ",
        "60 s",
        "-1",
        "x",
        "my.py",
        "Patient",
        "os",
        "ünï",
    ]
)


@examples(150)
@given(st.lists(WORDS, max_size=9).map("".join))
def test_a_policy_of_any_words(folder: Path, policy: str) -> None:
    """Names, changes and classes in any order."""
    ran = given_file(folder, "my.py", RULES.encode(), "run", "609", "--policy", policy)
    assert_place(ran, "--policy", "see ", "missing", "no such", "got unexpected")


@examples(40)
@given(DRAW)
def test_a_policy_file_of_other_lines(folder: Path, data: st.DataObject) -> None:
    """Lines that are gone, doubled or moved; nothing else is put in, as it would be executed."""
    lines = RULES.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        line = lines.pop(index)
        if data.draw(st.booleans()):
            lines.insert(data.draw(st.integers(0, len(lines))), line)
    content = "".join(lines).encode()
    ran = given_file(folder, "my.py", content, "run", "609", "--policy", "my.py:Patient", codes=(0, 1, 2, 3))
    assert_place(ran, "--policy my.py:Patient: ")


@cache
def _log() -> bytes:
    out = io.BytesIO()
    record = run(EVERYTHING.replace("12 min", "2 min").replace("30 min", "3 min"))
    write_log(record.log, new_header("x", 1, record.policy.describe()), out)
    return out.getvalue()


@examples(150)
@given(DRAW)
def test_a_log_of_damaged_bytes(folder: Path, data: st.DataObject) -> None:
    """It is read, or refused with its name."""
    path = folder / "events.jsonl"
    path.write_bytes(data.draw(damaged_bytes(_log())))
    said = ""
    try:
        read_log(path)
    except InputError as error:
        said = str(error)
    assert not said or said.startswith(f"{path}:")
    assert len(said) < 600 + len(str(path))
