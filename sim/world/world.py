"""The simulated world: the parts put together for one scenario, one policy set and one seed, and run."""

from collections.abc import Callable

from policies.controller import Controller, PoolBounds
from policies.errors import PolicyFault
from sim.distributions import Distribution
from sim.engine import EndlessInstant, Engine
from sim.errors import PolicyError
from sim.record.entry import Entry
from sim.scenario import PoolPlan, Scenario
from sim.streams import Streams
from sim.workloads import Workload
from sim.world.agents import Agent
from sim.world.cluster import Cluster, PodTruth
from sim.world.control_plane import ControlPlaneProcess
from sim.world.delays import Delay, DrawnDelay, NoDelay, SumOfDelays
from sim.world.faults.dispatch import DispatchFaults
from sim.world.faults.starting import StartingFaults
from sim.world.faults.timed import TimedFaults
from sim.world.heartbeats import HeartbeatLine
from sim.world.people import People
from sim.world.pod_times import PodTimeline, PodTimesOf
from sim.world.work import Work

SLICES = 200
"""How many times a run gives whoever waits for it a sign of progress."""


class World:
    """One run of a scenario, from its beginning to its horizon."""

    def __init__(self, scenario: Scenario, seed: int, log: list[Entry]) -> None:
        self._scenario = scenario
        self._entries = log
        self._log = log.append
        self._streams = streams = Streams(seed)
        self._engine = engine = Engine()
        self._pools = {pool.name: pool for pool in scenario.pools}
        self.controller = Controller(scenario.policy, map(_bounds, scenario.pools), journal=log)
        self._control = control = self._control_process()
        engine.control = control
        self._work = Work(scenario.work_init_s)
        self._starting = starting = StartingFaults(scenario.faults)
        self._times = {
            pool.name: PodTimesOf(
                pool.name, streams, pool.pod, pool.agent, starting, scenario.exceptions_of(pool.name)
            )
            for pool in scenario.pools
        }
        self._processes: dict[str, int] = {}
        on_dispatch = DispatchFaults(scenario.faults, streams, engine, self._log)
        self._cluster = Cluster(
            engine,
            control,
            self._log,
            timeline_of=self._timeline_of,
            new_agent=self._new_agent,
            way_of_dispatch=on_dispatch.way if on_dispatch.may_strike else None,
        )
        TimedFaults(scenario.faults, streams, engine, control, self._cluster, self._log)
        self._people = People(engine, control, self._log, self._work)

    def run(self, progress: Callable[[float], None] | None = None) -> None:
        """Let the world happen up to its horizon; `progress` is called with the share done, 0 to 1.

        Raises PolicyError, with what the policy was asked and what it answered, when one fails, or if the
        control plane has no end of things to do at one instant. What was logged up to there stays with
        whoever holds the log.
        """
        self._warm_up_pools()
        horizon = self._scenario.horizon_s
        workload = Workload(self._scenario.sources, self._streams, horizon)
        self._people.submit_all(workload.arrivals)
        for source in workload.closed:
            self._people.join(source)
        try:
            for index in range(1, SLICES + 1):
                self._engine.advance(horizon * index / SLICES)
                if progress is not None:
                    progress(index / SLICES)
        except PolicyFault as fault:
            raise PolicyError(str(fault)) from fault
        except EndlessInstant as endless:
            raise PolicyError(
                f"the control plane under policy {self.controller.policy.name} does not settle: {endless}. "
                "A rule answers at once again and again, or customers think and tasks take 0 s"
            ) from endless

    def close(self) -> None:
        """Let go of every task: the world's parts know each other, so nothing would go before the collector
        had been through all that the run made. It is not to be run after that."""
        self.controller.close()
        self._work.close()

    @property
    def now(self) -> float:
        """How far the world has got (float s)."""
        return float(self._engine.now)

    def _warm_up_pools(self) -> None:
        with self._control.without_delay():
            for pool in self._scenario.pools:
                for number in range(1, pool.initial + 1):
                    self._cluster.start_warm(f"{pool.name}-{number}", pool.name)

    def _control_process(self) -> ControlPlaneProcess:
        spec = self._scenario.control_plane
        return ControlPlaneProcess(
            self._engine,
            self.controller,
            self._entries,
            observation_delay=self._delay("observation_delay", spec.observation_delay),
            action_delay=self._action_delay(),
            reorders=spec.reorders,
        )

    def _action_delay(self) -> Delay:
        spec = self._scenario.control_plane
        parts = [
            self._delay("decision_latency", spec.decision_latency),
            self._delay("actuation_latency", spec.actuation_latency),
        ]
        slow = [part for part in parts if not part.is_zero]
        return SumOfDelays(*slow) if slow else NoDelay()

    def _delay(self, purpose: str, distribution: Distribution) -> Delay:
        if distribution.constant_value == 0.0:
            return NoDelay()
        return DrawnDelay(distribution, self._streams, purpose)

    def _timeline_of(self, pool: str, number: int) -> PodTimeline:
        return self._times[pool].pod(number)

    def _new_agent(self, pod: PodTruth) -> Agent:
        process = self._processes[pod.name] = self._processes.get(pod.name, 0) + 1
        times = self._pools[pod.pool].agent
        timeline = self._times[pod.pool].agent(pod.number, process, self._engine.now)
        loss = self._starting.heartbeat_loss(pod.pool, pod.number)
        line = HeartbeatLine(
            self._engine,
            self._control,
            self._log,
            pod.name,
            every_s=times.heartbeat_every,
            loss=loss,
            rng=self._streams.of("heartbeat_loss", f"{pod.name} {process}") if loss else None,
        )
        return Agent(
            self._engine,
            self._control,
            self._log,
            self._work,
            pod.name,
            times,
            line,
            registers_after_s=timeline.registers_after_s,
            connects_after_s=timeline.connects_after_s,
            known_to_pod_manager_after_s=timeline.known_to_pod_manager_after_s,
        )


def _bounds(pool: PoolPlan) -> PoolBounds:
    return PoolBounds(name=pool.name, min=pool.min, max=pool.max, slots_per_pod=pool.slots_per_pod)
