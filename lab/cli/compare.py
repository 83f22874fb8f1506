"""`windtunnel compare`: one scenario and one seed, under several policies."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Json, Out, PolicyNames, Seed, Settings

if TYPE_CHECKING:
    from lab.running import Comparison


def compare(
    policies: PolicyNames,
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario", metavar="SCENARIO", help="A shipped scenario (609), a path to a file, or -."
        ),
    ],
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Run a scenario under each of the policies; the exit code."""
    from lab.cli.flight import fly, plain_name
    from lab.cli.run import exit_code
    from lab.cli.saving import check_folder, check_writable, save_run, save_waits
    from lab.running import Comparison, load_each
    from sim.errors import InputError
    from sim.garbage import rarely_collected

    if len(policies) < 2:
        raise InputError(f"only one policy, {policies[0]}, to compare; expected two or more (or use run)")
    loaded = load_each(policies, scenario, settings or ())
    folders = [None if out is None else out / plain_name(each.policy.name) for each in loaded]
    if out is not None:
        check_writable(out)
    for folder in folders:
        check_folder(folder)
    runs = []
    for each, folder in zip(loaded, folders, strict=True):
        flown = fly(each, seed=seed, out=folder)
        if folder is not None:
            save_run(flown, folder)
        runs.append(flown)
    if out is not None:
        save_waits(runs, out)
    comparison = Comparison(tuple(runs))
    with rarely_collected():
        _show(comparison, as_json=as_json)
    return exit_code([each for judgements in comparison.judgements for each in judgements])


def _show(comparison: "Comparison", *, as_json: bool) -> None:
    from lab.cli.streams import out as standard_output

    if as_json:
        from lab.json_form import run_as_json

        parts = zip(comparison.runs, comparison.summaries, comparison.judgements, strict=True)
        runs = [run_as_json(*part) for part in parts]
        standard_output().write(json.dumps({"runs": runs}, indent=2) + "\n")
    else:
        from lab.text.compare_page import show_comparison

        show_comparison(standard_output(), comparison)
