"""One run as a command does it: with progress, and with its record kept if it ends early."""

import hashlib
import re
from pathlib import Path
from typing import Final

from lab.cli.progress import Progress, sign_of_life, timing
from lab.cli.streams import err
from lab.words import duration
from sim.errors import InputError
from sim.record import Run, save
from sim.scenario import Scenario
from sim.simulate import Interrupted, PolicyFailed

RESULTS: Final = Path("results")
_NAME_MAX: Final = 120


def fly(scenario: Scenario, *, seed: int | None, out: Path | None) -> Run:
    """The record of a run.

    Raises PolicyFailed or Interrupted with a note on where the record up to there is: in `out`, or, if a
    policy failed and no folder was given, below `results/`.
    """
    from lab.running import run

    screen = err()
    progress = Progress(screen, scenario.policy.name)
    try:
        flown = run(scenario, seed=seed, progress=progress)
    except PolicyFailed as failure:
        progress.clear()
        failure.add_note(_keep(failure.run, out or RESULTS / folder_name(failure.run)))
        raise
    except Interrupted as interruption:
        progress.clear()
        unsaved = "its record is not kept; with --out DIR it is"
        interruption.add_note(unsaved if out is None else _keep(interruption.run, out))
        raise
    progress.clear()
    screen.write(timing(flown))
    return flown


def folder_name(run: Run) -> str:
    """`<scenario>-<policy>-seed<N>`, in letters that every file system takes."""
    return f"{plain_name(run.scenario.name)}-{plain_name(run.policy.name)}-seed{run.seed}"


def plain_name(name: str) -> str:
    """A name as a file name: other letters become `-`, and a long one is cut and told apart by its hash."""
    plain = re.sub(r"[^A-Za-z0-9._,=-]+", "-", name).strip("-.") or "x"
    if len(plain) <= _NAME_MAX:
        return plain
    return f"{plain[:_NAME_MAX]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _keep(run: Run, folder: Path) -> str:
    """Save the record; a sentence that says where, or why it could not be."""
    try:
        with sign_of_life(err(), "saving the record"):
            save(run, folder)
    except InputError as error:
        return f"its record up to {duration(run.ended_at)} could not be kept: {error}"
    except KeyboardInterrupt:
        return f"its record up to {duration(run.ended_at)} is not kept: interrupted while it was saved"
    return f"its record up to {duration(run.ended_at)} is in {folder}"
