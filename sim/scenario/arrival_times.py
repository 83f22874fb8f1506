"""When the tasks of a source arrive, as a scenario file describes it."""

import math
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from sim.scenario.fields import Delay, Part, PositiveSeconds, RatePerSecond, Seconds, Text
from sim.scenario.limits import CUSTOMERS_MAX
from sim.scenario.problems import FieldError

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0

Curve = tuple[tuple[tuple[float, float], ...], float | None]
"""Steps of (from float s, rate per s), and after how long (s) they repeat, if they do."""


class _Window(Part):
    """When a random source begins and ends."""

    from_: Seconds = Field(default=0.0, alias="from", description="When it begins; default 0 s.")
    until: Seconds | None = Field(default=None, description="When it ends; default the horizon.")
    count: int | None = Field(default=None, ge=1, description="How many tasks at most.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            text = f"{self.until:g} s; expected more than from, {self.from_:g} s"
            raise FieldError(("until",), text)
        return self

    def curve(self) -> Curve:
        """The rate, step by step."""
        raise NotImplementedError


class PoissonBlock(_Window):
    """`poisson`: tasks at random, at a constant rate."""

    rate: RatePerSecond

    def curve(self) -> Curve:
        return ((0.0, self.rate),), None


class StepBlock(Part):
    """An entry of `curve.steps`."""

    from_: Seconds = Field(alias="from")
    rate: RatePerSecond


class CurveBlock(_Window):
    """`curve`: tasks at random, at a rate that is constant between steps."""

    steps: list[StepBlock] = Field(min_length=1)
    repeats_every: PositiveSeconds | None = Field(default=None, description="Default: the last step lasts.")

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        before = -math.inf
        for index, step in enumerate(self.steps):
            if index == 0 and step.from_ != 0:
                text = f"{step.from_:g} s; the first step is from 0 s"
                raise FieldError(("steps", 0, "from"), text)
            if step.from_ <= before:
                raise FieldError(
                    ("steps", index, "from"), f"{step.from_:g} s; expected more than {before:g} s"
                )
            before = step.from_
        if self.repeats_every is not None and before >= self.repeats_every:
            raise FieldError(
                ("repeats_every",),
                f"{self.repeats_every:g} s; expected more than the last step's from, {before:g} s",
            )
        return self

    def curve(self) -> Curve:
        return tuple((step.from_, step.rate) for step in self.steps), self.repeats_every


class DailyBlock(_Window):
    """`daily`: tasks at random, at a rate for each hour of the day; the run begins at midnight."""

    hourly: list[RatePerSecond] = Field(min_length=24, max_length=24)

    def curve(self) -> Curve:
        return tuple((hour * HOUR_S, rate) for hour, rate in enumerate(self.hourly)), DAY_S


class WeeklyBlock(_Window):
    """`weekly`: as `daily`, times a factor for each day; the run begins on a Monday."""

    hourly: list[RatePerSecond] = Field(min_length=24, max_length=24)
    days: list[Annotated[float, Field(ge=0)]] = Field(
        min_length=7, max_length=7, description="A factor for each day, Monday first."
    )

    def curve(self) -> Curve:
        steps = (
            (day * DAY_S + hour * HOUR_S, rate * factor)
            for day, factor in enumerate(self.days)
            for hour, rate in enumerate(self.hourly)
        )
        return tuple(steps), 7 * DAY_S


class BurstsBlock(Part):
    """`bursts`: many tasks at once, now and then."""

    at: list[Seconds] | None = Field(default=None, min_length=1, description="When each burst begins.")
    every: PositiveSeconds | None = Field(default=None, description="Between bursts, and before the first.")
    size: int = Field(ge=1, description="How many tasks a burst has.")
    within: Seconds = Field(default=0.0, description="How long a burst takes; default all at once.")

    @model_validator(mode="after")
    def _at_or_every(self) -> Self:
        if (self.at is None) == (self.every is None):
            raise FieldError((), "expected exactly one of at and every")
        return self


class ClosedBlock(Part):
    """`closed`: customers who wait for the end of their task, think, and submit the next one."""

    customers: int = Field(ge=1, le=CUSTOMERS_MAX)
    think: Delay = Field(description="Before each task of a customer, the first one too.")


class TraceBlock(Part):
    """`trace`: tasks from a CSV or Parquet file, beside the scenario."""

    file: Text
    origin: Text | None = Field(default=None, description="The time that is 0 s; default the first task's.")
