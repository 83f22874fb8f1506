"""`windtunnel checks`: the invariants that every run is held to, with their parameters."""

from typing import Annotated

import typer

from lab.cli.options import Help

app = typer.Typer(help=Help.CHECKS, invoke_without_command=True)


@app.callback()
def checks(context: typer.Context) -> None:
    """List the invariants if no other command follows."""
    if context.invoked_subcommand is None:
        list_checks()


@app.command("list", help="One line for each invariant.")
def list_checks() -> None:
    """Print codes, names and what must hold."""
    from lab.cli.streams import out
    from lab.text.listing import show_invariants

    show_invariants(out())


@app.command("show", help="An invariant: what must hold, what it means, and its parameters.")
def show_check(
    code: Annotated[str, typer.Argument(metavar="CODE", help="An invariant's code, for example L01.")],
) -> None:
    """Print an invariant."""
    from lab.cli.streams import out
    from lab.text.listing import show_invariant
    from policies.names import nearest
    from sim.checks import INVARIANTS
    from sim.errors import InputError

    known = code if code in INVARIANTS else code.upper()
    if known not in INVARIANTS:
        raise InputError(nearest("invariant", code, INVARIANTS))
    show_invariant(out(), INVARIANTS[known])
