"""Saving a figure: all of a file or nothing of it, and the same bytes for the same figure."""

import os
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from lab.plots.style import styled
from lab.plots.thinning import DPI
from sim.errors import InputError

_METADATA: Final[dict[str, dict[str, str | None]]] = {
    # What changes from day to day or between versions of Matplotlib stays out.
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


def save_figure(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `name`.png (150 dpi) and `name`.svg to `folder`; their paths.

    Each is written under a temporary name and then renamed, so that nobody meets half a picture.
    Raises InputError if the folder cannot be written, and ValueError if `name` is more than a
    file's name.
    """
    if not name or Path(name).name != name:
        raise ValueError(f"{name!r} is no name of a file without its folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _save(figure, folder, name, "png"), _save(figure, folder, name, "svg")
    except OSError as error:
        raise InputError(
            f"{folder}: the picture {name} cannot be written: {error.strerror or error}; "
            "choose another folder with --out"
        ) from None


def _save(figure: Figure, folder: Path, name: str, kind: str) -> Path:
    draft, final = folder / f".{name}.{os.getpid()}.{kind}", folder / f"{name}.{kind}"
    try:
        with styled():
            figure.savefig(draft, format=kind, dpi=DPI, metadata=_METADATA[kind])
        os.replace(draft, final)
    finally:
        draft.unlink(missing_ok=True)
    return final
