"""Saving what a command made: the record of a run, and its pictures."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cli.progress import sign_of_life
from lab.cli.streams import err
from sim.errors import InputError, WindtunnelError
from sim.record import Run, save
from sim.record.store import check_replaceable

if TYPE_CHECKING:
    from lab.matrices import Matrix


def check_folder(folder: Path | None) -> None:
    """Raise InputError if a record could not be saved there, before somebody waits for a long run."""
    if folder is None:
        return
    try:
        if folder.exists():
            _check_existing(folder)
    except OSError as error:  # a name that is too long, or a folder that nobody may look into
        raise InputError(f"--out {folder}: cannot be looked at: {error.strerror or error}") from None
    check_writable(folder.parent)


def _check_existing(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"--out {folder}: is a file; expected a folder, or a name for a new one")
    if any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise InputError(
            f"--out {folder}: is there already and holds no record, so it is left alone; "
            "expected a new folder, or one with a record to be replaced"
        )
    try:
        check_replaceable(folder)
    except InputError as error:
        raise InputError(f"--out {error}") from None


def check_writable(folder: Path) -> None:
    """Raise InputError if nothing can be made in this folder, or on the way to it."""
    above = folder.absolute()
    while not os.path.exists(above):
        above = above.parent
    if not os.path.isdir(above):
        raise InputError(f"--out {folder}: {above} is a file; expected a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"--out {folder}: {above} cannot be written to; expected a folder of your own")


def save_record(run: Run, folder: Path) -> InputError | None:
    """Save the record, without pictures; what is wrong if it cannot be, which must not cost the answer.

    An interruption says that it was not saved.
    """
    try:
        with sign_of_life(err(), f"{run.policy.name}: saving the record"):
            save(run, folder)
    except InputError as error:
        return error
    except KeyboardInterrupt as interruption:
        interruption.add_note(f"{run.policy.name}: the run was over, but its record is not saved in {folder}")
        raise
    return None


def save_pictures(run: Run, folder: Path) -> None:
    """Draw the three pictures of a run beside its record."""
    from lab.plots import pool_against_demand, save_figure, timeline, waits

    with sign_of_life(err(), f"{run.policy.name}: drawing timeline"):
        save_figure(timeline(run), folder, "timeline")
    with sign_of_life(err(), f"{run.policy.name}: drawing pool_against_demand"):
        save_figure(pool_against_demand(run), folder, "pool_against_demand")
    with sign_of_life(err(), f"{run.policy.name}: drawing waits"):
        save_figure(waits([run]), folder, "waits")


def save_waits(runs: Sequence[Run], folder: Path) -> None:
    """Save a picture of the waits of several runs."""
    from lab.plots import save_figure, waits

    with sign_of_life(err(), "drawing waits of all policies"):
        save_figure(waits(runs), folder, "waits")


def save_matrix(matrix: "Matrix", folder: Path) -> InputError | None:
    """Save the table in each of its forms; what is wrong if it cannot be, which must not cost the answer."""
    from lab.matrix_forms import FORMS

    try:
        for ending, text_of in FORMS.values():
            _save_text(text_of(matrix), folder / f"matrix.{ending}")
    except OSError as error:
        return InputError(f"--out {folder}: cannot be written to: {error.strerror or error}")
    return None


def _save_text(text: str, final: Path) -> None:
    """Under a temporary name first, so that nobody meets half a file."""
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="")
        os.replace(draft, final)
    finally:
        draft.unlink(missing_ok=True)


def save_matrix_picture(matrix: "Matrix", folder: Path) -> None:
    """Draw the table; whatever ends that says that the table itself is saved."""
    from lab.plots import matrix_figure, save_figure

    try:
        with sign_of_life(err(), "drawing the matrix"):
            save_figure(matrix_figure(matrix), folder, "matrix")
    except (KeyboardInterrupt, WindtunnelError) as error:
        error.add_note(f"the table is saved in {folder}, without a picture")
        raise


@contextmanager
def telling_what_is_saved(folders: Collection[Path]) -> Iterator[None]:
    """Whatever ends the command early, its message says which records are saved by then."""
    try:
        yield
    except (KeyboardInterrupt, WindtunnelError) as error:
        if len(folders) == 1:
            error.add_note(
                f"a finished run is saved in {next(iter(folders))}; a picture that is not there was not drawn"
            )
        elif folders:
            named = ", ".join(map(str, folders))
            error.add_note(f"finished runs are saved in {named}; pictures that are not there were not drawn")
        raise
