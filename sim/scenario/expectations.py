"""What a scenario expects of its tasks and of the invariants, policy by policy."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from policies.decisions import Reason
from policies.lifecycles import TASK
from policies.names import nearest
from policies.vocabulary import TaskState
from sim.checks.catalogue import INVARIANTS
from sim.quantities import parse_duration
from sim.scenario.fields import OneOrMore, Part, Seconds
from sim.scenario.problems import FieldError
from sim.scenario.values import (
    Breaks,
    EndedAs,
    Expectation,
    FinishedWithin,
    NotSentBefore,
    SentWithin,
)

_OVER: Final = tuple(str(state) for state in TaskState if not TASK[state])
"""The states that no task leaves."""
_CODES_OF_REASONS: Final = tuple(str(reason) for reason in Reason)
NONE: Final = "none"
ANY_TIME: Final = "any time"
_WHEN: Final = "a time (19 s), two between which it lies ([10 s, 20 s]), or 'any time'"


class SentBlock(Part):
    """A task is first sent soon enough."""

    task: int = Field(ge=1)
    within: Seconds
    of: Literal["submitted", "agent_connected"] = Field(
        default="submitted",
        description="Since its submission, or since the agent that it is sent to first connected.",
    )


class NotSentBlock(Part):
    """A task is not sent before a time of the run."""

    task: int = Field(ge=1)
    before: Seconds = Field(description="A time since the start of the run.")


class FinishedBlock(Part):
    """A task ends soon enough after its submission, neither failed nor cancelled."""

    task: int = Field(ge=1)
    within: Seconds


def _over(state: Any) -> str:
    if state not in _OVER:
        raise ValueError(nearest("state in which a task is over", str(state), _OVER))
    return str(state)


class EndedBlock(Part):
    """A task ends in a state, soon enough after its submission."""

    task: int = Field(ge=1)
    state: Annotated[str, PlainValidator(_over), WithJsonSchema({"enum": list(_OVER)})]
    within: Seconds


def _breaks(value: Any) -> tuple[Breaks, ...]:
    if value == NONE:
        return ()
    if not isinstance(value, Mapping):
        raise FieldError(
            (), f"{value!r}; expected none, or the invariants that break and when: {{L01: 19 s}}"
        )
    for code in value:
        _known(code, (code,))
    return tuple(_when(code, when) for code, when in value.items())


def _when(code: str, when: Any) -> Breaks:
    if when == ANY_TIME:
        return Breaks(code=code)
    both = when if isinstance(when, list) and len(when) == 2 else [when, when]
    try:
        earliest, latest = map(parse_duration, both)
    except ValueError:
        raise FieldError((code,), f"{when!r}; expected {_WHEN}") from None
    if earliest > latest:
        raise FieldError((code,), f"{when!r}; the first of the two times is the later one")
    return Breaks(code=code, earliest=earliest, latest=latest)


def _codes(value: Any) -> tuple[str, ...]:
    codes = [value] if isinstance(value, str) else value
    if not isinstance(codes, list) or not codes:
        raise FieldError((), f"{value!r}; expected a list of invariants, for example [L04]")
    for index, code in enumerate(codes):
        _known(code, (index,) if codes is value else ())
    return tuple(codes)


def _known(code: Any, path: tuple[Any, ...]) -> None:
    if not isinstance(code, str) or code not in INVARIANTS:
        raise FieldError(path, nearest("invariant", str(code), INVARIANTS))


def _reasons(value: Any) -> tuple[str, ...]:
    reasons = [value] if isinstance(value, str) else value
    if not isinstance(reasons, list) or not reasons:
        raise FieldError((), f"{value!r}; expected a list of reason codes, for example [no_pods]")
    for index, reason in enumerate(reasons):
        if reason not in _CODES_OF_REASONS:
            path = (index,) if reasons is value else ()
            raise FieldError(path, nearest("reason code", str(reason), _CODES_OF_REASONS))
    return tuple(reasons)


_BreaksField = Annotated[
    tuple[Breaks, ...], PlainValidator(_breaks), WithJsonSchema({"definition": "breaks"})
]
_CodesField = Annotated[tuple[str, ...], PlainValidator(_codes), WithJsonSchema({"definition": "invariants"})]

_ReasonsField = Annotated[
    tuple[str, ...], PlainValidator(_reasons), WithJsonSchema({"definition": "reasons"})
]


class ExpectBlock(Part):
    """An entry of `expect`: what is true under one preset, several, or `any`."""

    breaks: _BreaksField | None = Field(
        default=None, description="The invariants that break, and when; all others hold."
    )
    undecided: _CodesField = Field(default=(), description="Bounds that the run is too short to refute.")
    may_break: _CodesField = Field(default=(), description="Invariants that chance may break or not.")
    sent: Annotated[list[SentBlock], OneOrMore] = Field(default=[], description="First sent in time.")
    not_sent: Annotated[list[NotSentBlock], OneOrMore] = Field(default=[], description="Not sent yet.")
    finished: Annotated[list[FinishedBlock], OneOrMore] = Field(default=[], description="Over in time.")
    ended: Annotated[list[EndedBlock], OneOrMore] = Field(default=[], description="Over in this state.")
    never: _ReasonsField = Field(default=(), description="Reason codes that no decision has.")

    @property
    def is_empty(self) -> bool:
        """Whether it expects nothing."""
        of_tasks = self.sent or self.not_sent or self.finished or self.ended
        return self.breaks is None and not (of_tasks or self.never)

    def conflict(self) -> tuple[str, str] | None:
        """The key that contradicts another, and how; None if none does."""
        for key, codes in (("undecided", self.undecided), ("may_break", self.may_break)):
            if codes and self.breaks is None:
                return key, "says something only beside breaks; add for example breaks: none"
            both = sorted({each.code for each in self.breaks or ()} & set(codes))
            if both:
                return key, f"{both[0]} is said to break, too; keep one of them"
        return None

    def value(self) -> Expectation:
        """What a run is checked against."""
        return Expectation(
            breaks=self.breaks,
            undecided=self.undecided,
            may_break=self.may_break,
            sent=tuple(SentWithin(task=e.task, within=e.within, of=e.of) for e in self.sent),
            not_sent=tuple(NotSentBefore(task=e.task, before=e.before) for e in self.not_sent),
            finished=tuple(FinishedWithin(task=e.task, within=e.within) for e in self.finished),
            ended=tuple(EndedAs(task=e.task, state=e.state, within=e.within) for e in self.ended),
            never=self.never,
        )


def presets_named(key: str) -> list[str]:
    """The presets that a key of `expect` is about: 'post604, seed-before' names two."""
    return [name.strip() for name in key.split(",")]
