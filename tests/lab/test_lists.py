"""`windtunnel scenarios`, `policies`, `checks`, `schema`, `--version`, `--help`."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from lab.scenarios import shipped_scenarios
from policies import PRESETS
from policies.presets import RULES
from sim.checks import INVARIANTS
from sim.scenario import json_schema
from tests.lab.commands import ROOT, stdout_of, windtunnel
from tests.lab.commands import RULES as OWN_RULES


def test_all_scenarios_are_listed() -> None:
    """With or without the word `list`."""
    text = stdout_of("scenarios", "list")
    assert [line.split()[0] for line in text.splitlines()[1:] if line[0] != " "] == list(shipped_scenarios())
    assert stdout_of("scenarios") == text


def test_the_scenarios_of_a_clone_are_those_in_its_folder() -> None:
    """In the wheel they lie beside the package; its own test says so."""
    assert set(shipped_scenarios()) == {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}


def test_a_scenario_is_shown_as_a_story() -> None:
    """Question, story, what goes wrong, and what is fixed."""
    text = stdout_of("scenarios", "show", "609")
    for heading in ("Question", "Story", "What goes wrong", "Covers"):
        assert f"\n{heading}\n" in text
    assert "pool default  2 to 5 pods of 3 slots, 0 at the start" in text


def test_a_scenarios_file_can_be_copied() -> None:
    """To begin one's own."""
    assert stdout_of("scenarios", "show", "609", "--file") == (ROOT / "scenarios" / "609.yaml").read_text()


def test_all_presets_and_rules_are_listed() -> None:
    """By family."""
    words = stdout_of("policies").split()
    for name in (*PRESETS, *RULES, *(rule for rules in RULES.values() for rule in rules)):
        assert name in words


@pytest.mark.parametrize("name", [*PRESETS, *(rule for rules in RULES.values() for rule in rules)])
def test_every_preset_and_every_rule_can_be_shown(name: str) -> None:
    """With what it does."""
    assert stdout_of("policies", "show", name).startswith(name)


def test_a_rule_is_shown_with_units_and_defaults() -> None:
    """As `--set` takes them."""
    text = stdout_of("policies", "show", "P4")
    assert "placement.grace          300 s    duration" in text
    assert "placement.offline_after  120 s    duration" in text
    assert "number from 0 to 1" in stdout_of("policies", "show", "C9")
    assert "[5 s, 10 s, 20 s, 40 s, 60 s]  durations" in stdout_of("policies", "show", "D4")


def test_a_preset_is_shown_with_the_constants() -> None:
    """And what each means."""
    text = stdout_of("policies", "show", "later")
    assert "controller.monitor_every" in text
    assert "From a restart to the monitor's" in text
    assert "agent or list_sync" in text
    assert "slots_per_pod=4" in text


def test_a_preset_with_changes_is_shown_like_a_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that every page has for it."""
    (tmp_path / "my.py").write_text(OWN_RULES)
    monkeypatch.chdir(tmp_path)
    text = stdout_of("policies", "show", "seed-before,P5,placement.offline_after=90 s")
    assert text.startswith("seed-before,placement=P5,placement.offline_after=90 s\n")
    assert "placement.offline_after  90 s" in text
    assert "placement my.py" not in text
    own = stdout_of("policies", "show", "later,my.py:Patient")
    assert "placement Patient  Any idle slot of a connected pod." in own
    assert stdout_of("policies", "show", "seed-before,P4") == stdout_of("policies", "show", "seed-before")


def test_a_users_rule_is_shown_like_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its docstring, its parameters, and the text below each."""
    (tmp_path / "my.py").write_text(OWN_RULES)
    monkeypatch.chdir(tmp_path)
    text = stdout_of("policies", "show", "my.py:Patient")
    assert "Any idle slot of a connected pod." in text
    assert "placement.offline_after  60 s     duration  How old a heartbeat may be." in text
    assert "placement.limit  (required)  whole number" in stdout_of("policies", "show", "my.py:Needs")
    assert "It has no docstring" in stdout_of("policies", "show", "my.py:Raises")


def test_all_invariants_are_listed() -> None:
    """With or without the word `list`, in the order of the catalogue."""
    text = stdout_of("checks", "list")
    assert [line.split()[0] for line in text.splitlines() if line[:1].strip()] == list(INVARIANTS)
    assert "L03  woken up soon" in text
    assert stdout_of("checks") == text


@pytest.mark.parametrize("code", INVARIANTS)
def test_every_invariant_can_be_shown(code: str) -> None:
    """With its name, its sentence, and every parameter as `--set` takes it."""
    cls = INVARIANTS[code]
    text = stdout_of("checks", "show", code)
    assert text.startswith(f"{code}  {cls.title}  (looks at what ")
    assert cls.sentence() in " ".join(text.split())
    names = [f"checks.{code}.{name}" for name in cls.__struct_fields__] or ["It has no parameters."]
    assert [name for name in names if name not in text] == []


def test_an_invariant_is_shown_with_units_and_defaults() -> None:
    """And with all that its docstring says."""
    text = stdout_of("checks", "show", "L08")
    assert "checks.L08.within     300 s    duration      W8: how long" in text
    assert "checks.L08.reversals  2        whole number  r: changes" in text
    assert "A direction changes when a pool that grew shrinks" in text
    assert "[already_exists, AlreadyExists]  list" in stdout_of("checks", "show", "S20")


def test_an_invariant_that_there_is_not_is_refused() -> None:
    """With those that there are."""
    ran = windtunnel("checks", "show", "x01")
    assert ran.code == 2
    assert ran.err.startswith("windtunnel: unknown invariant 'x01'; expected one of S01, S02, ")


def test_an_invariant_may_be_written_in_small_letters() -> None:
    """Where nothing else can be meant."""
    assert stdout_of("checks", "show", "l01") == stdout_of("checks", "show", "L01")


def test_the_schema_is_printed() -> None:
    """For editors."""
    assert json.loads(stdout_of("schema")) == json_schema()


def test_the_version_is_printed() -> None:
    """That of the distribution."""
    assert stdout_of("--version") == f"windtunnel {version('windtunnel')}\n"


@pytest.mark.parametrize(
    "command",
    ["", "run", "compare", "scenarios", "scenarios show", "policies", "checks", "checks show", "schema"],
)
def test_every_command_has_help(command: str) -> None:
    """With `-h`, too."""
    assert "Usage: windtunnel" in stdout_of(*command.split(), "--help")
    assert stdout_of(*command.split(), "-h")


def test_no_command_at_all_shows_the_help() -> None:
    """Which is no success."""
    assert "Commands" in stdout_of(code=2)
