"""`windtunnel matrix`: every policy against every scenario."""

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from lab import matrix, shipped_scenarios
from lab.chance import is_random
from lab.matrices import Cell, cell_of
from lab.matrix_forms import MEANING, as_markdown, brief, cell_text
from lab.running import load
from lab.text.matrix_page import short_text
from policies.presets import PRESETS
from sim.checks import Status, check
from sim.errors import InputError
from sim.scenario import ANY_PRESET, Breaks, Expectation
from sim.simulate import Interrupted
from tests.lab.commands import RULES, stdout_of, windtunnel
from tests.lab.scenarios import ONE_TASK, fly, one_task

SAME_TIME_S = 1e-5
BOTH = ("-p", "seed-before", "-p", "seed-after")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def a_cell(**changes: Any) -> Cell:
    """A cell in which nothing broke, but for `changes`."""
    values: dict[str, Any] = {
        "scenario": "s",
        "policy": "p",
        "seed": 1,
        "status": Status.HOLDS,
        "invariant": None,
        "at": None,
        "broken": (),
        "undecided": (),
        "slowest_wait_s": 20.0,
        "never_sent": 0,
    }
    return Cell(**{**values, **changes})


def test_a_cell_has_what_broke_first_and_when() -> None:
    """609 before the fix: sent too late from 19 s on; all that broke is kept in the order of time."""
    cell = matrix(["609"], ["seed-before"]).cells["609", "seed-before"]
    assert (cell.status, cell.invariant, cell.at) == (Status.BROKEN, "L01", 19.0)
    assert cell.broken == ("L01", "L05")


def test_a_cell_in_which_nothing_broke_has_the_slowest_wait() -> None:
    """609 after the fix: 608 is sent at 10 s and 609 at 20 s."""
    cell = matrix(["609"], ["seed-after"]).cells["609", "seed-after"]
    assert (cell.status, cell.invariant, cell.slowest_wait_s, cell.never_sent) == (
        Status.HOLDS,
        None,
        20.0,
        0,
    )


def test_a_task_that_was_never_sent_makes_the_wait_a_lower_bound() -> None:
    """It waits since 5 s, and the run ends at 9 s."""
    run = one_task(horizon="9 s", **{"initial: 1": "initial: 0"})
    cell = cell_of(run, check(run))
    assert (cell.slowest_wait_s, cell.never_sent) == (4.0, 1)


def test_a_run_without_tasks_has_no_wait() -> None:
    """And no error."""
    run = fly(
        "title: Nobody comes\nstory: No task.\nhorizon: 1 min\npool: {max: 1}\n"
        "workload: {poisson: {rate: 1 per d}, workspaces: 1}\n"
    )
    assert cell_of(run, check(run)).slowest_wait_s == 0.0


@pytest.mark.parametrize(
    ("cell", "long", "short"),
    [
        (a_cell(), "waited 20 s", "ok 20 s"),
        (a_cell(never_sent=1, slowest_wait_s=900.0), "waited ≥ 15 min", "ok ≥ 15 min"),
        (a_cell(status=Status.UNDECIDED, undecided=("L04",)), "waited 20 s ?", "? 20 s"),
        (a_cell(status=Status.BROKEN, invariant="L01", at=19.0, broken=("L01",)), "L01 at 19 s", "L01 19 s"),
        (
            a_cell(status=Status.BROKEN, invariant="S11", at=768.0, broken=("S11",)),
            "S11 at 12.8 min",
            "S11 13 min",
        ),
    ],
)
def test_a_cell_in_words(cell: Cell, long: str, short: str) -> None:
    """Long where there is room, and short on a terminal."""
    assert (cell_text(cell), short_text(cell)) == (long, short)


def test_brief_durations_are_whole_minutes_and_tenths_of_hours() -> None:
    """Only where three digits are too long."""
    assert [brief(each) for each in (19.0, 615.0, 768.0, 24637.2, 0.25, None)] == [
        "19 s",
        "10 min",
        "13 min",
        "6.84 h",
        "0.25 s",
        "–",
    ]


@pytest.fixture(scope="module")
def whole() -> Any:
    """Every preset against every shipped scenario."""
    return matrix()


@pytest.mark.slow
@pytest.mark.parametrize("preset", PRESETS)
def test_the_matrix_shows_what_the_files_expect(whole: Any, preset: str) -> None:
    """What breaks is what the scenario says, and what breaks first does so when the scenario says."""
    wrong = []
    for name in shipped_scenarios():
        expectation = load(name, preset).expect.get(preset)
        if expectation is not None and expectation.breaks is not None:
            cell = whole.cells[name, preset]
            if not is_as_expected(cell, expectation):
                wrong.append(f"{name}: {cell.broken}, first at {cell.at}; expected {expectation.breaks}")
    assert wrong == []


def is_as_expected(cell: Cell, expectation: Expectation) -> bool:
    """Whether these invariants broke and no other, and the first one in time and before the others."""
    expected = {each.code: each for each in expectation.breaks or ()}
    if {code for code in cell.broken if code not in expectation.may_break} != set(expected):
        return False
    first = expected.get(cell.invariant or "")
    if first is None or cell.at is None:
        return not expected or cell.invariant in expectation.may_break
    latest = min(each.latest for each in expected.values())
    return first.earliest - SAME_TIME_S <= cell.at <= latest + SAME_TIME_S


@pytest.mark.parametrize(
    ("changes", "is_right"),
    [
        ({"invariant": "L01", "at": 19.0, "broken": ("L01", "L05")}, True),
        ({"invariant": "L01", "at": 19.0, "broken": ("L01", "L08", "L05")}, True),
        ({"invariant": "L08", "at": 1.0, "broken": ("L08", "L01", "L05")}, True),
        ({"invariant": "L01", "at": 20.0, "broken": ("L01", "L05")}, False),
        ({"invariant": "L05", "at": 19.0, "broken": ("L05", "L01")}, False),
        ({"invariant": "L01", "at": 19.0, "broken": ("L01",)}, False),
        ({"invariant": "S03", "at": 4.0, "broken": ("S03", "L01", "L05")}, False),
        ({}, False),
    ],
)
def test_a_cell_is_compared_with_what_is_expected(changes: dict[str, Any], is_right: bool) -> None:
    """Another invariant, another time, one more or one less: each is found."""
    breaks = (
        Breaks(code="L01", earliest=19.0, latest=19.0),
        Breaks(code="L05", earliest=20.0, latest=30.0),
    )
    expectation = Expectation(breaks=breaks, may_break=("L08",))
    assert is_as_expected(a_cell(**changes), expectation) is is_right
    assert is_as_expected(a_cell(), Expectation(breaks=()))


@pytest.mark.slow
def test_the_files_say_what_breaks_under_each_preset() -> None:
    """So that the test above has something to compare: a good part of all cells."""
    said = [
        (name, preset)
        for name in shipped_scenarios()
        for preset in PRESETS
        if any(
            each.breaks is not None
            for key, each in load(name, preset).expect.items()
            if key in (preset, ANY_PRESET)
        )
    ]
    assert len(said) >= len(shipped_scenarios()) * len(PRESETS) / 2


@pytest.mark.slow
def test_by_default_every_preset_meets_every_shipped_scenario(whole: Any) -> None:
    """A row each, a column each."""
    assert whole.policies == tuple(PRESETS)
    assert [row.scenario for row in whole.rows] == list(shipped_scenarios())
    assert {row.scenario for row in whole.drawn} >= {"cold-start", "daily-with-bursts"}


def test_progress_is_the_share_of_all_runs() -> None:
    """It only grows, and ends at 1."""
    shares: list[float] = []
    matrix(["609", "fix-3"], ["seed-before", "later"], progress=shares.append)
    assert shares == sorted(shares)
    assert ({0.25, 0.5, 0.75} <= set(shares), shares[-1]) == (True, 1.0)


def test_chance_is_where_something_is_drawn() -> None:
    """A list of delays for the first pods and tasks that are written down are no chance."""
    assert not is_random(load("609"))
    assert is_random(load("cold-start"))
    drawn = load("609", settings=["pod.container_start={uniform: [1 s, 6 s]}"])
    assert is_random(drawn)
    assert is_random(load("609", settings=["faults=[{fault: dispatch_lost, probability: 0.5}]"]))
    assert not is_random(load("609", settings=["faults=[{fault: dispatch_lost}]"]))


def test_the_table_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a legend of the codes in it; a narrow one gets several parts."""
    names = ("609", "609-registered-after-200s", "fix-3")
    text = stdout_of("matrix", *names)
    assert max(map(len, text.splitlines())) <= 100
    assert re.search(r"^609 .* ok 20 s ", text, re.MULTILINE)
    assert "L01 sent soon" in text
    assert "A cell is one run" in text
    monkeypatch.setenv("COLUMNS", "50")
    narrow = stdout_of("matrix", *names)
    assert max(map(len, narrow.splitlines())) <= 50
    assert all(narrow.count(f" {preset}") >= 1 for preset in PRESETS)


def test_a_scenario_of_chance_is_said_to_be_one() -> None:
    """With the seed that it was run with; one without chance is not."""
    said = "Drawn at random, so that another seed may show something else: cold-start (seed 1)."
    assert said in " ".join(stdout_of("matrix", "609", "cold-start", *BOTH).split())
    assert "Drawn at random" not in stdout_of("matrix", "609", *BOTH)


def test_markdown_is_a_table_with_the_names_of_the_invariants() -> None:
    """As a page can show it."""
    assert stdout_of("matrix", "609", *BOTH, "--format", "markdown").splitlines() == [
        "| scenario | seed-before | seed-after |",
        "| --- | --- | --- |",
        "| 609 | L01 at 19 s | waited 20 s |",
        "",
        MEANING,
        "",
        "- `L01`: sent soon",
    ]


def test_csv_has_a_line_for_each_run() -> None:
    """With all that broke, and nothing where nothing did."""
    lines = list(csv.DictReader(io.StringIO(stdout_of("matrix", "609", *BOTH, "--format", "csv"))))
    before, after = lines
    assert (before["scenario"], before["policy"], before["status"]) == ("609", "seed-before", "broken")
    assert (before["invariant"], before["at_s"], before["broken"]) == ("L01", "19.0", "L01 L05")
    assert (after["invariant"], after["at_s"], after["broken"]) == ("", "", "")
    assert (after["slowest_wait_s"], after["never_sent"]) == ("20.0", "0")


def test_json_has_the_cells_and_what_they_are_about() -> None:
    """Null where nothing broke."""
    told = json.loads(stdout_of("matrix", "609", *BOTH, "--format", "json"))
    assert told["policies"] == ["seed-before", "seed-after"]
    assert told["scenarios"] == [
        {"name": "609", "title": "Agents online, nothing dispatched", "random": False}
    ]
    assert [(each["invariant"], each["at_s"]) for each in told["cells"]] == [("L01", 19.0), (None, None)]
    assert told["invariants"]["L01"] == "sent soon"


@pytest.mark.slow
def test_a_folder_gets_the_table_in_each_form_and_a_picture(folder: Path) -> None:
    """Nothing else is left there, and what is printed is what is saved."""
    out = folder / "deep" / "er"
    ran = windtunnel("matrix", "609", *BOTH, "--format", "csv", "--out", str(out))
    assert (ran.code, ran.err.splitlines()[-1]) == (0, f"saved in {out}")
    names = ["matrix.csv", "matrix.json", "matrix.md", "matrix.png", "matrix.svg"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert (out / "matrix.csv").read_text() == ran.out


@pytest.mark.slow
def test_a_file_whose_name_is_no_utf_8_is_run_and_saved_like_any_other(folder: Path) -> None:
    """What cannot be written as it is stands as an escape."""
    name = os.fsdecode(b"odd-\xff.yaml")
    (folder / name).write_text(ONE_TASK.format(horizon="10 min"))
    ran = windtunnel("matrix", name, *BOTH, "--out", "out")
    assert ran.code == 0
    assert "odd-\\udcff.yaml" in (folder / "out" / "matrix.csv").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(folder: Path) -> None:
    """Exit code 2, and no output."""
    (folder / "file").write_text("")
    ran = windtunnel("matrix", "609", "--out", "file/below")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("windtunnel: --out file/below: ")


def test_a_full_disk_does_not_cost_the_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is printed; the message says that it is not saved, and no half file is left."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.cli.saving.os.replace", full)
    ran = windtunnel("matrix", "609", *BOTH, "--out", "here")
    assert (ran.code, "L01 19 s" in ran.out) == (2, True)
    assert "windtunnel: --out here: cannot be written to: No space left on device\n" in ran.err
    assert list((folder / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("608",), "unknown scenario '608'; expected one of 60"),
        (("609", "-p", "seed-befor"), "--policy seed-befor: unknown policy 'seed-befor'"),
        (("609", "cold-start", "-p", "P5"), "expected a preset, one with changes"),
        (("609", "--format", "xml"), "'xml' is not one of 'text', 'markdown', 'csv', 'json'"),
    ],
)
def test_wrong_names_are_bad_input(arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, and what was expected."""
    ran = windtunnel("matrix", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())


def test_an_interruption_is_said_to_have_kept_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a table would be taken for a whole one."""

    def interrupted(*_: object, **__: object) -> None:
        raise Interrupted(one_task())

    monkeypatch.setattr("lab.running.run", interrupted)
    ran = windtunnel("matrix", "609")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == (
        "windtunnel: interrupted\nwindtunnel: the table is not complete, so nothing of it is shown or saved\n"
    )


def test_an_interruption_while_the_picture_is_drawn_keeps_the_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says where it is."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.plots.save_figure", interrupted)
    ran = windtunnel("matrix", "609", *BOTH, "--out", "here")
    assert (ran.code, "L01 19 s" in ran.out) == (130, True)
    assert ran.err.endswith("windtunnel: the table is saved in here, without a picture\n")
    assert (folder / "here" / "matrix.csv").is_file()


def test_a_policy_that_fails_is_named_with_its_scenario() -> None:
    """Exit code 3."""
    Path("my.py").write_text(RULES)
    ran = windtunnel("matrix", "609", "-p", "my.py:Raises")
    assert (ran.code, ran.out) == (3, "")
    assert "windtunnel: it was scenario 609 under seed-before,placement=my.py:Raises\n" in ran.err


def test_one_text_in_place_of_a_list_is_refused() -> None:
    """It would be taken for a list of letters."""
    with pytest.raises(InputError, match="scenarios='609': is one name"):
        matrix("609")


def test_markdown_keeps_a_pipe_in_a_name_inside_its_cell() -> None:
    """A file may be called anything."""
    Path("a|b.yaml").write_text(
        "title: Odd\nstory: Odd.\nhorizon: 1 min\npool: {max: 1}\n"
        "tasks: [{id: 1, at: 0 s, workspace: a, kind: plan}]\n"
    )
    text = as_markdown(matrix(["a|b.yaml"], ["seed-after"]))
    assert "| a\\|b.yaml | " in text
