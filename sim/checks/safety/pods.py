"""S11, S12 and S20: which pods may be deleted, and what they may be called."""

from typing import ClassVar

from policies.actions import CreatePod, DeletePod, SendTask
from policies.decisions import TaskMoved
from policies.observations import PodCreateFailed
from policies.vocabulary import Phase, Seconds
from sim.checks.invariant import BOTH, OBSERVED, TRUTH, Invariant, Report, Watch
from sim.checks.scene.scene import Scene
from sim.record.truth import AgentHappened, DispatchHappened, ExecStarted, PodHappened

_OVER = frozenset({"lost", "undeliverable", "rejected", "ignored"})
"""What makes a dispatch no danger any more: nothing will start because of it."""


class NoWorkIsDeleted(Invariant, frozen=True):
    """No pod is deleted on which a task runs, or to which one was sent that has not arrived yet."""

    code: ClassVar[str] = "S11"
    title: ClassVar[str] = "no work is deleted"
    looks_at: ClassVar[str] = TRUTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        underway: dict[tuple[int, Phase, int], str] = {}

        def sent(e: SendTask) -> None:
            underway[e.task, e.phase, e.attempt] = e.pod

        def started(e: ExecStarted) -> None:
            underway.pop((e.task, e.phase, e.attempt), None)

        def happened(e: DispatchHappened) -> None:
            if e.what in _OVER:
                underway.pop((e.task, e.phase, e.attempt), None)

        def moved(e: TaskMoved) -> None:
            row = scene.rows.get(e.task)
            if row is not None and row.is_running:
                for key in [key for key in underway if key[0] == e.task]:
                    del underway[key]

        def deleted(e: DeletePod) -> None:
            pod = scene.pods.get(e.pod)
            why = f"({e.because.reason}, {e.because.rule})"
            for live in pod.live if pod is not None else ():
                text = f"pod {e.pod} is deleted {why} while the {live.phase} of task {live.task} runs on it"
                report(e.at, text, pool=e.pool, task=live.task, pod=e.pod)
            for (task, phase, _), to in underway.items():
                if to == e.pod:
                    text = (
                        f"pod {e.pod} is deleted {why} while the {phase} of task {task} is on its way to it"
                    )
                    report(e.at, text, pool=e.pool, task=task, pod=e.pod)

        return Watch(
            on={
                SendTask: sent,
                ExecStarted: started,
                DispatchHappened: happened,
                TaskMoved: moved,
                DeletePod: deleted,
            }
        )


class NoReservationIsDeleted(Invariant, frozen=True):
    """No pod is deleted that keeps a slot for an apply.

    A reservation counts until it is used, freed or expired. That the control plane was restarted and forgot
    it does not void it.
    """

    code: ClassVar[str] = "S12"
    title: ClassVar[str] = "no reservation is deleted"
    looks_at: ClassVar[str] = OBSERVED

    def watch(self, scene: Scene, report: Report) -> Watch:
        def deleted(e: DeletePod) -> None:
            for task, slot in scene.slots.promised_on(e.pod).items():
                text = f"pod {e.pod} is deleted while its slot {slot} is reserved for task {task}"
                report(e.at, text, pool=e.pool, task=task, pod=e.pod)

        return Watch(on={DeletePod: deleted})


class NamesAreUnique(Invariant, frozen=True):
    """No two pods or agents exist under one name; a creation refused for its name is repeated at once.

    A refusal counts as one for its name if its reason is in `collisions`.
    """

    within: Seconds = 0.0
    """How soon another creation must be asked for."""
    collisions: tuple[str, ...] = ("already_exists", "AlreadyExists")
    """The cluster's reasons that speak of a name that is taken."""

    code: ClassVar[str] = "S20"
    title: ClassVar[str] = "names are unique"
    looks_at: ClassVar[str] = BOTH

    def watch(self, scene: Scene, report: Report) -> Watch:
        created: set[str] = set()
        processes: set[str] = set()
        refused: dict[str, dict[str, float]] = {}  # when, by pool and pod

        def pod_happened(e: PodHappened) -> None:
            if e.what == "created":
                if e.pod in created:
                    report(e.at, f"a second pod is called {e.pod}", pool=e.pool, pod=e.pod)
                created.add(e.pod)
            elif e.what == "gone":
                created.discard(e.pod)
                processes.discard(e.pod)

        def agent_happened(e: AgentHappened) -> None:
            if e.what == "connected":
                if e.pod in processes:
                    report(e.at, f"a second agent is connected as {e.pod}", pod=e.pod)
                processes.add(e.pod)
            elif e.what == "disconnected":
                processes.discard(e.pod)

        def create_failed(e: PodCreateFailed) -> None:
            pod = scene.pods.get(e.pod)
            if e.reason in self.collisions and pod is not None:
                refused.setdefault(pod.pool, {})[e.pod] = e.at
                scene.deadlines.at(e.at + self.within, lambda: not_again(pod.pool, e))

        def create_pod(e: CreatePod) -> None:
            of_pool = refused.get(e.pool, {})
            if of_pool:
                del of_pool[next(iter(of_pool))]

        def not_again(pool: str, e: PodCreateFailed) -> None:
            if refused[pool].get(e.pod) == e.at:
                del refused[pool][e.pod]
                text = f"pod {e.pod} was refused ({e.reason}) and no other asked for in {self.within:g} s"
                report(e.at + self.within, text, pool=pool, pod=e.pod)

        def still_open() -> str:
            pools = ", ".join(pool for pool, pods in refused.items() if pods)
            return f"creations refused in {pools} may be asked for again" if pools else ""

        return Watch(
            on={
                PodHappened: pod_happened,
                AgentHappened: agent_happened,
                PodCreateFailed: create_failed,
                CreatePod: create_pod,
            },
            still_open=still_open,
        )
