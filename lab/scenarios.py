"""Finding a scenario: by the name of a shipped one, by path, or on standard input.

The shipped ones lie in the wheel beside this module, and in a clone in its `scenarios/` folder.
"""

import operator
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from lab.policies_by_name import PolicyChoice, as_changes
from lab.rules import find_rule, prints_aside
from policies.names import nearest
from sim.errors import InputError
from sim.scenario import Scenario, parse_scenario
from sim.scenario.files import read_whole, whole

STANDARD_INPUT: Final = "-"
_SUFFIXES: Final = (".yaml", ".yml")
_HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True)
class ScenarioText:
    """A scenario as its author wrote it; parsed anew for each policy, so a file is read only once."""

    name: str
    """What messages call it; its stem is the scenario's name."""
    text: bytes
    folder: Path
    """Where the files lie that it refers to."""

    def load(
        self, *, policy: PolicyChoice | None = None, settings: Sequence[str] = (), seed: int | None = None
    ) -> Scenario:
        """The scenario, under `policy` in place of its own, with `settings` (`key=value`) applied last.

        Raises InputError, with one line for everything that is wrong.
        """
        if isinstance(settings, str):
            raise InputError(f"settings={settings!r}: is one text; expected a list, as in [{settings!r}]")
        with prints_aside():
            return parse_scenario(
                self.text,
                name=self.name,
                folder=self.folder,
                overrides=[*as_changes(policy), *settings],
                seed=check_seed(seed),
                find_rule=find_rule,
            )


def check_seed(seed: int | None) -> int | None:
    """The seed; InputError if it is no whole number from 0 on."""
    if seed is None:
        return None
    whole = operator.index(seed) if hasattr(seed, "__index__") and not isinstance(seed, bool) else -1
    if whole < 0:
        raise InputError(f"seed={seed!r}: expected a whole number from 0 on")
    return whole


def shipped_folder() -> Path:
    """The folder of the shipped scenarios."""
    installed = _HERE / "shipped_scenarios"
    return installed if installed.is_dir() else _HERE.parent / "scenarios"


@cache
def shipped_scenarios() -> tuple[str, ...]:
    """The names of the shipped scenarios."""
    return tuple(sorted(path.stem for path in shipped_folder().glob("*.yaml")))


def read_scenario(name: str | Path) -> ScenarioText:
    """The text of a scenario: `609` (shipped), `path/to/file.yaml`, or `-` (standard input).

    Raises InputError if there is none: with the nearest name and the list of those that are shipped.
    """
    if name == STANDARD_INPUT:
        return ScenarioText("stdin", _read_standard_input(), Path())
    if isinstance(name, str) and name in shipped_scenarios():
        return _read(shipped_folder() / f"{name}.yaml", called=f"{name}.yaml")
    path = Path(check_name(name))
    if not os.path.exists(path) and not _looks_like_a_path(str(name)):
        raise InputError(
            f"{nearest('scenario', str(name), shipped_scenarios())}; "
            "or give a path to a file, or - for standard input"
        )
    return _read(path, called=str(path))


def check_name(name: str | Path) -> str | Path:
    """The name of a scenario; InputError if it is no text and no path, as 609 without quotes."""
    if not isinstance(name, str | os.PathLike):
        raise InputError(f"scenario={name!r}: expected a name or a path, as in '609'")
    return name


def _looks_like_a_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(_SUFFIXES)


def _read(path: Path, *, called: str) -> ScenarioText:
    try:
        if os.path.isdir(path):
            files = sorted(each.name for each in path.iterdir() if each.suffix in _SUFFIXES)
            inside = f"one of its files: {', '.join(files[:5])}" if files else "a scenario file"
            raise InputError(f"{called}: is a folder; expected {inside}")
        return ScenarioText(called, read_whole(path, called), path.parent)
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{called}: cannot be read: {reason}") from None


def _read_standard_input() -> bytes:
    try:
        return whole(sys.stdin.buffer, "stdin")
    except (OSError, AttributeError):  # None, if it is closed
        raise InputError("stdin: cannot be read; expected a scenario on standard input") from None
