"""Whether anything in a scenario is left to chance, so that another seed may show something else."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sim.distributions import Distribution, PerEntity
from sim.scenario import Scenario
from sim.workloads import Listed


def is_random(scenario: Scenario) -> bool:
    """Whether a seed matters. A source that is no list of tasks draws, at the least, whose turn it is."""
    if not all(isinstance(source, Listed) for source in scenario.sources):
        return True
    if any(fault.probability < 1.0 for fault in scenario.faults):
        return True
    parts = (scenario.pools, scenario.control_plane, scenario.faults)
    return not all(map(_is_fixed, _distributions(parts)))


def _is_fixed(each: Distribution) -> bool:
    return each.constant_value is not None or isinstance(each, PerEntity)


def _distributions(value: Any) -> Iterator[Distribution]:
    """Those in the fields of values, however deep; not those inside another distribution."""
    if isinstance(value, Distribution):
        yield value
    elif isinstance(value, Mapping):
        yield from _distributions(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _distributions(each)
    elif hasattr(value, "__dataclass_fields__"):
        yield from _distributions([getattr(value, name) for name in value.__dataclass_fields__])
    elif isinstance(value, msgspec.Struct):
        yield from _distributions([getattr(value, name) for name in value.__struct_fields__])
