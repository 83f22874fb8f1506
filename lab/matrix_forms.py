"""A matrix as Markdown, CSV and JSON, and the words for its cells."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from lab.json_form import without_nan
from lab.matrices import Cell, Matrix
from lab.words import duration
from sim.checks import INVARIANTS, Status

MEANING: Final = (
    "A cell is one run: the invariant that broke first, and when; or, if none did, how long the slowest task "
    "waited until it was sent."
)
LOWER_BOUND: Final = "≥: a task was still waiting when the run ended."
UNDECIDED: Final = "?: nothing broke, but the run is too short to say so of every invariant."


def cell_text(cell: Cell, words: Callable[[float | None], str] = duration) -> str:
    """'L01 at 19 s', 'waited 20 s', 'waited ≥ 15 min', 'waited 20 s ?'; `words` writes durations."""
    if cell.invariant is not None:
        return f"{cell.invariant} at {words(cell.at)}"
    mark = " ?" if cell.status is Status.UNDECIDED else ""
    return f"waited {wait_text(cell, words)}{mark}"


def brief(seconds: float | None) -> str:
    """As `duration`, but with whole minutes and tenths of hours, where there is little room."""
    text = duration(seconds)
    if seconds is None or len(text) <= len("10 min"):
        return text
    if text.endswith(" min"):
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if text.endswith(" h") else text


def wait_text(cell: Cell, words: Callable[[float | None], str] = duration) -> str:
    """'20 s', or '≥ 15 min' if a task was never sent."""
    return f"{'≥ ' if cell.never_sent else ''}{words(cell.slowest_wait_s)}"


def notes(matrix: Matrix) -> list[str]:
    """What must be said about the cells of this matrix beside what a cell is; sentences."""
    unbroken = [cell for cell in matrix.cells.values() if cell.invariant is None]
    found = []
    if any(cell.never_sent for cell in unbroken):
        found.append(LOWER_BOUND)
    if any(cell.status is Status.UNDECIDED for cell in unbroken):
        found.append(UNDECIDED)
    if matrix.drawn:
        seeds = ", ".join(f"{row.scenario} (seed {row.cells[0].seed})" for row in matrix.drawn)
        found.append(f"Drawn at random, so that another seed may show something else: {seeds}.")
    return found


def as_markdown(matrix: Matrix) -> str:
    """A table with a row for each scenario, the names of the invariants in it, and notes."""
    lines = [_line(["scenario", *matrix.policies]), _line(["---"] * (1 + len(matrix.policies)))]
    lines += [_line([row.scenario, *map(cell_text, row.cells)]) for row in matrix.rows]
    lines += ["", MEANING, *notes(matrix)]
    if matrix.first_codes:
        lines += ["", *(f"- `{code}`: {INVARIANTS[code].title}" for code in matrix.first_codes)]
    return "".join(f"{line}\n" for line in lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_COLUMNS: Final = (
    *("scenario", "policy", "seed", "status", "invariant", "at_s"),
    *("slowest_wait_s", "never_sent", "broken", "undecided"),
)


def _plain(cell: Cell) -> dict[str, Any]:
    values = asdict(cell)
    values["at_s"] = values["at"]
    return {name: values[name] for name in _COLUMNS}


def as_csv(matrix: Matrix) -> str:
    """One line for each run; several invariants are apart by blanks, and what is not there is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for cell in matrix.cells.values():
        row = _plain(cell)
        lists = {name: " ".join(row[name]) for name in ("broken", "undecided")}
        writer.writerow({**row, **lists})
    return text.getvalue()


def as_json(matrix: Matrix) -> str:
    """Scenarios, policies, the names of all invariants, and one entry for each run."""
    plain = {
        "policies": matrix.policies,
        "scenarios": [
            {"name": row.scenario, "title": row.title, "random": row.is_random} for row in matrix.rows
        ],
        "invariants": {code: invariant.title for code, invariant in INVARIANTS.items()},
        "cells": list(map(_plain, matrix.cells.values())),
    }
    return json.dumps(without_nan(plain), indent=2) + "\n"


FORMS: Final[Mapping[str, tuple[str, Callable[[Matrix], str]]]] = {
    "markdown": ("md", as_markdown),
    "csv": ("csv", as_csv),
    "json": ("json", as_json),
}
"""By name: the ending of a file's name, and how the text is made."""
