"""`windtunnel run`: what it prints, what it saves, and how it ends."""

import json
from pathlib import Path

import pytest

from lab.log_text import log_lines
from lab.running import run
from tests.lab.commands import ROOT, RULES, stdout_of, windtunnel

INCIDENT = (ROOT / "scenarios" / "609.yaml").read_text(encoding="utf-8")
PICTURES = {
    f"{name}.{kind}" for name in ("timeline", "pool_against_demand", "waits") for kind in ("png", "svg")
}


def test_the_summary_says_what_a_person_wants_to_know() -> None:
    """Waits with their quantiles, refusals with their reasons, pods with their cost."""
    text = stdout_of("run", "609")
    for part in (
        "609  Agents online, nothing dispatched",
        "seed-before  Q7 P4 D3 C8  Before the fix of 609",
        "seed 1, 15 min simulated",
        "p50    p95    p99  longest  never started",
        "62 tries: 60 × agent_not_registered_yet, 2 × no_pods",
        "30 of 31  agent_not_registered_yet  10–300 s",
        "1,790 (29.8 min)",
        "Expected of seed-before: 9 hold",
    ):
        assert part in text


def test_the_result_goes_to_standard_output_and_timings_to_standard_error() -> None:
    """So that a pipe gets the result only."""
    ran = windtunnel("run", "609")
    assert "15 min simulated in" in ran.err
    assert "simulated in" not in ran.out


def test_a_policy_that_differs_from_a_preset_is_never_called_by_its_name() -> None:
    """Neither in what is shown nor in what is recorded."""
    text = stdout_of("run", "609", "--policy", "seed-before", "--set", "placement=P5")
    assert "seed-before,placement=P5  Q7 P5 D3 C8\n" in text
    assert "Before the fix" not in text
    recorded = json.loads(stdout_of("run", "609", "--policy", "seed-before,placement=P5", "--json"))
    assert recorded["policy"]["name"] == "seed-before,placement=P5"
    assert recorded["expectations"] == []


def test_json_is_for_machines() -> None:
    """Numbers as numbers, null for what is not one, and nothing else on standard output."""
    found = json.loads(stdout_of("run", "609", "--json"))
    assert found["scenario"] == "609"
    assert found["summary"]["plan_waits"]["plan_and_apply"]["p95_s"] == 310.0
    assert found["summary"]["plan_waits"]["plan_and_apply"]["is_lower_bound"] is False
    assert found["summary"]["refusals"]["agent_not_registered_yet"] == 60
    assert [each["finding"] for each in found["expectations"]] == ["holds"] * 9


def test_json_has_null_where_there_is_no_number() -> None:
    """Nothing was confirmed within 20 s, so no apply waited."""
    arguments = ("--set", "horizon=20 s", "--set", "expect={any: {not_sent: {task: 608, before: 1 s}}}")
    found = json.loads(stdout_of("run", "609", *arguments, "--json"))
    assert found["summary"]["apply_waits"]["p95_s"] is None


def test_the_log_is_printed_in_place_of_the_summary() -> None:
    """All of it and nothing else."""
    assert stdout_of("run", "609", "--log").splitlines() == list(log_lines(run("609")))


def test_an_expectation_that_fails_is_exit_code_one() -> None:
    """And is shown with its numbers."""
    changed = "expect.seed-before.sent={task: 608, within: 1 min}"
    text = stdout_of("run", "609", "--set", changed, code=1)
    assert "Expected of seed-before: 7 hold, 1 fails" in text
    assert "fails     task 608 is sent within 60 s of its submission: sent after 310 s" in text


def test_what_fails_is_said_beside_a_log_too() -> None:
    """On standard error, as the log itself does not say it."""
    changed = "expect.seed-before.sent={task: 608, within: 1 min}"
    ran = windtunnel("run", "609", "--set", changed, "--log")
    assert ran.code == 1
    assert "fails: task 608 is sent within 60 s of its submission: sent after 310 s\n" in ran.err


def test_an_expectation_that_is_undecided_does_not_fail() -> None:
    """The run was too short to tell."""
    changes = ("--set", "expect={any: {finished: {task: 608, within: 10 min}}}", "--set", "horizon=5 min")
    assert "1 undecided" in stdout_of("run", "609", *changes)


def test_a_scenario_comes_on_standard_input() -> None:
    """Named `-`; messages call it stdin."""
    ran = windtunnel("run", "-", text=INCIDENT)
    assert (ran.code, ran.out.startswith("stdin  Agents online")) == (0, True)
    broken = windtunnel("run", "-", text="title: x\nstory: y\n")
    assert "windtunnel: stdin:1: horizon is missing; it is required" in broken.err


def test_a_scenario_is_found_by_its_path(tmp_path: Path) -> None:
    """Also one that has a shipped one's name."""
    path = tmp_path / "609.yaml"
    path.write_text(INCIDENT.replace("Agents online, nothing", "Mine, nothing"))
    assert stdout_of("run", str(path)).startswith("609  Mine, nothing dispatched")


def test_another_seed_is_another_run() -> None:
    """And the same one is the same."""
    first, second, third = (
        stdout_of("run", "cold-start", "--seed", seed, "--json") for seed in ("5", "5", "6")
    )
    assert first == second != third


@pytest.mark.slow
def test_the_record_and_its_pictures_are_saved(tmp_path: Path) -> None:
    """All tables, the log, the manifest, and three pictures in two formats."""
    folder = tmp_path / "new" / "record"
    ran = windtunnel("run", "609", "--out", str(folder))
    names = {path.name for path in folder.iterdir()}
    assert ran.code == 0
    assert PICTURES | {"manifest.json", "events.jsonl", "tasks.parquet", "timings.json"} <= names
    assert f"saved in {folder}\n" in ran.err


@pytest.mark.slow
def test_a_record_is_replaced_and_an_empty_folder_is_used(tmp_path: Path) -> None:
    """`--out $(mktemp -d)`, twice."""
    for seed in ("1", "2"):
        assert windtunnel("run", "609", "--seed", seed, "--out", str(tmp_path)).code == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["seed"] == 2


def test_a_policy_of_ones_own_is_one_class_in_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes its family's place in the scenario's own policy."""
    (tmp_path / "my.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    text = stdout_of("run", "609", "-p", "my.py:Patient")
    assert "seed-before,placement=my.py:Patient  Q7 Patient D3 C8" in text
