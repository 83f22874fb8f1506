"""Saving a record: what is in the folder, and that it is all there or as it was before."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from sim.errors import InputError
from sim.record import TABLES, Run, save
from sim.record import store as store_module
from tests.sim.builders import PLAN, WARM, run

FILES = sorted([*(f"{table}.parquet" for table in TABLES), "events.jsonl", "manifest.json", "timings.json"])


@pytest.fixture(scope="module")
def record() -> Run:
    return run(WARM + PLAN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "records" / "run"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Broken(Run):
    """A run whose record fails to be written half-way."""

    error: BaseException = OSError(28, "No space left on device")

    def manifest(self) -> dict[str, Any]:
        raise self.error


def broken(of: Run, error: BaseException | None = None) -> Run:
    made = Broken(of.scenario, of.seed, of.log, ended_at=of.ended_at, is_complete=True, wall_s=None)
    if error is not None:
        made.error = error
    return made


def test_a_record_is_a_folder_of_tables_log_and_manifest(record: Run, folder: Path) -> None:
    """The folders above are made."""
    assert save(record, folder) == folder
    assert sorted(contents(folder)) == FILES


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_read_back_as_it_was(record: Run, folder: Path, table: str) -> None:
    save(record, folder)
    pandas.testing.assert_frame_equal(pandas.read_parquet(folder / f"{table}.parquet"), record.frame(table))


def test_the_log_begins_with_what_it_is_of(record: Run, folder: Path) -> None:
    save(record, folder)
    header, *lines = (folder / "events.jsonl").read_text().splitlines()
    assert json.loads(header) == {
        "event": "header",
        "format": "windtunnel-log",
        "schema": 1,
        "scenario": "x",
        "seed": 1,
        "policy": json.loads(json.dumps(record.policy.describe())),
    }
    assert len(lines) == len(record.log)


def test_a_line_of_the_log_is_one_event(record: Run, folder: Path) -> None:
    save(record, folder)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()[1:]]
    assert {"task_created", "task_submitted", "send_task"} <= {event["event"] for event in events}
    assert all(event["at"] >= 0 for event in events)


def test_the_manifest_says_what_made_the_record(record: Run, folder: Path) -> None:
    save(record, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["scenario"], manifest["seed"], manifest["complete"]) == ("x", 1, True)
    assert (manifest["horizon_s"], manifest["ended_at_s"]) == (600.0, 600.0)
    assert manifest["digest"] == record.scenario.digest
    assert manifest["policy"]["placement"] == {"rule": "P5", "offline_after": 120.0}
    assert manifest["rules"] == {}
    assert set(manifest["versions"]) == {
        *("python", "windtunnel", "simpy", "numpy", "msgspec", "pandas", "pyarrow")
    }


def test_a_record_takes_the_place_of_the_one_before(record: Run, folder: Path) -> None:
    save(run(WARM + PLAN, seed=5), folder)
    save(record, folder)
    assert json.loads((folder / "manifest.json").read_text())["seed"] == 1
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_a_record_that_can_not_be_written_leaves_the_one_before(record: Run, folder: Path) -> None:
    save(record, folder)
    before = contents(folder)
    with pytest.raises(InputError, match="the record can not be written: No space left on device"):
        save(broken(record), folder)
    assert contents(folder) == before


def test_a_record_that_can_not_be_written_leaves_nothing_else(record: Run, folder: Path) -> None:
    with pytest.raises(InputError):
        save(broken(record), folder)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")])
def test_an_interruption_leaves_the_record_before(record: Run, folder: Path, error: BaseException) -> None:
    save(record, folder)
    before = contents(folder)
    with pytest.raises(type(error)):
        save(broken(record, error), folder)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_a_record_that_can_not_be_put_in_place_leaves_the_one_before(
    record: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if it fails when the old one is out of the way."""
    save(record, folder)
    before = contents(folder)
    replace: Callable[[Any, Any], None] = os.replace

    def fails_once(source: Path, target: Path) -> None:
        if Path(target) == folder and Path(source).name != "record":
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(store_module.os, "replace", fails_once)
    with pytest.raises(InputError, match="Input/output error"):
        save(run(WARM + PLAN, seed=5), folder)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_a_record_that_can_not_be_put_back_is_kept_and_named(
    record: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file system fails when the old record is out of the way, and does not recover."""
    save(record, folder)
    before = contents(folder)
    replace: Callable[[Any, Any], None] = os.replace

    def fails(source: Path, target: Path) -> None:
        if Path(target) == folder:
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(store_module.os, "replace", fails)
    with pytest.raises(InputError, match="it is in ") as refused:
        save(run(WARM + PLAN, seed=5), folder)
    assert contents(Path(str(refused.value).rpartition("it is in ")[2])) == before


def test_a_folder_that_holds_no_record_is_left_alone(record: Run, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="is there already and holds no record; it is left alone"):
        save(record, folder)
    assert contents(folder) == {"thesis.tex": b"years of work"}


def test_a_file_is_not_replaced_by_a_record(record: Run, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("years of work")
    with pytest.raises(InputError, match="is there already"):
        save(record, tmp_path / "run")
    assert (tmp_path / "run").read_text() == "years of work"


def test_a_record_below_a_file_is_refused(record: Run, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(InputError, match="choose another folder with --out"):
        save(record, tmp_path / "run" / "below")


def test_a_saved_record_may_be_read_by_others(record: Run, folder: Path) -> None:
    """A folder for temporary files is its owner's only."""
    assert save(record, folder).stat().st_mode & 0o777 == 0o755


def test_equal_runs_have_equal_manifests_and_others_have_not(record: Run) -> None:
    assert run(WARM + PLAN).manifest() == record.manifest()
    assert run(WARM + PLAN, seed=5).manifest() != record.manifest()
    assert run(WARM + PLAN, policy="later").manifest() != record.manifest()
    assert run(WARM + PLAN.replace("60 s", "61 s")).manifest() != record.manifest()
