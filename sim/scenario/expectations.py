"""What a scenario expects of its tasks, policy by policy."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.fields import OneOrMore, Part, Seconds
from sim.scenario.values import Expectation, FinishedWithin, NotSentBefore, SentWithin


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


class ExpectBlock(Part):
    """An entry of `expect`: what is true under one preset, or under `any`."""

    sent: Annotated[list[SentBlock], OneOrMore] = Field(default=[], description="First sent in time.")
    not_sent: Annotated[list[NotSentBlock], OneOrMore] = Field(default=[], description="Not sent yet.")
    finished: Annotated[list[FinishedBlock], OneOrMore] = Field(default=[], description="Over in time.")

    @property
    def is_empty(self) -> bool:
        """Whether it expects nothing."""
        return not (self.sent or self.not_sent or self.finished)

    def value(self) -> Expectation:
        """What a run is checked against."""
        return Expectation(
            sent=tuple(SentWithin(task=e.task, within=e.within, of=e.of) for e in self.sent),
            not_sent=tuple(NotSentBefore(task=e.task, before=e.before) for e in self.not_sent),
            finished=tuple(FinishedWithin(task=e.task, within=e.within) for e in self.finished),
        )
