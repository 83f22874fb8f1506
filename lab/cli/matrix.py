"""`windtunnel matrix`: every policy against every scenario."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from lab.cli.options import OnlyPolicies, ScenarioPaths


def matrix(
    scenarios: ScenarioPaths = None,
    policies: OnlyPolicies = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Save the table there as Markdown, CSV and JSON, and as a picture (PNG, SVG)."
        ),
    ] = None,
    form: Annotated[
        Literal["text", "markdown", "csv", "json"], typer.Option("--format", help="What is printed.")
    ] = "text",
) -> int:
    """Run them all; the exit code, which does not depend on what breaks."""
    from lab.cli.progress import Progress
    from lab.cli.saving import check_writable, save_matrix, save_matrix_picture
    from lab.cli.streams import err
    from lab.cli.streams import out as standard_output
    from lab.matrices import matrix as run_all
    from lab.matrix_forms import FORMS
    from lab.text.matrix_page import show_matrix
    from sim.errors import PolicyError

    if out is not None:
        check_writable(out)
    progress = Progress(err(), "matrix")
    try:
        made = run_all(scenarios or (), policies or (), progress=progress)
    except (KeyboardInterrupt, PolicyError) as error:
        error.add_note("the table is not complete, so nothing of it is shown or saved")
        raise
    finally:
        progress.clear()
    unsaved = None if out is None else save_matrix(made, out)
    if form == "text":
        show_matrix(standard_output(), made)
    else:
        standard_output().write(FORMS[form][1](made))
    if unsaved is not None:
        raise unsaved
    if out is not None:
        save_matrix_picture(made, out)
        err().write(f"saved in {out}\n")
    return 0
