"""Which pool a task belongs to: the one it names, its workspace's, or the only one."""

from collections.abc import Mapping, Sequence

from policies.names import nearest
from sim.scenario.pods import PoolBlock
from sim.scenario.problems import FieldError


class PoolMap:
    """The pools of a scenario by name and by workspace. A workspace belongs to one pool."""

    def __init__(self, pools: Mapping[str, PoolBlock]) -> None:
        self._pools = pools
        self._pool_of: dict[str, str] = {}
        for name, pool in pools.items():
            for workspace in pool.workspaces:
                self._pool_of.setdefault(workspace, name)

    def named(self, pool: str | None) -> str:
        """The pool of this name, or the only one; FieldError if there is no telling."""
        if pool is None and len(self._pools) == 1:
            return next(iter(self._pools))
        if pool is None:
            raise FieldError(("pool",), f"is missing; expected one of {', '.join(self._pools)}")
        if pool not in self._pools:
            raise FieldError(("pool",), nearest("pool", pool, self._pools))
        return pool

    def of_task(self, pool: str | None, workspaces: Sequence[str], key: str = "workspace") -> str:
        """The pool for tasks of these workspaces, which belong to it from now on.

        Raises FieldError if there is no telling, or if a workspace belongs to another pool.
        """
        if pool is None:
            owners = {self._pool_of[each] for each in workspaces if each in self._pool_of}
            pool = owners.pop() if len(owners) == 1 else None
        pool = self.named(pool)
        listed = self._pools[pool].workspaces
        for workspace in workspaces:
            owner = self._pool_of.setdefault(workspace, pool)
            if owner != pool:
                raise FieldError((key,), f"{workspace!r} is a workspace of pool {owner}, not of pool {pool}")
            if listed and workspace not in listed:
                raise FieldError((key,), nearest(f"workspace of pool {pool}", workspace, listed))
        return pool
