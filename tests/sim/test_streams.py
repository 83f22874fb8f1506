"""Random streams: one for each seed, purpose and entity, whoever else draws whatever else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.streams import Streams

NAMES = st.tuples(st.sampled_from(["plan", "apply", "fault"]), st.integers(0, 5))


def first(seed: int, purpose: str, entity: str | int = "") -> float:
    """The first number of a stream."""
    return float(Streams(seed).of(purpose, entity).random())


def test_a_stream_begins_anew_each_time_it_is_opened() -> None:
    streams = Streams(1)
    one = streams.of("plan", 1).random(5)
    assert (streams.of("plan", 1).random(5) == one).all()


@pytest.mark.parametrize("other", [(2, "plan", "1"), (1, "apply", "1"), (1, "plan", "2")])
def test_seed_purpose_and_entity_each_make_a_stream_of_their_own(other: tuple[int, str, str]) -> None:
    assert first(*other) != first(1, "plan", "1")


def test_purpose_and_entity_are_not_simply_joined() -> None:
    """`ab` and `c` are not `a` and `bc`, nor is seed 1 of `2...` seed 12."""
    assert len({first(1, "ab", "c"), first(1, "a", "bc"), first(1, "abc"), first(11, "b", "c")}) == 4


def test_an_entity_may_be_a_number_or_its_text() -> None:
    assert first(1, "plan", 17) == first(1, "plan", "17")


@settings(max_examples=30)
@given(st.lists(NAMES, min_size=2, max_size=8, unique=True), st.data())
def test_streams_do_not_depend_on_the_order_in_which_they_are_opened(
    names: list[tuple[str, int]], data: st.DataObject
) -> None:
    one, other = Streams(5), Streams(5)
    in_order = {name: one.of(*name).random() for name in names}
    shuffled = {name: other.of(*name).random() for name in data.draw(st.permutations(names))}
    assert shuffled == in_order


def test_drawing_from_one_stream_moves_no_other() -> None:
    streams = Streams(1)
    alone = streams.of("plan", 2).random()
    other = streams.of("plan", 1)
    again = streams.of("plan", 2)
    other.random(1000)
    assert again.random() == alone


def test_streams_of_neighbouring_seeds_and_entities_are_spread_evenly() -> None:
    """The mean of 4000 first numbers, within four standard errors of a half."""
    drawn = [first(seed, "plan", entity) for seed in range(40) for entity in range(100)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.5, abs=4 / (12 * 4000) ** 0.5)


def test_the_numbers_are_those_of_every_machine() -> None:
    """A change here changes every run that anybody has recorded."""
    assert first(1, "plan", "default-3") == 0.050147979573714196
    assert first(2, "image_pull", "red-12") == 0.3302403101477982
