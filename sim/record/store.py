"""Saving a run: tables as Parquet, the log as JSON lines, and a manifest; all of it, or nothing."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from sim.errors import InputError
from sim.record.columns import TABLES
from sim.record.log import LOG_FILE, new_header, write_log
from sim.record.run import Run

PICTURES: Final = ("timeline", "pool_against_demand", "waits")
"""The pictures that are drawn beside a record; like the record they are replaced by the next one."""
_KNOWN: Final = frozenset(
    {
        *(f"{table}.parquet" for table in TABLES),
        *(LOG_FILE, "manifest.json", "timings.json"),
        *(f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")),
    }
)
_NAMED_AT_MOST: Final = 5


def save(run: Run, folder: Path | str) -> Path:
    """Write the record of a run to `folder`, in place of the record that was there; the folder.

    It is written beside the folder and then renamed, so that a reader, a full disk or an interruption never
    meets half a record. The wall time goes to `timings.json`, as the rest must not depend on it. Raises
    InputError if the folder can not be written, or holds anything that is not of a record.
    """
    folder = Path(folder)
    check_replaceable(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        draft.chmod(0o755)
        try:
            _write(run, draft)
            _put_in_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"{folder}: the record can not be written: {error.strerror or error}; "
            "choose another folder with --out"
        ) from None
    return folder


def _write(run: Run, folder: Path) -> None:
    for table in TABLES:
        frame = run.frame(table)
        frame.to_parquet(folder / f"{table}.parquet", index=False)
    with (folder / LOG_FILE).open("wb") as out:
        header = new_header(run.scenario.name, run.seed, run.policy.describe())
        write_log(run.log, header, out)
    (folder / "manifest.json").write_text(json.dumps(run.manifest(), indent=2) + "\n")
    (folder / "timings.json").write_text(json.dumps({"wall_s": run.wall_s}) + "\n")


def check_replaceable(folder: Path) -> None:
    """Raise InputError, naming what would be lost, unless `folder` is new, empty, or a record and no more."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is there already and is a file; choose another folder with --out")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if names and "manifest.json" not in names:
        raise InputError(
            f"{folder}: is there already and holds no record; it is left alone. "
            "Choose another folder with --out"
        )
    unknown = sorted(names - _KNOWN)
    if unknown:
        more = f" and {len(unknown) - _NAMED_AT_MOST} more" if len(unknown) > _NAMED_AT_MOST else ""
        raise InputError(
            f"{folder}: holds {', '.join(unknown[:_NAMED_AT_MOST])}{more} beside its record, which would be "
            "lost, so all of it is left alone; move that away, or choose another folder with --out"
        )


def _put_in_place(draft: Path, folder: Path) -> None:
    check_replaceable(folder)  # again, as somebody may have put something there meanwhile
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if is_empty or not folder.exists():
        os.replace(draft, folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    aside = old / "record"
    try:
        os.replace(folder, aside)
        os.replace(draft, folder)
    except BaseException as error:
        _put_back(aside, folder, error)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_back(aside: Path, folder: Path, why: BaseException) -> None:
    """Put the record that was there where it was. If that fails too, it stays, and InputError says where."""
    try:
        if aside.exists():
            os.replace(aside, folder)
        aside.parent.rmdir()
    except OSError as error:
        raise InputError(
            f"{folder}: the record can not be written ({why}), nor can the one before be put back "
            f"({error}); it is in {aside}"
        ) from None
