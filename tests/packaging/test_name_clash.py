"""A user's module that has the name of one of ours is noticed before it is imported, and named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = "from windtunnel_command import main; main()"
FIND = "from windtunnel_command import find_clash; print(find_clash())"
DECOY = "raise RuntimeError('the decoy was imported')\n"


def python(code: str, *search_path: Path) -> subprocess.CompletedProcess[str]:
    """Run `code` with these folders on PYTHONPATH; -P leaves the current folder out."""
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, search_path))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_users_module_named_sim_is_named_in_one_message(tmp_path: Path, repository: Path) -> None:
    """The message has the file in the way, the folder to take off PYTHONPATH, and no traceback."""
    decoy = tmp_path / "sim.py"
    decoy.write_text(DECOY, encoding="utf-8")
    run = python(COMMAND, tmp_path, repository)
    assert run.stderr == (
        f"windtunnel: `sim` is imported from {decoy}, which is not Windtunnel's "
        f"(that is {repository / 'sim'}); rename sim.py or take its folder, {tmp_path}, "
        "off PYTHONPATH\n"
    )
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize("package", ["policies", "sim", "lab"])
def test_a_users_package_is_named_even_if_it_ships_types(
    tmp_path: Path, repository: Path, package: str
) -> None:
    """What counts is where a package lies, not what it looks like."""
    decoy = tmp_path / package
    decoy.mkdir()
    (decoy / "__init__.py").write_text(DECOY, encoding="utf-8")
    (decoy / "py.typed").touch()
    run = python(COMMAND, tmp_path, repository)
    assert f"`{package}` is imported from {decoy / '__init__.py'}, which is not" in run.stderr
    assert f"rename {package} or take its folder, {tmp_path}, off PYTHONPATH" in run.stderr
    assert run.returncode == 2


def test_a_folder_without_an_init_file_is_in_nobodys_way(tmp_path: Path, repository: Path) -> None:
    """Python prefers our package to a plain folder of the same name: nothing to report."""
    (tmp_path / "sim").mkdir()
    assert python(FIND, tmp_path, repository).stdout == "None\n"


def test_no_clash_is_reported_for_our_own_packages(repository: Path) -> None:
    """In a clone the packages lie beside the command's module."""
    assert python(FIND, repository).stdout == "None\n"


def test_a_package_that_is_missing_altogether_is_named(tmp_path: Path, repository: Path) -> None:
    """An incomplete installation is told apart from a clash, and the message says what to do."""
    command = (repository / "windtunnel_command.py").read_text(encoding="utf-8")
    (tmp_path / "windtunnel_command.py").write_text(command, encoding="utf-8")
    # -S: without site-packages, where an installed Windtunnel may lie.
    code = f"import sys; sys.path = [{str(tmp_path)!r}, *sys.path[-2:]]; {COMMAND}"
    run = subprocess.run(
        [sys.executable, "-P", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert run.stderr.startswith(f"windtunnel: `policies` is not found, though it belongs into {tmp_path}")
    assert run.returncode == 2
