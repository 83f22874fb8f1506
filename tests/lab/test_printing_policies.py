"""A policy that prints does not write into a result."""

import json
from pathlib import Path

import pytest

from tests.lab.commands import process, windtunnel

PRINTS = """\
from sys import stdout

from policies import Placement

print("imported")


class Prints(Placement):
    limit: int = 1

    def __post_init__(self):
        print("built")

    def place(self, task, pool):
        print("asked")
        stdout.write("written\\n")
        return next((pod.first_idle_slot() for pod in pool.pods_with_idle_slot() if pod.connected), None)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "prints.py").write_text(PRINTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_a_policy_prints_goes_to_standard_error() -> None:
    """Whether at its import, when it is built, or when it is asked."""
    ran = windtunnel("run", "609", "-p", "prints.py:Prints", "--json")
    assert json.loads(ran.out)["policy"]["placement"]["rule"] == "Prints"
    for word in ("imported\n", "built\n", "asked\n", "written\n"):
        assert word in ran.err


def test_a_log_stays_as_it_is() -> None:
    """Every line of it has its time."""
    ran = windtunnel("run", "609", "-p", "prints.py:Prints", "--log")
    assert ran.code == 0
    assert all(" s [" in line for line in ran.out.splitlines())


def test_a_comparison_stays_as_it_is() -> None:
    """And so does the description of a policy."""
    both = windtunnel("compare", "later", "prints.py:Prints", "--scenario", "609", "--json")
    assert len(json.loads(both.out)["runs"]) == 2
    assert windtunnel("policies", "show", "prints.py:Prints").out.startswith("prints.py:Prints  a rule")


@pytest.mark.slow
def test_in_a_process_of_its_own_it_is_the_same(folder: Path) -> None:
    """Standard output is a pipe."""
    done = process("run", "609", "-p", "prints.py:Prints", "--json", cwd=folder)
    assert json.loads(done.stdout)["scenario"] == "609"
    assert "imported" in done.stderr
