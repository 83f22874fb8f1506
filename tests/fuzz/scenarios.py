"""A strategy for whole scenarios: valid, small, and with something of every key that a file may have.

A scenario is a tree as YAML has it, and the files that it names. Its horizon is under an hour and its tasks
are some dozens, so thousands of them can be run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz.policy_trees import policies, presets
from tests.fuzz.values import (
    Value,
    distributions,
    durations,
    or_never,
    pod_delays,
    probabilities,
    rates,
    shares,
    some_of,
)

Draw = Callable[[Value], Any]
CYCLE_S_MAX = 30.0
"""The longest autoscaler cycle of `policy_trees`: from then on the first pods may be there."""

WORKSPACES = ("a", "b", "c", "Ünï 1")
KINDS = ("plan", "plan_and_apply", "drift_check")
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
_flags = st.booleans()
_texts = _TEXT.filter(lambda text: bool(text.strip()) and text[0] not in "+-.0123456789tTfFnN~")
"""Text that YAML 1.2 takes for text even where PyYAML, which knows 1.1, writes it without quotes."""


@dataclass
class Made:
    """A valid scenario: its tree, and the files that lie beside it by name."""

    tree: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The scenario file."""
        return yaml.safe_dump(self.tree, allow_unicode=True, sort_keys=False, width=100)


class _Maker:
    """Makes one scenario; what its parts must agree on is known here."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.files: dict[str, str] = {}
        self.horizon = draw(st.sampled_from([60.0, 300.0, 900.0, 1800.0]))
        self.pools: dict[str, dict[str, Any]] = self._pools()
        self.is_single = self.draw(_flags) if len(self.pools) == 1 else False
        self.times = durations(0.0, self.horizon)

    def _pools(self) -> dict[str, dict[str, Any]]:
        names = self.draw(st.lists(st.sampled_from(["x", "y", "EU 1"]), min_size=1, max_size=2, unique=True))
        owned = self.draw(st.permutations(WORKSPACES))
        pools = {}
        for index, name in enumerate(names):
            most = self.draw(st.integers(1, 6))
            pool = {"max": most, **self.draw(some_of(min=st.integers(0, most), slots=st.integers(1, 5)))}
            if self.draw(_flags):
                pool["initial"] = self.draw(st.integers(0, most))
            if len(names) > 1 and self.draw(_flags):
                pool["workspaces"] = owned[2 * index : 2 * index + 2]
            pool |= self.draw(some_of(pod=self.pod_block(), agent=self.agent_block()))
            pools[name] = pool
        return pools

    def pod_block(self) -> Value:
        return some_of(
            create_call=pod_delays(0.0, 5.0),
            scheduling=pod_delays(0.0, 20.0),
            image_pull=pod_delays(0.0, 90.0),
            container_start=pod_delays(0.0, 20.0),
            termination=pod_delays(0.0, 40.0),
        )

    def agent_block(self) -> Value:
        return some_of(
            registers_after=pod_delays(0.0, 60.0, never=True),
            connects_after=pod_delays(0.0, 60.0, never=True),
            known_to_pod_manager_after=pod_delays(0.0, 400.0, never=True),
            heartbeat_every=durations(1.0, 60.0),
            reconnect_backoff=st.lists(durations(0.5, 60.0), min_size=1, max_size=3),
            deduplicates=_flags,
            capacity=st.just("none") | st.integers(1, 4),
            on_sigterm=st.just("abort"),
        )

    def pool_of_one_pod(self) -> dict[str, str]:
        """The key `pool`, as it is needed where one pod is meant."""
        if self.is_single or (len(self.pools) == 1 and self.draw(_flags)):
            return {}
        return {"pool": self.draw(st.sampled_from(list(self.pools)))}

    def pod_number(self, pool: str) -> int:
        """A pod that can exist once the first cycle is over."""
        given = self.pools[pool]
        number: int = self.draw(st.integers(1, given.get("initial", 0) + given["max"]))
        return number

    def place(self) -> dict[str, Any]:
        """A workspace, and the pool where that needs to be said: a workspace has one pool for good."""
        listed = [name for name, pool in self.pools.items() if pool.get("workspaces")]
        if len(self.pools) == 1:
            return {"workspace": self.draw(st.sampled_from(WORKSPACES))}
        pool = self.draw(st.sampled_from(list(self.pools)))
        if pool not in listed:
            return {"workspace": f"{pool}-{self.draw(st.integers(1, 3))}", "pool": pool}
        named = self.draw(st.sampled_from(self.pools[pool]["workspaces"]))
        return {"workspace": named, **({"pool": pool} if self.draw(_flags) else {})}

    # work

    def work(self) -> Value:
        return some_of(
            init=durations(0.0, 60.0),
            plan=distributions(0.0, 90.0),
            apply=distributions(0.0, 60.0),
            confirmed_after=or_never(distributions(0.0, 200.0)),
            changes=shares,
        )

    def tasks(self) -> list[dict[str, Any]]:
        ids = self.draw(st.lists(st.integers(1, 900), unique=True, min_size=1, max_size=8))
        return [self._task(number) for number in ids]

    def _task(self, number: int) -> dict[str, Any]:
        draw, kind = self.draw, self.draw(st.sampled_from(KINDS))
        at_s = draw(st.integers(0, int(self.horizon)))
        task = {"id": number, "at": f"{at_s} s", **self.place(), "kind": kind}
        task["plan"] = draw(durations(0.0, 120.0))
        has_apply = kind == "plan_and_apply"
        if has_apply:
            task["changes"] = has_apply = draw(st.sampled_from([True, True, False]))
            task["apply"] = draw(durations(0.0, 60.0))
            how = draw(st.sampled_from(["confirmed_after", "confirmed_at"]))
            task[how] = draw(or_never(durations(0.0, 200.0)) if how == "confirmed_after" else self.times)
        fails = draw(st.sampled_from([None, None, "plan", "apply"]))
        if fails == "plan" or (fails == "apply" and has_apply):
            task["fails"] = fails
        cancelled = draw(st.sampled_from([None, None, "cancelled_at", "cancelled_after"]))
        if cancelled == "cancelled_at":
            task[cancelled] = f"{draw(st.integers(at_s, int(self.horizon)))} s"
        elif cancelled:
            task[cancelled] = draw(durations(0.0, 300.0))
        return task

    def workload(self) -> list[dict[str, Any]]:
        drawn = [self._poisson, self._curve, self._daily, self._weekly, self._bursts]
        kinds = [*drawn, self._closed, self._trace]
        chosen = self.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
        return [make() for make in chosen]

    def _source(self, name: str, block: dict[str, Any]) -> dict[str, Any]:
        draw, source = self.draw, {name: block}
        pool = draw(st.sampled_from(list(self.pools)))
        owned = self.pools[pool].get("workspaces")
        if len(self.pools) > 1:
            source["pool"] = pool
        if owned:
            source |= draw(some_of(workspaces=st.just(owned[:1])))
        else:
            named = [f"{pool}-{n}" for n in (1, 2, 3)]
            source["workspaces"] = draw(st.integers(1, 6) | st.just(named))
        source |= draw(some_of(plan=distributions(0.0, 90.0)))
        kinds = draw(st.dictionaries(st.sampled_from(KINDS), st.sampled_from([0.5, 1, 3]), max_size=3))
        if kinds:
            source["kinds"] = kinds
        if "plan_and_apply" in kinds:
            of_apply = some_of(
                apply=distributions(0.0, 60.0),
                confirmed_after=or_never(distributions(0.0, 200.0)),
                changes=shares,
            )
            source |= draw(of_apply)
        return source

    def _window(self) -> dict[str, Any]:
        begins = self.draw(st.integers(0, int(self.horizon) - 1))
        until = st.integers(begins + 1, 2 * int(self.horizon)).map(lambda s: f"{s} s")
        return self.draw(some_of(from_=st.just(f"{begins} s"), until=until, count=st.integers(1, 20)))

    def _poisson(self) -> dict[str, Any]:
        return self._source("poisson", {"rate": self.draw(rates(60)), **self._window()})

    def _curve(self) -> dict[str, Any]:
        edges = sorted({0, *self.draw(st.lists(st.integers(1, 900), max_size=3))})
        steps = [{"from": f"{edge} s", "rate": self.draw(rates(60))} for edge in edges]
        every = durations(edges[-1] + 1.0, 2000.0)
        curve = {"steps": steps, **self.draw(some_of(repeats_every=every)), **self._window()}
        return self._source("curve", curve)

    def _hourly(self) -> list[str]:
        hour = st.lists(rates(60), min_size=24, max_size=24)
        return list(self.draw(st.one_of(hour, st.just(["30 per hour"] * 24))))

    def _daily(self) -> dict[str, Any]:
        return self._source("daily", {"hourly": self._hourly(), **self._window()})

    def _weekly(self) -> dict[str, Any]:
        days = self.draw(st.lists(shares, min_size=7, max_size=7))
        return self._source("weekly", {"hourly": self._hourly(), "days": days, **self._window()})

    def _bursts(self) -> dict[str, Any]:
        every = durations(self.horizon / 3, 2 * self.horizon).map(lambda text: {"every": text})
        at = st.lists(self.times, min_size=1, max_size=3).map(lambda times: {"at": times})
        bursts = {**self.draw(every | at), "size": self.draw(st.integers(1, 8))}
        return self._source("bursts", bursts | self.draw(some_of(within=durations(0.0, 60.0))))

    def _closed(self) -> dict[str, Any]:
        think = distributions(5.0, 90.0)
        return self._source("closed", {"customers": self.draw(st.integers(1, 3)), "think": self.draw(think)})

    def _trace(self) -> dict[str, Any]:
        name = f"trace {len(self.files)}.csv"
        header = "submitted_at,workspace,kind,plan_seconds,apply_seconds,confirm_after"
        lines = [header + (",pool" if len(self.pools) > 1 else "")]
        for _ in range(self.draw(st.integers(1, 5))):
            row = self._row()
            if len(self.pools) > 1:
                place = self.place()
                row = [row[0], place["workspace"], *row[2:], place.get("pool", "")]
            lines.append(",".join(row))
        self.files[name] = "\n".join(lines) + "\n"
        return {"trace": {"file": name}}

    def _row(self) -> list[str]:
        at = self.draw(st.integers(0, int(self.horizon)))
        kind = self.draw(st.sampled_from(KINDS))
        has_apply = kind == "plan_and_apply" and self.draw(_flags)
        apply = str(self.draw(st.integers(0, 60))) if has_apply else ""
        confirm = self.draw(st.sampled_from(["", "0", "12.5"])) if has_apply else ""
        workspace = self.draw(st.sampled_from(WORKSPACES))
        return [str(at), workspace, kind, str(self.draw(st.integers(0, 90))), apply, confirm]

    # what is fixed, and what goes wrong

    def exceptions(self) -> list[dict[str, Any]]:
        made: dict[tuple[str, int], dict[str, Any]] = {}
        for _ in range(self.draw(st.integers(1, 2))):
            where = self.pool_of_one_pod()
            pool = where.get("pool", next(iter(self.pools)))
            number = self.pod_number(pool)
            made[pool, number] = {"pod": number, **where, **self._fixed()}
        return list(made.values())

    def _fixed(self) -> dict[str, Any]:
        short, long = durations(0.0, 30.0), or_never(durations(0.0, 100.0))
        steps = ["create_call", "scheduling", "image_pull", "termination"]
        fixed = {self.draw(st.sampled_from(steps)): self.draw(short)}
        ascending = sorted(self.draw(st.lists(st.integers(0, int(self.horizon)), min_size=4, max_size=4)))
        for (delay, time), at in zip(_STEP_OR_TIME, ascending, strict=True):
            which = self.draw(st.sampled_from([None, delay, time]))
            if which is not None:
                of_delay = short if delay == "container_start" else long
                fixed[which] = self.draw(of_delay) if which == delay else f"{at} s"
        return fixed

    def faults(self) -> list[dict[str, Any]]:
        return [self._fault() for _ in range(self.draw(st.integers(1, 4)))]

    def _fault(self) -> dict[str, Any]:
        name = self.draw(st.sampled_from(FAULTS))
        fault: dict[str, Any] = {"fault": name}
        if name.startswith("dispatch"):
            phases, attempts = st.sampled_from(["plan", "apply"]), st.integers(1, 3)
            fault |= self.draw(some_of(phase=phases, attempt=attempts, probability=probabilities))
        elif name != "control_plane_restart":
            fault |= self._pods_meant()
        if name in ("heartbeat_gap", "connection_lost", "agent_crash", "pod_killed", "control_plane_restart"):
            fault |= self._when()
        if name in ("heartbeat_gap", "connection_lost", "control_plane_restart"):
            fault["for"] = self.draw(distributions(0.0, 200.0))
        elif name == "agent_crash":
            fault["for"] = self.draw(or_never(distributions(0.0, 200.0)))
        elif name == "heartbeat_loss":
            fault["probability"] = self.draw(probabilities)
        elif name in ("late_registration", "late_connect", "dispatch_delayed"):
            fault["by"] = self.draw(durations(0.0, 100.0))
        return fault

    def _pods_meant(self) -> dict[str, Any]:
        if self.draw(_flags):
            pools = st.sampled_from(list(self.pools))
            return {"pod": "all", **({} if self.is_single else self.draw(some_of(pool=pools)))}
        where = self.pool_of_one_pod()
        return {"pod": self.pod_number(where.get("pool", next(iter(self.pools)))), **where}

    def _when(self) -> dict[str, Any]:
        at = durations(CYCLE_S_MAX, self.horizon).map(lambda text: {"at": text})
        every = distributions(20.0, 600.0).map(lambda value: {"every": value})
        return dict(self.draw(at | every))

    def tree(self) -> dict[str, Any]:
        draw = self.draw
        tree: dict[str, Any] = {"title": draw(_texts), "story": draw(_texts)}
        tree["horizon"] = f"{self.horizon:g} s"
        tree |= draw(some_of(seed=st.integers(0, 2**70), version=st.integers(1, 9), question=_texts))
        tree |= draw(some_of(goes_wrong=_texts, incident=_texts | st.integers(0, 999)))
        tree |= draw(some_of(covers=st.lists(_texts, max_size=2), policy=policies))
        tree |= draw(some_of(presets=st.lists(presets, unique=True, max_size=3)))
        if self.is_single:
            tree["pool"] = next(iter(self.pools.values()))
        else:
            tree["pools"] = self.pools
        pod = draw(some_of(pod=self.pod_block(), agent=self.agent_block(), work=self.work()))
        if "container_start" not in pod.get("pod", {}):
            pod |= draw(some_of(pod_start=pod_delays(0.0, 40.0)))
        tree |= pod
        tree |= draw(some_of(control_plane=_latencies))
        which = draw(st.sampled_from(["tasks", "workload", "both"]))
        if which != "workload":
            tree["tasks"] = self.tasks()
            tree.get("work", {}).pop("confirmed_after", None)
        if which != "tasks":
            sources = self.workload()
            tree["workload"] = sources[0] if len(sources) == 1 and draw(_flags) else sources
        for name, make in (("exceptions", self.exceptions), ("faults", self.faults), ("checks", self.checks)):
            if draw(_flags):
                tree[name] = make()
        if which == "tasks" and draw(_flags):
            tree["expect"] = self.expect([task["id"] for task in tree["tasks"]])
        return tree

    def checks(self) -> dict[str, Any]:
        sharing = st.sampled_from(["alone", "one_a_pod", "slot_zero", "any", "undeclared"])
        within = some_of(within=durations(0.0, 300.0))
        cycles = some_of(cycles=st.integers(1, 5))
        bounds = {"S02": within, "S22": within, "L01": within, "L05": within, "L02": cycles, "L03": cycles}
        return dict(self.draw(some_of(sharing=sharing, **bounds)))

    def expect(self, ids: list[int]) -> dict[str, Any]:
        one = partial(st.sampled_from, ids)
        within = durations(0.0, self.horizon)
        expected = st.fixed_dictionaries(
            {"not_sent": st.fixed_dictionaries({"task": one(), "before": self.times})},
            optional={
                "sent": st.fixed_dictionaries({"task": one(), "within": within}),
                "finished": st.lists(
                    st.fixed_dictionaries({"task": one(), "within": within}), min_size=1, max_size=2
                ),
                "never": st.just(["no_pods"]),
                "breaks": st.just("none") | st.just({"L01": "any time", "S05": ["0 s", "60 s"]}),
            },
        )
        return {self.draw(presets): self.draw(expected), "any": self.draw(expected)}


_STEP_OR_TIME = (
    ("container_start", "running_at"),
    ("registers_after", "registers_at"),
    ("connects_after", "connects_at"),
    ("known_to_pod_manager_after", "known_to_pod_manager_at"),
)

FAULTS = (
    *("heartbeat_gap", "connection_lost", "agent_crash", "pod_killed", "control_plane_restart"),
    *("heartbeat_loss", "late_registration", "late_connect"),
    *("never_registers", "never_connects", "never_known_to_pod_manager"),
    *("dispatch_lost", "dispatch_duplicated", "dispatch_delayed"),
)

_latencies = some_of(
    observation_delay=distributions(0.0, 3.0),
    decision_latency=distributions(0.0, 2.0),
    actuation_latency=distributions(0.0, 2.0),
    reorders=_flags,
)


@st.composite
def scenarios(draw: Draw) -> Made:
    """Valid scenarios; each reads without a complaint."""
    maker = _Maker(draw)
    return Made(maker.tree(), maker.files)
