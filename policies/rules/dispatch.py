"""D: what happens between a booked slot and a sent task, and how long to wait after each way to fail."""

import math
from typing import ClassVar

import msgspec

from policies.decisions import Reason
from policies.observed.pod import Pod
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.rules.base import Rule
from policies.vocabulary import INSTANT, RowState, Seconds

_PLAIN = (int, float)


def is_wait(value: object) -> bool:
    """Whether a rule's answer is a time to wait: a finite plain number of seconds, at least 1 µs.

    A wait of no time would try again at the same instant, for ever.
    """
    return isinstance(value, int | float) and type(value) in _PLAIN and INSTANT <= value < math.inf


class SendTo(msgspec.Struct, frozen=True):
    """Send to this pod's agent; `booked` False gives up the slot first."""

    pod: Pod
    booked: bool


class GiveUp(msgspec.Struct, frozen=True):
    """Release the slot and try the workspace again after `retry_after` seconds."""

    reason: Reason
    retry_after: Seconds
    wants_pod: bool = False
    """Whether to ask for one more pod at once rather than at the next autoscaler cycle."""


class DispatchRule(Rule, frozen=True):
    """Says whom to send a placed task to, and when to try again."""

    family: ClassVar[str] = "dispatch"

    retry_no_slot: Seconds = 10.0
    """Wait after no pod had a place for the task."""
    retry_lost_race: Seconds = 5.0
    """Wait after the agent itself said that it is full: another dispatch got there first."""
    retry_no_agent: Seconds = 15.0
    """Wait after nobody was connected to send to."""
    send_back_off: tuple[Seconds, ...] = (5.0, 10.0, 20.0, 40.0, 60.0)
    """Waits after failed sends in a row; the last one repeats."""
    deletes_ended_pods: ClassVar[bool] = False
    """Whether Failed and Succeeded pods are deleted at the sync before each autoscaler cycle."""
    serves_waiting: ClassVar[bool] = False
    """Whether a place that comes free is offered at once to those that wait for one, rather than at their
    next retry: a slot that another workspace gives up, an agent that connects."""

    def __post_init__(self) -> None:
        for name in ("retry_no_slot", "retry_lost_race", "retry_no_agent"):
            if not is_wait(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name):g} s; expected at least 1 µs")
        if not self.send_back_off or not all(map(is_wait, self.send_back_off)):
            raise ValueError(f"send_back_off is {list(self.send_back_off)}; expected waits of at least 1 µs")

    def route(self, task: Task, pod: Pod, pool: Pool) -> SendTo | GiveUp:
        """Whom to send to, now that a slot of `pod` is booked for `task`."""
        raise NotImplementedError

    @property
    def doubts_after(self) -> Seconds | None:
        """So long after a send the agent is asked whether it runs what was sent; None: never."""
        return None

    def back_off(self, failures: int) -> Seconds:
        """The wait after this many failed sends in a row."""
        return self.send_back_off[min(failures, len(self.send_back_off)) - 1]


class D3(DispatchRule, frozen=True):
    """Seed era: book, then look who is connected.

    Nobody connected anywhere: release, retry. The pod's agent known but not connected: release and take
    any connected agent that has room, without a booking (nothing then stops a second task on its pod).
    """

    def route(self, task: Task, pod: Pod, pool: Pool) -> SendTo | GiveUp:
        if pod.connected:
            return SendTo(pod, booked=True)
        if not pool.anyone_connected:
            return self.nobody_connected()
        if pod.row is RowState.ABSENT:
            return GiveUp(Reason.AGENT_NOT_KNOWN, self.retry_no_agent)
        for other in pool.connected_pods():
            if other.agent_allows(task.kind, plan_limit=pool.slots_per_pod):
                return SendTo(other, booked=False)
        return GiveUp(Reason.NOT_CONNECTED, self.retry_no_slot)

    def nobody_connected(self) -> GiveUp:
        """The answer when no agent of the pool is connected."""
        return GiveUp(Reason.NO_AGENT_CONNECTED, self.retry_no_agent)


class D4(D3, frozen=True):
    """Later: as D3; nobody connected asks for a pod at once, and ended pods are deleted at sync."""

    deletes_ended_pods: ClassVar[bool] = True

    def nobody_connected(self) -> GiveUp:
        return GiveUp(Reason.NO_AGENT_CONNECTED, self.retry_no_agent, wants_pod=True)


class D5(DispatchRule, frozen=True):
    """Ours: send to the booked pod's agent only, ask what became of it, and offer a free place at once.

    The placement has looked whether the agent is connected. If it is not, whatever the placement thinks, the
    booking is given up: a task that is sent elsewhere without one may share its pod with anything. A free
    place is offered to who waits longest.

    A message can be lost on its way, and nobody is told. So an agent is asked what it runs when a phase that
    it was sent has not ended after `verify_after`, and what it does not know is sent again.
    """

    verify_after: Seconds = 30.0
    """How long a send may take to arrive: one that arrives later than the question is executed twice."""
    deletes_ended_pods: ClassVar[bool] = True
    serves_waiting: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_wait(self.verify_after):
            raise ValueError(f"verify_after is {self.verify_after:g} s; expected at least 1 µs")

    @property
    def doubts_after(self) -> Seconds | None:
        return self.verify_after

    def route(self, task: Task, pod: Pod, pool: Pool) -> SendTo | GiveUp:
        return GiveUp(Reason.NOT_CONNECTED, self.retry_no_slot)
