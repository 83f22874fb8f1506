"""Logs that are written by hand, for tests of checks: a story that is told from one time to the next.

`Story().at(5).comes(1)` is a log in which task 1 comes at 5 s. Each verb adds the entries that a run has for
it, what is true and what the control plane writes down; `truly_...` adds only the former.
"""

import math
from collections.abc import Sequence
from typing import Self

from policies.actions import CreatePod, DeletePod, SendTask
from policies.decisions import Placed, PodChosen, PodRefusal, Reason, Refused, Released, Scaled, SlotMoved
from policies.decisions import TaskMoved as Moved
from policies.lifecycles import TASK, SlotEvent, TaskEvent
from policies.observations import ControlPlaneRestarted, PodCreateFailed, TaskSubmitted
from policies.vocabulary import Outcome, Phase, TaskKind, TaskState
from sim.checks import Invariant, PoolTerms, Sharing, Status, Terms, Verdict, check_log
from sim.checks.invariant import Report, Watch
from sim.checks.scene.scene import Scene
from sim.record.entry import Entry
from sim.record.truth import (
    AgentHappened,
    ControlHappened,
    DispatchHappened,
    ExecEnded,
    ExecStarted,
    PodHappened,
    TaskCreated,
)

POOL = "pool"
PLAN, PLAN_AND_APPLY, DRIFT = TaskKind.PLAN, TaskKind.PLAN_AND_APPLY, TaskKind.DRIFT_CHECK


class Story:
    """A log that grows. Pods are called a, b, c; task 7 is of workspace w7 unless it says otherwise."""

    def __init__(
        self,
        *,
        min: int = 0,
        max: int = 5,
        slots: int = 3,
        sharing: Sharing = Sharing.ALONE,
        one_at_a_time: bool = False,
        books_slots: bool = True,
        pools: Sequence[str] = (POOL,),
        cycle_s: float = 5.0,
        heartbeat_limit_s: float = 120.0,
    ) -> None:
        self.terms = Terms(
            pools={name: PoolTerms(name=name, min=min, max=max, slots=slots) for name in pools},
            sharing=sharing,
            one_at_a_time=one_at_a_time,
            books_slots=books_slots,
            heartbeat_limit_s=heartbeat_limit_s,
            cycle_s=cycle_s,
        )
        self.log: list[Entry] = []
        self.now = 0.0
        self.pool = POOL
        self.states: dict[int, TaskState] = {}
        self.attempts: dict[int, int] = {}

    def at(self, now: float) -> Self:
        """What follows happens then (s)."""
        self.now = now
        return self

    def add(self, *entries: Entry) -> Self:
        """Anything else."""
        self.log += entries
        return self

    # tasks

    def truly_comes(self, task: int, kind: TaskKind = PLAN, workspace: str = "") -> Self:
        """Somebody submits a task; the control plane has not heard of it."""
        where = workspace or f"w{task}"
        return self.add(TaskCreated(self.now, task, self.pool, where, kind, 60.0, 10.0))

    def comes(self, task: int, kind: TaskKind = PLAN, workspace: str = "") -> Self:
        """Somebody submits a task, which has a row at once."""
        self.truly_comes(task, kind, workspace)
        return self.gets_a_row(task, kind, workspace)

    def gets_a_row(self, task: int, kind: TaskKind = PLAN, workspace: str = "") -> Self:
        """The control plane hears of a task."""
        self.states[task] = TaskState.PENDING
        return self.add(TaskSubmitted(self.now, task, self.pool, workspace or f"w{task}", kind))

    def row(self, task: int, cause: TaskEvent) -> Self:
        """The task's row moves."""
        before = self.states[task]
        after = self.states[task] = TASK[before][cause]
        return self.add(Moved(self.now, task, before, after, cause))

    def confirms(self, task: int) -> Self:
        """A person confirms the apply."""
        return self.row(task, TaskEvent.CONFIRMED)

    def cancels(self, task: int) -> Self:
        """A user cancels the task."""
        return self.row(task, TaskEvent.CANCELLED)

    # slots

    def slot(self, task: int, pod: str, slot: int, cause: SlotEvent) -> Self:
        """A slot moves."""
        return self.add(SlotMoved(self.now, self.pool, pod, slot, cause, task))

    def books(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """A slot is booked for the task."""
        return self.slot(task, pod, slot, SlotEvent.BOOKED)

    def reserves(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """The slot is kept for the apply."""
        return self.slot(task, pod, slot, SlotEvent.RESERVED)

    def activates(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """The apply takes the slot that was kept for it."""
        return self.slot(task, pod, slot, SlotEvent.ACTIVATED)

    def frees(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """The slot is idle again."""
        return self.slot(task, pod, slot, SlotEvent.FREED)

    # dispatch and execution

    def sends(self, task: int, pod: str = "a", slot: int | None = 0) -> Self:
        """The row says that it runs, and the message leaves."""
        self.attempts[task] = self.attempts.get(task, 0) + 1
        phase = Phase.PLAN if self.states[task] is TaskState.PENDING else Phase.APPLY
        self.row(task, TaskEvent.SENT)
        return self.pushes(task, pod, slot, phase)

    def pushes(self, task: int, pod: str = "a", slot: int | None = 0, phase: Phase = Phase.PLAN) -> Self:
        """The message leaves, whatever the row says."""
        placed = Placed(self.now, task, phase, self.pool, pod, slot, "P5", 0.0)
        return self.add(SendTask(self.now, task, phase, self.attempts.get(task, 1), pod, slot, placed))

    def dispatch(self, task: int, what: str, pod: str = "a", phase: Phase = Phase.PLAN) -> Self:
        """Something becomes of the message on its way."""
        return self.add(DispatchHappened(self.now, task, phase, self.attempts[task], pod, what))

    def starts(
        self, task: int, pod: str = "a", slot: int | None = 0, phase: Phase = Phase.PLAN, attempt: int = 0
    ) -> Self:
        """An agent begins to execute the phase."""
        number = attempt or self.attempts.get(task, 1)
        return self.add(ExecStarted(self.now, task, phase, number, pod, slot, 0.0))

    def stops(
        self,
        task: int,
        pod: str = "a",
        outcome: Outcome = Outcome.DONE,
        phase: Phase = Phase.PLAN,
        attempt: int = 0,
    ) -> Self:
        """The execution is over, which nobody hears of."""
        number = attempt or self.attempts.get(task, 1)
        return self.add(ExecEnded(self.now, task, phase, number, pod, outcome))

    def runs(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """All that is right: booked, sent and started."""
        return self.books(task, pod, slot).sends(task, pod, slot).starts(task, pod, slot)

    def ends(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """Its plan is done, with nothing more to do."""
        return self.stops(task, pod).row(task, TaskEvent.SUCCEEDED).frees(task, pod, slot)

    def plans(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """Its plan ends with changes: the slot is kept for its apply."""
        self.stops(task, pod, Outcome.CHANGES).row(task, TaskEvent.PLANNED)
        return self.reserves(task, pod, slot)

    def applies(self, task: int, pod: str = "a", slot: int = 0) -> Self:
        """Its apply is sent to the slot that was kept for it, and starts."""
        self.activates(task, pod, slot).sends(task, pod, slot)
        return self.starts(task, pod, slot, Phase.APPLY)

    def refused(self, task: int, reason: Reason, pod: str | None = "a") -> Self:
        """Placement finds nothing for the task, and says this of the pod."""
        refusal = PodRefusal(pod, reason, {})
        return self.add(Refused(self.now, task, self.pool, f"w{task}", "P3", (refusal,), self.now + 10.0))

    def released(self, task: int, reason: Reason, pod: str = "a", slot: int = 0) -> Self:
        """A booking is undone, as nobody is there to send it to."""
        return self.add(Released(self.now, task, self.pool, pod, slot, "D3", reason, self.now + 15.0))

    # pods and agents

    def asks_for(self, *pods: str) -> Self:
        """The autoscaler asks for pods."""
        scaled = Scaled(self.now, self.pool, "C9", 0, len(pods), Reason.COLD_START, {})
        return self.add(*(CreatePod(self.now, self.pool, pod, scaled) for pod in pods))

    def is_refused(self, pod: str, reason: str = "already_exists") -> Self:
        """The cluster refuses to create the pod."""
        return self.add(PodCreateFailed(self.now, pod, reason))

    def pod(self, pod: str, *what: str) -> Self:
        """This happens to the pod, in truth."""
        return self.add(*(PodHappened(self.now, pod, self.pool, each) for each in what))

    def agent(self, pod: str, *what: str) -> Self:
        """This happens to the pod's agent, in truth."""
        return self.add(*(AgentHappened(self.now, pod, each) for each in what))

    def runs_pods(self, *pods: str) -> Self:
        """Pods are there and Running; nobody asked for them, and no agent is connected."""
        for pod in pods:
            self.pod(pod, "created", "running")
        return self

    def connects(self, *pods: str) -> Self:
        """Their agents connect, and beat."""
        for pod in pods:
            self.agent(pod, "connected", "heartbeats_began")
        return self

    def disconnects(self, pod: str) -> Self:
        """The connection drops."""
        return self.agent(pod, "disconnected", "heartbeats_ended")

    def has(self, *pods: str) -> Self:
        """Pods are there, Running, with agents that are connected and beat."""
        return self.runs_pods(*pods).connects(*pods)

    def deletes(self, pod: str, reason: Reason = Reason.UTILISATION_LOW) -> Self:
        """The autoscaler asks for the end of the pod."""
        chosen = PodChosen(self.now, self.pool, pod, "any_idle", reason)
        return self.add(DeletePod(self.now, self.pool, pod, chosen))

    # the control plane

    def control_goes_down(self) -> Self:
        """The process stops."""
        return self.add(ControlHappened(self.now, "down"))

    def control_comes_up(self) -> Self:
        """Another process is there, and remembers nothing."""
        return self.add(ControlHappened(self.now, "up"), ControlPlaneRestarted(self.now))

    # what the checks say

    def verdict(self, invariant: Invariant, until: float = math.nan) -> Verdict:
        """What one invariant says of the log, which lasts until then, or ends with its last entry."""
        (verdict,) = check_log(self.log, self.terms, [invariant], ended_at=until)
        return verdict

    def broken(self, invariant: Invariant, until: float = math.nan) -> list[tuple[float, str]]:
        """When and how the invariant is broken, in the order of time."""
        verdict = self.verdict(invariant, until)
        assert verdict.count == len(verdict.violations)
        assert (verdict.status is Status.BROKEN) == bool(verdict.violations)
        return [(each.at, each.text) for each in verdict.violations]

    def status(self, invariant: Invariant, until: float = math.nan) -> str:
        """`holds`, `broken` or `undecided`."""
        return str(self.verdict(invariant, until).status)

    def scene(self, until: float = math.nan) -> Scene:
        """The scene after all of it."""
        seen: list[Scene] = []

        class Looks(Invariant, frozen=True):
            def watch(self, scene: Scene, report: Report) -> Watch:
                seen.append(scene)
                return Watch()

        self.verdict(Looks(), until)
        return seen[0]
