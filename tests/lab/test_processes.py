"""The command as a process: pipes, closed pipes, Ctrl-C, terminals, and what it imports."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.commands import COMMAND, ROOT, process

pytestmark = pytest.mark.slow

BLOCKS = "│█"


def test_a_pipe_gets_plain_lines_of_a_fixed_width(tmp_path: Path) -> None:
    """No codes, no trailing blanks, 100 letters at most, whatever the terminal is that it was started in."""
    text = process("run", "609", cwd=tmp_path, TERM="xterm-256color", FORCE_COLOR="1").stdout
    assert "\x1b" not in text
    assert all(line == line.rstrip() and len(line) <= 100 for line in text.splitlines())
    assert BLOCKS in text


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command writes to a terminal."""
    return from_a_terminal(lambda theirs: {"stdout": theirs}, *COMMAND, *arguments, **environment)


def from_a_terminal(channel: Callable[[int], dict[str, int]], *command: str, **environment: str) -> str:
    """What a process writes to a terminal on one channel; nobody listens to the others."""
    ours, theirs = pty.openpty()
    channels = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **channel(theirs)}
    running = subprocess.Popen(
        command,
        stdout=channels["stdout"],
        stderr=channels["stderr"],
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        parts.append(part)
    running.wait()
    os.close(ours)
    return b"".join(parts).decode()


def test_a_terminal_gets_colour_unless_it_is_not_wanted() -> None:
    """NO_COLOR leaves bold and dim."""
    assert "\x1b[36m" in on_a_terminal("run", "609")
    plain = on_a_terminal("run", "609", NO_COLOR="1")
    assert "\x1b[36m" not in plain
    assert "\x1b[1m" in plain


def test_a_terminal_gets_colour_for_what_holds_and_what_breaks() -> None:
    """Green and red, which the words beside them say as well."""
    assert "\x1b[32m" in on_a_terminal("test", "609")
    table = on_a_terminal("matrix", "609", COLUMNS="100")
    assert "\x1b[32mok 20 s" in table
    assert "\x1b[31mL01 19 s" in table


def test_progress_is_shown_on_a_terminal_and_wiped_off() -> None:
    """Nothing of it is left when the command ends."""
    code = (
        "import lab.cli.progress as progress\n"
        "progress.PATIENCE_S = progress._EVERY_S = 0.0\n"
        "import windtunnel_command\n"
        "windtunnel_command.main()\n"
    )
    said = from_a_terminal(
        lambda theirs: {"stderr": theirs}, sys.executable, "-c", code, "matrix", "609", PYTHONPATH=str(ROOT)
    )
    assert "\rmatrix: 50 % simulated " in said
    assert said.endswith("\r\x1b[K")


def test_where_blocks_cannot_be_written_letters_do(tmp_path: Path) -> None:
    """An ASCII locale is no reason to fail."""
    done = process("run", "609", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, "|@@@@" in done.stdout) == (0, True)


def without_a_reader(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of the command and its standard error, if nobody reads its standard output."""
    running = subprocess.Popen(
        [*COMMAND, *command.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    running.stdout.close()
    _, said = running.communicate()
    return running.returncode, said


@pytest.mark.parametrize(
    "command",
    [
        *("run 609 --log", "run 609", "run 609 --evidence", "compare later post604 --scenario 609"),
        *("test 609 fix-3", "matrix 609", "matrix 609 --format csv"),
    ],
)
def test_a_reader_that_goes_away_is_nobodys_mistake(tmp_path: Path, command: str) -> None:
    """`| head -1`: nothing is said, and the exit code is the run's own."""
    code, said = without_a_reader(command, tmp_path)
    assert code == 0
    assert all("simulated in" in line for line in said.splitlines())


FULL = "windtunnel: the output cannot be written: No space left on device\n"


def on_a_full_device(*arguments: str, cwd: Path) -> tuple[int, str]:
    """Exit code and messages of a command whose standard output can take nothing."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=cwd, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "command",
    ["run 609", "test 609", "matrix 609", "--help", "run --help", "policies show --help", "--version"],
)
def test_a_full_disk_is_one_message(tmp_path: Path, command: str) -> None:
    """And bad input's exit code, as somebody has to put it right."""
    code, said = on_a_full_device(*command.split(), cwd=tmp_path)
    assert (code, said[-len(FULL) :]) == (2, FULL)
    assert len([line for line in said.splitlines() if "simulated in" not in line]) == 1


@pytest.mark.parametrize("command", ["run 609", "compare seed-before seed-after --scenario 609"])
def test_a_full_disk_does_not_cost_the_record(tmp_path: Path, command: str) -> None:
    """It is saved by then, and the message says where."""
    code, said = on_a_full_device(*command.split(), "--out", "here", cwd=tmp_path)
    assert code == 2
    folders = sorted(str(path.parent.relative_to(tmp_path)) for path in tmp_path.rglob("manifest.json"))
    assert folders == (["here"] if "run" in command.split() else ["here/seed-after", "here/seed-before"])
    assert all(folder in said.splitlines()[-1] for folder in folders)


@pytest.mark.parametrize("command", ["--help", "-h", "run --help", "policies show --help", "--version"])
def test_a_reader_of_help_that_goes_away_is_nobodys_mistake(tmp_path: Path, command: str) -> None:
    """Typer prints it, and has an opinion of its own."""
    code, said = without_a_reader(command, tmp_path)
    assert (code, said) == (0, "")


def test_a_scenario_is_read_from_a_pipe(tmp_path: Path) -> None:
    """Files that it names are looked for in the current folder."""
    text = (ROOT / "scenarios" / "609.yaml").read_text()
    done = process("compare", "seed-before", "seed-after", "--scenario", "-", cwd=tmp_path, text=text)
    assert (done.returncode, done.stdout.startswith("stdin  Agents online")) == (0, True)


def python(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code that can import Windtunnel."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def interrupted(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Run, and get Ctrl-C's signal once a quarter is simulated; exit code, output and messages."""
    code = (
        "import os, signal\n"
        "import sim.world.world as world\n"
        "run = world.World.run\n"
        "def interrupted(self, progress):\n"
        "    def told(share):\n"
        "        if share > 0.25:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        progress(share)\n"
        "    return run(self, told)\n"
        "world.World.run = interrupted\n"
        "import windtunnel_command\n"
        "windtunnel_command.main()\n"
    )
    done = python(code, *arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


DAYS = ("daily-with-bursts", "--set", "horizon=2 d")


def test_ctrl_c_saves_the_record_up_to_there(tmp_path: Path) -> None:
    """Exit code 130, the message says where, and the folder is whole."""
    code, out, said = interrupted("run", *DAYS, "--out", "record", cwd=tmp_path)
    assert (code, out) == (130, "")
    assert "windtunnel: interrupted\nwindtunnel: its record up to " in said
    assert said.endswith(" is in record\n")
    assert [path.name for path in tmp_path.iterdir()] == ["record"]
    manifest = json.loads((tmp_path / "record" / "manifest.json").read_text())
    assert manifest["complete"] is False
    assert 0.25 < manifest["ended_at_s"] / manifest["horizon_s"] < 0.3
    assert len(list((tmp_path / "record").glob("*.parquet"))) == 7


def test_ctrl_c_without_a_folder_leaves_nothing(tmp_path: Path) -> None:
    """And says what would have kept it."""
    code, out, said = interrupted("run", *DAYS, cwd=tmp_path)
    assert (code, out) == (130, "")
    assert said == "windtunnel: interrupted\nwindtunnel: its record is not kept; with --out DIR it is\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_shows_what_was_tested_by_then(tmp_path: Path) -> None:
    """The first file is over; the second is not, and nothing is said of it."""
    text = (ROOT / "scenarios" / "609.yaml").read_text()
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text)
    code = (
        "import os, signal\n"
        "import lab.trials\n"
        "try_case = lab.trials.try_case\n"
        "def interrupted(case, progress):\n"
        "    if case.name == 'b.yaml':\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return try_case(case, progress)\n"
        "lab.trials.try_case = interrupted\n"
        "import windtunnel_command\n"
        "windtunnel_command.main()\n"
    )
    done = python(code, "test", "a.yaml", "b.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0].split()[0]) == (130, "a.yaml")
    assert "b.yaml" not in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 of 2 scenarios, ")
    said = "windtunnel: interrupted\nwindtunnel: 1 of 2 scenarios were tested by then\n"
    assert done.stderr == said


@pytest.mark.parametrize("module", ["lab.cli.app", "sim.scenario", "sim.simulate", "lab.text.run_page"])
def test_ctrl_c_while_modules_are_imported_has_no_traceback(tmp_path: Path, module: str) -> None:
    """Which is half of what a quick command does."""
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder)\n"
        "import windtunnel_command\n"
        "windtunnel_command.main()\n"
    )
    done = python(code, "run", "609", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (130, False)


@pytest.mark.parametrize(
    "command",
    [
        *("--help", "--version", "policies", "scenarios"),
        *("run 609", "run 609 --log", "run 609 --evidence", "test 609", "matrix 609"),
    ],
)
def test_quick_commands_import_neither_pandas_nor_matplotlib(tmp_path: Path, command: str) -> None:
    """They take as long to import as all the rest."""
    code = (
        "import sys, windtunnel_command\n"
        "try:\n"
        "    windtunnel_command.main()\n"
        "finally:\n"
        "    slow = {'pandas', 'matplotlib', 'pyarrow', 'scipy'} & set(sys.modules)\n"
        "    print(sorted(slow), file=sys.stderr)\n"
    )
    done = python(code, *command.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "[]")


def test_help_does_not_wait_for_the_simulator(tmp_path: Path) -> None:
    """Nor for what reads scenarios."""
    code = (
        "import sys, lab.cli; print(sorted({'simpy', 'numpy', 'pydantic', 'sim.world'} & set(sys.modules)))"
    )
    done = python(code, cwd=tmp_path)
    assert done.stdout == "[]\n"
