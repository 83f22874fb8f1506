"""Same scenario, same seed, same bytes: in another process, after other runs, on another hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.record import save
from sim.simulate import simulate
from tests.sim.builders import EVERYTHING, read, run

WRITES_A_RECORD = """\
import sys
from pathlib import Path
from sim.record import save
from sim.simulate import simulate
from tests.sim.builders import EVERYTHING, read

save(simulate(read(EVERYTHING)), Path(sys.argv[1]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a record, by name, but for how long it took."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "timings.json"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return contents(save(run(EVERYTHING), tmp_path_factory.mktemp("records") / "one"))


def test_the_scenario_has_something_of_everything() -> None:
    """What is compared below is not a run in which nothing happened."""
    record = run(EVERYTHING)
    assert len(record.tasks) > 100
    assert len(record.pods) > 5
    assert {"applied", "success", "failed"} <= set(record.tasks["state"])


def test_a_second_run_has_the_same_log() -> None:
    assert run(EVERYTHING).log == run(EVERYTHING).log


def test_a_scenario_can_be_run_again() -> None:
    """It is a value, and no run leaves anything in it."""
    scenario = read(EVERYTHING)
    assert simulate(scenario).log == simulate(scenario).log


def test_a_second_run_has_the_same_bytes(saved: dict[str, bytes], tmp_path: Path) -> None:
    assert contents(save(run(EVERYTHING), tmp_path / "two")) == saved


def test_a_run_after_other_runs_has_the_same_bytes(saved: dict[str, bytes], tmp_path: Path) -> None:
    run(EVERYTHING, seed=99)
    run(EVERYTHING, policy="later")
    assert contents(save(run(EVERYTHING), tmp_path / "two")) == saved


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_a_run_in_another_process_has_the_same_bytes(
    saved: dict[str, bytes], tmp_path: Path, repository: Path, hash_seed: str
) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(repository)}
    command = [sys.executable, "-c", WRITES_A_RECORD, str(tmp_path / "two")]
    subprocess.run(command, check=True, cwd=repository, env=environment, timeout=60)
    assert contents(tmp_path / "two") == saved


def test_how_long_it_took_is_not_part_of_the_record(saved: dict[str, bytes], tmp_path: Path) -> None:
    ticks = iter(range(1000))
    record = simulate(read(EVERYTHING), clock=lambda: float(next(ticks)))
    assert record.wall_s == 1.0
    assert contents(save(record, tmp_path / "two")) == saved


def test_watching_the_progress_changes_nothing(saved: dict[str, bytes], tmp_path: Path) -> None:
    record = simulate(read(EVERYTHING), progress=lambda share: None)
    assert contents(save(record, tmp_path / "two")) == saved


def test_another_seed_has_other_bytes(saved: dict[str, bytes], tmp_path: Path) -> None:
    other = contents(save(run(EVERYTHING, seed=2), tmp_path / "two"))
    assert other.keys() == saved.keys()
    assert [name for name in saved if other[name] == saved[name]] == []


def test_the_seed_of_the_scenario_is_used_unless_another_is_given() -> None:
    assert run("seed: 7\n" + EVERYTHING).log == run(EVERYTHING, seed=7).log != run(EVERYTHING).log
