"""S22 and S24: cancelled tasks stop, and no task is lost."""

from typing import ClassVar

from policies.actions import SendTask
from policies.decisions import SlotMoved, TaskMoved
from policies.lifecycles import SlotEvent
from policies.observations import TaskSubmitted
from policies.vocabulary import RUNNING, Seconds, TaskId, TaskState
from sim.checks.invariant import BOTH, Invariant, Report, Watch
from sim.checks.scene.scene import Scene
from sim.record.truth import ExecEnded, ExecStarted, TaskCreated
from sim.words import count


class CancelledTasksStop(Invariant, frozen=True):
    """A cancelled task is not sent, ends within `within`, and its slot is not used before it does."""

    within: Seconds = 30.0
    """K: from the cancellation in the store to the end of the execution."""

    code: ClassVar[str] = "S22"
    title: ClassVar[str] = "cancelled tasks stop"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        cancelled: dict[TaskId, float] = {}
        stopping: set[TaskId] = set()

        def moved(e: TaskMoved) -> None:
            if e.after is TaskState.CANCELLED:
                cancelled[e.task] = e.at
                if e.task in scene.live:
                    stopping.add(e.task)
                    scene.deadlines.at(e.at + self.within, lambda: still_runs(e.task))

        def still_runs(task: TaskId) -> None:
            if task in stopping and task in scene.live:
                stopping.discard(task)
                live = scene.live[task][0]
                since = f"{cancelled[task]:g} s"
                text = f"task {task} was cancelled at {since} and its {live.phase} still runs on {live.pod}"
                report(scene.now, text, task=task, pod=live.pod)

        def ended(e: ExecEnded) -> None:
            if len(scene.live.get(e.task, ())) <= 1:
                stopping.discard(e.task)

        def started(e: ExecStarted) -> None:
            if e.task in cancelled:
                stopping.add(e.task)
                until = max(cancelled[e.task] + self.within, e.at)
                scene.deadlines.at(until, lambda: still_runs(e.task))

        def sent(e: SendTask) -> None:
            if e.task in cancelled:
                text = f"task {e.task} is sent to {e.pod}, but was cancelled at {cancelled[e.task]:g} s"
                report(e.at, text, pool=e.because.pool, task=e.task, pod=e.pod)

        def booked(e: SlotMoved) -> None:
            pod = scene.pods.get(e.pod)
            for live in pod.live if pod is not None and e.cause is SlotEvent.BOOKED else ():
                if live.slot == e.slot and live.task in cancelled:
                    text = f"slot {e.slot} of {e.pod} is booked while cancelled task {live.task} runs in it"
                    report(e.at, text, pool=e.pool, task=e.task, pod=e.pod)

        def still_open() -> str:
            return f"{count(len(stopping), 'cancelled task')} had yet to stop" if stopping else ""

        return Watch(
            on={
                TaskMoved: moved,
                ExecStarted: started,
                ExecEnded: ended,
                SendTask: sent,
                SlotMoved: booked,
            },
            still_open=still_open,
        )


class NothingIsLost(Invariant, frozen=True):
    """Every task submitted is in exactly one state, and the row of each task that runs says so.

    A row moves from the state that it is in. A task that was cancelled may run on until its agent has heard
    of it, which is S22's business; so may one that is stopped for any other reason, for `grace`.
    While the control plane is down nobody expects a row.
    """

    grace: Seconds = 30.0
    """How long an execution may go on after its row was ended, and a new task may be without a row."""

    code: ClassVar[str] = "S24"
    title: ClassVar[str] = "nothing is lost"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        stopping: dict[TaskId, TaskState] = {}
        without_row: set[TaskId] = set()

        def created(e: TaskCreated) -> None:
            if e.task not in scene.rows:
                without_row.add(e.task)
            scene.deadlines.at(e.at + self.grace, lambda: has_no_row(e))

        def has_no_row(e: TaskCreated) -> None:
            if e.task not in without_row:
                return
            if scene.control_is_up and scene.now >= scene.control_up_since + self.grace:
                text = f"task {e.task} was submitted at {e.at:g} s and has no row {self.grace:g} s later"
                without_row.discard(e.task)
                report(scene.now, text, pool=e.pool, task=e.task)
            else:  # nobody is there to make one
                scene.deadlines.at(scene.now + self.grace, lambda: has_no_row(e))

        def submitted(e: TaskSubmitted) -> None:
            without_row.discard(e.task)
            if e.task not in scene.created:
                report(e.at, f"task {e.task} has a row, but nobody created it", pool=e.pool, task=e.task)

        def moved(e: TaskMoved) -> None:
            row = scene.rows.get(e.task)
            if row is None:
                report(e.at, f"task {e.task} becomes {e.after} without having a row", task=e.task)
            elif row.state is not e.before:
                text = f"task {e.task} becomes {e.after} from {e.before}, but was {row.state}"
                report(e.at, text, pool=row.pool, task=e.task)
            if e.after in RUNNING:
                stopping.pop(e.task, None)
            elif e.task in scene.live and e.after is not TaskState.CANCELLED:
                stopping[e.task] = e.after
                scene.deadlines.at(e.at + self.grace, lambda: still_runs(e))

        def still_runs(e: TaskMoved) -> None:
            if stopping.get(e.task) is e.after and e.task in scene.live:
                del stopping[e.task]
                live = scene.live[e.task][0]
                text = (
                    f"the {live.phase} of task {e.task} runs on {live.pod}, but its row has been "
                    f"{e.after} for {self.grace:g} s"
                )
                report(scene.now, text, task=e.task, pod=live.pod)

        def started(e: ExecStarted) -> None:
            row = scene.rows.get(e.task)
            state = "none" if row is None else row.state
            if state not in (*RUNNING, TaskState.CANCELLED):
                text = f"task {e.task} starts on {e.pod}, but its row is {state}"
                report(e.at, text, task=e.task, pod=e.pod)

        def ended(e: ExecEnded) -> None:
            if len(scene.live.get(e.task, ())) <= 1:
                stopping.pop(e.task, None)

        return Watch(
            on={
                TaskCreated: created,
                TaskSubmitted: submitted,
                TaskMoved: moved,
                ExecStarted: started,
                ExecEnded: ended,
            },
            still_open=lambda: _yet_to(len(without_row), len(stopping)),
        )


def _yet_to(get_a_row: int, stop: int) -> str:
    parts = [f"{get_a_row} to get a row"] * bool(get_a_row) + [f"{stop} to stop"] * bool(stop)
    return f"tasks had time left: {' and '.join(parts)}" if parts else ""
