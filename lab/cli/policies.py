"""`windtunnel policies`: presets and rules, with their parameters."""

from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Help

if TYPE_CHECKING:
    from policies.policy_set import PolicySet

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
        str,
        typer.Argument(
            metavar="NAME",
            help="A preset, one with changes (seed-before,P5), a rule (P5), or path/to/file.py:Class.",
        ),
    ],
) -> None:
    """Print a preset or a rule."""
    from lab.cli.streams import out
    from lab.policies_by_name import split, unknown_policy
    from lab.rules import find_any_rule, rule_names
    from lab.text.listing import show_preset, show_rule
    from policies.presets import PRESETS
    from sim.errors import InputError

    if name in PRESETS:
        show_preset(out(), PRESETS[name])
        return
    if len(split(name)) > 1 or "=" in name.partition(":")[0]:
        show_preset(out(), _composed(name, first=split(name)[0]))
        return
    if ":" not in name and name not in rule_names():
        raise InputError(unknown_policy(name))
    try:
        rule = find_any_rule(name)
    except ValueError as error:
        raise InputError(str(error)) from None
    show_rule(out(), name, rule)


def _composed(expression: str, *, first: str) -> "PolicySet":
    """A preset with changes. Which scenario it is for makes no difference, as it begins with a preset."""
    from lab.running import load
    from policies.presets import PRESETS
    from sim.errors import InputError

    if first not in PRESETS:
        raise InputError(
            f"{expression}: {first} is no preset; expected one first, for example seed-before,{expression}, "
            "as changes alone are of a scenario's own policy"
        )
    try:
        return load("609", expression).policy
    except InputError as error:
        raise InputError(str(error).replace("--policy ", "")) from None
