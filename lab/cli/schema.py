"""`windtunnel schema`: the JSON Schema of scenario files, for editors and other programs."""

import json


def schema() -> None:
    """Print it."""
    from lab.cli.streams import out
    from sim.scenario import json_schema

    out().write(json.dumps(json_schema(), indent=2) + "\n")
