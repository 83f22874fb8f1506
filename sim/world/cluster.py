"""The cluster: pods from the create call to their disappearance, and the way of a dispatch to an agent.

Pods are created one by one, as the platform's autoscaler does: a create call waits for the one before it.
"""

from collections.abc import Callable, Generator
from typing import Any

from simpy.events import Event

from policies.actions import (
    AbortTask,
    AskAgent,
    CreatePod,
    CutConnection,
    DeletePod,
    SendTask,
)
from policies.decisions import Reason
from policies.observations import (
    AnyObservation,
    DispatchFailed,
    PodCreateAccepted,
    PodGone,
    PodSeen,
    PodTerminating,
)
from policies.vocabulary import PodName
from sim.engine import Engine
from sim.record.entry import Log
from sim.record.truth import DispatchHappened, PodHappened
from sim.world.agents import Agent
from sim.world.control_plane import ControlPlaneProcess
from sim.world.pod_times import PodTimeline


class PodTruth:
    """One pod as it really is."""

    def __init__(self, name: PodName, pool: str, number: int, created_at: float) -> None:
        self.name = name
        self.pool = pool
        self.number = number
        self.created_at = created_at
        self.phase = "Pending"
        self.is_created = False
        self.is_terminating = False
        self.is_gone = False
        self.agent: Agent | None = None


class Cluster:
    """Carries out the control plane's actions and tells it what becomes of pods."""

    def __init__(
        self,
        engine: Engine,
        control: ControlPlaneProcess,
        log: Log,
        *,
        timeline_of: Callable[[str, int], PodTimeline],
        new_agent: Callable[[PodTruth], Agent],
        way_of_dispatch: Callable[[SendTask], tuple[float, ...]] | None,
    ) -> None:
        """`way_of_dispatch` is the delay (float s) of each copy that arrives; None if all arrive at once."""
        self._engine = engine
        self._control = control
        self._log = log
        self._timeline_of = timeline_of
        self._new_agent = new_agent
        self._way_of_dispatch = way_of_dispatch
        self._create_free_at = 0.0
        self._numbers: dict[str, int] = {}
        self.pods: dict[PodName, PodTruth] = {}
        self.on_agent: list[Callable[[PodTruth], None]] = []
        control.carry_out = {
            SendTask: self._send,
            CreatePod: self._create,
            DeletePod: self._delete,
            AbortTask: self._abort,
            AskAgent: self._ask,
            CutConnection: self._cut,
        }
        control.on_down.append(self._drop_all)
        control.on_up.append(self._list_all)

    # pods

    def _create(self, action: CreatePod) -> None:
        pod = self._new_pod(action.pod, action.pool)
        self._happened(pod, "create_called")
        self._engine.process(self._life(pod))

    def _new_pod(self, name: PodName, pool: str) -> PodTruth:
        number = self._numbers[pool] = self._numbers.get(pool, 0) + 1
        pod = self.pods[name] = PodTruth(name, pool, number, self._engine.now)
        return pod

    def start_warm(self, name: PodName, pool: str) -> None:
        """A pod that is there from the start, with its agent registered, connected and known."""
        pod = self._new_pod(name, pool)
        pod.is_created = True
        self._happened(pod, "created")
        self._run(pod)
        assert pod.agent is not None
        pod.agent.start_connected()

    def _life(self, pod: PodTruth) -> Generator[Event, Any, None]:
        """From the create call to the agent's process; after each wait the pod may be gone."""
        times = self._timeline_of(pod.pool, pod.number)
        starts_at = max(self._engine.now, self._create_free_at)
        self._create_free_at = starts_at + times.create_call_s
        yield self._engine.timeout(self._create_free_at - self._engine.now)
        pod.is_created = True
        self._happened(pod, "created")
        self._tell(pod, PodCreateAccepted(self._engine.now, pod.name))
        if pod.is_terminating:
            self._engine.process(self._end(pod))
            return
        self._tell_phase(pod)
        for what, wait_s in times.start_up:
            if not what and times.running_at is not None:
                wait_s = max(0.0, times.running_at - self._engine.now)
            yield self._engine.timeout(wait_s)
            if pod.is_terminating or pod.is_gone:
                return
            if what:
                self._happened(pod, what)
        self._run(pod)
        assert pod.agent is not None
        pod.agent.start()

    def _run(self, pod: PodTruth) -> None:
        pod.phase = "Running"
        self._happened(pod, "running")
        self._tell_phase(pod)
        self.renew_agent(pod)

    def renew_agent(self, pod: PodTruth) -> Agent:
        """A fresh agent process for the pod, not started yet."""
        pod.agent = self._new_agent(pod)
        for hook in self.on_agent:
            hook(pod)
        return pod.agent

    def _delete(self, action: DeletePod) -> None:
        pod = self.pods.get(action.pod)
        if pod is None or pod.is_gone or pod.is_terminating:
            return
        pod.is_terminating = True
        if pod.is_created:
            self._engine.process(self._end(pod))

    def _end(self, pod: PodTruth) -> Generator[Event, Any, None]:
        self._happened(pod, "terminating")
        self._tell(pod, PodTerminating(self._engine.now, pod.name))
        if pod.agent is not None:
            pod.agent.terminate()
        times = self._timeline_of(pod.pool, pod.number)
        yield self._engine.timeout(times.termination_s)
        self._remove(pod)

    def kill(self, pod: PodTruth) -> bool:
        """The pod is gone at once, with all that ran on it: a node lost, an eviction, an OOM kill.

        Returns whether there was a pod to kill.
        """
        if pod.is_gone or not pod.is_created:
            return False
        self._happened(pod, "killed")
        if pod.agent is not None:
            pod.agent.die()
        self._remove(pod)
        return True

    def _remove(self, pod: PodTruth) -> None:
        if pod.is_gone:
            return
        pod.is_gone = True
        self._happened(pod, "gone")
        self._tell(pod, PodGone(self._engine.now, pod.name))
        del self.pods[pod.name]

    # dispatch

    def _send(self, action: SendTask) -> None:
        """Push to the agent if it is connected; a push over a dead connection fails conclusively."""
        pod = self.pods.get(action.pod)
        agent = None if pod is None else pod.agent
        if agent is None or not agent.is_connected:
            self._undeliverable(action)
            return
        if self._way_of_dispatch is None:
            agent.receive(action)
            return
        for delay_s in self._way_of_dispatch(action):
            if delay_s:
                self._engine.call_in(delay_s, self._deliver, action)
            else:
                agent.receive(action)

    def _deliver(self, action: SendTask) -> None:
        pod = self.pods.get(action.pod)
        if pod is not None and pod.agent is not None and pod.agent.is_connected:
            pod.agent.receive(action)
        else:
            self._undeliverable(action)

    def _undeliverable(self, action: SendTask) -> None:
        now = self._engine.now
        self._log(
            DispatchHappened(now, action.task, action.phase, action.attempt, action.pod, "undeliverable")
        )
        self._control.tell(
            action.pod,
            DispatchFailed(now, action.task, action.phase, action.attempt, Reason.NOT_CONNECTED),
        )

    def _abort(self, action: AbortTask) -> None:
        pod = self.pods.get(action.pod)
        if pod is not None and pod.agent is not None and pod.agent.is_connected:
            pod.agent.abort(action.task)

    def _ask(self, action: AskAgent) -> None:
        """An agent that is not connected is not asked, and says what it runs when it connects."""
        pod = self.pods.get(action.pod)
        if pod is not None and pod.agent is not None and pod.agent.is_connected:
            pod.agent.report(action.at)

    def _cut(self, action: CutConnection) -> None:
        pod = self.pods.get(action.pod)
        if pod is not None and pod.agent is not None:
            pod.agent.drop(noticed=False)

    # the control plane's restarts

    def _drop_all(self) -> None:
        """The server's process is gone, and every connection with it."""
        for pod in self.pods.values():
            if pod.agent is not None:
                pod.agent.drop(noticed=False)

    def _list_all(self) -> None:
        """A restarted control plane lists the pods before it does anything else."""
        with self._control.without_delay():
            for pod in self.pods.values():
                if pod.is_created:
                    self._tell_phase(pod)
                    if pod.is_terminating:
                        self._tell(pod, PodTerminating(self._engine.now, pod.name))

    def _tell_phase(self, pod: PodTruth) -> None:
        self._tell(pod, PodSeen(self._engine.now, pod.name, pod.pool, pod.phase, pod.created_at))

    def _tell(self, pod: PodTruth, event: AnyObservation) -> None:
        self._control.tell(f"pod {pod.name}", event)

    def _happened(self, pod: PodTruth, what: str) -> None:
        self._log(PodHappened(self._engine.now, pod.name, pod.pool, what))
