"""A step function of time as one line of block characters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.text import Text

from lab.words import duration
from sim.record import Run

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
ASCII: Final = " .:-=+*#@"
"""Where block characters cannot be written."""

Steps = list[tuple[float, int]]
"""Times (s) and the value from each of them on."""

_LABEL: Final = 9


@dataclass(frozen=True)
class Course:
    """What there was over time, all pools together."""

    pods: Steps
    waiting: Steps
    """Tasks that are pending, and confirmed applies that are not counted: they hold their slot."""
    end_s: float


def course_of(run: Run) -> Course:
    """Pods and pending tasks of a run over time."""
    return Course(
        _summed(run.columns("counts", "at", "pool", "pods")),
        _summed(run.columns("counts", "at", "pool", "pending")),
        run.ended_at,
    )


def draw(
    course: Course, *, width: int, tops: tuple[int, int] | None = None, blocks: bool = True
) -> Iterable[Text]:
    """Two lines and their axis. `tops` are the values that fill a line, for pictures to be compared."""
    pods_top, waiting_top = tops or (top(course.pods), top(course.waiting))
    room = max(10, width - _LABEL - 22)
    wall = "│" if blocks else "|"
    for name, steps, most in (("pods", course.pods, pods_top), ("waiting", course.waiting, waiting_top)):
        line = spark(steps, course.end_s, room, most, ramp=BLOCKS if blocks else ASCII)
        yield Text(f"{name:>{_LABEL}} {wall}{line}{wall} at most {top(steps)}", no_wrap=True)
    start, end = "0 s", duration(course.end_s)
    gap = max(1, room - len(start) - len(end))
    yield Text(f"{'':{_LABEL}}  {start}{' ' * gap}{end}", style="dim", no_wrap=True)


def top(steps: Steps) -> int:
    """The greatest value."""
    return max((value for _, value in steps), default=0)


def spark(steps: Steps, end_s: float, columns: int, most: int, *, ramp: str = BLOCKS) -> str:
    """The greatest value within each of the columns that time up to `end_s` is divided into.

    Nothing is blank and `most` is a full block; a value above nothing is never blank.
    """
    greatest = _greatest(steps, end_s, columns)
    levels = len(ramp) - 1
    return "".join(ramp[0 if not value else max(1, round(levels * value / most))] for value in greatest)


def _greatest(steps: Steps, end_s: float, columns: int) -> Sequence[int]:
    greatest = [0] * columns
    width = end_s / columns or 1.0
    for index, (at, value) in enumerate(steps):
        until = steps[index + 1][0] if index + 1 < len(steps) else end_s
        first = min(int(at / width), columns - 1)
        last = min(int(until / width), columns - 1)
        if last > first and until <= last * width:
            last -= 1  # it ends where that column begins
        for column in range(first, last + 1):
            greatest[column] = max(greatest[column], value)
    return greatest


def _summed(rows: Iterable[tuple[Any, ...]]) -> Steps:
    """Times, pools and values, summed over pools, which change at different times."""
    now: dict[str, int] = {}
    total = 0
    steps: Steps = []
    for at, pool, value in rows:
        total += value - now.get(pool, 0)
        now[pool] = value
        if steps and steps[-1][0] == at:
            steps[-1] = (at, total)
        else:
            steps.append((at, total))
    return steps
