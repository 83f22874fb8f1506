"""A user's policy that raises or answers nonsense stops the run, is named, and costs no record."""

import json
from pathlib import Path

import pytest

from tests.lab.commands import RULES, windtunnel

pytestmark = pytest.mark.slow  # each saves its record, with pandas


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with bad policies."""
    (tmp_path / "my.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("policy", "at", "answered"),
    [
        ("Raises", "10 s", "ZeroDivisionError('division by zero')"),
        ("WrongType", "0 s", "'slot 3'; expected a slot, a pod or None"),
        ("Taken", "10 s", "<slot 0 of default-1: running>; expected an idle slot"),
        ("Foreign", "0 s", "<slot 0 of other-1: idle>; expected an idle slot of a pod that is in the pool"),
        ("Negative", "5 s", "-1; expected a Target of a whole number from 0 to the pool's max, 5"),
        ("Absurd", "5 s", "1000000000; expected a Target"),
        ("Bare", "5 s", "3; expected a Target"),
        ("NoTask", "0 s", "608; expected a pending task or a confirmed apply"),
    ],
)
def test_a_policy_that_fails_is_named_with_its_time_and_its_answer(
    policy: str, at: str, answered: str
) -> None:
    """Exit code 3, and no result."""
    ran = windtunnel("run", "609", "--policy", f"my.py:{policy}")
    assert (ran.code, ran.out) == (3, "")
    assert f"windtunnel: policy {policy} failed at {at}: asked " in ran.err
    assert answered in ran.err
    assert "Traceback" not in ran.err


def test_what_a_policy_raised_is_found_in_its_file() -> None:
    """The line, as its author would write the path."""
    line = RULES.splitlines().index("        return 1 / 0 if pool.now >= 10.0 else None") + 1
    assert f"windtunnel: it failed in my.py:{line}\n" in windtunnel("run", "609", "-p", "my.py:Raises").err


def test_a_policy_that_exits_has_failed() -> None:
    """It must not look like a run that went well."""
    ran = windtunnel("run", "609", "-p", "my.py:Exits")
    line = RULES.splitlines().index("        raise SystemExit(0)") + 1
    assert (ran.code, ran.out) == (3, "")
    assert "windtunnel: policy Exits failed at " in ran.err
    assert "SystemExit(0); expected" in ran.err
    assert f"windtunnel: it failed in my.py:{line}\n" in ran.err


def test_the_record_up_to_there_is_kept(folder: Path) -> None:
    """Below results/ if nobody said where, and the message says so."""
    place = "results/609-seed-before,placement=my.py-Raises-seed7"
    ran = windtunnel("run", "609", "--policy", "my.py:Raises", "--seed", "7")
    assert f"windtunnel: its record up to 10 s is in {place}\n" in ran.err
    manifest = json.loads((folder / place / "manifest.json").read_text())
    assert (manifest["complete"], manifest["ended_at_s"], manifest["seed"]) == (False, 10.0, 7)


def test_the_record_up_to_there_goes_where_it_was_asked_for(folder: Path) -> None:
    """With --out."""
    ran = windtunnel("run", "609", "--policy", "my.py:Raises", "--out", "here")
    assert "is in here\n" in ran.err
    assert (folder / "here" / "events.jsonl").is_file()
    assert not (folder / "results").exists()


def test_of_several_policies_the_good_ones_are_kept(folder: Path) -> None:
    """They were run before the bad one failed."""
    names = ("seed-after", "my.py:Raises", "later")
    ran = windtunnel("compare", *names, "--scenario", "609", "--out", "cmp")
    assert ran.code == 3
    assert json.loads((folder / "cmp" / "seed-after" / "manifest.json").read_text())["complete"]
    assert not (folder / "cmp" / "later").exists()


def test_the_log_up_to_there_is_printed_if_it_was_asked_for() -> None:
    """What led to the failure is what its author wants to see."""
    ran = windtunnel("run", "609", "--policy", "my.py:Negative", "--log")
    assert ran.code == 3
    assert (
        ran.out.splitlines()[0]
        == "       0.000 s [TaskQueue] Task 608 submitted: plan_and_apply in workspace a"
    )
    assert "policy Negative failed at 5 s" in ran.err
