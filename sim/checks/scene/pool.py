"""One pool of a scene: its pods, which of them could take what, and which of its tasks are runnable."""

from collections.abc import Callable, Mapping
from typing import Final

from policies.vocabulary import SlotState, TaskKind
from sim.checks.scene.pods import PodNow
from sim.checks.scene.slots import SlotTable
from sim.checks.scene.tasks import Row, WorkspaceRows
from sim.checks.scene.waiting import Waiting
from sim.checks.terms import PoolTerms, Sharing, Terms

_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_RUNNING = SlotState.RUNNING

PLACES: Final = (TaskKind.PLAN_AND_APPLY, TaskKind.PLAN)
"""The kinds of places: for a plan_and_apply (both phases), and for a plan or a drift check."""
_PLANS: Final = (TaskKind.PLAN,)


def place_of(row: Row) -> TaskKind:
    """The kind of place that the task asks for."""
    return _PLAN_AND_APPLY if row.is_plan_and_apply else TaskKind.PLAN


class PoolNow:
    """A pool at one moment. Kinds of places are by `PLACES`; times are float s."""

    def __init__(self, terms: PoolTerms, all_terms: Terms, slots: SlotTable, rows: Mapping[int, Row]) -> None:
        self.terms = terms
        self.name = terms.name
        self._all_terms = all_terms
        self._slots = slots
        self._rows = rows
        self.pods: dict[str, PodNow] = {}
        """All that were asked for or seen, and are not gone."""
        self.staying: set[str] = set()
        """n: pods that nobody has asked to end."""
        self.coming: dict[str, PodNow] = {}
        """Those of them that have not been ready yet."""
        self.eligible: dict[TaskKind, set[str]] = {place: set() for place in PLACES}
        """The pods with an eligible slot for this kind of place."""
        self.eligible_since: dict[TaskKind, float | None] = dict.fromkeys(PLACES)
        """Since when there has been one without a break; None if there is none."""
        self.own_ready_since: dict[int, float] = {}
        """For a runnable apply whose slot is reserved: since when it could start in it without a break."""
        self._own_ready: set[int] = set()  # runnable or not
        self.waiting: dict[TaskKind, Waiting] = {place: Waiting() for place in PLACES}

    # supply

    def update_pod(self, pod: PodNow, now: float, look_again_at: Callable[[float], None]) -> None:
        """Something about the pod has changed: see what it could take from now on.

        `look_again_at` is asked to look at the pod again when its last heartbeat will be too old.
        """
        limit = self._all_terms.heartbeat_limit_s
        is_ready = pod.is_there and pod.connected_since is not None and pod.is_heard(now, limit)
        if is_ready:
            pod.has_been_ready = True
            if pod.ready_since is None:
                pod.ready_since = now
            if pod.beats_since is None:
                look_again_at(pod.last_beat_at + limit)
        else:
            pod.ready_since = None
        self._count(pod)
        room = self.room_on(pod) if is_ready else ()
        for place, eligible in self.eligible.items():
            if place in room:
                eligible.add(pod.name)
            else:
                eligible.discard(pod.name)
            if not eligible:
                self.eligible_since[place] = None
            elif self.eligible_since[place] is None:
                self.eligible_since[place] = now
        self._update_own(pod, now, is_ready=is_ready)

    def _update_own(self, pod: PodNow, now: float, *, is_ready: bool) -> None:
        """For whom a slot is reserved on the pod, and whether the apply could start in it."""
        is_owed = self._slots.owes_on(pod.name)
        if not (is_owed or pod.own_ready):
            return
        before, pod.own_ready = pod.own_ready, set()
        if is_ready and is_owed:
            held = self._slots.on(pod.name).values()
            reserved = [each.task for each in held if each.state is SlotState.RESERVED]
            known = [task for task in reserved if task in self._rows]
            pod.own_ready = {task for task in known if self._may_activate(pod, task)}
        self._own_ready -= before
        self._own_ready |= pod.own_ready
        for task in before ^ pod.own_ready:
            self._see_own(self._rows[task], now)

    def _see_own(self, row: Row, now: float) -> None:
        if row.id in self._own_ready and row.runnable_since is not None:
            self.own_ready_since.setdefault(row.id, now)
        else:
            self.own_ready_since.pop(row.id, None)

    def _count(self, pod: PodNow) -> None:
        if pod.is_staying:
            self.staying.add(pod.name)
        else:
            self.staying.discard(pod.name)
        if pod.is_staying and not pod.has_been_ready:
            self.coming[pod.name] = pod
        else:
            self.coming.pop(pod.name, None)
        if pod.phase == "gone":
            self.pods.pop(pod.name, None)

    def room_on(self, pod: PodNow) -> tuple[TaskKind, ...]:
        """The kinds of places that the declared capacity rule leaves, by the table and by what truly runs."""
        table, sharing = self._slots.on(pod.name), self._all_terms.sharing
        if sharing is Sharing.UNDECLARED:
            return () if table or pod.live else PLACES
        taken = {*table, *[each.slot for each in pod.live]}
        idle = [slot for slot in range(self.terms.slots) if slot not in taken]
        if not idle:
            return ()
        match sharing:
            case Sharing.ALONE:
                running = self.running_kinds(pod)
                if _PLAN_AND_APPLY in running:
                    return ()
                return _PLANS if running else PLACES
            case Sharing.ONE_A_POD:
                return _PLANS if self._plan_and_applies(pod) else PLACES
            case Sharing.SLOT_ZERO:
                return PLACES if idle[0] == 0 else _PLANS
            case _:
                return PLACES

    def running_kinds(self, pod: PodNow) -> list[TaskKind]:
        """The kinds of what runs on the pod, by the slot table or in truth."""
        rows, booked = self._rows, set()
        kinds = []
        for held in self._slots.on(pod.name).values():
            if held.state is _RUNNING:
                booked.add(held.task)
                if held.task in rows:
                    kinds.append(rows[held.task].kind)
        return kinds + [each.kind for each in pod.live if each.task not in booked]

    def _plan_and_applies(self, pod: PodNow) -> set[int]:
        held = {each.task for each in self._slots.on(pod.name).values()}
        here = held | {each.task for each in pod.live}
        return {task for task in here if task in self._rows and self._rows[task].is_plan_and_apply}

    def _may_activate(self, pod: PodNow, task: int) -> bool:
        match self._all_terms.sharing:
            case Sharing.ALONE:
                return not self.running_kinds(pod)
            case Sharing.ONE_A_POD:
                return self._plan_and_applies(pod) <= {task}
            case Sharing.UNDECLARED:
                return not pod.live and len(self._slots.on(pod.name)) == 1
            case _:
                return True

    # demand

    def update_workspace(self, workspace: WorkspaceRows, touched: Mapping[int, Row], now: float) -> None:
        """Rows of the workspace have changed: see which of its tasks are runnable from now on."""
        one_at_a_time = self._all_terms.one_at_a_time
        before = workspace.runnable_rows
        runnable = {row.id: row for row in workspace.runnable(one_at_a_time=one_at_a_time)}
        workspace.runnable_rows = runnable
        are_open = workspace.plans_are_runnable(one_at_a_time=one_at_a_time)
        rows = touched
        if before or runnable:
            rows = {**rows, **before, **runnable}
        if are_open != workspace.is_open_for_plans:
            rows = {**rows, **workspace.plans}
        workspace.is_open_for_plans = are_open
        for row in rows.values():
            is_plan = row.id in workspace.plans and are_open
            waiting = self.waiting[place_of(row)]
            if is_plan or row.id in runnable:
                waiting.begin(row, now)
            else:
                waiting.end(row)
            if row.is_plan_and_apply:
                self._see_own(row, now)

    @property
    def pods_for_waiting(self) -> int:
        """How many pods, empty and ready, the tasks without any eligible slot would need.

        An apply whose own slot is ready needs none.
        """
        slots = self.terms.slots
        applies, plans = (0 if self.eligible[place] else self.waiting[place].count for place in PLACES)
        applies = max(0, applies - len(self.own_ready_since))
        if self._all_terms.sharing is Sharing.ALONE:
            return applies + -(-plans // slots)
        if self._all_terms.sharing in (Sharing.ANY, Sharing.UNDECLARED):
            return -(-(applies + plans) // slots)
        return max(applies, -(-(applies + plans) // slots))
