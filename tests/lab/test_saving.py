"""What a command saves: when, in place of what, and what is said if it is not all there."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lab
from lab.cli import progress, saving
from lab.text.screen import Screen
from sim.errors import InputError
from tests.lab.commands import windtunnel

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def interrupting(after: int = 0) -> Callable[..., Any]:
    """A function that is interrupted at its call number `after` + 1, and does nothing before."""
    calls = iter(range(1000))

    def called(*_: Any, **__: Any) -> None:
        if next(calls) == after:
            raise KeyboardInterrupt

    return called


def is_record(folder: Path) -> bool:
    return (folder / "manifest.json").is_file()


def test_an_interruption_while_pictures_are_drawn_keeps_record_and_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says where it is."""
    monkeypatch.setattr("lab.plots.save_figure", interrupting())
    ran = windtunnel("run", "609", "--out", "here")
    assert ran.code == 130
    assert "Waits until sent" in ran.out
    assert is_record(folder / "here")
    assert "windtunnel: interrupted\nwindtunnel: a finished run is saved in here; a picture" in ran.err


def test_an_interruption_while_the_answer_is_made_keeps_the_record(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.judgement.judge", interrupting())
    ran = windtunnel("run", "609", "--out", "here")
    assert (ran.code, is_record(folder / "here")) == (130, True)
    assert "a finished run is saved in here" in ran.err


def test_an_interruption_while_the_record_is_saved_says_that_it_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "save", interrupting())
    ran = windtunnel("run", "609", "--out", "here")
    assert (ran.code, (folder / "here").exists()) == (130, False)
    assert "seed-before: the run was over, but its record is not saved in here\n" in ran.err


def test_of_several_policies_those_that_are_over_are_saved_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each as soon as its run is over."""
    real, interrupted = saving.save, interrupting(after=1)

    def save(*arguments: Any) -> None:
        interrupted()
        real(*arguments)

    monkeypatch.setattr(saving, "save", save)
    ran = windtunnel("compare", "seed-before", "seed-after", "later", "--scenario", "609", "--out", "c")
    assert ran.code == 130
    assert [is_record(folder / "c" / name) for name in ("seed-before", "seed-after", "later")] == [
        True,
        False,
        False,
    ]
    assert "seed-after: the run was over, but its record is not saved in c/seed-after\n" in ran.err
    assert "a finished run is saved in c/seed-before;" in ran.err


def test_a_record_that_cannot_be_saved_does_not_cost_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk may be full; the exit code says that something is to be put right."""

    def full(*_: object) -> None:
        raise InputError("here: the record can not be written: No space left on device")

    monkeypatch.setattr(saving, "save", full)
    ran = windtunnel("run", "609", "--out", "here")
    assert (ran.code, "Waits until sent" in ran.out) == (2, True)
    assert "windtunnel: here: the record can not be written" in ran.err
    both = windtunnel("compare", "later", "post604", "--scenario", "609", "--out", "here")
    assert (both.code, "side by side" in both.out) == (2, True)


def test_a_persons_own_file_beside_a_record_is_not_lost(folder: Path) -> None:
    """Refused before the run; record, pictures and file stay as they are."""
    assert windtunnel("run", "609", "--out", "here").code == 0
    (folder / "here" / "notes.txt").write_text("a thought")
    before = {path.name: path.read_bytes() for path in (folder / "here").iterdir()}
    ran = windtunnel("run", "609", "--seed", "2", "--out", "here")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "windtunnel: --out here: holds notes.txt beside its record, which would be lost"
    )
    assert {path.name: path.read_bytes() for path in (folder / "here").iterdir()} == before


def test_of_many_unknown_files_some_are_named(folder: Path) -> None:
    """Pictures of ours are not among them: they are replaced with their record."""
    flown = lab.run("609")
    lab.save(flown, folder / "here")
    (folder / "here" / "waits.png").write_text("ours")
    lab.save(flown, folder / "here")
    for name in "abcdefg":
        (folder / "here" / name).write_text(name)
    with pytest.raises(InputError, match="here: holds a, b, c, d, e and 2 more beside its record"):
        lab.save(flown, folder / "here")


def test_what_takes_long_gives_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is quick gives none."""
    monkeypatch.setattr(progress, "PATIENCE_S", 0.05)
    lines = io.StringIO()
    with progress.sign_of_life(Screen(lines), "quick"):
        pass
    with progress.sign_of_life(Screen(lines), "saving the record"):
        time.sleep(0.3)
    assert lines.getvalue() == "saving the record\n"


def test_a_slow_save_and_slow_pictures_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name, on standard error."""
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setattr(saving, "save", lambda *_: time.sleep(0.1))
    monkeypatch.setattr("lab.plots.save_figure", lambda *_: time.sleep(0.1))
    said = windtunnel("run", "609", "--out", "here").err
    for what in ("saving the record", "drawing timeline", "drawing pool_against_demand", "drawing waits"):
        assert f"seed-before: {what}\n" in said


def test_in_python_a_folder_may_be_text(folder: Path) -> None:
    """As people write it in notebooks."""
    assert lab.save(lab.run("609"), "here") == Path("here")
    assert is_record(folder / "here")
