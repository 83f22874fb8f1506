"""The observed state counted from scratch, for comparison with the counts and indexes that are kept.

It reads the rows of the store behind the controller's back, as no view lists all tasks.
"""

from collections import Counter
from itertools import pairwise

from policies.controller import Controller
from policies.lifecycles import TASK
from policies.observed.books import Books
from policies.observed.pod import (
    HOLDS_RESERVATION,
    NEVER_HEARD_FROM,
    RUNS_PLAN_AND_APPLY,
    RUNS_TASK,
    SLOT_ZERO_TAKEN,
    Pod,
)
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.vocabulary import SlotState, TaskKind, TaskState


def check(control: Controller) -> None:
    """Raise AssertionError unless every count, index and reference agrees with what it is about."""
    books = control._books
    for pool in books.pools.values():
        check_pods(pool)
        check_idle_pods(pool)
        check_tasks(pool, [task for task in books.tasks.values() if task.pool == pool.name])
    for workspace in books.workspaces:
        check_workspace(books, workspace)
    check_slots(books)


def check_pods(pool: Pool) -> None:
    """The pool's counts are those of its pods that are not leaving."""
    pods = [pod for pod in pool._pods.values() if not pod.is_leaving]
    assert pool.pods == len(pods)
    assert pool.slots_total == sum(len(pod.slots) for pod in pods)
    assert pool.slots_running == sum(states(pod)[SlotState.RUNNING] for pod in pods)
    assert pool.slots_reserved == sum(states(pod)[SlotState.RESERVED] for pod in pods)
    assert pool.pods_running_tasks == sum(states(pod)[SlotState.RUNNING] > 0 for pod in pods)
    assert {pod.name for pod in pool.connected_pods()} == {pod.name for pod in pods if pod.connected}
    for pod in pool._pods.values():
        assert pod.running == states(pod)[SlotState.RUNNING]
        assert pod.reserved == states(pod)[SlotState.RESERVED]
        assert pod.idle == states(pod)[SlotState.IDLE]

    idle = [pod for pod in pods if pod.is_idle]
    assert pool.pods_with_work == len(pods) - len(idle)
    never = {pod.name for pod in idle if pod._occupancy & NEVER_HEARD_FROM}
    young = {pod.name for pod in idle if pod.name in never and pool.now - pod.known_at < 300.0}
    heard = {pod.name for pod in idle if pod.connected and pod.heartbeat_age_s(pool.now) <= 120.0}
    assert pool.idle_pods_to_use(300.0, 120.0) == len(young | heard)
    silent = [pod for pod in idle if not pod.connected and pool.now - sign_of(pod, pool.now) >= 300.0]
    assert {pod.name for pod in pool.unreachable_pods(300.0)} == {pod.name for pod in silent}


def sign_of(pod: Pod, now: float) -> float:
    """The last sign of the pod's agent, or when the pod became known."""
    return max(pod.last_sign_at(now), pod.known_at)


def check_waiting(control: Controller) -> None:
    """Who waits for a place is who could go, at a moment at which all who are awake have been tried.

    Beside those there may be tasks that wait for the end of a back-off, if they were refused before; and
    after a restart nobody knows of those that were not tried since.
    """
    books = control._books
    assert not books.gains
    for pool in books.pools.values():
        sure, possible = Counter[str](), Counter[str]()
        for workspace in books.workspaces.values():
            if workspace.pool != pool.name:
                continue
            for line, tasks in candidates(books, workspace).items():
                possible[line] += len(tasks)
                if workspace not in books.unattended and all(each._not_before <= books.now for each in tasks):
                    sure[line] += len(tasks)
        applies, plans = pool.waiting_for_place()
        assert sure["applies"] <= applies <= possible["applies"]
        assert sure["plans"] <= plans <= possible["plans"]


def is_stopping(books: Books, workspace: Workspace) -> bool:
    """Whether the store still has a cancelled plan_and_apply of the workspace on some pod."""
    cancelled = [task for task in books.tasks.values() if task.state is TaskState.CANCELLED]
    on_pods = {number for pod in books.pods.values() for number in pod.tasks}
    return any(
        task.workspace == workspace.name and task.kind is TaskKind.PLAN_AND_APPLY and task.id in on_pods
        for task in cancelled
    )


def candidates(books: Books, workspace: Workspace) -> dict[str, list[Task]]:
    """The tasks of the workspace that Q9 would let go, by the kind of place that they want."""
    tasks = [task for task in books.tasks.values() if task.workspace == workspace.name and TASK[task.state]]
    owner = workspace.lock_owner
    if owner is not None:
        return {"applies": [owner] if owner.is_confirmed_apply else []}
    first = lowest([task for task in tasks if task.kind is TaskKind.PLAN_AND_APPLY])
    may_go = first is not None and first.state is TaskState.PENDING and not is_stopping(books, workspace)
    return {
        "applies": [first] if first is not None and may_go else [],
        "plans": [
            task
            for task in tasks
            if task.kind is not TaskKind.PLAN_AND_APPLY and task.state is TaskState.PENDING
        ],
    }


def check_idle_pods(pool: Pool) -> None:
    """Placement is shown the pods with an idle slot, by what stands on them, in the order promised."""
    with_idle = [pod for pod in pool._pods.values() if not pod.is_leaving and pod.idle]
    for barred in (0, RUNS_TASK, RUNS_PLAN_AND_APPLY, HOLDS_RESERVATION, RUNS_TASK | HOLDS_RESERVATION):
        listed = list(pool.pods_with_idle_slot(without=barred))
        assert {pod.name for pod in listed} == {pod.name for pod in with_idle if not bits(pod) & barred}
        keys = [(pod.heartbeat_age_s(pool.now) == float("inf"), pod.number) for pod in listed]
        assert all(before < after for before, after in pairwise(keys))


def check_tasks(pool: Pool, tasks: list[Task]) -> None:
    """The pool's counts of tasks are those of the rows."""
    by_state = Counter(task.state for task in tasks)
    assert pool.pending() == by_state[TaskState.PENDING]
    assert pool.tasks_running == by_state[TaskState.PLANNING] + by_state[TaskState.APPLYING]
    assert pool.apply_pending == by_state[TaskState.APPLY_PENDING]
    first: dict[str, Task] = {}
    for task in sorted((task for task in tasks if TASK[task.state]), key=lambda task: task.id):
        first.setdefault(task.workspace, task)
    unblocked = [task for task in first.values() if task.state is TaskState.PENDING]
    assert pool.unblocked_pending() == len(unblocked)
    for kind in TaskKind:
        pending = [task for task in tasks if task.kind is kind and task.state is TaskState.PENDING]
        assert pool.pending(kind) == len(pending)
        assert pool.unblocked_pending(kind) == sum(task.kind is kind for task in unblocked)


def check_workspace(books: Books, name: str) -> None:
    """The workspace's orders are those of its rows, and its lock is held by a planned task."""
    workspace = books.workspaces[name]
    tasks = [task for task in books.tasks.values() if task.workspace == name and TASK[task.state]]
    plan_and_applies = [task for task in tasks if task.kind is TaskKind.PLAN_AND_APPLY]
    assert workspace.oldest_open() is lowest(tasks)
    assert workspace.oldest_open_plan_and_apply() is lowest(plan_and_applies)
    pending = [task for task in tasks if task.state is TaskState.PENDING]
    assert workspace._plans_pending == sum(task.kind is not TaskKind.PLAN_AND_APPLY for task in pending)
    for kind in TaskKind:
        pending = [task for task in tasks if task.kind is kind and task.state is TaskState.PENDING]
        assert workspace.oldest_pending(kind) is lowest(pending)
    assert workspace.running == sum(task.state.is_running for task in tasks)
    planned = [task for task in tasks if task.state in (TaskState.APPLY_PENDING, TaskState.APPLYING)]
    assert workspace.apply_pending == sum(task.state is TaskState.APPLY_PENDING for task in planned)
    assert workspace.lock_owner in planned if planned else workspace.lock_owner is None


def check_slots(books: Books) -> None:
    """A slot and the task that holds it name each other, so no slot has two tasks, no task two slots."""
    held = {task.id: (task.pod, task.slot) for task in books.tasks.values() if task.slot is not None}
    holders: dict[int, tuple[str | None, int | None]] = {}
    for pod in books.pods.values():
        for slot in pod.slots:
            assert (slot.state is SlotState.IDLE) == (slot.task is None)
            if slot.task is None:
                continue
            assert slot.task.id not in holders
            holders[slot.task.id] = (pod.name, slot.index)
            may_hold = {TaskState.APPLY_PENDING}
            if slot.state is SlotState.RUNNING:
                may_hold = {TaskState.PLANNING, TaskState.APPLYING, TaskState.CANCELLED}
            assert slot.task.state in may_hold
        for number in pod.tasks:
            task = books.tasks[number]
            assert task.pod == pod.name
            assert task.state.is_running or task.state is TaskState.CANCELLED
    assert held == holders


def lowest(tasks: list[Task]) -> Task | None:
    """The task with the lowest id."""
    return min(tasks, key=lambda task: task.id, default=None)


def states(pod: Pod) -> Counter[SlotState]:
    """How many of the pod's slots are in which state."""
    return Counter(slot.state for slot in pod.slots)


def bits(pod: Pod) -> int:
    """What stands on the pod, as `policies.observed.pod` writes it."""
    running = [slot.task for slot in pod.slots if slot.state is SlotState.RUNNING and slot.task is not None]
    found = RUNS_TASK if running else 0
    found |= RUNS_PLAN_AND_APPLY if any(task.kind is TaskKind.PLAN_AND_APPLY for task in running) else 0
    found |= HOLDS_RESERVATION if pod.reserved else 0
    found |= SLOT_ZERO_TAKEN if pod.slots[0].state is not SlotState.IDLE else 0
    return found | (NEVER_HEARD_FROM if pod._occupancy & NEVER_HEARD_FROM else 0)
