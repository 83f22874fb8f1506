"""Tasks as a scenario file describes them: written down one by one, or coming from a source."""

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from sim.distributions import ZERO, Constant, Distribution
from sim.scenario.arrival_times import (
    BurstsBlock,
    ClosedBlock,
    CurveBlock,
    DailyBlock,
    PoissonBlock,
    TraceBlock,
    WeeklyBlock,
)
from sim.scenario.fields import (
    Delay,
    DelayOrNever,
    Part,
    Seconds,
    SecondsOrNever,
    Share,
    Text,
)
from sim.scenario.limits import WORKSPACES_MAX
from sim.scenario.problems import FieldError
from sim.workloads import Arrival

Kind = Literal["plan", "plan_and_apply", "drift_check"]
Weight = Annotated[float, Field(gt=0)]

_ONLY_WITH_APPLY: Final = ("apply", "confirmed_after", "confirmed_at", "changes")


class WorkBlock(Part):
    """`work`: what a task is like that does not say."""

    init: Seconds = Field(default=0.0, description="What an apply costs on another pod than its plan's.")
    plan: Delay = Field(default=Constant(60.0), description="How long a plan runs; default 60 s.")
    apply: Delay = Field(default=Constant(10.0), description="How long an apply runs; default 10 s.")
    confirmed_after: DelayOrNever = Field(
        default=ZERO, description="From the plan's end to the confirmation of its apply."
    )
    changes: Share = Field(
        default=1.0, description="The probability that a plan_and_apply finds something to apply."
    )


class TaskBlock(Part):
    """An entry of `tasks`."""

    id: int = Field(ge=1, le=2**63 - 1, description="Its id; lower ids go first where the rules say so.")
    at: Seconds = Field(description="When it is submitted.")
    workspace: Text
    pool: Text | None = Field(default=None, description="Needed if several pools could be meant.")
    kind: Kind
    plan: Seconds | None = Field(default=None, description="How long its plan runs; default work.plan.")
    apply: Seconds | None = Field(default=None, description="How long its apply runs; default work.apply.")
    confirmed_after: SecondsOrNever | None = Field(
        default=None, description="From its plan's end; default work.confirmed_after."
    )
    confirmed_at: Seconds | None = Field(
        default=None, description="When it is confirmed, or at its plan's end if that is later."
    )
    changes: bool | None = Field(default=None, description="Whether its plan finds something to apply.")
    fails: Literal["plan", "apply"] | None = Field(default=None, description="Which of its phases fails.")
    cancelled_at: Seconds | None = Field(default=None, description="When its user cancels it.")
    cancelled_after: Seconds | None = Field(
        default=None, description="Cancelled if nobody has started it so long after its submission."
    )

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if self.kind != "plan_and_apply":
            for key in _ONLY_WITH_APPLY:
                if getattr(self, key) is not None:
                    raise FieldError((key,), f"a {self.kind} has no apply; remove the key")
        has_apply = self.kind == "plan_and_apply" and self.changes is not False
        if self.fails == "apply" and not has_apply:
            raise FieldError(("fails",), "there is no apply that could fail; expected plan")
        if self.confirmed_after is not None and self.confirmed_at is not None:
            raise FieldError(("confirmed_at",), "confirmed_after is given too; keep one of them")
        if self.cancelled_after is not None and self.cancelled_at is not None:
            raise FieldError(("cancelled_after",), "cancelled_at is given too; keep one of them")
        if self.cancelled_at is not None and self.cancelled_at < self.at:
            raise FieldError(
                ("cancelled_at",), f"{self.cancelled_at:g} s is before its time at, {self.at:g} s"
            )
        return self

    def undecided(self, work: WorkBlock) -> Iterator[str]:
        """The keys that this task must have, as `work` has no single value for them."""
        keys = ["plan"] if self.kind != "plan_and_apply" else ["plan", "apply"]
        if self.kind == "plan_and_apply" and self.confirmed_at is None:
            keys.append("confirmed_after")
        for key in keys:
            if getattr(self, key) is None and getattr(work, key).constant_value is None:
                yield key
        if self.kind == "plan_and_apply" and self.changes is None and 0 < work.changes < 1:
            yield "changes"

    def arrival(self, pool: str, work: WorkBlock) -> Arrival:
        """The task as the workload knows it."""
        return Arrival(
            submitted_at=self.at,
            task=self.id,
            pool=pool,
            workspace=self.workspace,
            kind=self.kind,
            plan_s=self._seconds("plan", work),
            apply_s=self._seconds("apply", work),
            confirmed_after_s=(
                0.0 if self.confirmed_at is not None else self._seconds("confirmed_after", work)
            ),
            confirmed_at=math.nan if self.confirmed_at is None else self.confirmed_at,
            has_changes=work.changes > 0 if self.changes is None else self.changes,
            fails=self.fails or "",
            cancelled_at=math.inf if self.cancelled_at is None else self.cancelled_at,
            cancelled_after_s=math.inf if self.cancelled_after is None else self.cancelled_after,
        )

    def _seconds(self, key: str, work: WorkBlock) -> float:
        own: float | None = getattr(self, key)
        default: Distribution = getattr(work, key)
        return own if own is not None else default.constant_value or 0.0


def _workspaces(value: Any) -> int | tuple[str, ...]:
    if isinstance(value, list) and value and all(isinstance(name, str) and name for name in value):
        return tuple(value)
    if type(value) is int and 1 <= value <= WORKSPACES_MAX:
        return value
    raise ValueError(f"{value!r}; expected a whole number from 1 to {WORKSPACES_MAX}, or a list of names")


Workspaces = Annotated[
    int | tuple[str, ...],
    PlainValidator(_workspaces),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": WORKSPACES_MAX},
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
            ]
        }
    ),
]

SOURCES: Final = ("poisson", "curve", "daily", "weekly", "bursts", "closed", "trace")
_NOT_FOR_TRACES: Final = ("workspaces", "kinds", "plan", "apply", "confirmed_after", "changes")


class SourceBlock(Part):
    """An entry of `workload`: one source, and what its tasks are like."""

    poisson: PoissonBlock | None = None
    curve: CurveBlock | None = None
    daily: DailyBlock | None = None
    weekly: WeeklyBlock | None = None
    bursts: BurstsBlock | None = None
    closed: ClosedBlock | None = None
    trace: TraceBlock | None = None
    pool: Text | None = Field(default=None, description="Needed if several pools could be meant.")
    workspaces: Workspaces | None = Field(
        default=None, description="How many, or their names; default those that the pool lists."
    )
    kinds: dict[Kind, Weight] | None = Field(
        default=None, min_length=1, description="The weight of each kind; default plans only."
    )
    plan: Delay | None = Field(default=None, description="How long plans run; default work.plan.")
    apply: Delay | None = Field(default=None, description="How long applies run; default work.apply.")
    confirmed_after: DelayOrNever | None = Field(
        default=None, description="From a plan's end; default work.confirmed_after."
    )
    changes: Share | None = Field(default=None, description="Default work.changes.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise FieldError((), f"has {found}; expected exactly one of {', '.join(SOURCES)}")
        if self.trace is not None:
            self._refuse(_NOT_FOR_TRACES, "a trace's tasks bring their own; remove the key")
        elif "plan_and_apply" not in (self.kinds or {}):
            self._refuse(_ONLY_WITH_APPLY, "no task of this source has an apply; see kinds")
        return self

    def _refuse(self, keys: Iterable[str], why: str) -> None:
        for key in keys:
            if getattr(self, key, None) is not None:
                raise FieldError((key,), why)
