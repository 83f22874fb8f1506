"""The scene: what is true and what the control plane has written down, entry by entry of a log.

A check never asks the control plane. It sees a scene that was put together from the log alone, before the
entry that it judges is folded in, and again when all entries of an instant are.
"""

from collections.abc import Callable, Mapping
from typing import Any

from policies.actions import CreatePod, DeletePod
from policies.decisions import SlotMoved, TaskMoved
from policies.lifecycles import SlotEvent, TaskEvent
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    ControlPlaneRestarted,
    PodCreateFailed,
    PodSeen,
    TaskSubmitted,
)
from policies.vocabulary import INSTANT, Phase, TaskKind
from sim.checks.scene.clock import Deadlines
from sim.checks.scene.pods import Live, PodNow
from sim.checks.scene.pool import PoolNow
from sim.checks.scene.slots import SlotTable
from sim.checks.scene.tasks import Row, WorkspaceRows
from sim.checks.terms import Terms
from sim.record.truth import (
    AgentHappened,
    ControlHappened,
    ExecEnded,
    ExecStarted,
    PodHappened,
    TaskCreated,
)

_PHASES = {"create_called": "called", "created": "pending", "running": "running", "gone": "gone"}


class Scene:
    """Everything that a check may look at. `now` is float s."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.now = 0.0
        self.control_is_up = True
        self.control_up_since = 0.0
        self.created: dict[int, TaskCreated] = {}
        """Tasks by id, in truth."""
        self.rows: dict[int, Row] = {}
        """Tasks by id, in the store."""
        self.workspaces: dict[str, WorkspaceRows] = {}
        self.pods: dict[str, PodNow] = {}
        """All pods that were asked for or seen and are not gone."""
        self.live: dict[int, list[Live]] = {}
        """What truly runs, by task."""
        self.slots = SlotTable()
        self.pools = {name: PoolNow(pool, terms, self.slots, self.rows) for name, pool in terms.pools.items()}
        self.deadlines = Deadlines()
        self.changed: dict[str, PoolNow] = {}
        """Pools of which something changed since the last `settle`."""
        self._touched_pods: dict[str, PodNow] = {}
        self._touched_rows: dict[str, dict[int, Row]] = {}
        self.folds: Mapping[type, Callable[[Any], None]] = {
            TaskCreated: self._task_created,
            TaskSubmitted: self._task_submitted,
            TaskMoved: self._task_moved,
            SlotMoved: self._slot_moved,
            ExecStarted: self._exec_started,
            ExecEnded: self._exec_ended,
            PodHappened: self._pod_happened,
            AgentHappened: self._agent_happened,
            ControlHappened: self._control_happened,
            CreatePod: self._create_pod,
            DeletePod: self._delete_pod,
            PodCreateFailed: self._create_failed,
            ControlPlaneRestarted: self._restarted,
            PodSeen: self._pod_seen,
            AgentConnected: self._agent_connected,
            AgentDisconnected: self._agent_disconnected,
            AgentRegistered: self._agent_registered,
            AgentKnownToPodManager: self._agent_known,
        }
        """What takes in an entry of the log, by its type; others change nothing."""

    def settle(self) -> list[PoolNow]:
        """All entries of an instant are folded: see what each pool could do now; the pools that changed."""
        if not (self._touched_pods or self._touched_rows or self.changed):
            return []
        now = self.now
        for pod in self._touched_pods.values():
            pool = self.pools[pod.pool]
            pool.update_pod(pod, now, self._looking_again(pod))
            self.changed[pool.name] = pool
        self._touched_pods.clear()
        for name, rows in self._touched_rows.items():
            workspace = self.workspaces[name]
            pool = self.pools[workspace.pool]
            pool.update_workspace(workspace, rows, now)
            self.changed[pool.name] = pool
        self._touched_rows.clear()
        changed = list(self.changed.values())
        self.changed.clear()
        return changed

    def touch_all(self) -> None:
        """Look at every pool again."""
        self.changed.update(self.pools)

    def truly_ready(self, pod: str) -> PodNow | None:
        """The pod, if it is Running, stays, and its agent is connected and was heard from recently."""
        found = self.pods.get(pod)
        return found if found is not None and found.ready_since is not None else None

    def is_bound_again(self, e: SlotMoved) -> bool:
        """Whether a booking, not folded in yet, restores what a restarted control plane had forgotten.

        It is no new decision: the row says that the task runs already, or the slot was promised to it.
        """
        if e.cause is not SlotEvent.BOOKED:
            return False
        row = self.rows.get(e.task)
        return (row is not None and row.is_running) or self.slots.promised.get(e.task) == (e.pod, e.slot)

    # tasks

    def _task_created(self, e: TaskCreated) -> None:
        self.created[e.task] = e

    def _task_submitted(self, e: TaskSubmitted) -> None:
        if e.task in self.rows or e.pool not in self.pools:
            return
        workspace = self.workspaces.get(e.workspace)
        if workspace is None:
            workspace = self.workspaces[e.workspace] = WorkspaceRows(e.workspace, e.pool)
        row = self.rows[e.task] = Row(e.task, workspace, e.kind)
        workspace.enter(row)
        self._touch_row(row)

    def _task_moved(self, e: TaskMoved) -> None:
        row = self.rows.get(e.task)
        if row is None:
            return
        if e.cause is TaskEvent.CONFIRMED:
            row.confirmed_at = e.at
        row.workspace.moved(row, e.after)
        if not row.is_open:
            self.slots.release_promise(row.id)
            if row.is_plan_and_apply and row.id in self.live:
                row.workspace.stopping.add(row.id)
        self._touch_row(row)

    def _touch_row(self, row: Row) -> None:
        self._touched_rows.setdefault(row.workspace.name, {})[row.id] = row

    # slots and executions

    def _slot_moved(self, e: SlotMoved) -> None:
        self.slots.fold(e)
        self._touch_pod(e.pod)

    def _exec_started(self, e: ExecStarted) -> None:
        live = Live(e.task, self._kind_of(e), e.phase, e.attempt, e.pod, e.slot, e.at)
        self.live.setdefault(e.task, []).append(live)
        pod = self._touch_pod(e.pod)
        if pod is not None:
            pod.live.append(live)
            pod.has_hosted = True

    def _kind_of(self, e: ExecStarted) -> TaskKind:
        """Of a task that nobody has heard of only the phase is known."""
        known = self.created.get(e.task) or self.rows.get(e.task)
        if known is not None:
            return known.kind
        return TaskKind.PLAN_AND_APPLY if e.phase is Phase.APPLY else TaskKind.PLAN

    def _exec_ended(self, e: ExecEnded) -> None:
        running = self.live.get(e.task, [])
        for live in running:
            if (live.phase, live.attempt, live.pod) == (e.phase, e.attempt, e.pod):
                running.remove(live)
                pod = self._touch_pod(e.pod)
                if pod is not None and live in pod.live:  # the pod may be another one of the same name
                    pod.live.remove(live)
                break
        if not running:
            self.live.pop(e.task, None)
            row = self.rows.get(e.task)
            if row is not None and e.task in row.workspace.stopping:
                row.workspace.stopping.discard(e.task)
                self._touch_row(row)

    # pods, in truth and as asked for

    def _pod(self, name: str, pool: str) -> PodNow:
        pod = self.pods.get(name)
        if pod is None:
            pod = self.pods[name] = PodNow(name, pool)
            self.pools[pool].pods[name] = pod
        return pod

    def _touch_pod(self, name: str) -> PodNow | None:
        pod = self.pods.get(name)
        if pod is not None:
            self._touched_pods[name] = pod
        return pod

    def _gone(self, pod: PodNow) -> None:
        pod.phase = "gone"
        self._touch_pod(pod.name)
        del self.pods[pod.name]
        self.slots.release_promises_on(pod.name)

    def _create_pod(self, e: CreatePod) -> None:
        if e.pool not in self.pools:
            return
        self._pod(e.pod, e.pool).requested_at = e.at
        self._touch_pod(e.pod)

    def _create_failed(self, e: PodCreateFailed) -> None:
        pod = self.pods.get(e.pod)
        if pod is not None and pod.phase in ("requested", "called"):
            self._gone(pod)

    def _delete_pod(self, e: DeletePod) -> None:
        pod = self._touch_pod(e.pod)
        if pod is not None:
            pod.delete_requested_at = e.at

    def _pod_happened(self, e: PodHappened) -> None:
        if e.pool not in self.pools:
            return
        pod = self._pod(e.pod, e.pool)
        self._touch_pod(e.pod)
        pod.phase = _PHASES.get(e.what, pod.phase)
        if e.what == "terminating":
            pod.is_terminating = True
        elif e.what == "gone":
            self._gone(pod)

    def _agent_happened(self, e: AgentHappened) -> None:
        pod = self._touch_pod(e.pod)
        if pod is None:
            return
        match e.what:
            case "connected":
                pod.connected_since = e.at
            case "disconnected":
                pod.connected_since = None
            case "heartbeats_began":
                pod.beats_since = e.at
            case "heartbeats_ended":
                pod.beats_end(e.at, self.pools[pod.pool].terms.heartbeat_every_s)

    def _looking_again(self, pod: PodNow) -> Callable[[float], None]:
        def look_again_at(time: float) -> None:
            # Strictly later: a heartbeat that is exactly as old as the limit still counts.
            self.deadlines.at(time + 2 * INSTANT, lambda: self._look_at(pod))

        return look_again_at

    def _look_at(self, pod: PodNow) -> None:
        if pod.name in self.pods:
            self._touched_pods[pod.name] = pod

    # the control plane, and what it was told

    def _control_happened(self, e: ControlHappened) -> None:
        self.control_is_up = e.what == "up"
        self.control_up_since = e.at
        self.touch_all()

    def _restarted(self, e: ControlPlaneRestarted) -> None:
        self.slots.forget()
        for pod in list(self.pods.values()):
            self._touch_pod(pod.name)
            pod.is_seen_connected = pod.is_known_to_pod_manager = False
            pod.seen_phase = ""
            pod.has_been_ready = False  # its agent has to connect to the new process
            # What was on its way to the cluster died with the process.
            if pod.phase == "requested":
                self._gone(pod)
            elif pod.phase != "called" and not pod.is_terminating:
                pod.delete_requested_at = None

    def _pod_seen(self, e: PodSeen) -> None:
        if e.pod in self.pods:
            self.pods[e.pod].seen_phase = e.phase

    def _agent_connected(self, e: AgentConnected) -> None:
        if e.pod in self.pods:
            self.pods[e.pod].is_seen_connected = True

    def _agent_disconnected(self, e: AgentDisconnected) -> None:
        if e.pod in self.pods:
            self.pods[e.pod].is_seen_connected = False

    def _agent_registered(self, e: AgentRegistered) -> None:
        if e.pod in self.pods:
            self.pods[e.pod].is_row_online = True

    def _agent_known(self, e: AgentKnownToPodManager) -> None:
        if e.pod in self.pods:
            self.pods[e.pod].is_known_to_pod_manager = True
