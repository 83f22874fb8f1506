"""What a page lists is what the code has: columns, events, reasons, keys, rules, options and exit codes."""

import re
from collections.abc import Iterable
from typing import Any, Final, get_args

import pytest
import typer.main

import lab
from lab.cli import failures
from lab.cli.app import app
from policies import Placement, Pod, Pool, Slot, Task, Workspace, lifecycles
from policies.actions import AnyAction
from policies.constants import Constants
from policies.decisions import AnyDecision, Reason
from policies.lifecycles import Verdict
from policies.observations import AnyObservation
from policies.presets import FAMILIES, PRESETS, RULES
from policies.rules.base import duration_fields
from sim.checks import INVARIANTS, Sharing, Status
from sim.checks.terms import sharing_of
from sim.errors import InputError, PolicyError
from sim.record import TABLES
from sim.record.truth import AnyHappening
from sim.scenario import json_schema
from tests.docs.pages import DOCS, blocks, plain, tables

RECORD: Final = tables(DOCS / "record.md")
SCENARIO: Final = tables(DOCS / "scenario-files.md")
POLICIES: Final = tables(DOCS / "policies.md")
CHECKS: Final = tables(DOCS / "checks.md")
COMMANDS: Final = tables(DOCS / "command-line.md")
SCHEMA: Final = json_schema()


def names(cell: str) -> list[str]:
    """`a`, `b` in a cell: a and b."""
    return [plain(part).strip() for part in cell.split(", ")]


def column(rows: Iterable[dict[str, str]], name: str) -> list[str]:
    """The names in one column of the tables below a heading, in order; rows without it left out."""
    return [each for row in rows if name in row for each in names(row[name])]


# the record


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_those_of_the_record(table: str) -> None:
    """Each table's columns, units and meanings stand in the page as they do in the code."""
    shown = {plain(row["column"]): (row["unit"], row["meaning"]) for row in RECORD[table]}
    assert shown == {name: unit_and_meaning(text) for name, text in TABLES[table].items()}
    assert list(shown) == list(TABLES[table])


def unit_and_meaning(text: str) -> tuple[str, str]:
    """`s, true: when` is in seconds, and means `true: when`."""
    found = re.fullmatch(r"(?:(s)(?:$|[,:;] ))?(.*)", text)
    assert found is not None
    return found[1] or "", found[2]


@pytest.mark.parametrize(
    ("heading", "union"),
    [
        ("Observations", AnyObservation),
        ("Decisions", AnyDecision),
        ("Actions", AnyAction),
        ("Happenings", AnyHappening),
    ],
)
def test_events_are_those_of_the_log(heading: str, union: Any) -> None:
    """Every event stands in the page, with its fields in the order of the log."""
    shown = {
        plain(row["event"]): [each for each in names(row["fields"]) if each != "–"] for row in RECORD[heading]
    }
    fields = {cls.__struct_config__.tag: list(cls.__struct_fields__) for cls in get_args(union)}
    assert {name: ["at", *of] for name, of in shown.items()} == fields


def test_reason_codes_are_those_of_decisions() -> None:
    """Every reason code is explained once."""
    assert sorted(column(RECORD["Reason codes"], "code")) == sorted(Reason)


def test_verdicts_are_those_of_observations_that_do_not_fit() -> None:
    """Every verdict is explained."""
    rows = tables(DOCS / "control-plane.md")["Observations that do not fit"]
    assert column(rows, "verdict") == list(Verdict)


# scenario files

PARTS: Final = {
    "The file": None,
    "policy": "policy",
    "pool and pools": "PoolBlock",
    "pod": "PodBlock",
    "agent": "AgentBlock",
    "control_plane": "ControlPlaneBlock",
    "work": "WorkBlock",
    "tasks": "TaskBlock",
    "workload": "SourceBlock",
    "exceptions": "ExceptionBlock",
    "expect": "ExpectBlock",
}
"""The definition in the schema that each part of the page is about."""


def schema_of(definition: str | None) -> Any:
    """A part of the schema by name; a policy may be a name, or the mapping meant here."""
    if definition is None:
        return SCHEMA
    part = SCHEMA["$defs"][definition]
    return part["anyOf"][1] if definition == "policy" else part


@pytest.mark.parametrize(("heading", "definition"), PARTS.items())
def test_keys_are_those_of_the_schema(heading: str, definition: str | None) -> None:
    """Each part's keys stand in the page, each once, and the required ones say so."""
    part, rows = schema_of(definition), SCENARIO[heading]
    assert sorted(column(rows, "key")) == sorted(part["properties"])
    required = [name for row in rows if row.get("default") == "required" for name in names(row["key"])]
    assert sorted(required) == sorted(part.get("required", []))


def test_sources_and_expectations_have_the_keys_of_the_schema() -> None:
    """Keys that stand inside another key are named with it, and those of sources are explained."""
    definitions = {
        "poisson": "PoissonBlock",
        "curve": "CurveBlock",
        "daily": "DailyBlock",
        "weekly": "WeeklyBlock",
        "bursts": "BurstsBlock",
        "closed": "ClosedBlock",
        "trace": "TraceBlock",
        "sent": "SentBlock",
        "not_sent": "NotSentBlock",
        "finished": "FinishedBlock",
        "ended": "EndedBlock",
    }
    rows = [*SCENARIO["workload"], *SCENARIO["expect"]]
    shown = {plain(row["key"]): sorted(names(row["keys inside"])) for row in rows if "keys inside" in row}
    assert shown == {key: sorted(schema_of(of)["properties"]) for key, of in definitions.items()}
    of_sources = {name for key in list(definitions)[:7] for name in shown[key]}
    assert set(column(SCENARIO["Arrival keys"], "key")) == of_sources


def test_faults_are_those_of_the_schema() -> None:
    """Every kind of fault stands in the page with its keys, and no other."""
    shown = {plain(row["fault"]): sorted(names(row["keys"])) for row in SCENARIO["faults"]}
    known: dict[str, list[str]] = {}
    for choice in SCHEMA["properties"]["faults"]["items"]["oneOf"]:
        properties = schema_of(choice["$ref"].rpartition("/")[2])["properties"]
        kind = properties["fault"]
        for name in kind.get("enum") or [kind["const"]]:
            known[name] = sorted(key for key in properties if key != "fault")
    assert shown == known


def test_distributions_are_those_of_the_schema() -> None:
    """Every named distribution has an example."""
    written = " ".join(row["written"] for row in SCENARIO["Distributions"])
    assert set(re.findall(r"\{(\w+): [\[{]", written)) == set(schema_of("named_distribution")["properties"])


# policies


def test_presets_are_those_of_the_code() -> None:
    """Every preset stands in the page with its rules and slots, and shares the other two rules."""
    shown = {
        plain(row["preset"]): [*(row[family] for family in list(FAMILIES)[:4]), row["slots"]]
        for row in POLICIES["Presets"]
    }
    rules = {name: [rule.rule_name for rule in preset.rules().values()] for name, preset in PRESETS.items()}
    assert shown == {name: [*rules[name][:4], str(PRESETS[name].slots_per_pod)] for name in PRESETS}
    others = {name: tuple(each[4:]) for name, each in rules.items()}
    assert others.pop("windtunnel") == ("longest_idle", "rebuild")
    assert set(others.values()) == {("any_idle", "forget")}


@pytest.mark.parametrize("family", RULES)
def test_rules_are_those_of_the_code(family: str) -> None:
    """Every rule of every family has its sentence."""
    (heading,) = [each for each in POLICIES if each.lower().startswith(f"{family}: ")]
    assert column(POLICIES[heading], "rule") == list(RULES[family])


def default(value: Any, *, is_duration: bool) -> str:
    """A default as the page writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(default(each, is_duration=is_duration) for each in value)}]"
    return f"{value:g} s" if is_duration else str(value)


def defaults(place: str, cls: Any) -> dict[str, str]:
    """The parameters of a class by name, with their defaults."""
    durations, value = duration_fields(cls), cls()
    return {
        f"{place}.{name}": default(getattr(value, name), is_duration=name in durations)
        for name in cls.__struct_fields__
    }


def test_parameters_and_their_defaults_are_those_of_the_rules() -> None:
    """Every parameter of a rule stands in the page, with the default that it has in every rule."""
    known = {
        item
        for family, rules in RULES.items()
        for cls in rules.values()
        for item in defaults(family, cls).items()
    }
    assert {(plain(row["parameter"]), row["default"]) for row in POLICIES["Parameters"]} == known


def test_constants_and_their_defaults_are_those_of_the_controller() -> None:
    """Every constant stands in the page, with its default."""
    shown = {plain(row["constant"]): plain(row["default"]) for row in POLICIES["Constants"]}
    assert shown == defaults("controller", Constants)


@pytest.mark.parametrize("cls", [Pool, Pod, Slot, Task, Workspace])
def test_what_a_rule_may_ask_is_what_the_view_has(cls: type) -> None:
    """Every public name of the read-only view stands in the page."""
    shown = {
        re.sub(r"\(.*\)", "", name) for row in POLICIES[cls.__name__] for name in split_calls(row["name"])
    }
    assert shown == {name for name in dir(cls) if not name.startswith("_")}


def split_calls(cell: str) -> list[str]:
    """`a`, `b(c, d)` in a cell: a and b(c, d)."""
    return re.findall(r"`([^`]+)`", cell)


def test_families_and_their_methods_exist() -> None:
    """A user's rule is written from this table: the base class has the method."""
    for row in POLICIES["A rule of your own"]:
        base = FAMILIES[row["family"]]
        assert plain(row["base class"]) == base.__name__
        method = re.search(r"`(\w+)[`(]", row["write"])
        assert method is not None
        assert hasattr(base, method[1])
    assert len(POLICIES["A rule of your own"]) == len(FAMILIES)
    assert hasattr(Placement, "same_answer_for")


# checks


def test_invariants_are_those_of_the_code() -> None:
    """Each stands in the page with its name, what it looks at, its sentence and its parameters."""
    known = {
        code: {
            "name": cls.title,
            "looks at": cls.looks_at,
            "what must hold": cls.sentence(),
            "parameters": of_invariant(cls) or "–",
        }
        for code, cls in INVARIANTS.items()
    }
    rows = CHECKS["Invariants"]
    assert {plain(row["code"]): {key: row[key] for key in row if key != "code"} for row in rows} == known
    assert column(rows, "code") == list(INVARIANTS)


def of_invariant(cls: Any) -> str:
    """The parameters of an invariant as the page writes them; names alone where the default is a list."""
    durations, value = duration_fields(cls), cls()
    shown = []
    for name in cls.__struct_fields__:
        given = getattr(value, name)
        text = "" if isinstance(given, tuple) else f" {default(given, is_duration=name in durations)}"
        shown.append(f"`{name}`{text}")
    return ", ".join(shown)


def test_statuses_are_those_of_verdicts() -> None:
    """Every status is explained."""
    assert column(CHECKS["What a check says"], "status") == list(Status)


def test_capacity_rules_are_those_of_the_code() -> None:
    """Each stands in the page with the placements that declare it."""
    declared: dict[str, list[str]] = {str(each): [] for each in Sharing}
    for name, cls in RULES["placement"].items():
        declared[sharing_of(cls())].append(name)
    shown = {plain(row["rule"]): row["declared by"] for row in CHECKS["The capacity rule"]}
    assert shown == {
        rule: ", ".join(names) or "–" for rule, names in declared.items() if rule != Sharing.UNDECLARED
    } | {"undeclared": "others"}


# the command line


def test_exit_codes_are_those_of_the_code() -> None:
    """Every exit code is explained, and there is no other."""
    known = {
        0,
        failures.EXPECTATION_FAILED,
        failures.BAD_INPUT,
        failures.POLICY_FAILED,
        failures.BUG,
        failures.INTERRUPTED,
    }
    rows = [row for row in COMMANDS["Exit codes"] if "code" in row]
    assert {int(row["code"]) for row in rows} == known
    assert {InputError.exit_code, PolicyError.exit_code} <= known


@pytest.mark.parametrize("command", ["run", "compare", "test", "matrix"])
def test_options_are_those_of_the_command(command: str) -> None:
    """Every option of a command stands in the page, with its short form."""
    shown = {
        part.split()[0] for row in COMMANDS[f"windtunnel {command}"] for part in split_calls(row["option"])
    }
    parameters = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    options = {name for each in parameters for name in each.opts if name.startswith("-")}
    assert shown == options - {"--help", "-h"}


def test_every_command_is_listed() -> None:
    """The first table of the page names each command."""
    shown = {plain(row["command"]).split()[1] for row in COMMANDS["The command line"]}
    assert shown == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_what_notebooks_import_is_listed() -> None:
    """Every public name of `lab` stands in the page once."""
    shown = column(COMMANDS["The same from Python"], "name")
    assert sorted(shown) == sorted(lab.__all__)


# diagrams


def test_diagrams_are_drawn_from_the_tables() -> None:
    """The page shows each lifecycle as its table has it today, in the order of the tables."""
    shown = ["\n".join(block.lines) for block in blocks(DOCS / "control-plane.md") if block.info == "mermaid"]
    assert shown == [lifecycles.mermaid(name) for name in lifecycles.TABLES]
