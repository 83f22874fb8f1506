"""Disks that are full, folders that nobody can write to, and readers that go away: of every command."""

import resource
import subprocess
from pathlib import Path

import pytest

from sim.record import read_log
from tests.lab.commands import COMMAND, process
from tests.lab.test_processes import DAYS, FULL, interrupted, on_a_full_device, without_a_reader

pytestmark = pytest.mark.slow

LISTS = (
    "scenarios",
    "scenarios show 609",
    "policies",
    "policies show P5",
    "schema",
    "checks",
    "checks show L01",
)


@pytest.mark.parametrize("command", LISTS)
def test_a_list_without_a_reader_is_nobodys_mistake(tmp_path: Path, command: str) -> None:
    """`| head -1`."""
    assert without_a_reader(command, tmp_path) == (0, "")


@pytest.mark.parametrize("command", LISTS)
def test_a_list_on_a_full_disk_is_one_message(tmp_path: Path, command: str) -> None:
    """As for runs."""
    assert on_a_full_device(*command.split(), cwd=tmp_path) == (2, FULL)


def with_files_of_at_most(kilobytes: int, *arguments: str, cwd: Path) -> tuple[int, list[str]]:
    """Exit code and messages of a command that writes files of this size at most, as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    return done.returncode, done.stderr.splitlines()


def test_a_disk_that_fills_while_a_record_is_saved_leaves_nothing_of_it(tmp_path: Path) -> None:
    """Not even a draft beside the folder."""
    code, said = with_files_of_at_most(4, "run", "609", "--out", "here", cwd=tmp_path)
    assert code == 2
    assert said[-1].startswith("windtunnel: here: the record can not be written: ")
    assert "Traceback" not in "".join(said)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_keeps_the_record_that_was_there(tmp_path: Path) -> None:
    """A record is replaced once the new one is whole."""
    assert process("run", "fix-3", "--out", "here", cwd=tmp_path).returncode == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert with_files_of_at_most(4, "run", "609", "--out", "here", cwd=tmp_path)[0] == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_disk_that_fills_while_pictures_are_drawn_keeps_the_record(tmp_path: Path) -> None:
    """And leaves no half picture."""
    code, said = with_files_of_at_most(40, "run", "609", "--out", "here", cwd=tmp_path)
    assert code == 2
    assert said[-1].startswith("windtunnel: a finished run is saved in here;")
    assert read_log(tmp_path / "here")[0].scenario == "609"
    assert not [path for path in (tmp_path / "here").iterdir() if path.suffix in (".png", ".svg")]


@pytest.mark.parametrize("folder", ["/proc/record", "/proc/a/b"])
def test_a_folder_that_nobody_can_write_to_costs_the_record_only(tmp_path: Path, folder: str) -> None:
    """Not the answer, if it cannot be known before the run; administrators may write nearly everywhere."""
    done = process("run", "609", "--out", folder, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        f"windtunnel: {folder}: the record can not be written: "
    ) or (done.stderr.startswith(f"windtunnel: --out {folder.rpartition('/')[0]}"))


def test_the_log_of_a_run_that_ctrl_c_ended_can_be_read(tmp_path: Path) -> None:
    """Up to where the message says."""
    code, _, said = interrupted("run", *DAYS, "--out", "record", cwd=tmp_path)
    header, entries = read_log(tmp_path / "record")
    assert code == 130
    assert header.scenario == "daily-with-bursts"
    assert 0.25 < entries[-1].at / (2 * 86400.0) < 0.3
    assert "windtunnel: its record up to " in said
