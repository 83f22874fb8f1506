"""Running the command line in this process, and small things to give it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from lab.cli.app import app

ROOT: Final = Path(__file__).resolve().parent.parent.parent
COMMAND: Final = (sys.executable, str(ROOT / "windtunnel_command.py"))

RULES: Final = '''\
"""Rules of somebody's own."""

from policies import Autoscaler, Placement, QueueRule, Reason, Seconds, Target, VictimRule
from policies.observed.pod import Pod
from policies.observed.pool import Pool


class Patient(Placement):
    """Any idle slot of a connected pod.

    Heartbeats are looked at, too.
    """

    offline_after: Seconds = 60.0
    """How old a heartbeat may be."""

    def place(self, task, pool):
        for pod in pool.pods_with_idle_slot():
            if pod.connected and pod.heartbeat_age_s(pool.now) <= self.offline_after:
                return pod.first_idle_slot()
        return None


class Raises(Placement):
    def place(self, task, pool):
        return 1 / 0 if pool.now >= 10.0 else None


class Exits(Placement):
    def place(self, task, pool):
        raise SystemExit(0)


class WrongType(Placement):
    def place(self, task, pool):
        return "slot 3"


class Taken(Placement):
    def place(self, task, pool):
        for pod in pool.connected_pods():
            return pod.slots[0]


class Foreign(Placement):
    def place(self, task, pool):
        other = Pool("other", pool._clock, min_pods=0, max_pods=1, slots_per_pod=1)
        return Pod("other-1", other, number=1, created_at=0.0, known_at=0.0).slots[0]


class Negative(Autoscaler):
    def decide(self, pool, now):
        return Target(-1, Reason.NOTHING_TO_DO)


class Absurd(Autoscaler):
    def decide(self, pool, now):
        return Target(10**9, Reason.NOTHING_TO_DO)


class Bare(Autoscaler):
    def decide(self, pool, now):
        return 3


class NoTask(QueueRule):
    def next_task(self, workspace):
        return 608


class Needs(Placement):
    limit: int

    def place(self, task, pool):
        return None


class Odd(Placement):
    def __post_init__(self):
        raise KeyError("x")

    def place(self, task, pool):
        return None


class Plain:
    pass
'''


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str


def windtunnel(*arguments: str, text: str | None = None) -> Ran:
    """Run a command in this process; `text` is what stands on its standard input."""
    result = CliRunner().invoke(app, list(arguments), input=text)
    return Ran(result.exit_code, result.stdout, result.stderr)


def stdout_of(*arguments: str, code: int = 0) -> str:
    """What a command prints, which ends with this exit code."""
    ran = windtunnel(*arguments)
    assert ran.code == code, ran.out + ran.err
    return ran.out


def process(
    *arguments: str, cwd: Path, text: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, without a terminal."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
