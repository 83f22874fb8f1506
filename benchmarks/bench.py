"""Compares tasks per second: bare SimPy, Ciw, and Windtunnel with its control plane and its record.

All contenders run in this process, one after the other and again from the start, so that what else
the machine does hits all of them. The best of several rounds counts: noise only slows things down.
The table goes to standard output, progress to standard error, the numbers to results/bench.json.
"""

import argparse
import gc
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.baselines import ciw_queue, simpy_resource
from benchmarks.contender import windtunnel_pool

Contender: TypeAlias = Callable[[int, int, int], float]
"""Takes servers, tasks and seed; answers tasks per s of real time."""
Rates: TypeAlias = dict[str, dict[str, float]]
"""Tasks per s by number of servers (as text, as JSON wants it) and contender."""

CONTENDERS: Final[dict[str, Contender]] = {
    "simpy": simpy_resource,
    "ciw": ciw_queue,
    "windtunnel": windtunnel_pool,
}
RESULT: Final = Path(__file__).resolve().parent.parent / "results" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, write the file."""
    options = _options(arguments)
    rates = measure(options.servers, options.tasks, options.rounds)
    print(table(rates))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    document = {"mmc": rates, "tasks": options.tasks, "rounds": options.rounds, **machine()}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measure(servers: Sequence[int], tasks: int, rounds: int) -> Rates:
    """The best rate of each contender at each size; round r has seed r for all of them."""
    rates: Rates = {str(size): dict.fromkeys(CONTENDERS, 0.0) for size in servers}
    for seed in range(1, rounds + 1):
        for size in servers:
            best = rates[str(size)]
            for name, contender in CONTENDERS.items():
                # What the previous contender left behind is not this one's to clear.
                gc.collect()
                rate = contender(size, tasks, seed)
                best[name] = max(best[name], round(rate))
                sys.stderr.write(f"round {seed}/{rounds}  M/M/{size:<5} {name:<11} {rate:>9,.0f} tasks/s\n")
    return rates


def table(rates: Rates) -> str:
    """One row for each size: each contender's tasks per s, and Windtunnel's multiple of SimPy's."""
    columns = [*CONTENDERS, "windtunnel / simpy"]
    lines = ["tasks/s    " + "".join(f"{name:>20}" for name in columns)]
    for size, row in rates.items():
        ratio = row["windtunnel"] / row["simpy"]
        cells = [*(f"{row[name]:,.0f}" for name in CONTENDERS), f"{ratio:.2f}"]
        lines.append(f"{'M/M/' + size:<11}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """What the numbers depend on besides the code."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("simpy", "ciw", "numpy")},
    }


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--servers", type=int, nargs="+", default=[10, 1000])
    parser.add_argument("--tasks", type=int, default=200_000, help="in each round (200000)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts (3)")
    parser.add_argument("--out", type=Path, default=RESULT, help="(results/bench.json)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
