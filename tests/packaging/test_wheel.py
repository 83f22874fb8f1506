"""What people install works where they install it: away from the repository, on its own.

The wheel is built from the source archive, so both are tested by one installation.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a stranger would: nothing of the repository on the search path."""
    strangers = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=strangers, capture_output=True, text=True, check=False
    )


def succeed(*command: str | Path, cwd: Path) -> None:
    """Run a command that prepares a test; its error output is the message if it fails."""
    done = run(*command, cwd=cwd)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.fixture(scope="module")
def source_archive(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The source archive, built from the repository."""
    folder = tmp_path_factory.mktemp("source")
    succeed(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=repository)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, source_archive: Path) -> Path:
    """The wheel, built from the source archive."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    succeed(*pip, "--wheel-dir", folder, source_archive, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def files_below(folder: Path) -> set[str]:
    """Paths of all files below a folder, relative to it, without what Python caches."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_packages_and_the_scenarios(wheel: Path, repository: Path) -> None:
    """Modules with their types, scenarios with the files they name, the command; no more."""
    expected = {"windtunnel_command.py"}
    for folder in ("policies", "sim", "lab"):
        expected |= {f"{folder}/{name}" for name in files_below(repository / folder)}
    shipped = files_below(repository / "scenarios")
    expected |= {f"lab/shipped_scenarios/{name}" for name in shipped}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_the_source_archive_holds_the_tests(source_archive: Path) -> None:
    """Whoever packages Windtunnel for a distribution can run the tests."""
    with tarfile.open(source_archive) as archive:
        names = {name.split("/", maxsplit=1)[-1] for name in archive.getnames()}
    assert {"LICENSE", "constraints.txt", "tests/conftest.py", "scenarios/609.yaml"} <= names


def test_an_installed_wheel_runs_a_shipped_scenario(tmp_path: Path, wheel: Path, repository: Path) -> None:
    """In an empty environment, from another folder, `windtunnel run 609` prints its summary."""
    environment, elsewhere = tmp_path / "environment", tmp_path / "elsewhere"
    elsewhere.mkdir()
    succeed(sys.executable, "-m", "venv", environment, cwd=elsewhere)
    pip = (environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile")
    succeed(*pip, "--constraint", repository / "constraints.txt", wheel, cwd=elsewhere)
    done = run(environment / "bin" / "windtunnel", "run", "609", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "p95" in done.stdout
