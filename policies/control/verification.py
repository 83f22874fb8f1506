"""Doubt: an agent is asked what became of a phase that was sent a while ago and has not ended.

A message that carries a task can be lost, and nobody is told: the row says running, and nothing runs. Only
the agent knows. It is asked once for each send, and again when it connects with a report that leaves the
phase out; that report alone proves nothing, as ends that the agent could not tell before come after it.

An answer speaks of sends that were `doubts_after` old when it was asked for, and of no later ones: those that
were decided after the question, and those that may be on their way still.
"""

from collections.abc import Iterator

from policies.actions import AnyAction, AskAgent
from policies.control.agenda import Agenda
from policies.control.fold_tasks import FoldTasks
from policies.control.lives import Lives
from policies.control.misfits import Misfits
from policies.decisions import Doubted, Reason
from policies.lifecycles import Verdict
from policies.observations import AgentReported, RunningPhase
from policies.observed.books import Books
from policies.observed.pod import Pod
from policies.observed.task import Task
from policies.rules.dispatch import DispatchRule
from policies.vocabulary import TaskState


class Verification:
    """Compares what the store says runs on a pod with what its agent says, if the dispatch rule doubts."""

    def __init__(
        self,
        books: Books,
        agenda: Agenda,
        misfits: Misfits,
        lives: Lives,
        tasks: FoldTasks,
        dispatch: DispatchRule,
        outbox: list[AnyAction],
    ) -> None:
        self._books = books
        self._agenda = agenda
        self._misfits = misfits
        self._lives = lives
        self._tasks = tasks
        self._rule_name = dispatch.rule_name
        self._after = dispatch.doubts_after
        self._outbox = outbox

    def look(self, now: float) -> None:
        """Ask after the sends that are due, each agent once; one that is not connected, when it connects."""
        asked: set[Pod] = set()
        for task in self._agenda.due_doubts(now):
            pod = None if task._pod is None else self._books.pods.get(task._pod)
            if pod is not None and pod.connected and pod not in asked:
                asked.add(pod)
                self._ask(pod, task)

    def connected(self, pod: Pod, running: tuple[RunningPhase, ...]) -> None:
        """The agent has connected, and does not run all that it is believed to run: ask it."""
        missing = next(self._missing(pod, running, self._books.now), None)
        if missing is not None:
            self._ask(pod, missing)

    def reported(self, event: AgentReported) -> None:
        """What the agent does not run was lost: on its way, or with the process that ran it."""
        pod = self._misfits.pod(event, event.pod)
        if pod is None:
            return
        if self._after is None or not event.asked_at <= self._books.now:
            self._misfits.record(event, pod._name, "not asked", Verdict.IMPOSSIBLE)
            return
        for task in list(self._missing(pod, event.running, event.asked_at)):
            if task._state is TaskState.CANCELLED:
                self._tasks.let_go(task, task._attempt)
            elif pod._agent_since > task._sent_at:  # it may have begun, and an apply be half done
                self._lives.lose(task, Reason.AGENT_RESTARTED)
            else:
                self._tasks.roll_back(task, Reason.DISPATCH_LOST)

    def _missing(self, pod: Pod, running: tuple[RunningPhase, ...], asked_at: float) -> Iterator[Task]:
        """What runs on the pod as the store has it, was sent long before `asked_at`, and is not reported."""
        if self._after is None:
            return
        reported = {(entry.task, entry.attempt) for entry in running}
        for number in pod._tasks:
            task = self._books.tasks[number]
            if (number, task._attempt) not in reported and task._sent_at + self._after <= asked_at:
                yield task

    def _ask(self, pod: Pod, task: Task) -> None:
        assert self._after is not None, "nobody asks under a rule that has no doubts"
        now = self._books.now
        because = Doubted(
            at=now,
            task=task._id,
            pool=pod._pool._name,
            pod=pod._name,
            attempt=task._attempt,
            rule=self._rule_name,
            age_s=now - task._sent_at,
            limit_s=self._after,
        )
        self._outbox.append(AskAgent(at=now, pod=pod._name, because=because))
