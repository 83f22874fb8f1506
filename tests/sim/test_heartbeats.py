"""Heartbeats as trains and gaps: the same knowledge as from each beat, for a few observations a month."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.actions import CutConnection
from policies.decisions import Reason, Refused
from policies.observations import AnyObservation, HeartbeatsBegan, HeartbeatsEnded
from sim.engine import Engine
from sim.streams import Streams
from sim.world.heartbeats import HeartbeatLine
from tests.sim.builders import IDLE, WARM, column, intervals, logged, run, times_of

EVERY_S = 10.0


class Ear:
    """What the control plane is to a heartbeat line: it hears after `delay_s`."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.trains: list[tuple[float, float]] = []

    def draw_train_delay(self, source: str) -> float:
        return self.delay_s

    def tell_beats(self, source: str, delay_s: float, event: AnyObservation) -> None:
        if isinstance(event, HeartbeatsBegan):
            self.trains.append((event.at + delay_s, math.inf))
        elif isinstance(event, HeartbeatsEnded):
            self.trains[-1] = (self.trains[-1][0], event.last_at)

    def heard(self, until: float) -> list[float]:
        """When a beat arrived, as far as the trains say."""
        return [
            first + k * EVERY_S
            for first, last in self.trains
            for k in range(int((min(last, until) - first) // EVERY_S) + 1)
        ]


def line_of(ear: Any, *, loss: float = 0.0, log: list[Any] | None = None) -> tuple[Engine, HeartbeatLine]:
    engine = Engine()
    rng = Streams(1).of("heartbeat_loss") if loss else None
    entries: list[Any] = [] if log is None else log
    line = HeartbeatLine(engine, ear, entries.append, "pod", every_s=EVERY_S, loss=loss, rng=rng)
    return engine, line


def heard(
    ends: list[float], holds: list[tuple[float, float]], until: float, delay_s: float = 0.0
) -> list[float]:
    """When beats arrive if the connection changes at `ends` (up, down, up, ...) and faults hold them back."""
    ear = Ear(delay_s)
    engine, line = line_of(ear)
    for index, at in enumerate(ends):
        engine.call_at(at, lambda _, up=not index % 2: line.connected() if up else line.disconnected())
    for at, length_s in holds:
        engine.call_at(at, lambda _: line.hold())
        engine.call_at(at + length_s, lambda _: line.release())
    engine.advance(until)
    return ear.heard(until + delay_s)


def naive(
    ends: list[float], holds: list[tuple[float, float]], until: float, delay_s: float = 0.0
) -> list[float]:
    """The same, beat by beat."""
    arrived = []
    for start, end in zip(ends[::2], [*ends[1::2], math.inf][: len(ends[::2])], strict=True):
        at = start
        while at < end and at <= until:
            if not any(begin <= at < begin + length_s for begin, length_s in holds):
                arrived.append(at + delay_s)
            at += EVERY_S
    return arrived


HALVES = st.integers(0, 160).map(lambda number: number / 2)
BETWEEN = HALVES.map(lambda time: time + 0.25)
"""Never at the moment of a beat, where the order of two coincident events would decide."""


@pytest.mark.slow
@given(
    st.lists(HALVES, max_size=6, unique=True).map(sorted),
    st.lists(st.tuples(BETWEEN, st.sampled_from([0.0, 0.5, 4.75, 5.0, 9.75, 10.0, 19.75])), max_size=5),
    st.sampled_from([0.0, 0.5, 3.0]),
)
def test_trains_say_what_single_beats_would_have_said(
    ends: list[float], holds: list[tuple[float, float]], delay_s: float
) -> None:
    """Whenever the connection drops, and however faults overlap."""
    assert heard(ends, holds, 100.0, delay_s) == naive(ends, holds, 100.0, delay_s)


@pytest.mark.parametrize(
    ("hold", "arrived"),
    [
        ((5.0, 3.0), [0.0, 10.0, 20.0, 30.0]),  # between two beats: nothing is missed
        ((5.0, 5.0), [0.0, 10.0, 20.0, 30.0]),  # a beat at its end is not lost
        ((10.0, 5.0), [0.0, 20.0, 30.0]),  # one at its beginning is
        ((10.0, 0.0), [0.0, 10.0, 20.0, 30.0]),  # a gap without length loses nothing
        ((5.0, 20.0), [0.0, 30.0]),
    ],
)
def test_a_gap_loses_the_beats_from_its_beginning_to_before_its_end(
    hold: tuple[float, float], arrived: list[float]
) -> None:
    assert heard([0.0], [hold], 35.0) == arrived


def test_gaps_may_overlap() -> None:
    assert heard([0.0], [(5.0, 20.0), (15.0, 20.0)], 45.0) == [0.0, 40.0]


def test_beats_start_anew_with_each_connection() -> None:
    assert heard([0.0, 12.0, 17.0], [], 40.0) == [0.0, 10.0, 17.0, 27.0, 37.0]


def test_a_train_is_two_observations_however_long_it_is() -> None:
    ear = Ear()
    log: list[Any] = []
    engine, line = line_of(ear, log=log)
    line.connected()
    engine.advance(1e7)
    line.disconnected()
    assert ear.trains == [(0.0, 1e7 - EVERY_S)]
    assert [entry.what for entry in log] == ["heartbeats_began", "heartbeats_ended"]


def test_a_run_has_no_entry_for_a_heartbeat() -> None:
    """An idle month has as many as an idle hour."""
    month, hour = (run(WARM + IDLE, overrides=[f"horizon={horizon}"]) for horizon in ("30 d", "1 h"))
    assert len(month.log) == len(hour.log) < 30


@pytest.mark.parametrize("loss", [0.1, 0.5, 0.9])
def test_each_beat_is_lost_with_the_probability_that_is_given(loss: float) -> None:
    """The share of 20,000 beats that arrive, within four standard errors."""
    ear = Ear()
    engine, line = line_of(ear, loss=loss)
    line.connected()
    engine.advance(20_000 * EVERY_S)
    share = len(ear.heard(engine.now)) / 20_001
    assert share == pytest.approx(1 - loss, abs=4 * math.sqrt(loss * (1 - loss) / 20_000))


def test_beats_that_survive_a_loss_stay_where_they_were() -> None:
    ear = Ear()
    engine, line = line_of(ear, loss=0.5)
    line.connected()
    engine.advance(1000.0)
    assert all(at % EVERY_S == 0.0 for at in ear.heard(1000.0))


def test_beats_that_are_all_lost_never_arrive() -> None:
    ear = Ear()
    engine, line = line_of(ear, loss=1.0)
    line.connected()
    engine.advance(1000.0)
    assert ear.heard(1000.0) == []


def gap(at: str, length: str) -> str:
    return f"faults: [{{fault: heartbeat_gap, pod: 1, at: {at}, for: {length}}}]\n"


def plan_at(at: str) -> str:
    return f"tasks: [{{id: 1, at: {at}, workspace: a, kind: plan}}]\n"


SILENT = gap("1 s", "9 min")
"""The last beat is at 0 s."""


def test_a_gap_of_exactly_120_s_is_still_online() -> None:
    assert column(run(WARM + SILENT + plan_at("120 s")), "tasks", "sent_at") == [120.0]


@pytest.mark.parametrize("at", ["120001 ms", "121 s"])
def test_a_gap_of_any_longer_is_offline(at: str) -> None:
    record = run(WARM + SILENT + plan_at(at))
    [refusal] = logged(record, Refused)[0].refusals
    assert refusal.reason is Reason.HEARTBEAT_STALE


def test_a_pod_is_used_again_as_soon_as_one_beat_has_arrived() -> None:
    """Its gap ends at 131 s, before the server's check at 150 s; the next beat is at 140 s."""
    record = run(WARM + gap("1 s", "130 s") + plan_at("125 s"))
    assert [refused.at for refused in logged(record, Refused)] == [125.0, 135.0]
    assert column(record, "tasks", "sent_at") == [145.0]


def test_a_connection_is_cut_at_the_first_check_that_finds_it_silent_for_more_than_120_s() -> None:
    """Checks are every 30 s: that at 120 s finds exactly 120 s, that at 150 s finds more."""
    record = run(WARM + SILENT + IDLE)
    first = logged(record, CutConnection)[0]
    assert (first.at, first.because.heartbeat_age_s, first.because.limit_s) == (150.0, 150.0, 120.0)


def test_an_agent_that_was_cut_dials_again() -> None:
    assert times_of(run(WARM + SILENT + IDLE), "connected")[:2] == [0.0, 152.0]


def test_beats_that_are_held_back_are_held_back_after_a_new_connection_too() -> None:
    """Gap from 1 s to 201 s; cut at 150 s, connected again at 152 s, beats at 162, 172, ..., 202 s."""
    record = run(WARM + gap("1 s", "200 s") + IDLE)
    assert intervals(record, "heartbeats") == [(0.0, 1.0), (202.0, None)]


@pytest.mark.parametrize(("at", "last_at"), [("15 s", 10.0), ("20 s", 10.0), ("20500 ms", 20.0)])
def test_the_end_of_a_train_says_when_its_last_beat_arrived(at: str, last_at: float) -> None:
    [ended] = logged(run(WARM + gap(at, "5 min") + IDLE), HeartbeatsEnded)[:1]
    assert ended.last_at == last_at


def test_the_last_beat_before_a_gap_is_found_though_times_are_no_binary_fractions() -> None:
    """Beats at 8.002 s, 18.002 s, ...; the one at 128.002 s falls upon the gap's begin, and is lost."""
    ear = Ear()
    engine, line = line_of(ear)
    engine.call_at(8.002, lambda _: line.connected())
    engine.call_at(128.002, lambda _: line.hold())
    engine.advance(200.0)
    assert ear.trains == [(8.002, 118.002)]


def test_the_first_beat_after_a_gap_is_found_though_times_are_no_binary_fractions() -> None:
    """It falls upon the gap's end, and arrives."""
    ear = Ear()
    engine, line = line_of(ear)
    engine.call_at(8.002, lambda _: line.connected())
    engine.call_at(9.0, lambda _: line.hold())
    engine.call_at(128.002, lambda _: line.release())
    engine.advance(200.0)
    assert ear.trains[1][0] == pytest.approx(128.002, abs=1e-6)


def test_all_beats_of_a_train_are_late_by_the_same_observation_delay() -> None:
    """Connected at 5 s, beats at 5, 15, 25 s; a gap from 30 s on; all of it 3 s late."""
    text = (
        WARM.replace(", initial: 1", "") + "control_plane: {observation_delay: 3 s}\n" + gap("30 s", "9 min")
    )
    record = run(text + IDLE)
    assert logged(record, HeartbeatsBegan)[0].at == 8.0
    ended = logged(record, HeartbeatsEnded)[0]
    assert (ended.at, ended.last_at) == (33.0, 28.0)


@pytest.mark.parametrize("reorders", ["true", "false"])
def test_the_end_of_a_train_does_not_overtake_the_next_one(reorders: str) -> None:
    """It would silence an agent that beats."""
    faults = "faults: [{fault: connection_lost, pod: all, every: 20 s, for: 1 s}]\n"
    slow = f"control_plane: {{observation_delay: {{exponential: {{mean: 20 s}}}}, reorders: {reorders}}}\n"
    record = run(WARM + slow + faults + IDLE)
    kinds = [type(e) for e in record.log if isinstance(e, HeartbeatsBegan | HeartbeatsEnded)]
    assert len(kinds) > 20
    assert kinds == [HeartbeatsBegan, HeartbeatsEnded] * (len(kinds) // 2) + [HeartbeatsBegan] * (
        len(kinds) % 2
    )


def test_a_train_does_not_begin_before_its_connection_is_known() -> None:
    slow = "control_plane: {observation_delay: {exponential: {mean: 20 s}}}\n"
    faults = "faults: [{fault: connection_lost, pod: all, every: 40 s, for: 1 s}]\n"
    record = run(WARM + slow + faults + IDLE)
    kinds = [type(e).__name__ for e in record.log]
    began = [index for index, kind in enumerate(kinds) if kind == "HeartbeatsBegan"]
    connected = [index for index, kind in enumerate(kinds) if kind == "AgentConnected"]
    assert len(began) > 5
    assert all(first < second for first, second in zip(connected, began, strict=False))
