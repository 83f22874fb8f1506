"""Which pool a task, a fault or an exception belongs to."""

import pytest

from sim.workloads import Listed
from tests.scenario.texts import HEAD, TASK, read, refusal

TWO = "pools:\n  blue: {max: 2, workspaces: [a]}\n  red: {max: 3}\n"


def _task(extra: str, workspace: str = "a") -> str:
    return f"tasks:\n  - {{id: 1, at: 0 s, workspace: {workspace}, kind: plan{extra}}}\n"


def _pool_of_task(text: str) -> str:
    [source] = read(text).sources
    assert isinstance(source, Listed)
    return source.listed[0].pool


def test_a_single_pool_needs_no_name() -> None:
    """`pool:` is the pool called default."""
    assert _pool_of_task(HEAD + "pool: {max: 1}\n" + TASK) == "default"


def test_a_task_belongs_to_the_pool_that_lists_its_workspace() -> None:
    """So it need not name its pool."""
    assert _pool_of_task(HEAD + TWO + _task("")) == "blue"


def test_a_task_may_name_its_pool() -> None:
    """If its workspace is not listed anywhere."""
    assert _pool_of_task(HEAD + TWO + _task(", pool: red", "c")) == "red"


@pytest.mark.parametrize(
    ("extra", "workspace", "message"),
    [
        ("", "c", "tasks.0.pool: is missing; expected one of blue, red"),
        (", pool: red", "a", "tasks.0.workspace: 'a' is a workspace of pool blue, not of pool red"),
        (", pool: blue", "aa", "unknown workspace of pool blue 'aa'; expected one of a"),
        (", pool: rde", "c", "tasks.0.pool: unknown pool 'rde'; expected one of blue, red; did you"),
    ],
)
def test_a_task_of_no_certain_pool_is_refused(extra: str, workspace: str, message: str) -> None:
    """A workspace belongs to one pool."""
    said = refusal(HEAD + TWO + _task(extra, workspace))
    assert said.startswith("x.yaml:8: ")
    assert message in said


def test_a_workspace_listed_by_two_pools_is_refused() -> None:
    """A workspace belongs to one pool."""
    pools = "pools:\n  blue: {max: 2, workspaces: [a]}\n  red: {max: 3, workspaces: [b, a]}\n"
    message = "x.yaml:6: pools.red.workspaces.1: 'a' belongs to pool blue already"
    assert refusal(HEAD + pools + _task("")).startswith(message)


def test_two_tasks_can_not_take_one_workspace_into_two_pools() -> None:
    """The second one is wrong."""
    tasks = "".join(
        f"  - {{id: {n}, at: 0 s, workspace: c, kind: plan, pool: {pool}}}\n"
        for n, pool in ((1, "red"), (2, "green"))
    )
    pools = "pools:\n  red: {max: 2}\n  green: {max: 3}\n"
    message = "x.yaml:9: tasks.1.workspace: 'c' is a workspace of pool red, not of pool green"
    assert refusal(f"{HEAD}{pools}tasks:\n{tasks}") == message


def test_a_fault_on_one_pod_of_several_pools_needs_the_pool() -> None:
    """Pods are numbered pool by pool."""
    text = HEAD + TWO + _task("") + "faults: [{fault: pod_killed, pod: 1, at: 1 s}]\n"
    message = "x.yaml:9: faults.0.pool: is missing; expected one of blue, red"
    assert refusal(text) == message


def test_a_fault_on_all_pods_means_all_pools() -> None:
    """Unless it names one."""
    text = HEAD + TWO + _task("") + "faults: [{fault: pod_killed, pod: all, at: 1 s}]\n"
    [fault] = read(text).faults
    assert fault.hits("blue", 1)
    assert fault.hits("red", 7)


def test_a_pool_has_its_own_pods_or_those_of_the_scenario() -> None:
    """A block in a pool takes the place of the top-level one as a whole."""
    pools = "pools:\n  blue: {max: 2, pod: {scheduling: 1 s}}\n  red: {max: 3}\n"
    pod = "pod: {image_pull: 60 s}\n"
    blue, red = read(HEAD + pools + pod + _task(", pool: blue")).pools
    assert (blue.pod.scheduling.mean(), blue.pod.image_pull.mean()) == (1.0, 0.0)
    assert (red.pod.scheduling.mean(), red.pod.image_pull.mean()) == (0.0, 60.0)


def test_slots_are_the_policys_where_the_pool_does_not_say() -> None:
    """Three in the seed era, four later."""
    text = HEAD + "pools: {a: {max: 1}, b: {max: 1, slots: 8}}\n" + _task(", pool: a")
    assert [pool.slots_per_pod for pool in read(text).pools] == [3, 8]
    assert [pool.slots_per_pod for pool in read(text, policy="later").pools] == [4, 8]
