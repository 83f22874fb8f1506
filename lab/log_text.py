"""A run as the log lines that the platform would have written, so that the two can be set side by side.

The incident report of 609 names four of these lines; they are rendered here from decisions, word by word.
The others are in their style. Each line begins with the simulated time in seconds.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from lab.words import visible
from policies.actions import AbortTask, AskAgent, CreatePod, CutConnection, DeletePod, SendTask
from policies.decisions import (
    Anomaly,
    Blocked,
    Placed,
    PodRefusal,
    Reason,
    Recovered,
    Refused,
    Released,
    RolledBack,
    Scaled,
    TaskEnded,
)
from policies.observations import (
    AgentConnected,
    AgentDisconnected,
    AgentKnownToPodManager,
    AgentRegistered,
    AgentReported,
    DispatchFailed,
    PhaseEnded,
    PodGone,
    PodSeen,
    TaskCancelled,
    TaskConfirmed,
    TaskSubmitted,
)
from policies.rules.placement import P2, P3
from policies.vocabulary import Phase
from sim.record import Run
from sim.record.entry import Entry
from sim.record.truth import ControlHappened, FaultMissed

_WIDTH = 12
AUTOSCALER: Final = "[AutoScaler]"
"""What a line about the size of a pool begins with."""


def log_lines(run: Run) -> Iterator[str]:
    """The log of a run, line by line, in the order of events."""
    return (line for _, line in log_lines_by_entry(run))


def log_lines_by_entry(run: Run) -> Iterator[tuple[Entry, str]]:
    """The same, each line with the entry of the log that it renders."""
    writer = _Writer(run)
    for entry in run.log:
        lines = writer.lines_of.get(type(entry))
        if lines is not None:
            for line in lines(entry):
                yield entry, f"{entry.at:>{_WIDTH}.3f} s {visible(line)}"


def go_duration(seconds: float) -> str:
    """A duration as Go prints one (`%v`), which the platform's log does: '2m5s', '1h0m0.25s', '0s'."""
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def words(code: str) -> str:
    """A reason code as words."""
    return str(code).replace("_", " ")


class _Writer:
    """Knows which lines each kind of entry makes, and what must be known from earlier entries for them."""

    def __init__(self, run: Run) -> None:
        self._placement = run.policy.placement
        self._created_at: dict[str, float] = {}
        self._explained: Scaled | None = None
        self._failed = {(e.task, e.attempt) for e in run.log if type(e) is DispatchFailed}
        self.lines_of: dict[type, Callable[[Any], Iterator[str]]] = {
            Anomaly: self._anomaly,
            Blocked: self._blocked,
            Recovered: self._recovered,
            Refused: self._refused,
            Released: self._released,
            RolledBack: self._rolled_back,
            Scaled: self._scaled,
            TaskEnded: self._task_ended,
            AbortTask: self._aborted,
            AskAgent: self._asked,
            CreatePod: self._created,
            CutConnection: self._cut,
            DeletePod: self._deleted,
            SendTask: self._sent,
            PodSeen: self._seen,
            **dict.fromkeys(_PLAINLY, self._plainly),
        }

    def _plainly(self, e: Any) -> Iterator[str]:
        yield _PLAINLY[type(e)](e)

    def _sent(self, e: SendTask) -> Iterator[str]:
        yield self._allowing(e.because)
        if e.slot is not None:
            yield f"[TaskQueue] Allocated slot {e.slot} on pod {e.pod} for task {e.task}"
        if (e.task, e.attempt) not in self._failed:
            phase = " (apply)" if e.phase is Phase.APPLY else ""
            yield f"[TaskQueue] Successfully pushed task {e.task} to agent {e.pod}{phase}"

    def _allowing(self, e: Placed) -> str:
        """P2 and P3 (and P4, which derives from P3) do not look at the heartbeat of a new pod."""
        age = e.at - self._created_at.get(e.pod, float("-inf"))
        rule = self._placement
        if isinstance(rule, P3) and age < rule.grace:
            return f"[PodManager] Pod {e.pod} is new with registered agent {e.pod}, allowing"
        if (isinstance(rule, P2) and age < rule.grace) or e.heartbeat_age_s is None:
            return f"[PodManager] Pod {e.pod} is new, allowing"
        return f"[PodManager] Pod {e.pod} has {e.heartbeat_age_s:.3g} seconds since last heartbeat, allowing"

    def _refused(self, e: Refused) -> Iterator[str]:
        for refusal in e.refusals:
            yield f"[PodManager] {_refusal(refusal)}"
        retry = go_duration(e.retry_at - e.at)
        yield f"[TaskQueue] No pod with a free slot for task {e.task}, retrying in {retry}"

    def _released(self, e: Released) -> Iterator[str]:
        if e.slot is not None:
            yield f"[TaskQueue] Allocated slot {e.slot} on pod {e.pod} for task {e.task}"
        retry = go_duration(e.retry_at - e.at)
        yield (
            f"[TaskQueue] Released slot {e.slot} on pod {e.pod} for task {e.task}: "
            f"{words(e.reason)}, retrying in {retry}"
        )

    def _rolled_back(self, e: RolledBack) -> Iterator[str]:
        retry = go_duration(e.retry_at - e.at)
        yield (
            f"[TaskQueue] Failed to push task {e.task} (attempt {e.attempt}): "
            f"{words(e.reason)}, rolled back, retrying in {retry}"
        )

    def _blocked(self, e: Blocked) -> Iterator[str]:
        by = "" if e.by is None else f" by task {e.by}"
        yield f"[TaskQueue] Workspace {e.workspace} is blocked{by}: {words(e.reason)}"

    def _scaled(self, e: Scaled) -> Iterator[str]:
        numbers = ", ".join(f"{words(name)} {value:.3g}" for name, value in e.numbers.items())
        because = f"{words(e.reason)}; {numbers}" if numbers else words(e.reason)
        what = "keeping" if e.desired == e.pods else f"scaling to {e.desired}"
        yield f"{AUTOSCALER} Pool {e.pool} has {e.pods} pods, {what} ({because})"

    def _created(self, e: CreatePod) -> Iterator[str]:
        self._created_at[e.pod] = e.at
        if e.because is not self._explained:  # several pods of one decision
            self._explained = e.because
            yield from self._scaled(e.because)
        yield f"[PodManager] Creating pod {e.pod}"

    def _deleted(self, e: DeletePod) -> Iterator[str]:
        yield f"[PodManager] Deleting pod {e.pod}: {words(e.because.reason)}"

    def _cut(self, e: CutConnection) -> Iterator[str]:
        age, limit = go_duration(e.because.heartbeat_age_s), go_duration(e.because.limit_s)
        yield f"[C&C] Cutting connection of agent {e.pod}: last heartbeat {age} ago, limit {limit}"

    def _aborted(self, e: AbortTask) -> Iterator[str]:
        yield f"[TaskQueue] Aborting task {e.task} on agent {e.pod}: {words(e.because.reason)}"

    def _asked(self, e: AskAgent) -> Iterator[str]:
        age = go_duration(e.because.age_s)
        yield f"[TaskQueue] Asking agent {e.pod} what it runs: task {e.because.task} was pushed {age} ago"

    def _task_ended(self, e: TaskEnded) -> Iterator[str]:
        yield f"[TaskQueue] Task {e.task} is {words(e.state)}: {words(e.reason)}"

    def _recovered(self, e: Recovered) -> Iterator[str]:
        tasks = ", ".join(map(str, e.tasks)) or "none"
        yield f"[PodManager] Recovered pod {e.pod}: tasks {tasks}"

    def _anomaly(self, e: Anomaly) -> Iterator[str]:
        yield (
            f"[PodManager] Ignored {words(e.observation)} of {e.subject} in state {words(e.state)}: "
            f"{words(e.verdict)}"
        )

    def _seen(self, e: PodSeen) -> Iterator[str]:
        self._created_at.setdefault(e.pod, e.created_at)
        yield f"[PodManager] Pod {e.pod} is {e.phase}"


def _running(e: AgentReported) -> str:
    return ", ".join(f"task {each.task} ({each.phase})" for each in e.running) or "nothing"


def _refusal(e: PodRefusal) -> str:
    numbers = e.numbers
    if e.pod is None:
        if e.reason is Reason.NO_PODS:
            return "No pods, skipping"
        pods = f"{e.pods} pod has" if e.pods == 1 else f"{e.pods} pods have"
        return f"{pods} no place ({words(e.reason)}), skipping"
    if e.reason is Reason.AGENT_NOT_REGISTERED_YET:
        return f"Pod {e.pod} is new but agent not registered yet, skipping"
    if e.reason is Reason.HEARTBEAT_STALE and "heartbeat_age_s" in numbers:
        age = go_duration(numbers["heartbeat_age_s"])
        return f"Pod {e.pod} is offline (last heartbeat: {age} ago), skipping"
    if e.reason is Reason.NEVER_HEARD_FROM:
        return f"Pod {e.pod} is offline (no heartbeat yet), skipping"
    compared = "".join(f", {words(name)} {value:.3g}" for name, value in numbers.items())
    return f"Pod {e.pod}: {words(e.reason)}{compared}, skipping"


_PLAINLY: dict[type, Callable[[Any], str]] = {
    AgentConnected: lambda e: f"[C&C] Agent {e.pod} connected",
    AgentDisconnected: lambda e: f"[C&C] Agent {e.pod} disconnected",
    AgentKnownToPodManager: lambda e: f"[PodManager] Registered agent {e.pod} with pod {e.pod}",
    AgentRegistered: lambda e: f"[Agents] Agent {e.pod} registered, online",
    AgentReported: lambda e: f"[C&C] Agent {e.pod} runs {_running(e)}",
    PhaseEnded: lambda e: f"[TaskQueue] Task {e.task} {e.phase} ended on agent {e.pod}: {e.outcome}",
    FaultMissed: lambda e: f"[World] Fault {e.fault} found nothing to strike",
    PodGone: lambda e: f"[PodManager] Pod {e.pod} is gone",
    TaskCancelled: lambda e: f"[TaskQueue] Task {e.task} cancelled",
    TaskConfirmed: lambda e: f"[TaskQueue] Task {e.task} confirmed by {e.by}",
    TaskSubmitted: lambda e: f"[TaskQueue] Task {e.task} submitted: {e.kind} in workspace {e.workspace}",
    ControlHappened: lambda e: f"[Backend] Control plane is {e.what}",
}
