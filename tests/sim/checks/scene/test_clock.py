"""Deadlines: what is looked at if nothing in the log comes first."""

from policies.vocabulary import TaskKind
from sim.checks.scene.clock import Deadlines
from sim.checks.scene.tasks import Row, WorkspaceRows
from sim.checks.scene.waiting import Waiting


def test_deadlines_come_in_order_and_at_one_time_as_they_were_made() -> None:
    """What is due at the asked time itself is left: its instant is not over."""
    seen: list[str] = []
    deadlines = Deadlines()
    for time, name in ((5.0, "b"), (3.0, "a"), (5.0, "c"), (7.0, "d")):
        deadlines.at(time, lambda name=name: seen.append(name))
    for _, look in deadlines.before(7.0):
        look()
    assert seen == ["a", "b", "c"]


def test_a_deadline_may_make_another_one_that_is_due_too() -> None:
    """It is looked at in the same pass."""
    seen: list[float] = []
    deadlines = Deadlines()

    def again(time: float) -> None:
        seen.append(time)
        deadlines.at(time + 1.0, lambda: again(time + 1.0))

    deadlines.at(1.0, lambda: again(1.0))
    for _, look in deadlines.before(3.5):
        look()
    assert seen == [1.0, 2.0, 3.0]


def rows(*ids: int) -> list[Row]:
    """Pending plans of one workspace."""
    workspace = WorkspaceRows("w", "pool")
    return [Row(number, workspace, TaskKind.PLAN) for number in ids]


def test_a_line_has_who_waited_longest_first() -> None:
    """Whoever stops waiting leaves it, and comes back at its end."""
    first, second = rows(1, 2)
    waiting = Waiting()
    line = waiting.line()
    waiting.begin(first, 0.0)
    waiting.begin(second, 1.0)
    waiting.begin(second, 2.0)  # waits already
    assert (line.first(), waiting.count) == (first, 2)
    waiting.end(first)
    waiting.end(first)
    assert (line.first(), waiting.count) == (second, 1)
    waiting.begin(first, 3.0)
    line.strike_first()
    assert (line.first(), waiting.count) == (first, 2)


def test_lines_are_struck_each_by_itself() -> None:
    """Two checks do not take each other's tasks."""
    (only,) = rows(1)
    waiting = Waiting()
    one, other = waiting.line(), waiting.line()
    waiting.begin(only, 0.0)
    one.strike_first()
    assert (one.first(), other.first()) == (None, only)
