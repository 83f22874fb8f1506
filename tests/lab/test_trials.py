"""`windtunnel test`: scenarios against what they expect, with evidence of what fails."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import judge_scenarios, shipped_scenarios
from lab.running import run
from lab.trials import find_cases, try_case
from sim.errors import InputError
from sim.simulate import Interrupted
from tests.lab.commands import RULES, process, stdout_of, windtunnel

SMALL = """\
title: One plan
story: The pod manager never learns of the agent.
horizon: 10 min
policy: {policy}
presets: [post604, later]
pool: {{min: 1, max: 1}}
agent: {{known_to_pod_manager_after: never}}
tasks:
  - {{id: 1, at: 0 s, workspace: a, kind: plan}}
"""
HOLDS = "expect: {seed-after: {sent: {task: 1, within: 10 s}}}\n"
FAILS = "expect: {'seed-after, seed-before': {sent: {task: 1, within: 20 s}}}\n"
UNDECIDED = "expect: {seed-after: {sent: {task: 1, within: 20 s}, finished: {task: 1, within: 1 h}}}\n"
OF_ANY = "expect: {any: {finished: {task: 1, within: 9 min}}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, expect: str = "", *, policy: str = "seed-before") -> str:
    """A scenario file; its name as a person types it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SMALL.format(policy=policy) + expect)
    return str(path)


def test_what_holds_is_one_line_and_a_total() -> None:
    """Exit code 0."""
    name = write(Path("fine.yaml"), HOLDS)
    assert stdout_of("test", name) == (
        "fine.yaml  1 holds             seed-after\n\n1 scenario, 1 run: 1 holds\n"
    )


def test_what_fails_is_shown_with_evidence() -> None:
    """Exit code 1; what was expected and found, the log, slots, pods, and the task."""
    write(Path("slow.yaml"), FAILS)
    text = stdout_of("test", "slow.yaml", code=1)
    assert text.startswith("slow.yaml  1 holds, 1 fails    seed-before, seed-after\n")
    assert "fails slow.yaml under seed-before, seed 1  (expected of seed-before)" in text
    assert "  expected  task 1 is sent within 20 s of its submission\n  found     sent after" in text
    assert "20.000 s [PodManager] Pod default-1 is new but agent not registered yet, skipping" in text
    assert "at 20 s, held | runs  slot 0  slot 1  slot 2" in text
    assert "default-1  running | running  yes | yes " in text
    assert "task 1 (plan in workspace a): its row is pending" in text
    assert text.endswith("\n1 scenario, 2 runs: 1 holds, 1 fails\n")
    assert max(map(len, text.splitlines())) <= 100


def test_what_is_undecided_is_shown_and_does_not_fail() -> None:
    """The run was too short, which is nobody's fault but the horizon's."""
    short = SMALL.replace("horizon: 10 min", "horizon: 30 s").format(policy="seed-after") + UNDECIDED
    Path("short.yaml").write_text(short)
    text = stdout_of("test", "short.yaml")
    assert "1 holds, 1 undecided" in text
    assert "undecided short.yaml under seed-after: task 1 is over within 60 min" in text


def test_a_scenario_without_expectations_is_said_to_have_none() -> None:
    """It is not run, and does not fail."""
    write(Path("silent.yaml"))
    text = stdout_of("test", "silent.yaml")
    assert "silent.yaml  –                   nothing is expected" in text
    assert text.endswith("1 scenario, 0 runs: no expectation was judged; nothing is expected of 1 scenario\n")


def test_a_policy_of_which_nothing_is_expected_is_not_taken_for_a_silent_scenario() -> None:
    """What is expected of presets is not expected of a change of one; the table of all is elsewhere."""
    write(Path("fine.yaml"), HOLDS)
    text = stdout_of("test", "fine.yaml", "--policy", "seed-after,P6")
    assert "fine.yaml  –                   nothing is expected of this policy\n" in text
    assert "of 1 scenario under this policy;\nwindtunnel matrix shows what breaks under any\n" in text


def test_on_a_narrow_terminal_no_policy_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each scenario is a sentence."""
    monkeypatch.setenv("COLUMNS", "40")
    write(Path("rather/long/name/of/a/folder/fine.yaml"), OF_ANY, policy="post604")
    text = stdout_of("test", "rather")
    sentence, _, _ = text.partition("\n\n")
    assert " ".join(sentence.split()) == ("rather/long/name/of/a/folder/fine.yaml: 2 hold; post604, later")
    assert max(map(len, text.splitlines())) <= 40


def test_each_preset_that_is_named_is_tried() -> None:
    """In the order of the presets."""
    write(Path("a.yaml"), FAILS)
    (case,) = find_cases(["a.yaml"])
    assert [each.policy.name for each in case.scenarios] == ["seed-before", "seed-after"]


def test_what_is_expected_of_any_policy_is_tried_under_its_own_and_those_it_compares() -> None:
    """Each once."""
    write(Path("a.yaml"), OF_ANY, policy="post604")
    (case,) = find_cases(["a.yaml"])
    assert [each.policy.name for each in case.scenarios] == ["post604", "later"]


def test_a_policy_narrows_down_what_is_tried() -> None:
    """Also one's own, of which only that is expected which is expected of any."""
    Path("my.py").write_text(RULES)
    write(Path("a.yaml"), FAILS)
    write(Path("b.yaml"), OF_ANY)
    outcomes = judge_scenarios(["a.yaml", "b.yaml"], ["seed-after", "seed-before,my.py:Patient"])
    tried = [[trial.policy for trial in each.trials] for each in outcomes]
    assert tried == [["seed-after"], ["seed-after", "seed-before,placement=my.py:Patient"]]


def test_a_folder_is_all_that_is_below_it() -> None:
    """In the order of their paths; what is hidden is left alone, and what is named twice is tried once."""
    for name in ("b.yaml", "deep/er/a.yml", ".hidden/x.yaml"):
        write(Path("all") / name, HOLDS)
    Path("all/notes.txt").write_text("no scenario")
    names = [each.name for each in find_cases(["all", "all/b.yaml"])]
    assert names == ["all/b.yaml", "all/deep/er/a.yml"]


def test_a_link_to_nowhere_is_no_scenario_less() -> None:
    """Beside others, it would not be missed."""
    write(Path("all/a.yaml"), HOLDS)
    Path("all/b.yaml").symlink_to("nowhere.yaml")
    ran = windtunnel("test", "all")
    assert (ran.code, ran.err) == (2, "windtunnel: all/b.yaml: cannot be read: No such file or directory\n")


def test_an_empty_folder_is_bad_input() -> None:
    """Rather than a test that cannot fail."""
    Path("empty").mkdir()
    ran = windtunnel("test", "empty")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "windtunnel: empty: there is no scenario below this folder; expected files named *.yaml\n"
    )


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_run() -> None:
    """A line for each problem, with its file."""
    write(Path("all/fine.yaml"), HOLDS)
    write(Path("all/broken.yaml"), "expect: {seed-aftr: {sent: {task: 1, within: 1 s}}}\n")
    Path("all/other.yaml").write_text("title: [\n")
    ran = windtunnel("test", "all")
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert any(
        line.startswith("windtunnel: all/broken.yaml:10: expect.seed-aftr: unknown preset") for line in lines
    )
    assert any(line.startswith("windtunnel: all/other.yaml:") for line in lines)
    assert not any("fine" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("608",), "unknown scenario '608'; expected one of 60"),
        (("nowhere/x.yaml",), "nowhere/x.yaml: cannot be read: No such file or directory"),
        (("609", "-p", "seed-befor"), "--policy seed-befor: unknown policy 'seed-befor'"),
        (("608", "610"), "unknown scenario '610'"),
    ],
)
def test_wrong_names_are_bad_input(arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, and what was expected."""
    ran = windtunnel("test", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_one_text_in_place_of_a_list_is_refused() -> None:
    """It would be taken for a list of letters."""
    with pytest.raises(InputError, match="scenarios='609': is one name; expected a list"):
        judge_scenarios("609")
    with pytest.raises(InputError, match="policies='later': is one text; expected a list"):
        judge_scenarios(["609"], "later")


def test_a_scenario_is_taken_from_standard_input() -> None:
    """As by the other commands."""
    done = process("test", "-", cwd=Path(), text=SMALL.format(policy="later") + HOLDS)
    assert (done.returncode, done.stdout.startswith("stdin  1 holds")) == (0, True)


def test_json_has_every_expectation_and_its_evidence() -> None:
    """Evidence of what fails, and null of what holds."""
    write(Path("a.yaml"), FAILS)
    ran = windtunnel("test", "a.yaml", "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert told["complete"] is True
    (scenario,) = told["scenarios"]
    assert (scenario["scenario"], scenario["failed"]) == ("a.yaml", True)
    expectations = {each["policy"]: each["expectations"] for each in scenario["runs"]}
    (before,), (after,) = expectations["seed-before"], expectations["seed-after"]
    assert (before["finding"], before["evidence"]["at"], before["at"]) == ("fails", 20.0, 20.0)
    assert (after["finding"], after["evidence"]) == ("holds", None)


def test_progress_is_the_share_of_all_runs_of_a_case() -> None:
    """It only grows, and ends at 1."""
    write(Path("a.yaml"), FAILS)
    (case,) = find_cases(["a.yaml"])
    shares: list[float] = []
    try_case(case, shares.append)
    assert shares == sorted(shares)
    assert (0.5 in shares, shares[-1]) == (True, 1.0)


def interrupting(after: int) -> Callable[..., Any]:
    """A run that is interrupted at its call number `after` + 1."""
    calls = iter(range(100))

    def called(*arguments: Any, **named: Any) -> Any:
        flown = run(*arguments, **named)
        if next(calls) == after:
            raise Interrupted(flown)
        return flown

    return called


def test_an_interruption_shows_what_was_done_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130; a scenario that was half tried is not shown."""
    write(Path("all/a.yaml"), HOLDS)
    write(Path("all/b.yaml"), FAILS)
    monkeypatch.setattr("lab.running.run", interrupting(after=2))
    ran = windtunnel("test", "all")
    assert ran.code == 130
    assert ran.out == "all/a.yaml  1 holds             seed-after\n\n1 of 2 scenarios, 1 run: 1 holds\n"
    assert ran.err == ("windtunnel: interrupted\nwindtunnel: 1 of 2 scenarios were tested by then\n")
    monkeypatch.setattr("lab.running.run", interrupting(after=0))
    ran = windtunnel("test", "all", "--json")
    assert (ran.code, json.loads(ran.out)) == (130, {"complete": False, "scenarios": []})


def test_a_policy_that_fails_is_named_with_its_scenario() -> None:
    """Exit code 3, after what was done by then."""
    Path("my.py").write_text(RULES)
    write(Path("a.yaml"), OF_ANY)
    ran = windtunnel("test", "a.yaml", "-p", "seed-after", "-p", "my.py:Raises")
    assert ran.code == 3
    assert "windtunnel: it was scenario a.yaml under seed-before,placement=my.py:Raises\n" in ran.err


@pytest.mark.slow
def test_every_shipped_scenario_shows_what_it_expects() -> None:
    """By default all of them are tried, and nothing fails."""
    text = stdout_of("test")
    lines = text.partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(shipped_scenarios())
    assert "fail" not in text


def test_a_folder_in_the_current_one_is_no_shipped_name() -> None:
    """`scenarios` is a folder here, and holds what it holds."""
    write(Path("scenarios/mine.yaml"), HOLDS)
    assert [each.name for each in find_cases(["scenarios"])] == ["scenarios/mine.yaml"]
