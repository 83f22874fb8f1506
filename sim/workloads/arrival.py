"""One task as its user means it: when, where, what, and how long it will really take."""

import math

import msgspec


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A task to come. Times and durations are float seconds; infinity is never.

    `fails` is the phase that will fail ("plan" or "apply"), or "". `confirmed_after_s` counts from when the
    person sees the plan's end; `cancelled_after_s` from submission, and only if nobody has started it.
    """

    submitted_at: float
    task: int
    pool: str
    workspace: str
    kind: str
    plan_s: float
    apply_s: float = 0.0
    confirmed_after_s: float = 0.0
    confirmed_at: float = math.nan
    has_changes: bool = True
    fails: str = ""
    cancelled_at: float = math.inf
    cancelled_after_s: float = math.inf
