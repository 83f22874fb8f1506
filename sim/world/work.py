"""What tasks really take and how they really end, whoever runs them, and who is told when they do."""

from policies.vocabulary import Outcome, Phase, PodName, TaskId, TaskKind
from sim.workloads import Arrival

# Members of an enumeration are slow to look up, and these are asked for at every execution.
_PLAN = Phase.PLAN
_PLAN_AND_APPLY = TaskKind.PLAN_AND_APPLY
_DONE, _CHANGES, _FAILED = Outcome.DONE, Outcome.CHANGES, Outcome.FAILED


class Work:
    """The truth about tasks, by id."""

    def __init__(self, init_s: float) -> None:
        self._init_s = init_s
        self._arrivals: dict[TaskId, Arrival] = {}
        self._planned_on: dict[TaskId, PodName] = {}
        self._started: set[TaskId] = set()

    def enter(self, arrival: Arrival) -> None:
        """A task exists from now on."""
        self._arrivals[arrival.task] = arrival

    def close(self) -> None:
        """Let go of every task."""
        self._arrivals.clear()

    def arrival(self, task: TaskId) -> Arrival:
        """The task as its user meant it."""
        return self._arrivals[task]

    def has_started(self, task: TaskId) -> bool:
        """Whether anybody ever began to execute the task."""
        return task in self._started

    def begin(self, task: TaskId, phase: Phase, pod: PodName) -> tuple[float, float, Outcome]:
        """Execute this phase on this pod: how long it takes, how much of that is init (float s), and its end.

        An apply on another pod than its plan pays a full `init`; on the same pod it is skipped.
        """
        arrival = self._arrivals[task]
        self._started.add(task)
        if phase is _PLAN:
            if arrival.fails == "plan":
                return arrival.plan_s, 0.0, _FAILED
            has_changes = arrival.has_changes and arrival.kind == _PLAN_AND_APPLY
            return arrival.plan_s, 0.0, _CHANGES if has_changes else _DONE
        init_s = 0.0 if self._planned_on.get(task) == pod else self._init_s
        outcome = _FAILED if arrival.fails == "apply" else _DONE
        return arrival.apply_s + init_s, init_s, outcome

    def planned(self, task: TaskId, pod: PodName) -> None:
        """A plan with changes ended on this pod."""
        self._planned_on[task] = pod
