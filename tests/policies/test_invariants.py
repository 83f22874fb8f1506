"""What holds whatever is observed, in whatever order: under every preset, and under the other switches."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from policies.actions import CreatePod, DeletePod, SendTask
from policies.decisions import Refused, Released
from policies.policy_set import PolicySet
from policies.presets import PRESETS, resolve
from policies.wire import decode, encode
from tests.policies.recount import check, check_waiting
from tests.policies.streams import STREAMS, Move, Player

VARIANTS: dict[str, tuple[str, Mapping[str, Any]]] = {
    **{name: (name, {}) for name in PRESETS},
    "rebuild": ("seed-after", {"recovery": "rebuild"}),
    "rebuild-later": ("later", {"recovery": "rebuild"}),
    "requeue": ("seed-before", {"controller": {"lost_plan": "requeue"}}),
    "list_sync": ("seed-after", {"controller": {"heartbeat_evidence": "list_sync"}}),
    "serving-later": ("later", {"dispatch": "D5", "autoscaler": "C10", "victims": "longest_idle"}),
    "slow-cycles": ("seed-after", {"controller": {"autoscaler_every": 30.0}}),
    "no-slots": ("phase2-raw", {"placement": "P0", "queue": "Q1", "autoscaler": "C3"}),
    "counting": ("phase2-raw", {"queue": "Q1", "autoscaler": "C2", "victims": "oldest"}),
}

every_policy = pytest.mark.parametrize(
    "policy", [resolve(*variant) for variant in VARIANTS.values()], ids=list(VARIANTS)
)


def played(policy: PolicySet, stream: list[Move], *, extra_steps: int = 0) -> Player:
    """A player that has made all moves of the stream."""
    player = Player(policy, extra_steps=extra_steps)
    for move in stream:
        player.play(move)
    return player


@pytest.mark.slow
@every_policy
@settings(max_examples=60)
@given(stream=STREAMS)
def test_counts_indexes_and_slots_are_those_of_a_recount(policy: PolicySet, stream: list[Move]) -> None:
    """Neither `observe` nor `step` raises, no slot has two tasks, and no task two slots."""
    player = Player(policy)
    for move in stream:
        player.play(move)
        check(player.control)


Q9 = {"queue": "Q9"}
WHO_WAITS = {
    "windtunnel": resolve("windtunnel"),
    "by-retries": resolve("seed-after", {**Q9, "autoscaler": "C10"}),
    "booked-in-vain": resolve("windtunnel", {"placement": "P2"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("policy", WHO_WAITS.values(), ids=list(WHO_WAITS))
@settings(max_examples=200)
@given(stream=STREAMS)
def test_who_waits_for_a_place_is_who_could_go(policy: PolicySet, stream: list[Move]) -> None:
    """As far as the queue rule lets a task go; and after a step nobody is left to be served."""
    player = Player(policy)
    for move in stream:
        player.play(move)
        player.control.step(player.now)
        check_waiting(player.control)


@pytest.mark.slow
@pytest.mark.parametrize("policy", WHO_WAITS.values(), ids=list(WHO_WAITS))
@settings(max_examples=60)
@given(stream=STREAMS)
def test_nobody_is_refused_twice_in_a_step(policy: PolicySet, stream: list[Move]) -> None:
    player = Player(policy)
    for move in stream:
        before = len(player.decisions)
        player.play(move)
        player.control.step(player.now)
        refused = [each for each in player.decisions[before:] if isinstance(each, Refused | Released)]
        assert len({(each.at, each.task) for each in refused}) == len(refused)


@pytest.mark.slow
@every_policy
@settings(max_examples=20)
@given(stream=STREAMS)
def test_the_same_stream_gives_the_same_actions_and_decisions(policy: PolicySet, stream: list[Move]) -> None:
    first, second = played(policy, stream), played(policy, stream)
    assert second.actions == first.actions
    assert second.decisions == first.decisions


@pytest.mark.slow
@every_policy
@settings(max_examples=20)
@given(stream=STREAMS)
def test_steps_before_the_next_wake_up_change_nothing(policy: PolicySet, stream: list[Move]) -> None:
    """`next_wakeup` does not lie: who steps more often gets the same actions, at the same times."""
    asked, eager = played(policy, stream), played(policy, stream, extra_steps=3)
    assert eager.actions == asked.actions
    assert eager.decisions == asked.decisions


@pytest.mark.slow
@every_policy
@settings(max_examples=20)
@given(stream=STREAMS)
def test_what_comes_out_is_in_the_order_of_time_and_survives_the_wire(
    policy: PolicySet, stream: list[Move]
) -> None:
    player = played(policy, stream)
    actions = [action for _, action in player.actions]
    for values in (actions, player.decisions):
        assert [decode(encode(value)) for value in values] == values
        assert [value.at for value in values] == sorted(value.at for value in values)


@pytest.mark.slow
@every_policy
@settings(max_examples=20)
@given(stream=STREAMS)
def test_actions_name_what_can_be_acted_on(policy: PolicySet, stream: list[Move]) -> None:
    """Pod names and dispatches are never repeated, and nothing is sent to a pod after its deletion."""
    actions = [action for _, action in played(policy, stream).actions]
    created = [action.pod for action in actions if isinstance(action, CreatePod)]
    sent = [(action.task, action.attempt) for action in actions if isinstance(action, SendTask)]
    assert len(set(created)) == len(created)
    assert len(set(sent)) == len(sent)
    deleted: set[str] = set()
    for action in actions:
        if isinstance(action, DeletePod):
            assert action.pod not in deleted
            deleted.add(action.pod)
        elif isinstance(action, SendTask):
            assert action.pod not in deleted
