"""`windtunnel policies`: presets and rules, with their parameters."""

from typing import Annotated

import typer

from lab.cli.options import Help

app = typer.Typer(help=Help.POLICIES, invoke_without_command=True)


@app.callback()
def policies(context: typer.Context) -> None:
    """List presets and rules if no other command follows."""
    if context.invoked_subcommand is None:
        list_policies()


@app.command("list", help="One line for each preset and each rule.")
def list_policies() -> None:
    """Print names and what they do."""
    from lab.cli.streams import out
    from lab.text.listing import show_policies

    show_policies(out())


@app.command("show", help="A preset with its rules, or a rule with its parameters.")
def show_policy(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A preset, a rule (P5), or path/to/file.py:Class.")
    ],
) -> None:
    """Print a preset or a rule."""
    from lab.cli.streams import out
    from lab.rules import find_any_rule
    from lab.text.listing import show_preset, show_rule
    from policies.presets import PRESETS, RULES
    from sim.errors import InputError
    from sim.names import nearest

    if name in PRESETS:
        show_preset(out(), PRESETS[name])
        return
    known = [*PRESETS, *(rule for rules in RULES.values() for rule in rules)]
    if ":" not in name and name not in known:
        raise InputError(f"{nearest('policy', name, known)}; or path/to/file.py:Class")
    try:
        rule = find_any_rule(name)
    except ValueError as error:
        raise InputError(str(error)) from None
    show_rule(out(), name, rule)
