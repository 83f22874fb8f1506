"""`windtunnel scenarios`: those that are shipped, and the story of one."""

from typing import Annotated

import typer

from lab.cli.options import Help, ScenarioName

app = typer.Typer(help=Help.SCENARIOS, invoke_without_command=True)


@app.callback()
def scenarios(context: typer.Context) -> None:
    """List the scenarios if no other command follows."""
    if context.invoked_subcommand is None:
        list_scenarios()


@app.command("list", help="One line for each scenario that Windtunnel ships.")
def list_scenarios() -> None:
    """Print names and titles."""
    from lab.cli.streams import out
    from lab.running import load
    from lab.scenarios import shipped_scenarios
    from lab.text.listing import show_scenarios

    show_scenarios(out(), [load(name) for name in shipped_scenarios()])


@app.command("show", help="The story of a scenario, its policies, and what is expected of them.")
def show_scenario(
    scenario: ScenarioName,
    as_file: Annotated[bool, typer.Option("--file", help="Print the file itself.")] = False,
) -> None:
    """Print what a scenario is about, or its file."""
    from lab.cli.streams import out
    from lab.scenarios import read_scenario
    from lab.text.listing import show_scenario as show

    text = read_scenario(scenario)
    if as_file:
        out().write(text.text.decode(errors="replace"))
    else:
        show(out(), text.load())
