"""After a restart: the store is there, memory is not, and pods and agents show up again one by one."""

from policies.control.agenda import Agenda
from policies.control.lives import Lives
from policies.control.silence import Silence
from policies.decisions import Reason, Recovered
from policies.observations import RunningPhase
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.policy_set import PolicySet
from policies.vocabulary import Phase, PodName, RowState, TaskState


class Recovery:
    """Adopts pods and binds slots again, as far as the recovery rule says so."""

    def __init__(
        self, books: Books, agenda: Agenda, policy: PolicySet, lives: Lives, silence: Silence
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._rule = policy.recovery
        self._constants = policy.controller
        self._doubts_after = policy.dispatch.doubts_after
        self._lives = lives
        self._silence = silence

    def restart(self) -> None:
        """Forget what was memory; every workspace with an open task is left to the monitor."""
        self._books.forget_memory()
        self._agenda.clear()
        if not self._rule.rebuilds_slots:
            return
        deadline = self._books.now + self._constants.phase_timeout
        for rows in self._books.orphans.values():
            for task, _ in rows:
                if task._state.is_running:
                    self._agenda.await_end(task, deadline)
                    if self._doubts_after is not None:
                        self._agenda.doubt(task, self._books.now + self._doubts_after)

    def adopt(self, name: PodName, pool: Pool, *, created_at: float) -> None:
        """Know a pod that a list shows and that this process did not create."""
        pod = self._books.new_pod(pool, name, created_at=created_at)
        if pod._row is not RowState.ABSENT:
            self._silence.watch(pod)
        bound = []
        for task, slot in self._books.orphans.pop(name, ()):
            if self._rule.rebuilds_slots and task._pod == name and self._rebind(pod, task, slot):
                bound.append(task._id)
        self._note(pod, pool, bound)

    def lost_meanwhile(self, name: PodName) -> bool:
        """A pod that was not seen again is gone, and what ran on it lost; False if no row speaks of it."""
        if not self._rule.rebuilds_slots or name not in self._books.orphans:
            return False
        for task, _ in self._books.orphans.pop(name):
            if task._pod == name and task._state.is_running:
                self._lives.lose(task, Reason.POD_LOST)
        self._books.gone.add(name)
        return True

    def report(self, pod: Pod, running: tuple[RunningPhase, ...]) -> None:
        """Bind what an agent says it runs and the slot table does not know of; stop what is over."""
        if not running or not self._rule.rebuilds_slots or pod.is_leaving:
            return
        bound = []
        for entry in running:
            task = self._books.tasks.get(entry.task)
            if task is None or task._pod != pod._name or task._attempt != entry.attempt:
                continue
            if task._state is TaskState.CANCELLED:  # while nobody knew whom to tell
                self._lives.abort(task, Reason.CANCELLED)
            if not task._state.is_running or entry.phase is not _phase(task):
                continue
            self._books.runs(pod, task, entry.phase)
            if task._slot is None and self._books.rebind(pod, task, None):
                bound.append(task._id)
        self._note(pod, pod._pool, bound)

    def _rebind(self, pod: Pod, task: Task, slot: int | None) -> bool:
        """Give a row its place on the pod again, unless it has moved on since the restart."""
        if task._state.is_running:
            self._books.runs(pod, task, _phase(task))
            return slot is not None and self._books.rebind(pod, task, slot)
        planned = task._state is TaskState.APPLY_PENDING
        if planned and slot is not None and self._books.rebind(pod, task, slot):
            self._lives.reserve_slot(task)
            return True
        return False

    def _note(self, pod: Pod, pool: Pool, bound: list[int]) -> None:
        if bound:
            self._books.journal.append(
                Recovered(
                    at=self._books.now,
                    pool=pool._name,
                    pod=pod._name,
                    rule=self._rule.rule_name,
                    tasks=tuple(bound),
                )
            )


def _phase(task: Task) -> Phase:
    """What a running task's agent executes."""
    return Phase.APPLY if task._state is TaskState.APPLYING else Phase.PLAN
