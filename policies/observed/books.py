"""The observed state as a whole, and the only hands that change it.

`Books` keeps the store (task rows, workspaces, agent rows) and the memory (slot table, connections,
`AgentID`) of the control plane, and every count and index that rules read. Each change of a task, a slot or
a pod goes through one method here, so that a count can not miss one.
"""

from typing import Protocol

from policies.decisions import AnyDecision, SlotMoved, TaskMoved
from policies.lifecycles import (
    LINK,
    POD,
    ROW,
    LinkEvent,
    PodEvent,
    RowEvent,
    SlotEvent,
    TaskEvent,
)
from policies.observed.pod import NEVER_HEARD_FROM, Pod, Slot
from policies.observed.pool import Pool
from policies.observed.steps import SLOT_STEPS, TASK_STEPS
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import (
    LEAVING,
    LinkState,
    Phase,
    PodName,
    PodState,
    RowState,
    Seconds,
    SlotState,
    TaskId,
    TaskKind,
    TaskState,
)

# Members of an enumeration are slow to look up, and these are asked for at every step.
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_PENDING = TaskState.PENDING
_APPLY_PENDING = TaskState.APPLY_PENDING
_IDLE = SlotState.IDLE
_BOOKED = SlotEvent.BOOKED
_FREED = SlotEvent.FREED


class Journal(Protocol):
    """Where decisions are noted: a list, for example."""

    def append(self, decision: AnyDecision, /) -> None:
        """Keep one more decision."""


class Books:
    """Everything the control plane knows. Policies see it pool by pool; only its owner writes.

    Every change is noted in `journal` at the moment at which it is made.
    """

    def __init__(self, journal: Journal, *, list_sync_every: Seconds = 0.0) -> None:
        self._sync_every = list_sync_every
        self.journal = journal
        self.now = 0.0
        self.version = 0
        """Goes up with every change that a rule could see, of any pool; the time and heartbeats aside."""
        self.pools: dict[str, Pool] = {}
        self.tasks: dict[TaskId, Task] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.pods: dict[PodName, Pod] = {}
        self.unattended: dict[Workspace, None] = {}
        """After a restart: workspaces with open tasks that nobody tried since; what the monitor re-drives.

        At any other time whoever changes a workspace wakes it, or leaves a retry for it.
        """
        self.notes_gains = False
        """Whether anybody asks for `gains`."""
        self.gains: dict[Pool, None] = {}
        """Pools in which a place may have come free since those that wait were last served."""
        self.gone: set[PodName] = set()
        self.orphans: dict[PodName, list[tuple[Task, int | None]]] = {}
        """After a restart: the open rows of pods that have not shown up again, and their slots."""
        self._numbers: dict[PodName, int] = {}  # in the store: a restart must not reuse a name
        self._agent_rows: dict[PodName, tuple[RowState, float, float]] = {}
        """After a restart: the agents' rows of pods not seen again yet, their last signs of life, and when
        they registered (both float s)."""

    # tasks

    def new_workspace(self, name: str, pool: Pool) -> Workspace:
        """A workspace is known from its first task on."""
        workspace = self.workspaces[name] = Workspace(name, pool)
        return workspace

    def enter_task(self, number: TaskId, home: Workspace, kind: TaskKind, created_at: float) -> None:
        """A new row, pending."""
        task = self.tasks[number] = Task(number, home, kind, created_at)
        home._enter(task)
        home._pool._pending[kind] += 1
        if kind is not _PLAN_AND_APPLY:
            home._plans_pending += 1
        self.version += 1
        oldest = home._oldest
        if oldest is None or number < oldest._id:
            home._oldest = task
            self._recount_unblocked(home)

    def move_task(self, task: Task, event: TaskEvent) -> bool:
        """Let `event` happen to the task; False, and nothing changed, if its table does not list it."""
        old = task._state
        try:
            new, pending, running, planned, is_over = TASK_STEPS[old][event]
        except KeyError:
            return False
        task._state = new
        self.journal.append(TaskMoved(self.now, task._id, old, new, event))
        workspace = task._home
        pool = workspace._pool
        self.version += 1
        if pending:
            kind = task._kind
            pool._pending[kind] += pending
            if kind is not _PLAN_AND_APPLY:
                workspace._plans_pending += pending
            if pending > 0:
                workspace._enter_pending(task)
        if running:
            workspace._running += running
            pool._tasks_running += running
        if planned:
            workspace._apply_pending += planned
            pool._apply_pending += planned
        if is_over:
            # A finished row stays in the store; the workspace's orders no longer need it.
            task._completed_at = self.now
            del workspace._rows[task._id]
        if workspace._oldest is task:
            if is_over:
                workspace._find_oldest()
            self._recount_unblocked(workspace)
        return True

    def lock(self, workspace: Workspace, task: Task) -> None:
        """The task, planned with changes, takes its workspace's lock, or waits for whoever holds it."""
        if workspace._lock is None:
            workspace._lock = task

    def unlock(self, workspace: Workspace, task: Task) -> None:
        """The task's lock, if it holds it, is released.

        Ids that arrive out of order can let two tasks of a workspace plan at once: the other has it next.
        """
        if workspace._lock is not task:
            return
        workspace._lock = None
        if workspace._apply_pending:
            planned = [row for row in workspace._rows.values() if row._state is _APPLY_PENDING]
            workspace._lock = min(planned, key=lambda row: row._id, default=None)

    def _recount_unblocked(self, workspace: Workspace) -> None:
        """A workspace has at most one unblocked task: its lowest-id open one, if that is pending."""
        oldest = workspace._oldest
        kind = oldest._kind if oldest is not None and oldest._state is _PENDING else None
        before = workspace._unblocked
        if kind is not before:
            unblocked = workspace._pool._unblocked
            if before is not None:
                unblocked[before] -= 1
            if kind is not None:
                unblocked[kind] += 1
            workspace._unblocked = kind

    # slots

    def reserve(self, slot: Slot) -> bool:
        """The slot of a planned task is kept for its apply."""
        return slot._task is not None and self.move_slot(slot, SlotEvent.RESERVED, slot._task)

    def free(self, task: Task) -> None:
        """The slot that the task holds, if it holds one, is idle again."""
        slot = self.slot_of(task) if task._slot is not None else None
        if slot is not None:
            self.move_slot(slot, _FREED, task)

    def slot_of(self, task: Task) -> Slot | None:
        """The slot that the task holds."""
        if task._slot is None or task._pod is None:
            return None
        pod = self.pods.get(task._pod)
        return None if pod is None else pod._slots[task._slot]

    def rebind(self, pod: Pod, task: Task, index: int | None) -> bool:
        """Book the slot of this index for the task again, or any idle one; False if there is none."""
        if index is not None and pod._slots[index]._state is _IDLE:
            return self.move_slot(pod._slots[index], _BOOKED, task)
        return pod.idle > 0 and self.move_slot(pod.first_idle_slot(), _BOOKED, task)

    def move_slot(self, slot: Slot, event: SlotEvent, holder: Task) -> bool:
        """Let `event` happen to the slot that `holder` takes, holds, or gives up."""
        try:
            slot._state, running, reserved = SLOT_STEPS[slot._state][event]
        except KeyError:
            return False
        index, pod = slot._index, slot._pod
        pool = pod._pool
        if event is _FREED:
            slot._task = holder._slot = None
        else:
            slot._task, holder._slot = holder, index
        if running:
            before = pod._running
            after = pod._running = before + running
            pool._slots_running += running
            if not before or not after:
                pool._pods_running_tasks += running
                if not after:
                    pod._freed_at = self.now
            if holder._kind is _PLAN_AND_APPLY:
                pod._plan_and_applies += running
        if reserved:
            pod._reserved += reserved
            pool._slots_reserved += reserved
            if reserved < 0:
                pod._freed_at = self.now  # read only while the pod is idle
        self.journal.append(SlotMoved(self.now, pool._name, pod._name, index, event, holder._id))
        self.version += 1
        pool._idle.relist(pod)
        if self.notes_gains and (running < 0 or reserved < 0):
            self.gains[pool] = None
        return True

    # pods

    def new_name(self, pool: Pool) -> PodName:
        """A name that no pod of the pool had before: `<pool>-<number>`."""
        while True:
            pool._created += 1
            name = f"{pool._name}-{pool._created}"
            if name not in self._numbers:  # a list may have shown pods of an earlier life
                self._numbers[name] = pool._created
                return name

    def new_pod(self, pool: Pool, name: PodName, *, created_at: float) -> Pod:
        """A pod is known from now on: its creation is being asked for, or a list shows it."""
        number = self._numbers.get(name)
        if number is None:
            pool._created += 1
            number = self._numbers[name] = pool._created
        pod = Pod(name, pool, number=number, created_at=created_at, known_at=self.now)
        if name in self._agent_rows:
            pod._row, pod._registered_at, pod._agent_since = self._agent_rows.pop(name)
        self.pods[name] = pod
        pool._pods[name] = pod
        pool._known += 1
        self.version += 1
        pool._idle.relist(pod)
        return pod

    def move_pod(self, pod: Pod, event: PodEvent) -> bool:
        """Let `event` happen to the pod; False, and nothing changed, if its table does not list it."""
        old = pod._state
        new = POD[old].get(event)
        if new is None or new is old:
            return new is old
        pool = pod._pool
        pod._state = new
        self.version += 1
        self.gain(pod)
        if self._sync_every and old is PodState.REQUESTED and new not in LEAVING:
            self._begin_list_sync(pod)
        if new in LEAVING and old not in LEAVING:
            pool._known -= 1
            # The slots of a leaving pod are no capacity; what holds them is told by its own observation.
            pool._slots_running -= pod._running
            pool._slots_reserved -= pod._reserved
            if pod._running:
                pool._pods_running_tasks -= 1
            pool._connected.pop(pod._name, None)
            self._set_aside(pod)
            pool._idle.leave(pod)
        if new is PodState.GONE:
            del pool._pods[pod._name]
            del self.pods[pod._name]
            self.gone.add(pod._name)
        return True

    def _begin_list_sync(self, pod: Pod) -> None:
        """Evidence `list_sync`: from now on every sync of the pod list counts as a heartbeat of the pod."""
        pod._sync_from = self.now
        pod._sync_every = self._sync_every
        self.heard_from(pod)

    def _set_aside(self, pod: Pod) -> None:
        for slot in pod._slots:
            task = slot._task
            if task is not None:
                moved = SlotMoved(self.now, pod._pool._name, pod._name, slot._index, _FREED, task._id)
                self.journal.append(moved)
                task._slot = None
                slot._task = None
            slot._state = _IDLE
        pod._running = pod._reserved = pod._plan_and_applies = 0

    def move_row(self, pod: Pod, event: RowEvent) -> None:
        """Let `event` happen to the agent's row, whose table lists it."""
        new = ROW[pod._row][event]
        if new is not pod._row:
            pod._row = new
            self.version += 1

    def make_known(self, pod: Pod) -> None:
        """The pod manager knows the agent from now on: `pod.AgentID` is set."""
        pod._known_to_pod_manager = True
        self.version += 1

    def connect(self, pod: Pod) -> None:
        """The agent's connection is up from now on."""
        pod._link = LINK[pod._link][LinkEvent.CONNECTED]
        pod._connected_at = self.now
        if pod._state not in LEAVING:
            pod._pool._connected[pod._name] = pod
        self.version += 1
        self.gain(pod)

    def disconnect(self, pod: Pod, event: LinkEvent) -> bool:
        """The agent's connection is down, or cut; False if it was not up."""
        if pod._link is LinkState.DOWN:
            return False
        pod._link = LINK[pod._link][event]
        pod._pool._connected.pop(pod._name, None)
        self.version += 1
        return True

    def heard_from(self, pod: Pod) -> None:
        """There is evidence of the agent's life for the first time."""
        if pod._occupancy & NEVER_HEARD_FROM:
            pod._occupancy &= ~NEVER_HEARD_FROM
            if pod._name in self.pods:
                pod._pool._idle.relist(pod)
                self.gain(pod)

    def gain(self, pod: Pod) -> None:
        """A place may have come free on the pod, unless it is leaving."""
        if self.notes_gains and pod._state not in LEAVING:
            self.gains[pod._pool] = None

    def forget_memory(self) -> None:
        """A restart: pods, slots and connections are unknown again; the rows and their names are not."""
        holders = [slot._task for pod in self.pods.values() for slot in pod._slots if slot._task is not None]
        # The store still says what was held on pods that have not shown up since an earlier restart.
        slot_of = {
            task._id: slot for name, rows in self.orphans.items() for task, slot in rows if task._pod == name
        }
        slot_of |= {task._id: task._slot for task in holders}
        for pod in self.pods.values():
            if pod._row is not RowState.ABSENT:
                self._agent_rows[pod._name] = (pod._row, pod.last_sign_at(self.now), pod._agent_since)
        self.pods.clear()
        self.gains.clear()
        self.orphans.clear()
        for task in holders:
            task._slot = None
        self.version += 1
        for pool in self.pools.values():
            pool._forget_memory()
        for workspace in self.workspaces.values():
            workspace._retry_at = workspace._last_block = None
            workspace._stopping.clear()
            if workspace._rows:
                self.unattended[workspace] = None
            for task in workspace._rows.values():
                if task._pod is not None and task._state is not _PENDING:
                    self.orphans.setdefault(task._pod, []).append((task, slot_of.get(task._id)))

    def runs(self, pod: Pod, task: Task, phase: Phase) -> None:
        """The store says that this phase runs on the pod from now on."""
        pod._tasks[task._id] = phase
        task._pod = pod._name
        self.version += 1

    def vacate(self, task: Task) -> None:
        """The store no longer says that the task runs, and the slot that it holds is idle again."""
        pod = None if task._pod is None else self.pods.get(task._pod)
        if pod is None:
            return
        pod._tasks.pop(task._id, None)
        slot = task._slot
        if slot is None:
            self.version += 1
        else:
            self.move_slot(pod._slots[slot], _FREED, task)

    def runs_no_more(self, task: Task) -> None:
        """The store no longer says that the task runs; it keeps its slot."""
        pod = self.pods.get(task._pod) if task._pod is not None else None
        if pod is not None:
            pod._tasks.pop(task._id, None)
