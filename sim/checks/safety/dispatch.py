"""S05 to S08: to whom a task may be sent, how often it may start, and in which order."""

from collections import Counter
from typing import ClassVar

from policies.actions import SendTask
from policies.decisions import SlotMoved
from policies.lifecycles import SlotEvent
from policies.vocabulary import Outcome, Phase, TaskKind
from sim.checks.invariant import BOTH, TRUTH, Invariant, Report, Watch
from sim.checks.scene.pods import PodNow
from sim.checks.scene.scene import Scene
from sim.record.truth import ExecEnded, ExecStarted


class SentToAConnectedAgent(Invariant, frozen=True):
    """A task is sent only to an agent that is connected at that moment, in truth.

    Neither a row in the agents table nor `pod.AgentID` is enough, and neither is needed.
    """

    code: ClassVar[str] = "S05"
    title: ClassVar[str] = "sent to a connected agent"
    looks_at: ClassVar[str] = TRUTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        def sent(e: SendTask) -> None:
            pod = scene.pods.get(e.pod)
            if pod is None or pod.connected_since is None:
                text = f"task {e.task} is sent to the agent of {e.pod}, which is not connected"
                report(e.at, text, pool=e.because.pool, task=e.task, pod=e.pod)

        return Watch(on={SendTask: sent})


class OnlyOnRunningPods(Invariant, frozen=True):
    """Nothing is booked on or sent to a pod that is not Running, or whose deletion was asked for."""

    code: ClassVar[str] = "S06"
    title: ClassVar[str] = "only on running pods"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        def booked(e: SlotMoved) -> None:
            if e.cause in (SlotEvent.BOOKED, SlotEvent.ACTIVATED) and not scene.is_bound_again(e):
                look("booked on", e.at, e.pool, e.pod, e.task)

        def sent(e: SendTask) -> None:
            look("sent to", e.at, e.because.pool, e.pod, e.task)

        def look(what: str, at: float, pool: str, name: str, task: int) -> None:
            pod = scene.pods.get(name)
            if pod is None or not pod.is_there:
                text = f"task {task} is {what} {name}, {_why_not(pod)}"
                report(at, text, pool=pool, task=task, pod=name)

        return Watch(on={SlotMoved: booked, SendTask: sent})


def _why_not(pod: PodNow | None) -> str:
    if pod is None:
        return "which is gone"
    if pod.is_terminating:
        return "which is terminating"
    if pod.delete_requested_at is not None:
        return f"whose deletion was asked for at {pod.delete_requested_at:g} s"
    return f"which is {'being created' if pod.phase == 'called' else pod.phase}"


class StartsOnce(Invariant, frozen=True):
    """A phase starts once, and again only after an execution that was aborted before it had any effect.

    A plan has no effect, so an aborted plan may start again; an aborted apply may be half done, so it may
    not. Two executions of one phase never overlap.
    """

    code: ClassVar[str] = "S07"
    title: ClassVar[str] = "no phase runs twice"
    looks_at: ClassVar[str] = TRUTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        starts: Counter[tuple[int, Phase]] = Counter()
        harmless: Counter[tuple[int, Phase]] = Counter()

        def started(e: ExecStarted) -> None:
            starts[e.task, e.phase] += 1
            for live in scene.live.get(e.task, ()):
                if live.phase is e.phase:
                    where = "on the same pod" if live.pod == e.pod else f"on {live.pod}"
                    text = (
                        f"the {e.phase} of task {e.task} starts on {e.pod} while it has been running "
                        f"{where} since {live.since:g} s"
                    )
                    report(e.at, text, task=e.task, pod=e.pod)
                    return
            times = starts[e.task, e.phase]
            if times > 1 + harmless[e.task, e.phase]:
                text = f"the {e.phase} of task {e.task} starts again on {e.pod}, {times} times in all"
                report(e.at, text, task=e.task, pod=e.pod)

        def ended(e: ExecEnded) -> None:
            if e.outcome is Outcome.ABORTED and e.phase is Phase.PLAN:
                harmless[e.task, e.phase] += 1

        return Watch(on={ExecStarted: started, ExecEnded: ended})


class OnePlanAndApplyAWorkspace(Invariant, frozen=True):
    """In a workspace one plan_and_apply runs at a time, and none is sent before lower ids are over."""

    code: ClassVar[str] = "S08"
    title: ClassVar[str] = "one plan_and_apply a workspace"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        live: dict[str, dict[int, int]] = {}

        def started(e: ExecStarted) -> None:
            task = scene.created.get(e.task)
            if task is None or task.kind is not TaskKind.PLAN_AND_APPLY:
                return
            here = live.setdefault(task.workspace, {})
            for other in here:
                if other != e.task:
                    text = (
                        f"task {e.task} starts on {e.pod} while task {other} of workspace "
                        f"{task.workspace} runs"
                    )
                    report(e.at, text, pool=task.pool, task=e.task, pod=e.pod)
            here[e.task] = here.get(e.task, 0) + 1

        def ended(e: ExecEnded) -> None:
            task = scene.created.get(e.task)
            here = live.get(task.workspace, {}) if task is not None else {}
            if e.task in here:
                here[e.task] -= 1
                if not here[e.task]:
                    del here[e.task]

        def sent(e: SendTask) -> None:
            row = scene.rows.get(e.task)
            if row is None or not row.is_plan_and_apply:
                return
            first = row.workspace.first_plan_and_apply()
            if first is not None and first.id < row.id:
                text = (
                    f"task {e.task} is sent while task {first.id} of workspace {row.workspace.name} "
                    f"is {first.state}"
                )
                report(e.at, text, pool=row.pool, task=e.task, pod=e.pod)

        return Watch(on={ExecStarted: started, ExecEnded: ended, SendTask: sent})
