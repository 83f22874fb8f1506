"""What must be true between the parts of a scenario, once each part by itself is well formed."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from policies.names import nearest
from policies.presets import PRESETS
from sim.quantities import SHORTEST_WAIT_S, parse_duration
from sim.scenario.expectations import ANY_TIME, presets_named
from sim.scenario.faults import FaultBlock
from sim.scenario.limits import CADENCES, SLOTS_MAX
from sim.scenario.model import ScenarioBlock
from sim.scenario.pods_to_come import check_pod
from sim.scenario.pool_map import PoolMap
from sim.scenario.problems import FieldError, Problem
from sim.scenario.source import Path, dotted
from sim.scenario.values import ANY_PRESET


def check(block: ScenarioBlock, tree: Mapping[str, Any]) -> Iterator[Problem]:
    """All that is wrong between the parts; `tree` is what was written."""
    if (block.pool is None) == (block.pools is None):
        path: Path = ()
        found = "neither pool nor pools is"
        if block.pools is not None:
            path, found = ("pools",), "both pool and pools are"
        yield Problem(path, f"{found} given; expected one of them, for example pool: {{max: 5}}")
        return
    if not block.tasks and not block.workload:
        yield Problem((), "there is no work; expected tasks, workload, or both")
    if block.pod_start is not None and "container_start" in tree.get("pod", {}):
        yield problem_at(("pod_start",), "pod.container_start is given too; keep one of them")
    yield from _check_policy(block)
    yield from _check_pools(block)
    yield from _check_tasks(block)
    yield from _check_exceptions(block)
    yield from _check_faults(block)
    yield from _check_presets(block)
    yield from _check_expectations(block, tree)
    yield from _check_times(tree, block.horizon)


def problem_at(path: Path, text: str) -> Problem:
    """A problem whose sentence begins with its path."""
    return Problem(path, f"{dotted(path)}: {text}")


def entry(tree: Mapping[str, Any], path: Path, index: int) -> Path:
    """The path of an entry of a list that may be written without brackets."""
    part: Any = tree
    for key in path:
        part = part[key]
    return (*path, index) if isinstance(part, list) else path


def attempt(path: Path, function: Callable[[], object]) -> Iterator[Problem]:
    """The problem that the function raises as a FieldError, if it does."""
    try:
        function()
    except FieldError as error:
        yield problem_at((*path, *error.path), str(error))


def pool_path(block: ScenarioBlock, name: str) -> Path:
    """Where the pool of this name stands in the file."""
    return ("pool",) if block.pools is None else ("pools", name)


def _check_policy(block: ScenarioBlock) -> Iterator[Problem]:
    slots = block.policy.slots_per_pod
    if slots > SLOTS_MAX:
        yield problem_at(("policy", "slots_per_pod"), f"{slots}; expected a whole number <= {SLOTS_MAX}")
    for name in CADENCES:
        every_s = getattr(block.policy.controller, name)
        if every_s < SHORTEST_WAIT_S:
            yield problem_at(("policy", "controller", name), f"{every_s:g} s; expected at least 1 ms")


def _check_pools(block: ScenarioBlock) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, pool in block.pools_by_name().items():
        path = pool_path(block, name)
        for key in ("min", "initial"):
            value = getattr(pool, key)
            if value > pool.max:
                text = f"{dotted((*path, key))} is {value}; expected at most max, {pool.max}"
                yield Problem((*path, key), text)
        for index, workspace in enumerate(pool.workspaces):
            owner = owners.setdefault(workspace, name)
            if owner != name:
                yield problem_at(
                    (*path, "workspaces", index),
                    f"{workspace!r} belongs to pool {owner} already; a workspace has one pool",
                )


def _check_tasks(block: ScenarioBlock) -> Iterator[Problem]:
    pools = PoolMap(block.pools_by_name())
    first: dict[int, int] = {}
    for index, task in enumerate(block.tasks):
        path: Path = ("tasks", index)
        earlier = first.setdefault(task.id, index)
        if earlier != index:
            yield problem_at((*path, "id"), f"{task.id} is the id of tasks.{earlier} already")
        yield from attempt(path, partial(pools.of_task, task.pool, [task.workspace]))
        for key in task.undecided(block.work):
            yield problem_at(
                (*path, key),
                f"is missing, and work.{key} is random; a task that is written down says it itself",
            )


def _check_exceptions(block: ScenarioBlock) -> Iterator[Problem]:
    pools = PoolMap(block.pools_by_name())
    first: dict[tuple[str, int], int] = {}
    for index, each in enumerate(block.exceptions):
        path: Path = ("exceptions", index)
        yield from attempt(path, partial(pools.named, each.pool))
        pool = next(iter(block.pools_by_name())) if each.pool is None else each.pool
        earlier = first.setdefault((pool, each.pod), index)
        if earlier != index:
            yield problem_at(path, f"pod {each.pod} has exceptions.{earlier} already; write one")
        if each.is_empty:
            yield problem_at(path, "fixes nothing; expected for example registers_at: 40 s")
        if pool in block.pools_by_name():
            yield from check_pod(block, (*path, "pod"), each.pod, pool, at=None)
        conflict = each.conflict()
        if conflict is not None:
            yield problem_at((*path, conflict[0]), conflict[1])


def _check_faults(block: ScenarioBlock) -> Iterator[Problem]:
    pools = PoolMap(block.pools_by_name())
    for index, fault in enumerate(block.faults):
        path: Path = ("faults", index)
        if fault.is_on_pod:
            found = list(attempt(path, partial(fault_pool, fault, pools)))
            yield from found
            if not found:
                yield from _check_pod_of_fault(block, path, fault, fault_pool(fault, pools))
        yield from _check_task_id(block, (*path, "task"), getattr(fault, "task", None))


def _check_pod_of_fault(
    block: ScenarioBlock, path: Path, fault: FaultBlock, pool: str | None
) -> Iterator[Problem]:
    if pool is not None:
        number, at = getattr(fault, "pod", None), getattr(fault, "at", None)
        yield from check_pod(block, (*path, "pod"), number, pool, at)


def fault_pool(fault: FaultBlock, pools: PoolMap) -> str | None:
    """The pool that a fault is in, None for all of them; FieldError if there is no telling."""
    pool: str | None = getattr(fault, "pool", None)
    if pool is None and getattr(fault, "pod", None) is None:
        return None
    return pools.named(pool)


def _check_presets(block: ScenarioBlock) -> Iterator[Problem]:
    known = tuple(PRESETS)
    for index, name in enumerate(block.presets):
        if name not in known:
            yield problem_at(("presets", index), nearest("preset", name, known))
        elif name in block.presets[:index]:
            yield problem_at(("presets", index), f"{name} is in the list already")
    first: dict[str, str] = {}
    for key in block.expect:
        named = presets_named(key)
        for index, name in enumerate(named):
            if name not in (*known, ANY_PRESET):
                yield problem_at(("expect", key), nearest("preset", name, (*known, ANY_PRESET)))
            elif first.setdefault(name, key) != key or name in named[:index]:
                yield problem_at(("expect", key), f"{name} is under {first[name]!r} already")


_NOTHING: Final = "expects nothing; write breaks, never, sent, not_sent, finished or ended"


def _check_expectations(block: ScenarioBlock, tree: Mapping[str, Any]) -> Iterator[Problem]:
    for name, expected in block.expect.items():
        for key in ("sent", "not_sent", "finished", "ended"):
            for index, each in enumerate(getattr(expected, key)):
                path = entry(tree, ("expect", name, key), index)
                yield from _check_task_id(block, (*path, "task"), each.task)
        if expected.is_empty:
            yield problem_at(("expect", name), _NOTHING)
        conflict = expected.conflict()
        if conflict is not None:
            yield problem_at(("expect", name, conflict[0]), conflict[1])


def _check_task_id(block: ScenarioBlock, path: Path, task: int | None) -> Iterator[Problem]:
    """A task that no source can make: only where all tasks are written down is that known."""
    ids = {each.id for each in block.tasks}
    if task is not None and not block.workload and task not in ids:
        listed = ", ".join(map(str, sorted(ids)))
        yield Problem(path, f"{dotted(path)} is {task}, which no task has; expected one of {listed}")


def _check_times(tree: Mapping[str, Any], horizon_s: float) -> Iterator[Problem]:
    """Every time of the run that is written down must lie within it."""
    for branch in ("tasks", "workload", "exceptions", "faults", "expect"):
        for path, text in _times(tree.get(branch, {}), (branch,)):
            if parse_duration(text) > horizon_s:
                end = f"the end of the run, horizon: {horizon_s:g} s"
                yield problem_at(path, f"{text} is after {end}; expected a time before it")


def _times(part: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The times of the run below `part`, with their paths."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        here = (*path, key)
        if isinstance(value, dict | list):
            yield from _times(value, here)
        elif isinstance(value, str) and _is_time(here, value):
            yield here, value


def _is_time(path: Path, text: str) -> bool:
    if path[0] == "expect" and "breaks" in path[2:3]:
        return len(path) > 3 and text != ANY_TIME
    key = next(part for part in reversed(path) if isinstance(part, str))
    return key in ("at", "before") or key.endswith("_at") or (key == "from" and "steps" not in path)
