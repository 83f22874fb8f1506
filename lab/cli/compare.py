"""`windtunnel compare`: one scenario and one seed, under several policies."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Json, OutEach, PolicyNames, Seed, Settings

if TYPE_CHECKING:
    from lab.running import Comparison
    from sim.errors import InputError
    from sim.record import Run
    from sim.scenario import Scenario


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
    out: OutEach = None,
    as_json: Json = False,
) -> int:
    """Run a scenario under each of the policies; the exit code."""
    from lab.cli.flight import plain_name
    from lab.cli.run import exit_code
    from lab.cli.saving import check_folder, check_writable, telling_what_is_saved
    from lab.running import load_each
    from sim.garbage import rarely_collected

    loaded = load_each(policies, scenario, settings or ())
    folders = [None if out is None else out / plain_name(each.policy.name) for each in loaded]
    if out is not None:
        check_writable(out)
    for folder in folders:
        check_folder(folder)
    saved: dict[Path, Run] = {}
    unsaved: list[InputError] = []
    with telling_what_is_saved(saved):
        comparison = _fly_each(list(zip(loaded, folders, strict=True)), seed, saved, unsaved)
        with rarely_collected():
            _show(comparison, as_json=as_json, next_step=_next_step(scenario, settings, seed, policies))
        _draw(comparison, saved, out)
    if unsaved:
        raise unsaved[0]
    return exit_code([each for judgements in comparison.judgements for each in judgements])


def _fly_each(
    loaded: "Sequence[tuple[Scenario, Path | None]]",
    seed: int | None,
    saved: "dict[Path, Run]",
    unsaved: "list[InputError]",
) -> "Comparison":
    """Run them, and save each record as soon as its run is over."""
    from lab.cli.flight import fly
    from lab.cli.saving import save_record
    from lab.running import Comparison

    runs = []
    for scenario, folder in loaded:
        runs.append(fly(scenario, seed=seed, out=folder))
        if folder is not None:
            error = save_record(runs[-1], folder)
            if error is None:
                saved[folder] = runs[-1]
            else:
                unsaved.append(error)
    return Comparison(tuple(runs))


def _draw(comparison: "Comparison", saved: "dict[Path, Run]", out: Path | None) -> None:
    """The pictures of each record, and one of all waits."""
    from lab.cli.saving import save_pictures, save_waits
    from lab.cli.streams import err

    for folder, run in saved.items():
        save_pictures(run, folder)
        err().write(f"saved in {folder}\n")
    if out is not None and saved:
        save_waits(comparison.runs, out)


def _next_step(
    scenario: str, settings: Sequence[str] | None, seed: int | None, policies: Sequence[str]
) -> str:
    """The command that shows the first run step by step; none if the scenario came on standard input."""
    if scenario == "-":
        return ""
    changes = [part for each in settings or () for part in ("--set", each)]
    chance = [] if seed is None else ["--seed", str(seed)]
    return shlex.join(["windtunnel", "run", scenario, "--policy", policies[0], *changes, *chance, "--log"])


def _show(comparison: "Comparison", *, as_json: bool, next_step: str) -> None:
    from lab.cli.streams import out as standard_output

    if as_json:
        from lab.json_form import run_as_json

        parts = zip(
            comparison.runs,
            comparison.summaries,
            comparison.verdicts,
            comparison.judgements,
            strict=True,
        )
        runs = [run_as_json(*part) for part in parts]
        standard_output().write(json.dumps({"runs": runs}, indent=2) + "\n")
    else:
        from lab.text.compare_page import show_comparison

        show_comparison(standard_output(), comparison, next_step)
