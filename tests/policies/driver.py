"""A driver of a `Controller` for tests: it tells, steps when asked to, and keeps what came out.

Pods are shown to the control plane by `PodSeen`, as a list would show them, and named as the
control plane names its own, so that the pods it creates later are numbered on.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from policies.actions import AnyAction, SendTask
from policies.controller import Controller, PoolBounds
from policies.decisions import AnyDecision, PodRefusal, Reason
from policies.observations import (
    AgentConnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AnyObservation,
    DispatchFailed,
    HeartbeatsBegan,
    PhaseEnded,
    PodSeen,
    TaskSubmitted,
)
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.policy_set import PolicySet
from policies.presets import resolve
from policies.rules.autoscaling import Autoscaler, Target
from policies.rules.placement import Placement
from policies.vocabulary import Outcome, Phase, TaskId, TaskKind

POOL = "a"
PLAN, APPLY = Phase.PLAN, Phase.APPLY
PLAN_ONLY, PLAN_AND_APPLY, DRIFT_CHECK = (
    TaskKind.PLAN,
    TaskKind.PLAN_AND_APPLY,
    TaskKind.DRIFT_CHECK,
)

Place = tuple[str, int | None] | None
"""A pod, and a slot of it or none."""

A = TypeVar("A")


class Keep(Autoscaler, frozen=True):
    """An autoscaler that leaves the pool as it is, for tests of something else."""

    depends_on_time = False

    def decide(self, pool: Pool, now: float) -> Target:
        """As many pods as there are."""
        return Target(pool.pods, Reason.NOTHING_TO_DO)


class Staged(Placement, frozen=True):
    """Sets a scene: a task of workspace `x@pod` goes to that pod; others ask `then`, or wait."""

    then: Placement | None = None

    def place(self, task: Task, pool: Pool) -> Slot | Pod | None:
        """The first idle slot of the pod that the workspace names."""
        _, at, name = task.workspace.partition("@")
        if at:
            pod = pool.pod(name)
            return pod.first_idle_slot() if pod is not None else None
        return None if self.then is None else self.then.place(task, pool)


class Driver:
    """Holds a controller of one pool, the time, and the log of actions and decisions."""

    def __init__(
        self,
        preset: str = "seed-after",
        overrides: Mapping[str, Any] | None = None,
        *,
        policy: PolicySet | None = None,
        min_pods: int = 0,
        max_pods: int = 5,
        slots: int = 3,
    ) -> None:
        chosen = resolve(preset, overrides) if policy is None else policy
        bounds = PoolBounds(name=POOL, min=min_pods, max=max_pods, slots_per_pod=slots)
        self.decisions: list[AnyDecision] = []
        self.control = Controller(chosen, [bounds], journal=self.decisions)
        self.now = 0.0
        self.log: list[tuple[float, AnyAction]] = []
        self._last_id = 0
        self._last_pod = 0

    @property
    def pool(self) -> Pool:
        """The pool as observed."""
        return self.control.pool(POOL)

    # time

    def run(self, until: float) -> list[AnyAction]:
        """Step at every wake-up up to and including `until`; the actions of these steps."""
        first = len(self.log)
        while (at := self.control.next_wakeup()) <= until:
            self.log += [(at, action) for action in self.control.step(at)]
        self.now = until
        return [action for _, action in self.log[first:]]

    def tell(self, *events: AnyObservation) -> None:
        """Observe these, and step at their time."""
        for event in events:
            if event.at > self.now:
                self.run(event.at)
            self.control.observe(event)
        self.run(self.now)

    # scenery

    def pod(
        self,
        *,
        created_at: float | None = None,
        phase: str = "Running",
        registered: bool = True,
        connected: bool = True,
        heartbeats: bool = True,
        known: bool = True,
    ) -> str:
        """Show a pod, with those facts about its agent that are asked for; its name."""
        self._last_pod += 1
        name = f"{POOL}-{self._last_pod}"
        created_at = self.now if created_at is None else created_at
        self.control.observe(PodSeen(self.now, name, POOL, phase, created_at))
        self.agent(name, registered=registered, connected=connected, heartbeats=heartbeats, known=known)
        return name

    def agent(
        self,
        name: str,
        *,
        registered: bool = True,
        connected: bool = True,
        heartbeats: bool = True,
        known: bool = True,
    ) -> None:
        """Observe those facts about a pod's agent that are asked for, and step."""
        if registered:
            self.control.observe(AgentRegistered(self.now, name))
        if connected:
            self.control.observe(AgentConnected(self.now, name))
        if heartbeats:
            self.control.observe(HeartbeatsBegan(self.now, name, 10.0))
        if known:
            self.control.observe(AgentKnownToPodManager(self.now, name))
        self.run(self.now)

    def submit(self, workspace: str, kind: TaskKind = PLAN_ONLY) -> TaskId:
        """Submit a task now, and step; its id."""
        self._last_id += 1
        self.tell(TaskSubmitted(self.now, self._last_id, POOL, workspace, kind))
        return self._last_id

    def end(self, task: TaskId, outcome: Outcome = Outcome.DONE) -> None:
        """The agent that the task was last sent to reports the end of its phase, now."""
        send = self.last_send(task)
        self.tell(PhaseEnded(self.now, task, send.phase, send.attempt, send.pod, outcome))

    def fail_send(self, task: TaskId, reason: str = "not_connected") -> None:
        """The last dispatch of the task did not reach its agent, or was refused by it, now."""
        send = self.last_send(task)
        self.tell(DispatchFailed(self.now, task, send.phase, send.attempt, reason))

    # what came out

    def last_send(self, task: TaskId) -> SendTask:
        """The last dispatch of the task."""
        return [send for _, send in self.done(SendTask) if send.task == task][-1]

    def done(self, cls: type[A]) -> list[tuple[float, A]]:
        """All actions of this class, each with its time."""
        return [(at, action) for at, action in self.log if isinstance(action, cls)]

    def sent(self) -> list[tuple[float, TaskId]]:
        """When which task was sent."""
        return [(at, send.task) for at, send in self.done(SendTask)]

    def decided(self, cls: type[A]) -> list[A]:
        """All decisions of this class."""
        return [decision for decision in self.decisions if isinstance(decision, cls)]

    def slots_of(self, name: str) -> list[str]:
        """The states of a pod's slots, by index."""
        pod = self.pool.pod(name)
        return [] if pod is None else [str(slot.state) for slot in pod.slots]


def scene(
    *pods: str,
    then: Placement | None = None,
    autoscaler: Autoscaler | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    created_at: float = -1000.0,
    min_pods: int = 0,
    max_pods: int = 5,
    slots: int = 3,
) -> Driver:
    """A driver at 0 s with a connected pod `a-1`, `a-2`, ... for each string, a letter a slot.

    `p` is a running plan, `A` a running plan_and_apply, `r` a reserved slot, `.` an idle one. The
    task on slot 0 of pod a-1 has the id 1 and the workspace `0@a-1`, and so on. What is submitted
    later is placed by `then`; without it, it waits.
    """
    rules = {"placement": Staged(then=then), "autoscaler": autoscaler or Keep()}
    driver = Driver(
        overrides={**rules, **(overrides or {})},
        min_pods=min_pods,
        max_pods=max_pods,
        slots=len(pods[0]) if pods else slots,
    )
    for letters in pods:
        name = driver.pod(created_at=created_at)
        tasks = [
            driver.submit(f"{index}@{name}", PLAN_AND_APPLY if letter in "Ar" else PLAN_ONLY)
            for index, letter in enumerate(letters)
        ]
        for task, letter in zip(tasks, letters, strict=True):
            if letter in ".r":
                driver.end(task, Outcome.CHANGES if letter == "r" else Outcome.DONE)
    return driver


def place(rule: Placement, driver: Driver, kind: TaskKind = PLAN_ONLY) -> Place:
    """Where the rule puts a new task, as pod and slot."""
    task = driver.control._books.tasks[driver.submit("new", kind)]
    found = rule.place(task, driver.pool)
    driver.pool._take_refusals()
    return where(found)


def where(found: Slot | Pod | None) -> Place:
    """A slot by its pod and index."""
    if found is None:
        return None
    return (found.pod.name, found.index) if isinstance(found, Slot) else (found.name, None)


def refusals(rule: Placement, driver: Driver, kind: TaskKind = PLAN_ONLY) -> tuple[PodRefusal, ...]:
    """What the rule notes while it finds no place for a new task."""
    task = driver.control._books.tasks[driver.submit("new", kind)]
    assert rule.place(task, driver.pool) is None
    return driver.pool._take_refusals()
