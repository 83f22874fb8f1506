"""From a checked scenario file to the values that the world uses."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from sim.scenario.consistency import entry, fault_pool, problem_at
from sim.scenario.digest import digest_of
from sim.scenario.expectations import presets_named
from sim.scenario.files import ScenarioFiles
from sim.scenario.limits import too_many_tasks
from sim.scenario.model import ScenarioBlock
from sim.scenario.pods import DEFAULT_POOL
from sim.scenario.pool_map import PoolMap
from sim.scenario.problems import FieldError, Problem
from sim.scenario.values import PoolPlan, Scenario
from sim.scenario.work import SourceBlock, WorkBlock
from sim.workloads import Arrival, Bursts, Closed, Listed, Source, Traits, Varying

LISTED_INDEX = 0
"""The index of the tasks that are written down; sources of `workload` count on from it."""


def build_sources(
    block: ScenarioBlock, tree: Mapping[str, Any], files: ScenarioFiles
) -> tuple[tuple[Source | Closed, ...], list[Problem]]:
    """The sources of all tasks, in the order of the file, and what is wrong with them.

    `tree` is what was written.
    """
    pools = PoolMap(block.pools_by_name())
    sources: list[Source | Closed] = []
    problems: list[Problem] = []
    if block.tasks:
        sources.append(_listed_tasks(block, pools))
    for index, source in enumerate(block.workload):
        path = entry(tree, ("workload",), index)
        try:
            built = _source(source, LISTED_INDEX + 1 + index, pools, block, files)
        except FieldError as error:
            problems.append(problem_at((*path, *error.path), str(error)))
            continue
        problems += too_many_tasks(built, block.horizon, path)
        sources.append(built)
    return tuple(sources), problems


def build_scenario(
    block: ScenarioBlock,
    name: str,
    sources: Sequence[Source | Closed],
    digests: Mapping[str, str],
    changed: tuple[str, ...],
) -> Scenario:
    """The scenario of a file in which nothing is wrong; `digests` are of the files it names.

    `changed` are keys of the world that it describes whose values are not the file's.
    """
    pools = PoolMap(block.pools_by_name())
    values: dict[str, Any] = {
        "name": name,
        "title": block.title,
        "story": block.story,
        "question": block.question,
        "goes_wrong": block.goes_wrong,
        "incident": block.incident,
        "covers": tuple(block.covers),
        "version": block.version,
        "seed": block.seed,
        "horizon_s": block.horizon,
        "policy": block.policy,
        "presets": tuple(block.presets),
        "pools": _pools(block),
        "work_init_s": block.work.init,
        "control_plane": block.control_plane.times(),
        "sources": tuple(sources),
        "exceptions": tuple(each.value(pools.named(each.pool)) for each in block.exceptions),
        "faults": tuple(fault.value(fault_pool(fault, pools)) for fault in block.faults),
        "checks": block.checks,
        "expect": {
            preset: part.value() for key, part in block.expect.items() for preset in presets_named(key)
        },
    }
    return Scenario(**values, digest=digest_of({**values, "files": digests}), changed=changed)


def _pools(block: ScenarioBlock) -> tuple[PoolPlan, ...]:
    pod, slots = block.pod_block(), block.policy.slots_per_pod
    pools = block.pools_by_name().items()
    return tuple(pool.plan(name, slots, pod, block.agent) for name, pool in pools)


def _listed_tasks(block: ScenarioBlock, pools: PoolMap) -> Listed:
    arrivals = [task.arrival(pools.of_task(task.pool, [task.workspace]), block.work) for task in block.tasks]
    first = arrivals[0]
    traits = Traits(pool=first.pool, workspaces=(first.workspace,))
    return Listed(index=LISTED_INDEX, traits=traits, listed=tuple(arrivals))


def _source(
    source: SourceBlock,
    index: int,
    pools: PoolMap,
    block: ScenarioBlock,
    files: ScenarioFiles,
) -> Source | Closed:
    if source.trace is not None:
        return _traced(source, index, pools, files, block.horizon)
    traits = _traits(source, pools, block)
    if source.closed is not None:
        closed = source.closed
        return Closed(index=index, traits=traits, customers=closed.customers, think=closed.think)
    if source.bursts is not None:
        bursts = source.bursts
        return Bursts(
            index=index,
            traits=traits,
            size=bursts.size,
            within_s=bursts.within,
            at=tuple(bursts.at or ()),
            every_s=bursts.every,
        )
    window = source.poisson or source.curve or source.daily or source.weekly
    assert window is not None, "SourceBlock has exactly one source"
    steps, repeats_every_s = window.curve()
    return Varying(
        index=index,
        traits=traits,
        steps=steps,
        repeats_every_s=repeats_every_s,
        starts_at=window.from_,
        ends_at=float("inf") if window.until is None else window.until,
        count=window.count,
    )


def _traits(source: SourceBlock, pools: PoolMap, block: ScenarioBlock) -> Traits:
    work: WorkBlock = block.work
    pool, workspaces = _pool_and_workspaces(source, pools, block)
    return Traits(
        pool=pool,
        workspaces=workspaces,
        kinds={str(kind): weight for kind, weight in (source.kinds or {"plan": 1.0}).items()},
        plan=source.plan or work.plan,
        apply=source.apply or work.apply,
        confirmed_after=source.confirmed_after or work.confirmed_after,
        changes=work.changes if source.changes is None else source.changes,
    )


def _pool_and_workspaces(
    source: SourceBlock, pools: PoolMap, block: ScenarioBlock
) -> tuple[str, tuple[str, ...]]:
    if isinstance(source.workspaces, tuple):
        return pools.of_task(source.pool, source.workspaces, "workspaces"), source.workspaces
    pool = pools.named(source.pool)
    listed = tuple(block.pools_by_name()[pool].workspaces)
    if listed and source.workspaces is not None:
        raise FieldError(("workspaces",), f"pool {pool} lists its workspaces; name some of them")
    if source.workspaces is None and not listed:
        raise FieldError(("workspaces",), "is missing; expected how many, or a list of names")
    prefix = "ws" if pool == DEFAULT_POOL else f"{pool}-ws"
    names = listed or tuple(f"{prefix}-{n + 1}" for n in range(source.workspaces or 0))
    return pools.of_task(pool, names, "workspaces"), names


def _traced(
    source: SourceBlock, index: int, pools: PoolMap, files: ScenarioFiles, horizon_s: float
) -> Listed:
    """The tasks of a trace; a row without a pool belongs to the source's, or to its workspace's.

    Those after the horizon are left out, but not all of them.
    """
    assert source.trace is not None
    own = "" if source.pool is None else pools.named(source.pool)
    try:
        rows = files.trace(source.trace.file, own, source.trace.origin)
        listed = tuple(replace(row, pool=_pool_of_row(row, pools)) for row in rows)
    except FieldError as error:
        raise FieldError(("trace", "file"), f"{source.trace.file}: {error}") from None
    except ValueError as error:
        raise FieldError(("trace", "file"), str(error)) from None
    first_at = min(row.submitted_at for row in listed)
    if first_at > horizon_s:
        raise FieldError(
            ("trace", "file"),
            f"{source.trace.file}: all {len(listed)} tasks come after the end of the run, horizon: "
            f"{horizon_s:g} s; the first at {first_at:g} s. Seconds count from the start of the run; times "
            "of day in ISO 8601 count from the first of them, or from `origin`",
        )
    workspaces = tuple(sorted({row.workspace for row in listed}))
    return Listed(
        index=index,
        traits=Traits(pool=listed[0].pool, workspaces=workspaces),
        listed=listed,
        keeps_ids=False,
    )


def _pool_of_row(row: Arrival, pools: PoolMap) -> str:
    try:
        return pools.of_task(row.pool or None, [row.workspace])
    except FieldError as error:
        raise FieldError((), f"row {row.task + 1}, column {error.path[0]}: {error}") from None
