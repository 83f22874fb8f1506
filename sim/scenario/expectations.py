"""What a scenario expects of its tasks and of the invariants, policy by policy."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from policies.names import nearest
from sim.checks.catalogue import INVARIANTS
from sim.quantities import parse_duration
from sim.scenario.fields import OneOrMore, Part, Seconds
from sim.scenario.problems import FieldError
from sim.scenario.values import (
    Breaks,
    Expectation,
    FinishedWithin,
    NotSentBefore,
    SentWithin,
)

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
    if code not in INVARIANTS:
        raise FieldError(path, nearest("invariant", str(code), INVARIANTS))


_BreaksField = Annotated[
    tuple[Breaks, ...], PlainValidator(_breaks), WithJsonSchema({"definition": "breaks"})
]
_CodesField = Annotated[tuple[str, ...], PlainValidator(_codes), WithJsonSchema({"definition": "invariants"})]


class ExpectBlock(Part):
    """An entry of `expect`: what is true under one preset, several, or `any`."""

    breaks: _BreaksField | None = Field(
        default=None, description="The invariants that break, and when; all others hold."
    )
    undecided: _CodesField = Field(default=(), description="Bounds that the run is too short to refute.")
    sent: Annotated[list[SentBlock], OneOrMore] = Field(default=[], description="First sent in time.")
    not_sent: Annotated[list[NotSentBlock], OneOrMore] = Field(default=[], description="Not sent yet.")
    finished: Annotated[list[FinishedBlock], OneOrMore] = Field(default=[], description="Over in time.")

    @property
    def is_empty(self) -> bool:
        """Whether it expects nothing."""
        return self.breaks is None and not (self.sent or self.not_sent or self.finished)

    def conflict(self) -> tuple[str, str] | None:
        """The key that contradicts another, and how; None if none does."""
        if self.undecided and self.breaks is None:
            return "undecided", "says something only beside breaks; add for example breaks: none"
        both = sorted({each.code for each in self.breaks or ()} & set(self.undecided))
        if both:
            return "undecided", f"{both[0]} is said to break, too; keep one of them"
        return None

    def value(self) -> Expectation:
        """What a run is checked against."""
        return Expectation(
            breaks=self.breaks,
            undecided=self.undecided,
            sent=tuple(SentWithin(task=e.task, within=e.within, of=e.of) for e in self.sent),
            not_sent=tuple(NotSentBefore(task=e.task, before=e.before) for e in self.not_sent),
            finished=tuple(FinishedWithin(task=e.task, within=e.within) for e in self.finished),
        )


def presets_named(key: str) -> list[str]:
    """The presets that a key of `expect` is about: 'post604, seed-before' names two."""
    return [name.strip() for name in key.split(",")]
