"""The `windtunnel` command's first step: make sure that what it is about to import is Windtunnel's.

Windtunnel's packages have short names (`policies`, `sim`, `lab`), as people who clone the toolkit
work in those folders. A `sim.py` on PYTHONPATH would therefore be imported in place of ours, and
fail somewhere deep inside with an error that names neither. So this module, which has a name nobody
else uses, looks where each name leads before anything of ours is imported. It imports the standard
library only.

The packages lie beside this file, in an installed copy and in a clone alike, and have a `py.typed`.
"""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Final

PACKAGES: Final = ("policies", "sim", "lab")
HOME: Final = Path(__file__).resolve().parent
BAD_INPUT: Final = 2
"""The exit code of everything that the caller has to put right."""
INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells have it."""


def main() -> None:
    """Run the command line; exit with code 2 and one message if a package is not Windtunnel's."""
    clash = find_clash()
    if clash is not None:
        sys.stderr.write(f"windtunnel: {clash}\n")
        raise SystemExit(BAD_INPUT)
    try:
        from lab.cli import main as run_command_line  # noqa: PLC0415  (only once the names are checked)
    except KeyboardInterrupt:  # from here on the command line answers it itself
        raise SystemExit(INTERRUPTED) from None
    run_command_line()


def find_clash() -> str | None:
    """What is wrong with the first package that is missing or not ours; None if nothing is."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        found = None if spec is None else _location(spec)
        if found is None or found == HOME / package:  # the folder, for lack of an __init__.py
            return (
                f"`{package}` is not found, though it belongs into {HOME}; "
                "install Windtunnel again (in a clone: delete .venv and run `make demo`)"
            )
        if not _is_ours(package, found):
            return _clash(package, found)
    return None


def _is_ours(package: str, found: Path) -> bool:
    ours = HOME / package
    return found == ours / "__init__.py" and (ours / "py.typed").is_file()


def _location(spec: ModuleSpec) -> Path:
    """The file a module would be imported from, or the folder if it has no `__init__.py`."""
    folders = list(spec.submodule_search_locations or ())
    if spec.has_location and spec.origin is not None:
        return Path(spec.origin).resolve()
    return Path(folders[0] if folders else spec.origin or "an unknown place").resolve()


def _clash(package: str, found: Path) -> str:
    """Names the file, and the folder on the search path that makes it come before ours."""
    module = found.parent if found.name == "__init__.py" else found
    return (
        f"`{package}` is imported from {found}, which is not Windtunnel's "
        f"(that is {HOME / package}); rename {module.name} or take its folder, {module.parent}, "
        "off PYTHONPATH"
    )


if __name__ == "__main__":
    main()
