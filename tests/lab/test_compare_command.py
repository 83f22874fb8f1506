"""`windtunnel compare`: what happened under each policy, and the numbers side by side."""

import json
from pathlib import Path

import pytest

from lab.running import run
from lab.story import stories, waits_to_be_sent
from lab.text.conclusion import conclusion
from tests.lab.commands import stdout_of, windtunnel

DEMO = ("compare", "seed-before", "seed-after", "--scenario", "609")


def test_the_demo_tells_the_story_of_609() -> None:
    """Before: refused thirty times while agents are connected. After: sent at the first retry."""
    text = stdout_of(*DEMO)
    before, after = text.split("seed-after  Q7 P5 D3 C9")
    assert (
        "608   310 s  301 s  30 of 31  agent_not_registered_yet  10–300 s    310 s  default-1 (9 s)" in before
    )
    assert (
        "609   310 s  301 s  30 of 31  agent_not_registered_yet  10–300 s    310 s  default-2 (14 s)"
        in before
    )
    assert "agent_not_registered_yet" not in after
    assert "608    10 s    1 s        1  no_pods         0 s         10 s  default-1 (9 s)" in after
    assert "609    20 s   11 s   1 of 2  no_pods         0 s         20 s  default-2 (14 s)" in after


def test_the_demo_ends_with_what_it_means() -> None:
    """A sentence for each policy, from its numbers, and a command to go on with."""
    text = stdout_of(*DEMO)
    said = " ".join(text.partition("expectations ")[2].split())
    assert (
        "seed-before: 2 tasks waited to be sent, up to 310 s, 301 s of it beside idle slots of connected "
        "agents, mostly because: agent not registered yet. seed-after: 2 tasks waited to be sent, up to 20 s"
    ) in said
    assert "step by step: windtunnel run 609 --policy seed-before --log\n" in text
    changed = " ".join(stdout_of(*DEMO, "--set", "horizon=20 min", "--seed", "3").split())
    assert "windtunnel run 609 --policy seed-before --set 'horizon=20 min' --seed 3 --log" in changed


def test_what_came_of_a_policy_is_a_sentence_for_any_numbers() -> None:
    """Nobody waited; somebody was never sent."""
    assert conclusion("later", {1: 0.0}, None) == "later: no task waited to be sent."
    assert conclusion("later", {}, None) == "later: no task waited to be sent."
    flown = run("609", policy="seed-before", settings=["horizon=306 s"])
    (story,) = stories(flown, [608])
    assert conclusion("x", waits_to_be_sent(flown), story) == (
        "x: 2 tasks waited to be sent, up to 306 s (task 608, which never was), 297 s of it beside idle "
        "slots of connected agents, mostly because: agent not registered yet."
    )


def test_the_demo_fits_on_one_screen() -> None:
    """Of 40 lines with 100 letters each."""
    lines = stdout_of(*DEMO).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


def test_numbers_stand_side_by_side() -> None:
    """One column a policy."""
    text = stdout_of(*DEMO)
    assert "side by side                seed-before  seed-after" in text
    assert "until plan starts, p95            310 s        20 s" in text
    assert "expectations                     9 hold      6 hold" in text


def test_one_seed_is_called_no_statistics() -> None:
    """Whoever copies the table copies the warning."""
    assert "One seed shows what can happen, and is no statistics." in stdout_of(*DEMO)


def test_of_many_tasks_those_with_the_longest_waits_are_shown() -> None:
    """The same tasks for every policy."""
    text = stdout_of("compare", "seed-before", "seed-after", "--scenario", "cold-start")
    assert "the 4 tasks of 20 that waited longest, longest first" in " ".join(text.split())
    first = text.split("\n\n")[1].splitlines()[2:6]
    assert [line.split()[0] for line in first] == sorted(line.split()[0] for line in first)
    assert "≥ 60 min" in text
    assert "never started (≥: so far)" in text


def test_more_policies_than_fit_beside_each_other_stand_below(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number is left out, and no line is too long."""
    monkeypatch.setenv("COLUMNS", "60")
    presets = ("phase2-raw", "post599", "post604", "seed-before", "seed-after", "later")
    text = stdout_of("compare", *presets, "--scenario", "609-registered-after-30s")
    assert text.count("side by side") == 3
    assert max(map(len, text.splitlines())) <= 60


def test_what_fails_under_one_policy_is_named() -> None:
    """And makes the exit code 1."""
    changed = "expect.seed-after.sent={task: 609, within: 5 s}"
    text = stdout_of(*DEMO, "--set", changed, code=1)
    assert "Expected of seed-after, 1 does not hold:" in text
    assert "fails     task 609 is sent within 5 s of its submission: sent after 20 s" in text


def test_json_has_a_run_for_each_policy() -> None:
    """In the order asked for."""
    runs = json.loads(stdout_of(*DEMO, "--json"))["runs"]
    assert [each["policy"]["name"] for each in runs] == ["seed-before", "seed-after"]
    assert [each["summary"]["plan_waits"]["plan_and_apply"]["max_s"] for each in runs] == [310.0, 20.0]


def test_changes_apply_to_every_policy() -> None:
    """And show in their names."""
    runs = json.loads(stdout_of(*DEMO, "--set", "controller.monitor_every=30s", "--seed", "4", "--json"))
    names = [each["policy"]["name"] for each in runs["runs"]]
    assert names == [f"{name},controller.monitor_every=30 s" for name in ("seed-before", "seed-after")]
    assert {each["seed"] for each in runs["runs"]} == {4}


def test_help_says_that_each_policy_has_a_folder() -> None:
    """In what --out makes."""
    said = " ".join(stdout_of("compare", "--help").replace("│", " ").split())
    assert "in a folder of its own in DIR that is named after its policy" in said


@pytest.mark.slow
def test_each_policy_has_a_folder_and_all_have_one_picture_of_waits(tmp_path: Path) -> None:
    """Folders are named after the policies, in letters that a file system takes."""
    out = tmp_path / "cmp"
    names = ("seed-before", "seed-before,dispatch.retry_no_slot=5 s")
    assert windtunnel("compare", *names, "--scenario", "609", "--out", str(out)).code == 0
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders == {"seed-before", "seed-before,dispatch.retry_no_slot=5-s"}
    assert all((out / name / "timeline.svg").is_file() for name in folders)
    assert {path.name for path in out.iterdir() if path.is_file()} == {"waits.png", "waits.svg"}
