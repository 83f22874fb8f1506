"""A run as log lines."""

import pytest

from lab.log_text import go_duration, log_lines
from lab.running import run
from tests.lab.scenarios import fly


def lines_of(policy: str, scenario: str = "609") -> list[str]:
    """The log of a run, without its times."""
    return [line.partition(" s ")[2] for line in log_lines(run(scenario, policy=policy))]


@pytest.mark.parametrize(
    "line",
    [
        "[PodManager] Pod default-1 has 1 seconds since last heartbeat, allowing",
        "[TaskQueue] Allocated slot 0 on pod default-1 for task 608",
        "[TaskQueue] Successfully pushed task 608 to agent default-1",
    ],
)
def test_success_after_the_fix_reads_as_the_incident_report_says(line: str) -> None:
    """These are its 'signs of success', word by word."""
    assert line in lines_of("seed-after")


def test_they_come_in_the_order_of_the_report() -> None:
    """Allowing, allocated, pushed."""
    lines = lines_of("seed-after")
    places = [
        next(index for index, line in enumerate(lines) if words in line)
        for words in ("since last heartbeat, allowing", "Allocated slot", "Successfully pushed")
    ]
    assert places == sorted(places)


def test_the_line_that_must_not_occur_any_more() -> None:
    """Before the fix it is all over the log, after the fix it is nowhere."""
    line = "[PodManager] Pod default-1 is new but agent not registered yet, skipping"
    assert lines_of("seed-before").count(line) == 60
    assert not any("not registered yet" in each for each in lines_of("seed-after"))


def test_a_new_pod_that_the_pod_manager_knows_is_allowed_as_such() -> None:
    """P4 does not look at the heartbeat of a pod that is younger than its grace."""
    lines = lines_of("seed-before", "609-registered-after-3s")
    assert "[PodManager] Pod default-1 is new with registered agent default-1, allowing" in lines


def test_every_line_begins_with_the_simulated_time() -> None:
    """In seconds, so that a log can be cut to a part of it; times never go back."""
    times = [float(line.split(" s ", maxsplit=1)[0]) for line in log_lines(run("609"))]
    assert times == sorted(times)
    assert (times[0], times[-1] > 310.0) == (0.0, True)


def test_a_silent_agent_is_offline_with_the_age_of_its_heartbeat() -> None:
    """In the platform's own way of writing a duration."""
    text = """\
title: Silence
story: The agent of the only pod stops to send heartbeats, and then a task comes.
horizon: 10 min
policy: {preset: seed-after, controller: {cut_after: 1 h}}
pool: {min: 1, max: 1, initial: 1}
faults: [{fault: heartbeat_gap, pod: 1, at: 15 s, for: 5 min}]
tasks: [{id: 1, at: 200 s, workspace: a, kind: plan, plan: 10 s}]
"""
    lines = list(log_lines(fly(text)))
    said = "     200.000 s [PodManager] Pod default-1 is offline (last heartbeat: 3m10s ago), skipping"
    assert said in lines


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.25, "0.25s"), (125.0, "2m5s"), (3600.25, "1h0m0.25s"), (59.9996, "1m0s")],
)
def test_durations_are_written_as_go_does(seconds: float, text: str) -> None:
    """`%v` of a time.Duration."""
    assert go_duration(seconds) == text


def test_an_agent_that_is_asked_what_it_runs_answers_in_the_next_line() -> None:
    """Of two messages that were lost, and of one that arrived."""
    lines = lines_of("windtunnel", "dispatch-lost")
    first = lines.index("[TaskQueue] Asking agent default-1 what it runs: task 1 was pushed 30s ago")
    assert lines[first + 1 : first + 5] == [
        "[C&C] Agent default-1 runs nothing",
        "[TaskQueue] Failed to push task 1 (attempt 1): dispatch lost, rolled back, retrying in 5s",
        "[TaskQueue] Asking agent default-2 what it runs: task 3 was pushed 30s ago",
        "[C&C] Agent default-2 runs task 3 (plan)",
    ]
