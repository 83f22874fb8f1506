"""Whatever is wrong with what a person gave: one message that names it, exit code 2, and no traceback."""

from pathlib import Path

import pytest

from tests.lab.commands import ROOT, RULES, windtunnel

INCIDENT = (ROOT / "scenarios" / "609.yaml").read_text(encoding="utf-8")

SLIPS = """\
from policies import Autoscaler, Placement
from policies.rules.placement import SlotPlacement


class Misspelt(Placement):
    def plase(self, task, pool):
        return None


class Empty(Autoscaler):
    pass


class Unusable(SlotPlacement):
    pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with what people get wrong."""
    (tmp_path / "my.py").write_text(RULES)
    (tmp_path / "slips.py").write_text(SLIPS)
    (tmp_path / "none.py").write_text("x = 1\n")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "negative.yaml").write_text(INCIDENT.replace("registers_after: 2 s", "registers_after: -2 s"))
    (tmp_path / "twice.yaml").write_text(INCIDENT.replace("horizon: 15 min", "horizon: 15\nhorizn: 15 min"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        # scenarios
        ("run 60", "unknown scenario '60'; expected one of 604-booked-before-connected,"),
        ("run cold-strat", "did you mean 'cold-start'?; or give a path to a file, or - for"),
        ("run nowhere.yaml", "nowhere.yaml: cannot be read: No such file or directory"),
        ("run nowhere/609", "nowhere/609: cannot be read: No such file or directory"),
        ("run full", "full: is a folder; expected a scenario file"),
        ("run .", ".: is a folder; expected one of its files: empty.yaml, negative.yaml, twice.yaml"),
        ("run empty.yaml", "empty.yaml: is empty; expected a scenario"),
        ("run negative.yaml", "negative.yaml:34: agent.registers_after: '-2 s' is negative;"),
        ("run twice.yaml", "twice.yaml:24: unknown key 'horizn'; expected one of"),
        ("scenarios show 60", "unknown scenario '60'; expected one of 604-booked-before-connected,"),
        ("compare later post604 --scenario 60", "unknown scenario '60';"),
        # changes
        ("run 609 --set pool.mni=2", "--set pool.mni=2: pool: unknown key 'mni'; expected one of"),
        ("run 609 --set pod_start=6", "--set pod_start=6: pod_start: 6 has no unit; write"),
        ("run 609 --set pod_start=6parsec", "has the unknown unit 'parsec'; write for example"),
        ("run 609 --set agent.registers_after=-2s", "'-2s' is negative; a duration is 0 s or more"),
        ("run 609 --set pool", "--set pool: expected key=value, for example --set pool.min=2"),
        ("run 609 --set horizon=5min", "305 s is after the end of the run, horizon: 300 s;"),
        # policies
        ("run 609 --policy seed-befor", "--policy seed-befor: unknown policy 'seed-befor';"),
        ("run 609 --policy P99", "unknown policy 'P99'; expected one of phase2-raw,"),
        ("run 609 --policy P99", ", P0, P1, P2, P3, P4, P5, P6, P7, D3,"),
        ("run 609 --policy p5", "; did you mean 'P5'?"),
        ("run 609 --policy seed-before,p5", "unknown rule 'p5'; expected one of Q1, Q7,"),
        ("run 609 --policy Seed-After", "; did you mean 'seed-after'?"),
        ("run 609 --policy slips.py:Misspelt", "class Misspelt defines no place(task, pool); is that what"),
        ("run 609 --policy slips.py:Empty", "class Empty defines no decide(pool, now)"),
        ("run 609 --policy slips.py:Unusable", "class Unusable defines no usable(pod, pool)"),
        ("run 609 --policy seed-after,slips.py:Empty", "class Empty defines no decide(pool, now)"),
        ("run 609 --policy none.py:X", "none.py has no class 'X', and no rule at all;"),
        ("run 609 --policy my.py:Plain", "my.py:Plain is of no family of rules;"),
        ("run 609 --policy my.py:Patient,placement.offline_after=60", "60 has no unit; write"),
        ("run 609 --policy my.py:Patient,placement.online_after=60s", "unknown parameter 'online_after'"),
        ("compare later --scenario 609", "only one policy, later, to compare; expected two or more"),
        ("compare later later --scenario 609", "the policy later is given 2 times; expected different"),
        ("compare P4 seed-before --scenario 609", "the policy seed-before is given 2 times;"),
        ("policies show P99", "unknown policy 'P99'; expected one of phase2-raw,"),
        ("policies show slips.py:Misspelt", "class Misspelt defines no place(task, pool); is that what its"),
        ("policies show seed-before,P55", "seed-before,P55: unknown rule 'P55'; expected one of Q1,"),
        ("policies show P5,C9", "P5,C9: P5 is no preset; expected one first, for example seed-before,P5,C9,"),
        ("policies show seed-before,pool.min=2", "seed-before,pool.min=2: pool is no part of a policy;"),
        ("policies show my.py:Plain", "my.py:Plain is of no family of rules;"),
        # folders
        ("run 609 --out file", "--out file: is a file; expected a folder, or a name for a new one"),
        ("run 609 --out file/x", "is a file; expected a folder"),
        ("run 609 --out full", "--out full: is there already and holds no record, so it is left alone;"),
        ("compare later post604 --scenario 609 --out file", "is a file; expected a folder"),
        # usage
        ("run", "missing argument 'SCENARIO'."),
        ("run 609 --seed -1", "invalid value for '--seed':"),
        ("run 609 --seed one", "invalid value for '--seed':"),
        ("matrix 609 --format xml", "invalid value for '--format': 'xml' is not one of 'text', 'markdown',"),
        ("checks show L99", "unknown invariant 'L99'; expected one of S01, S02,"),
        ("run 609 --sed 1", "no such option: --sed"),
        ("run 609 610", "got unexpected extra argument"),
        ("run 609 --log --json", "--log and --json: each prints in place of the summary;"),
        ("fly 609", "no such command 'fly'"),
        ("compare later post604", "missing option '--scenario'."),
    ],
)
def test_bad_input_gets_one_message(command: str, message: str) -> None:
    """On standard error, with nothing on standard output."""
    ran = windtunnel(*command.split(" "))
    assert message in ran.err
    assert ran.err.startswith("windtunnel: ")
    assert "Traceback" not in ran.err
    assert (ran.code, ran.out) == (2, "")


def test_all_that_is_wrong_with_a_file_is_said_at_once() -> None:
    """One line each, in the order of the file."""
    lines = windtunnel("run", "twice.yaml").err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["twice.yaml:23", "twice.yaml:24"]


def test_nothing_is_made_in_a_folder_that_is_left_alone(folder: Path) -> None:
    """Not even beside it."""
    before = sorted(folder.rglob("*"))
    windtunnel("run", "609", "--out", "full")
    assert sorted(folder.rglob("*")) == before


def test_a_bug_of_ours_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it; the traceback is shown only to those who ask."""

    def broken(*_: object) -> None:
        raise RuntimeError("unthinkable")

    monkeypatch.setattr("lab.judgement.judge", broken)
    ran = windtunnel("run", "609")
    assert ran.code == 70
    assert "this is a bug in Windtunnel, not in what you gave it: RuntimeError: unthinkable" in ran.err
    assert "WINDTUNNEL_TRACEBACK=1" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("WINDTUNNEL_TRACEBACK", "1")
    assert "Traceback" in windtunnel("run", "609").err
