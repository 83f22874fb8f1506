"""Saving a run: tables as Parquet, the log as JSON lines, and a manifest; all of it, or nothing."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from sim.errors import InputError
from sim.record.columns import TABLES
from sim.record.log import new_header, write_log
from sim.record.run import Run


def save(run: Run, folder: Path) -> Path:
    """Write the record of a run to `folder`, in place of what was there; the folder.

    It is written beside the folder and then renamed, so that a reader, a full disk or an interruption never
    meets half a record. The wall time goes to `timings.json`, as the rest must not depend on it. Raises
    InputError if the folder can not be written.
    """
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
    with (folder / "events.jsonl").open("wb") as out:
        header = new_header(run.scenario.name, run.seed, run.policy.describe())
        write_log(run.log, header, out)
    (folder / "manifest.json").write_text(json.dumps(run.manifest(), indent=2) + "\n")
    (folder / "timings.json").write_text(json.dumps({"wall_s": run.wall_s}) + "\n")


def _put_in_place(draft: Path, folder: Path) -> None:
    is_empty = folder.is_dir() and not any(folder.iterdir())
    if is_empty or not folder.exists():
        os.replace(draft, folder)
        return
    if not (folder / "manifest.json").exists():
        raise InputError(
            f"{folder}: is there already and holds no record; it is left alone. "
            "Choose another folder with --out"
        )
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
