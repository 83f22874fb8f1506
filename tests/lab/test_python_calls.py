"""Calls from Python that are wrong: refused as the command line does, with a message that says what to do."""

from collections.abc import Callable

import pytest

from lab import InputError, compare, judge_scenarios, load, matrix, run
from policies import PRESETS


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: load("609", settings="pool.max=3"),
            r"settings='pool.max=3': is one text; expected a list, as in",
        ),
        (lambda: run("609", settings="pool.max=3"), r"expected a list, as in \['pool.max=3'\]"),
        (lambda: compare(["later", "post604"], "609", settings="pool.max=3"), "is one text; expected a list"),
        (lambda: run("609", seed=-1), "seed=-1: expected a whole number from 0 on"),
        (lambda: run("609", seed=1.5), "seed=1.5: expected a whole number from 0 on"),  # type: ignore[arg-type]
        (lambda: run("609", seed=True), "seed=True: expected a whole number from 0 on"),
        (lambda: load("609", seed=-1), "seed=-1: expected a whole number"),
        (lambda: compare(["later", "post604"], "609", seed=-1), "seed=-1: expected a whole number"),
        (lambda: compare(["later"], "609"), "only one policy, later, to compare; expected two or more"),
        (lambda: compare([PRESETS["later"]], "609"), "only one policy, later, to compare;"),
        (lambda: compare([], "609"), "no policy to compare; expected two or more"),
        (lambda: load(609), "scenario=609: expected a name or a path, as in '609'"),  # type: ignore[arg-type]
        (lambda: matrix([609]), "scenario=609: expected a name or a path"),  # type: ignore[list-item]
        (lambda: judge_scenarios([None]), "scenario=None: expected a name"),  # type: ignore[list-item]
        (lambda: compare("later", "609"), "policies='later': is one text; expected a list"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Callable[[], object], message: str) -> None:
    """With InputError, which the command answers with exit code 2."""
    with pytest.raises(InputError, match=message):
        call()


def test_a_seed_may_be_of_any_whole_kind() -> None:
    """As from NumPy."""

    class Whole:
        def __index__(self) -> int:
            return 3

    assert run("609", seed=Whole()).seed == 3  # type: ignore[arg-type]
