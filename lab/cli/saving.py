"""Saving what a command made: the record of a run, and its pictures."""

import os
from collections.abc import Sequence
from pathlib import Path

from lab.cli.streams import err
from sim.errors import InputError
from sim.record import Run, save


def check_folder(folder: Path | None) -> None:
    """Raise InputError if a record could not be saved there, before somebody waits for a long run."""
    if folder is None:
        return
    if folder.exists():
        if not folder.is_dir():
            raise InputError(f"--out {folder}: is a file; expected a folder, or a name for a new one")
        if any(folder.iterdir()) and not (folder / "manifest.json").exists():
            raise InputError(
                f"--out {folder}: is there already and holds no record, so it is left alone; "
                "expected a new folder, or one with a record to be replaced"
            )
    check_writable(folder.parent)


def check_writable(folder: Path) -> None:
    """Raise InputError if nothing can be made in this folder, or on the way to it."""
    above = folder.absolute()
    while not above.exists():
        above = above.parent
    if not above.is_dir():
        raise InputError(f"--out {folder}: {above} is a file; expected a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"--out {folder}: {above} cannot be written to; expected a folder of your own")


def save_run(run: Run, folder: Path) -> None:
    """Save the record and three pictures of it."""
    from lab.plots import pool_against_demand, save_figure, timeline, waits

    save(run, folder)
    save_figure(timeline(run), folder, "timeline")
    save_figure(pool_against_demand(run), folder, "pool_against_demand")
    save_figure(waits([run]), folder, "waits")
    err().write(f"saved in {folder}\n")


def save_waits(runs: Sequence[Run], folder: Path) -> None:
    """Save a picture of the waits of several runs."""
    from lab.plots import save_figure, waits

    save_figure(waits(runs), folder, "waits")
