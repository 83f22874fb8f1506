"""Several scenarios at once: shipped names, files, and folders with all that is below them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.policies_by_name import PolicyChoice, as_changes
from lab.scenarios import STANDARD_INPUT, ScenarioText, check_name, read_scenario, shipped_scenarios
from sim.errors import InputError
from sim.scenario import Scenario

_PATTERNS: Final = ("*.yaml", "*.yml")


@dataclass(frozen=True)
class Collected:
    """A scenario, and what it is called among others: a shipped name, or a path as it was given."""

    name: str
    text: ScenarioText


def collect(paths: Sequence[str | Path] = ()) -> list[Collected]:
    """These scenarios, each once; all that are shipped if none is named.

    Raises InputError with a line for everything that is not there, and for a folder without scenarios.
    """
    if isinstance(paths, str | Path):
        raise InputError(f"scenarios={str(paths)!r}: is one name; expected a list, as in [{str(paths)!r}]")
    found: dict[str | Path, Collected] = {}
    problems = Problems()
    for path in paths or shipped_scenarios():
        with problems.noted():
            for each in _expanded(path):
                key = Path(each).resolve() if isinstance(each, Path) else each
                if key not in found:
                    found[key] = Collected(_called(each), read_scenario(each))
    problems.refuse()
    return list(found.values())


def check_policies(policies: Sequence[PolicyChoice]) -> None:
    """Raise InputError with a line for each policy that is none."""
    if isinstance(policies, str):
        raise InputError(f"policies={policies!r}: is one text; expected a list, as in [{policies!r}]")
    problems = Problems()
    for policy in policies:
        with problems.noted():
            as_changes(policy)
    problems.refuse()


def load_under(collected: Collected, policies: Sequence[PolicyChoice | None]) -> list[Scenario]:
    """The scenario under each of these policies, None being its own; under two that are one, once.

    Raises InputError as `ScenarioText.load`.
    """
    loaded = (collected.text.load(policy=policy) for policy in policies)
    return list({each.policy.name: each for each in loaded}.values())


class Problems:
    """Everything that is wrong with several inputs, to be told at once."""

    def __init__(self) -> None:
        self._messages: dict[str, None] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """An InputError inside is noted, and ends nothing but this block."""
        try:
            yield
        except InputError as error:
            self._messages[str(error)] = None

    def refuse(self) -> None:
        """Raise one InputError with all that was noted, each message once."""
        if self._messages:
            raise InputError("\n".join(self._messages))


def _called(path: str | Path) -> str:
    """Bytes of a path that are no UTF-8 as `\\udcff`, so that a table with it can be saved."""
    if path == STANDARD_INPUT:
        return "stdin"
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_a_file(path: Path) -> bool:
    """A link to nowhere counts, so that a scenario that is missing is not missed."""
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def _expanded(path: str | Path) -> Iterator[str | Path]:
    """A name as it is; a file as a path; a folder as the files below it, but for hidden ones."""
    if isinstance(path, str) and (path == STANDARD_INPUT or path in shipped_scenarios()):
        yield path
        return
    folder = Path(check_name(path))
    if not os.path.isdir(folder):  # unlike the methods of Path, these raise nothing
        yield folder if os.path.exists(folder) else path
        return
    files = sorted({file for pattern in _PATTERNS for file in folder.rglob(pattern) if _is_a_file(file)})
    shown = [file for file in files if not _is_hidden(file.relative_to(folder))]
    if not shown:
        raise InputError(f"{path}: there is no scenario below this folder; expected files named *.yaml")
    yield from shown
