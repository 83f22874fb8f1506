"""The repository keeps its own rules, and each of the checks finds what it is there to find."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

from tests.repo import tidy
from tests.repo.tidy import PACKAGES, ROOT, modules


def report(findings: Iterable[str]) -> None:
    """Fail with all findings, not with the first."""
    lines = list(findings)
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def test_modules_are_short_or_say_why_they_are_not() -> None:
    """A module fits into a reader's head, or its docstring gives the reason why it does not."""
    report(tidy.long_modules(modules(*PACKAGES, "benchmarks")))


def test_functions_fit_on_a_screen() -> None:
    """No function is longer than 70 lines, its docstring not counted."""
    report(tidy.long_functions(modules(*PACKAGES, "benchmarks", "tests")))


def test_the_control_plane_uses_no_clock_no_chance_and_no_io() -> None:
    """`policies` can be replayed anywhere, as nothing but its input reaches it."""
    report(tidy.banned_uses(modules("policies"), tidy.BANNED_IN_POLICIES))


def test_runs_use_no_wall_clock_no_unseeded_chance_and_no_print() -> None:
    """A run's record depends on scenario and seed alone, and standard output belongs to `lab`."""
    report(tidy.banned_uses(modules("sim"), tidy.BANNED_IN_RUNS))


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    """What is committed works wherever people keep their clone and get their packages."""
    report(tidy.banned_text(tidy.tracked_files()))


def test_every_folder_of_modules_is_a_package_with_a_charter() -> None:
    """Each `__init__.py` opens with what lives there."""
    report(tidy.missing_charters(path.parent for path in modules()))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_lists_its_public_names(name: str) -> None:
    """`__all__` is the promise of a package: without repetition, and every name is there."""
    package = import_module(name)
    names = package.__all__
    assert len(names) == len(set(names))
    assert [each for each in names if not hasattr(package, each)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_ships_its_types(name: str) -> None:
    """`py.typed` tells type checkers that the annotations may be trusted."""
    assert (ROOT / name / "py.typed").is_file()


def written(folder: Path, text: str) -> list[Path]:
    """A module with this text, as the checks take it."""
    path = folder / "module.py"
    path.write_text(text, encoding="utf-8")
    return [path]


def test_a_module_of_401_lines_is_too_long(tmp_path: Path) -> None:
    """400 lines are accepted, one more is not."""
    assert list(tidy.long_modules(written(tmp_path, "x = 1\n" * 400))) == []
    (finding,) = tidy.long_modules(written(tmp_path, "x = 1\n" * 401))
    assert "has 401 lines, at most 400 are expected" in finding


def test_a_long_module_may_say_why(tmp_path: Path) -> None:
    """The reason stands in the docstring, where a reader meets it."""
    text = f'"""A table.\n\n{tidy.REASON_TO_BE_LONG}\nthe table is.\n"""\n' + "x = 1\n" * 400
    assert list(tidy.long_modules(written(tmp_path, text))) == []


def test_a_docstring_does_not_make_a_function_long(tmp_path: Path) -> None:
    """70 lines of code with 30 lines of docstring are accepted, 71 lines of code are not."""
    docstring = '    """What it does.' + "\n" * 29 + '    """\n'
    function = "def long() -> None:\n" + docstring + "    x = 1\n" * 69
    assert list(tidy.long_functions(written(tmp_path, function))) == []
    (finding,) = tidy.long_functions(written(tmp_path, function + "    x = 1\n"))
    assert "`long` has 71 lines" in finding


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import random\n", "random"),
        ("from random import choice\n", "random.choice"),
        ("from time import time as clock\n", "time.time"),
        ("import time as t\nt.sleep(1)\n", "time.sleep"),
        ("import datetime\ndatetime.datetime.now()\n", "datetime.datetime.now"),
        ("import numpy as np\nnp.random.seed(1)\n", "numpy.random.seed"),
        ("print('hello')\n", "print"),
    ],
)
def test_a_banned_name_is_found_however_it_is_imported(tmp_path: Path, text: str, name: str) -> None:
    """Aliases do not hide a clock, chance or a print; the finding says what to use."""
    (finding,) = tidy.banned_uses(written(tmp_path, text), tidy.BANNED_IN_RUNS)
    assert f" uses {name}; {tidy.BANNED_IN_RUNS.get(name, tidy.NO_CHANCE)}" in finding


def test_a_method_of_the_same_name_is_not_banned(tmp_path: Path) -> None:
    """`console.print`, `self.random` and `streams.time` are somebody else's."""
    text = "import streams\nconsole.print(self.random.choice(streams.time))\n"
    assert list(tidy.banned_uses(written(tmp_path, text), tidy.BANNED_IN_RUNS)) == []


@pytest.mark.parametrize("module", ["os", "pathlib", "time", "datetime", "logging", "asyncio"])
def test_policies_may_not_even_import_io(tmp_path: Path, module: str) -> None:
    """What the control plane cannot import, it cannot use later."""
    (finding,) = tidy.banned_uses(written(tmp_path, f"import {module}\n"), tidy.BANNED_IN_POLICIES)
    assert finding.endswith(f"module.py:1 uses {module}; {tidy.BANNED_IN_POLICIES[module]}")


@pytest.mark.parametrize(
    "text", ["https://{}.org/simple", "see '/{}/main'", "cd /{}/main", "--out=/{}", "(/{})", "/{}."]
)
def test_registries_and_folders_of_one_machine_are_found(tmp_path: Path, text: str) -> None:
    """Addresses and absolute paths are found wherever they stand in a line."""
    word = "py" + "pi" if ".org" in text else "work"
    assert len(list(tidy.banned_text(written(tmp_path, text.format(word))))) == 1


@pytest.mark.parametrize("text", ["plan/work/apply", "./work/x", "/workspace/a", "/work-load", "a/tmp/b"])
def test_relative_paths_and_longer_names_are_not_banned(tmp_path: Path, text: str) -> None:
    """Only a path that begins at the root of a machine is one machine's."""
    assert list(tidy.banned_text(written(tmp_path, text))) == []


def test_a_folder_of_modules_without_a_charter_is_found(tmp_path: Path) -> None:
    """A missing `__init__.py` and one without a docstring are told apart."""
    (missing,) = tidy.missing_charters([tmp_path])
    (tmp_path / "__init__.py").write_text("x = 1\n", encoding="utf-8")
    (silent,) = tidy.missing_charters([tmp_path])
    assert "is missing" in missing
    assert "has no docstring" in silent
