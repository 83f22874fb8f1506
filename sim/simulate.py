"""Running a scenario: from a resolved scenario and a seed to the record of the run."""

from collections.abc import Callable
from typing import Any

from sim.errors import PolicyError
from sim.garbage import rarely_collected
from sim.record.entry import Entry
from sim.record.run import Run
from sim.scenario import Scenario
from sim.world.world import World


class PolicyFailed(PolicyError):
    """A policy failed during a run; `run` is the record up to there."""

    def __init__(self, message: str, run: Run) -> None:
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.run), self.__dict__


class Interrupted(KeyboardInterrupt):
    """A person interrupted a run; `run` is the record up to there."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.run,), self.__dict__


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    progress: Callable[[float], None] | None = None,
    clock: Callable[[], float] | None = None,
) -> Run:
    """Run the scenario under its policy, with `seed` in place of its own if one is given.

    `progress` is called now and then with the share of simulated time that has passed (0 to 1). `clock`
    (float s) measures how long the run takes on the wall; without one nobody does. Raises PolicyFailed or
    Interrupted, both with the record up to there.
    """
    used = scenario.seed if seed is None else seed
    log: list[Entry] = []
    started = clock() if clock is not None else 0.0
    world = World(scenario, used, log)

    def record(*, is_complete: bool) -> Run:
        return Run(
            scenario,
            used,
            log,
            ended_at=scenario.horizon_s if is_complete else world.now,
            is_complete=is_complete,
            wall_s=None if clock is None else clock() - started,
        )

    try:
        with rarely_collected():
            try:
                world.run(progress)
            finally:
                world.close()
    except PolicyError as error:
        raise PolicyFailed(str(error), record(is_complete=False)) from error
    except KeyboardInterrupt:
        raise Interrupted(record(is_complete=False)) from None
    return record(is_complete=True)
