"""The engine: the world first, then the control plane, once an instant; calls, and events of SimPy's."""

import math
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simpy.events import Event

import sim.engine
from sim.engine import EndlessInstant, Engine


class Control:
    """Steps at the times it was given, and whenever something told it news."""

    def __init__(self, engine: Engine, log: list[object], *due: float) -> None:
        self._engine = engine
        self._log = log
        self._due = list(due)
        self.due_at = self._due.pop(0) if due else math.inf
        self.on_step: Callable[[], None] = lambda: None

    def step(self) -> None:
        self._log.append(("step", self._engine.now))
        self.due_at = self._due.pop(0) if self._due else math.inf
        self.on_step()

    def news(self, what: object) -> None:
        """Something happened of which it was told."""
        self._log.append(what)
        self.due_at = self._engine.now


def engine_with(*due: float) -> tuple[Engine, Control, list[object]]:
    engine, log = Engine(), []
    engine.control = control = Control(engine, log, *due)
    return engine, control, log


def test_what_happens_at_one_instant_happens_in_the_order_in_which_it_was_scheduled() -> None:
    engine, log = Engine(), []
    engine.call_in(5.0, log.append, "first")
    engine.call_at(5.0, log.append, "second")
    engine.call_in(5.0, log.append, "third")
    engine.advance(5.0)
    assert log == ["first", "second", "third"]


def test_the_control_plane_is_stepped_once_when_an_instant_is_over() -> None:
    engine, control, log = engine_with()
    for what in ("a", "b", "c"):
        engine.call_at(5.0, control.news, what)
    engine.advance(10.0)
    assert log == ["a", "b", "c", ("step", 5.0)]


def test_what_is_due_waits_for_what_happens_at_the_same_instant() -> None:
    engine, _, log = engine_with(5.0)
    engine.call_at(5.0, log.append, "world")
    engine.advance(10.0)
    assert log == ["world", ("step", 5.0)]


def test_a_step_that_causes_more_at_its_instant_is_followed_by_another() -> None:
    engine, control, log = engine_with(5.0)

    def cause() -> None:
        control.on_step = lambda: None
        engine.call_in(0.0, control.news, "effect")

    control.on_step = cause
    engine.advance(10.0)
    assert log == [("step", 5.0), "effect", ("step", 5.0)]


def test_the_control_plane_wakes_without_news_when_it_is_due() -> None:
    engine, _, log = engine_with(2.0, 3.0, 9.0)
    engine.advance(8.0)
    assert log == [("step", 2.0), ("step", 3.0)]


def test_a_control_plane_that_nothing_concerns_is_not_stepped() -> None:
    engine, _, log = engine_with()
    engine.call_in(1.0, log.append, "world")
    engine.advance(10.0)
    assert log == ["world"]


def test_a_wake_up_that_is_past_happens_now() -> None:
    engine, control, log = engine_with()
    engine.advance(5.0)
    control.due_at = 3.0
    engine.advance(10.0)
    assert log == [("step", 5.0)]


def test_an_instant_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A control plane that is due again at once, each time."""
    monkeypatch.setattr(sim.engine, "STEPS_MAX", 50)
    engine, control, log = engine_with(5.0)
    control.on_step = lambda: setattr(control, "due_at", 5.0)
    with pytest.raises(EndlessInstant, match="50 steps at 5 s, and time does not move on"):
        engine.advance(10.0)
    assert len(log) == 52


def test_steps_of_different_instants_are_no_endless_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.engine, "STEPS_MAX", 50)
    engine, control, log = engine_with()
    for at in range(100):
        engine.call_at(float(at), control.news, "news")
    engine.advance(100.0)
    assert log.count("news") == 100


def test_simpys_own_loop_is_refused() -> None:
    """It would never step the control plane."""
    with pytest.raises(RuntimeError, match="call advance"):
        Engine().run(until=5)


def test_time_goes_on_to_the_end_although_nothing_happens() -> None:
    engine = Engine()
    engine.advance(7.0)
    assert engine.now == 7.0


def test_time_is_a_float_from_the_first_instant_on() -> None:
    """A record in which some times are whole numbers is another record."""
    assert type(Engine().now) is float


def test_an_endless_run_ends_when_nothing_is_left() -> None:
    engine, log = Engine(), []
    engine.call_in(7.0, log.append, "last")
    engine.advance(math.inf)
    assert (log, engine.now) == (["last"], 7.0)


def test_the_end_is_part_of_the_run_and_what_follows_it_is_not() -> None:
    engine, log = Engine(), []
    engine.call_at(5.0, log.append, "at the end")
    engine.call_at(5.5, log.append, "after it")
    engine.advance(5.0)
    assert log == ["at the end"]
    engine.advance(6.0)
    assert log == ["at the end", "after it"]


@pytest.mark.parametrize("schedule", [Engine.call_in, Engine.call_at])
def test_infinity_is_never(schedule: Callable[..., object]) -> None:
    engine, log = Engine(), []
    schedule(engine, math.inf, log.append, "never")
    engine.advance(1e9)
    engine.advance(math.inf)
    assert log == []


def test_a_call_at_a_time_that_is_past_happens_now() -> None:
    engine, log = Engine(), []
    engine.advance(5.0)
    engine.call_at(3.0, lambda _: log.append(engine.now))
    engine.advance(6.0)
    assert log == [5.0]


def test_processes_of_simpy_run_beside_calls() -> None:
    engine, log = Engine(), []

    def process() -> Generator[Event, Any, None]:
        yield engine.timeout(2.0)
        log.append(("process", engine.now))

    engine.process(process())
    engine.call_in(1.0, log.append, "call")
    engine.advance(3.0)
    assert log == ["call", ("process", 2.0)]


def test_what_a_process_raises_comes_out() -> None:
    engine = Engine()

    def process() -> Generator[Event, Any, None]:
        yield engine.timeout(2.0)
        raise ArithmeticError("broken")

    engine.process(process())
    with pytest.raises(ArithmeticError, match="broken"):
        engine.advance(3.0)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_time_never_goes_back_and_each_instant_ends_with_one_step(calls: list[int]) -> None:
    engine, control, log = engine_with()
    for at in calls:
        engine.call_at(float(at), lambda at: control.news(("call", float(at))), at)
    engine.advance(10.0)
    expected: list[object] = []
    for at in sorted(set(calls)):
        expected += [("call", float(at))] * calls.count(at) + [("step", float(at))]
    assert log == expected
