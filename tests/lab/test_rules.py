"""Finding a rule: built in, in a user's file, in a module, or nowhere."""

import sys
from pathlib import Path

import pytest

from lab.rules import _entry_points, find_any_rule, find_rule, load_rule
from policies.rules.placement import P5
from tests.lab.commands import RULES


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a file of rules."""
    (tmp_path / "my.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_built_in_rule_is_found_by_its_name() -> None:
    """With its family or without."""
    assert find_rule("placement", "P5") is find_any_rule("P5") is P5


def test_a_rule_in_a_file_is_the_same_class_each_time() -> None:
    """So that two policies with it are equal."""
    assert load_rule("my.py:Patient") is load_rule("./my.py:Patient")
    assert find_rule("placement", "my.py:Patient").summary() == "Any idle slot of a connected pod."


def test_a_file_that_has_been_edited_is_read_anew(folder: Path) -> None:
    """A notebook lives long."""
    before = load_rule("my.py:Patient")
    (folder / "my.py").write_text(RULES.replace("= 60.0", "= 61.5"))
    after = load_rule("my.py:Patient")
    assert (before().offline_after, after().offline_after) == (60.0, 61.5)  # type: ignore[attr-defined]


def test_a_users_file_may_defer_its_annotations(folder: Path) -> None:
    """They are looked up in the file's own module."""
    (folder / "later.py").write_text(f"from __future__ import annotations\n{RULES}")
    assert load_rule("later.py:Patient")().offline_after == 60.0  # type: ignore[attr-defined]


def test_a_rule_in_a_module_is_found_from_the_current_folder(folder: Path) -> None:
    """And the search path is left as it was."""
    (folder / "my_own_rules.py").write_text(RULES)
    before = list(sys.path)
    assert load_rule("my_own_rules:Patient").family == "placement"
    assert sys.path == before


def test_a_file_leaves_nothing_beside_it(folder: Path) -> None:
    """No folder of byte code among a user's files."""
    load_rule("my.py:Patient")
    assert sorted(path.name for path in folder.iterdir()) == ["my.py"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.py:X", "", "missing.py: cannot be read: No such file or directory"),
        ("new.py:X", "def x(:\n", "new.py:1: is no Python: invalid syntax"),
        ("new.py:X", "x = 1\nraise OSError('no')\n", "new.py:2: OSError: no, while it was imported"),
        ("new.py:X", "import sys\nsys.exit(4)\n", "new.py:2: SystemExit: 4, while it was imported"),
        ("new.py:X", "import nothing_of_it\n", "new.py:1: ModuleNotFoundError: No module named"),
        ("new.py:X", "x = 1\n", "new.py has no class 'X', and no rule at all; expected a class"),
        ("new.py:X", "\0", "new.py:"),
        ("my.py:Patent", "", "my.py: unknown class 'Patent'; expected one of Patient, Raises,"),
        ("my.py:Plain", "", "my.py:Plain is of no family of rules; derive it from one of"),
        ("my.py:Placement", "", "my.py:Placement is the base class of its family; expected"),
        ("my.py:RULE", "", "my.py: unknown class 'RULE'; expected one of Patient"),
        ("my.py:", "", "'my.py:' names no class; expected path/to/file.py:Class or module:Class"),
        ("nowhere_at_all:X", "", "there is no module 'nowhere_at_all' in"),
    ],
)
def test_what_is_wrong_with_a_users_file_is_one_message(
    folder: Path, name: str, text: str, message: str
) -> None:
    """It names file, line and class, and what was expected."""
    if text:
        (folder / "new.py").write_text(text)
    with pytest.raises(ValueError, match=r".") as said:
        load_rule(name)
    assert str(said.value).startswith(message)
    assert "\n" not in str(said.value)


def test_a_rule_of_another_family_is_refused() -> None:
    """The message says which it is of."""
    with pytest.raises(ValueError, match=r"my\.py:Patient is a placement rule; expected an autoscaler rule"):
        find_rule("autoscaler", "my.py:Patient")


def test_an_unknown_rule_is_met_with_the_nearest() -> None:
    """Of its family."""
    with pytest.raises(ValueError, match=r"unknown rule 'newst'.*did you mean 'newest'\?"):
        find_rule("victims", "newst")


def test_a_distribution_may_offer_rules_by_entry_point(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the group `windtunnel.rules`, by a name of its own."""
    (folder / "offered_rules.py").write_text(RULES)
    metadata = folder / "offered-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: offered\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[windtunnel.rules]\npatient = offered_rules:Patient\n")
    monkeypatch.syspath_prepend(str(folder))
    _entry_points.cache_clear()
    try:
        assert find_rule("placement", "patient") is find_any_rule("patient")
        with pytest.raises(ValueError, match="patient is a placement rule; expected a victims rule"):
            find_rule("victims", "patient")
    finally:
        _entry_points.cache_clear()
