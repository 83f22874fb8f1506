"""The application: its commands, and one place where every error becomes a message and an exit code."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lab.cli.failures import report
from lab.cli.options import Help


class _Commands(TyperGroup):
    """The commands, with our own handling of errors around them."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command; Ctrl-C is answered here, as Typer would end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interruption:
            return report(interruption)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run one command and exit with its code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except BaseException as error:  # SystemExit is some policy's `sys.exit()`, and there are worse
            code = report(error)
        sys.exit(code if isinstance(code, int) else 0)


app = typer.Typer(
    name="windtunnel",
    cls=_Commands,
    help="What will this scheduler and this autoscaler do to my pool of agent pods?",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; exit with the code of the command."""
    app(prog_name="windtunnel")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from lab.cli.streams import out

        out().write(f"windtunnel {version('windtunnel')}\n")
        raise typer.Exit(0)


@app.callback(invoke_without_command=True)
def _windtunnel(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        from lab.cli.streams import out

        out().write(context.get_help() or "")
        raise typer.Exit(2)


def _add_commands() -> None:
    from lab.cli import checks, compare, matrix, policies, run, scenarios, schema, trials

    app.command("run", help=Help.RUN)(run.run)
    app.command("compare", help=Help.COMPARE)(compare.compare)
    app.command("matrix", help=Help.MATRIX)(matrix.matrix)
    app.command("test", help=Help.TEST)(trials.trials)
    app.add_typer(scenarios.app, name="scenarios")
    app.add_typer(policies.app, name="policies")
    app.add_typer(checks.app, name="checks")
    app.command("schema", help=Help.SCHEMA)(schema.schema)


_add_commands()
