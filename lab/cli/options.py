"""Options and arguments that several commands have, each said once."""

from pathlib import Path
from typing import Annotated

import typer


class Help:
    """What each command is for, as `--help` shows it."""

    RUN = "Run a scenario and say what came of it."
    COMPARE = "Run a scenario under several policies, side by side."
    TEST = "Run scenarios against what they expect, with evidence of what fails."
    MATRIX = "Every policy against every scenario: what breaks first and when, or how long tasks waited."
    SCHEMA = "Print the JSON Schema of scenario files."
    SCENARIOS = "List the scenarios that Windtunnel ships, or show one."
    POLICIES = "List presets and rules, or show one with its parameters."
    CHECKS = "List the invariants that runs are held to, or show one with its parameters."


_POLICY_FORMS = (
    "a preset, a preset with changes (seed-before,placement=P5), or your own path/to/file.py:Class"
)

ScenarioName = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO", help="A shipped scenario (609), a path to a file, or - for standard input."
    ),
]
ScenarioPaths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SCENARIO]...",
        help="Shipped scenarios (609), files, folders with all *.yaml below, or -; all shipped by default.",
        show_default=False,
    ),
]
PolicyName = Annotated[
    str | None,
    typer.Option(
        "--policy", "-p", metavar="POLICY", help=f"In place of the scenario's own: {_POLICY_FORMS}."
    ),
]
PolicyNames = Annotated[
    list[str], typer.Argument(metavar="POLICY...", help=f"Two or more, each {_POLICY_FORMS}.")
]
OnlyPolicies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", "-p", metavar="POLICY", help=f"Under this only; may be repeated: {_POLICY_FORMS}."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="A change of the scenario or its policy: pool.min=2, placement=P5. May be repeated.",
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, help="In place of the scenario's own seed.")]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Save the record there, with pictures (PNG and SVG); a record that is there is replaced.",
    ),
]
OutEach = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Save each record, with pictures, in a folder of its own in DIR that is named after its policy, "
        "and a picture of all waits; records that are there are replaced.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
