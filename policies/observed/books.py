"""The observed state as a whole, and the only hands that change it.

`Books` keeps the store (task rows, workspaces, agent rows) and the memory (slot table, connections,
`AgentID`) of the control plane, and every count and index that rules read. Each change of a task, a slot or
a pod goes through one method here, so that a count can not miss one.
"""

from policies.decisions import AnyDecision, SlotMoved, TaskMoved
from policies.lifecycles import LINK, POD, SLOT, TASK, LinkEvent, PodEvent, SlotEvent, TaskEvent
from policies.observed.pod import (
    HOLDS_RESERVATION,
    NEVER_HEARD_FROM,
    RUNS_PLAN_AND_APPLY,
    RUNS_TASK,
    SLOT_ZERO_TAKEN,
    Pod,
    Slot,
)
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import (
    LinkState,
    Phase,
    PodName,
    PodState,
    Seconds,
    SlotState,
    TaskId,
    TaskKind,
    TaskState,
)

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_PENDING = TaskState.PENDING
_APPLY_PENDING = TaskState.APPLY_PENDING
_RUNNING_STATES = frozenset({TaskState.PLANNING, TaskState.APPLYING})
_SLOT_RUNNING = SlotState.RUNNING
_SLOT_RESERVED = SlotState.RESERVED
_SLOT_IDLE = SlotState.IDLE
_LEAVING = frozenset({PodState.TERMINATING, PodState.GONE})


class Books:
    """Everything the control plane knows. Policies see it pool by pool; only its owner writes."""

    def __init__(self, pools: dict[str, Pool], *, list_sync_every: Seconds = 0.0) -> None:
        self._sync_every = list_sync_every
        self.pools = pools
        self.tasks: dict[TaskId, Task] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.pods: dict[PodName, tuple[Pod, Pool]] = {}
        self.unattended: dict[Workspace, None] = {}
        """Workspaces that changed and were not tried since: what the monitor re-drives."""
        self.gone: set[PodName] = set()
        self.orphans: dict[PodName, list[tuple[Task, int | None]]] = {}
        """After a restart: the open rows of pods that have not shown up again, and their slots."""
        self.now = 0.0
        self._numbers: dict[PodName, int] = {}  # in the store: a restart must not reuse a name
        self.decisions: list[AnyDecision] = []

    # tasks

    def enter_task(self, task: Task) -> Workspace:
        """A new row, pending."""
        workspace = self.workspaces.get(task._workspace)
        if workspace is None:
            workspace = self.workspaces[task._workspace] = Workspace(task._workspace, task._pool)
        self.tasks[task._id] = task
        workspace._enter(task)
        self.unattended[workspace] = None
        pool = self.pools[task._pool]
        pool._pending[task._kind] += 1
        pool._version += 1
        self._recount_unblocked(workspace, pool)
        return workspace

    def move_task(self, task: Task, event: TaskEvent) -> bool:
        """Let `event` happen to the task; False, and nothing changed, if its table does not list it."""
        old = task._state
        new = TASK[old].get(event)
        if new is None:
            return False
        task._state = TaskState(new)
        self.decisions.append(
            TaskMoved(at=self.now, task=task._id, before=old, after=task._state, cause=event)
        )
        pool = self.pools[task._pool]
        workspace = self.workspaces[task._workspace]
        pool._version += 1
        self.unattended[workspace] = None
        self._count_task(workspace, pool, task, old, -1)
        self._count_task(workspace, pool, task, task._state, +1)
        if new is _PENDING:
            workspace._enter_pending(task)
        elif not TASK[new]:
            task._completed_at = self.now
            self._forget_over(workspace, task)
        self._recount_unblocked(workspace, pool)
        return True

    def lock(self, workspace: Workspace, task: Task) -> None:
        """The task, planned with changes, takes its workspace's lock."""
        workspace._lock = task

    def unlock(self, workspace: Workspace, task: Task) -> None:
        """The task's lock, if it holds it, is released."""
        if workspace._lock is task:
            workspace._lock = None

    def _count_task(
        self, workspace: Workspace, pool: Pool, task: Task, state: TaskState, change: int
    ) -> None:
        if state is _PENDING:
            pool._pending[task._kind] += change
        elif state in _RUNNING_STATES:
            pool._tasks_running += change
            workspace._running += change
        elif state is _APPLY_PENDING:
            pool._apply_pending += change
            workspace._apply_pending += change

    def _forget_over(self, workspace: Workspace, task: Task) -> None:
        """A finished row stays in the store; the workspace's orders no longer need it."""
        del workspace._rows[task._id]

    def _recount_unblocked(self, workspace: Workspace, pool: Pool) -> None:
        """A workspace has at most one unblocked task: its lowest-id open one, if that is pending."""
        oldest = workspace.oldest_open()
        kind = oldest._kind if oldest is not None and oldest._state is _PENDING else None
        if kind is not workspace._unblocked:
            if workspace._unblocked is not None:
                pool._unblocked[workspace._unblocked] -= 1
            if kind is not None:
                pool._unblocked[kind] += 1
            workspace._unblocked = kind

    # slots

    def book(self, slot: Slot, task: Task) -> bool:
        """The task takes an idle slot, or the one reserved for it."""
        event = SlotEvent.ACTIVATED if slot._task is task else SlotEvent.BOOKED
        return self._move_slot(slot, event, task)

    def reserve(self, slot: Slot) -> bool:
        """The slot of a planned task is kept for its apply."""
        return self._move_slot(slot, SlotEvent.RESERVED, slot._task)

    def free(self, slot: Slot) -> bool:
        """The slot is idle again."""
        task = slot._task
        if task is not None:
            task._slot = None
        return self._move_slot(slot, SlotEvent.FREED, None)

    def slot_of(self, task: Task) -> Slot | None:
        """The slot that the task holds."""
        entry = self.pods.get(task._pod) if task._pod is not None else None
        if entry is None or task._slot is None:
            return None
        return entry[0]._slots[task._slot]

    def rebind(self, pod: Pod, task: Task, index: int | None) -> bool:
        """Book the slot of this index for the task again, or any idle one; False if there is none."""
        if index is not None and pod._slots[index]._state is _SLOT_IDLE:
            return self.book(pod._slots[index], task)
        return pod.idle > 0 and self.book(pod.first_idle_slot(), task)

    def _move_slot(self, slot: Slot, event: SlotEvent, task: Task | None) -> bool:
        old = slot._state
        new = SLOT[old].get(event)
        if new is None:
            return False
        pod = slot._pod
        pool = self.pods[pod._name][1]
        self._count_slot(pool, pod, slot, old, -1)
        holder = slot._task if task is None else task
        slot._state = SlotState(new)
        slot._task = task
        if task is not None:
            task._slot = slot._index
        self._count_slot(pool, pod, slot, slot._state, +1)
        self._note_slot(pool, slot, event, holder)
        pool._version += 1
        self.relist(pod, pool)
        return True

    def _note_slot(self, pool: Pool, slot: Slot, event: SlotEvent, holder: Task | None) -> None:
        if holder is not None:
            self.decisions.append(
                SlotMoved(
                    at=self.now,
                    pool=pool._name,
                    pod=slot._pod._name,
                    slot=slot._index,
                    cause=event,
                    task=holder._id,
                )
            )

    def _count_slot(self, pool: Pool, pod: Pod, slot: Slot, state: SlotState, change: int) -> None:
        if state is _SLOT_RUNNING:
            ran = pod._running
            pod._running = ran + change
            pool._slots_running += change
            if not ran or not pod._running:
                pool._pods_running_tasks += change
            if slot._task is not None and slot._task._kind is _PLAN_AND_APPLY:
                pod._plan_and_applies += change
        elif state is _SLOT_RESERVED:
            pod._reserved += change
            pool._slots_reserved += change

    def relist(self, pod: Pod, pool: Pool) -> None:
        """Put the pod where placement will find it, after its slots, state or heartbeat changed."""
        if pod._state in _LEAVING or pod._running + pod._reserved >= len(pod._slots):
            pool._idle.remove(pod)
            return
        key = pod._occupancy & NEVER_HEARD_FROM
        if pod._running:
            key |= RUNS_TASK
            if pod._plan_and_applies:
                key |= RUNS_PLAN_AND_APPLY
        if pod._reserved:
            key |= HOLDS_RESERVATION
        if key and pod._slots[0]._state is not _SLOT_IDLE:
            key |= SLOT_ZERO_TAKEN
        pod._occupancy = key
        pool._idle.put(pod, key)

    # pods

    def new_name(self, pool: Pool) -> PodName:
        """A name that no pod of the pool had before: `<pool>-<number>`."""
        pool._created += 1
        name = f"{pool._name}-{pool._created}"
        self._numbers[name] = pool._created
        return name

    def new_pod(self, pool: Pool, name: PodName, *, created_at: float) -> Pod:
        """A pod is known from now on: its creation is being asked for, or a list shows it."""
        number = self._numbers.get(name)
        if number is None:
            pool._created += 1
            number = self._numbers[name] = pool._created
        pod = Pod(name, number=number, created_at=created_at, slots=pool._slots_per_pod)
        if self._sync_every:
            # Evidence `list_sync`: every sync of the pod list counts as a heartbeat of all on it.
            pod._heard_at = pod._sync_from = created_at
            pod._sync_every = self._sync_every
            pod._occupancy &= ~NEVER_HEARD_FROM
        self.pods[name] = (pod, pool)
        pool._pods[name] = pod
        pool._known += 1
        pool._version += 1
        self.relist(pod, pool)
        return pod

    def move_pod(self, pod: Pod, event: PodEvent) -> bool:
        """Let `event` happen to the pod; False, and nothing changed, if its table does not list it."""
        old = pod._state
        new = POD[old].get(event)
        if new is None:
            return False
        pool = self.pods[pod._name][1]
        pod._state = PodState(new)
        pool._version += 1
        if pod._state in _LEAVING and old not in _LEAVING:
            pool._known -= 1
            # The slots of a leaving pod are no capacity; what holds them is told by its own observation.
            pool._slots_running -= pod._running
            pool._slots_reserved -= pod._reserved
            if pod._running:
                pool._pods_running_tasks -= 1
            self._set_aside(pool, pod)
            self.relist(pod, pool)
        if pod._state is PodState.GONE:
            del pool._pods[pod._name]
            del self.pods[pod._name]
            self.gone.add(pod._name)
            pool._connected.pop(pod._name, None)
        return True

    def _set_aside(self, pool: Pool, pod: Pod) -> None:
        for slot in pod._slots:
            if slot._task is not None:
                self._note_slot(pool, slot, SlotEvent.FREED, slot._task)
                slot._task._slot = None
                slot._task = None
            slot._state = _SLOT_IDLE
        pod._running = pod._reserved = pod._plan_and_applies = 0

    def connect(self, pod: Pod) -> None:
        """The agent's connection is up from now on."""
        pool = self.pods[pod._name][1]
        pod._link = LinkState(LINK[pod._link][LinkEvent.CONNECTED])
        pod._connected_at = self.now
        pool._connected[pod._name] = pod
        pool._version += 1

    def disconnect(self, pod: Pod) -> bool:
        """The agent's connection is down; False if it was not up."""
        if pod._link is LinkState.DOWN:
            return False
        pod._link = LinkState(LINK[pod._link][LinkEvent.DISCONNECTED])
        pool = self.pods[pod._name][1]
        pool._connected.pop(pod._name, None)
        pool._version += 1
        return True

    def heard_from(self, pod: Pod) -> None:
        """There is evidence of the agent's life for the first time."""
        if pod._occupancy & NEVER_HEARD_FROM:
            pod._occupancy &= ~NEVER_HEARD_FROM
            entry = self.pods.get(pod._name)
            if entry is not None:
                self.relist(*entry)

    def forget_memory(self) -> None:
        """A restart: pods, slots and connections are unknown again; the rows and their names are not."""
        self.pods.clear()
        self.orphans.clear()
        for pool in self.pools.values():
            pool._forget_memory()
        for workspace in self.workspaces.values():
            workspace._retry_at = workspace._last_block = None
            if workspace._rows:
                self.unattended[workspace] = None
            for task in workspace._rows.values():
                if task._pod is not None and not task._state is _PENDING:
                    self.orphans.setdefault(task._pod, []).append((task, task._slot))
                task._slot = None

    def runs(self, pod: Pod, task: Task, phase: Phase) -> None:
        """The store says that this phase runs on the pod from now on."""
        pod._tasks[task._id] = phase
        task._pod = pod._name

    def runs_no_more(self, task: Task) -> Pod | None:
        """The store no longer says that the task runs; the pod it ran on, if that is known."""
        entry = self.pods.get(task._pod) if task._pod is not None else None
        if entry is None:
            return None
        entry[0]._tasks.pop(task._id, None)
        return entry[0]
