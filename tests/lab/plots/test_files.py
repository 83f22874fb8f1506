"""Saved pictures: the same bytes for the same run, and all of a file or nothing of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from lab.plots import pool_against_demand, save_figure, timeline, waits
from lab.plots.style import new_figure
from sim.errors import InputError
from sim.record import Run
from tests.lab.plots.pictures import NO_TASKS, run_of, shipped

MAKERS: dict[str, Callable[[Run], Figure]] = {
    "timeline": timeline,
    "demand": pool_against_demand,
    "waits": lambda run: waits([run]),
}


def small() -> Figure:
    """A figure that is quick to save."""
    return waits([run_of(NO_TASKS)])


def test_a_png_and_an_svg_are_written(tmp_path: Path) -> None:
    """Both have the given name; the folder is made if need be."""
    png, svg = save_figure(small(), tmp_path / "new", "waits")
    assert (png.name, svg.name) == ("waits.png", "waits.svg")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_nothing_but_the_two_files_is_left(tmp_path: Path) -> None:
    """Drafts are renamed."""
    save_figure(small(), tmp_path, "waits")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["waits.png", "waits.svg"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle of it: nobody meets half a picture."""
    (tmp_path / "waits.png").write_bytes(b"old")

    def half(self: Figure, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", half)
    with pytest.raises(InputError, match="No space left on device"):
        save_figure(small(), tmp_path, "waits")
    assert [each.name for each in tmp_path.iterdir()] == ["waits.png"]
    assert (tmp_path / "waits.png").read_bytes() == b"old"


def test_a_folder_that_is_a_file_is_refused_with_advice(tmp_path: Path) -> None:
    """The message names it, and the option to change it."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match=r"taken: the picture waits cannot be written: .*--out"):
        save_figure(small(), tmp_path / "taken", "waits")


@pytest.mark.parametrize("name", ["", "../waits", "a/b", "."])
def test_a_name_is_a_name_and_no_path(tmp_path: Path, name: str) -> None:
    """Nothing is written outside of the folder."""
    with pytest.raises(ValueError, match="no name of a file"):
        save_figure(small(), tmp_path, name)


def test_the_users_matplotlib_settings_do_not_matter(tmp_path: Path) -> None:
    """A style of one's own changes no byte, and is left as it was."""
    plain = [path.read_bytes() for path in save_figure(small(), tmp_path, "plain")]
    with mpl.rc_context({"font.size": 30, "figure.facecolor": "red", "svg.fonttype": "none"}):
        styled = [path.read_bytes() for path in save_figure(small(), tmp_path, "styled")]
        assert mpl.rcParams["font.size"] == 30
    assert plain == styled


def test_a_picture_says_nothing_of_the_day_and_the_machine(tmp_path: Path) -> None:
    """No date, no version, no path."""
    png, svg = save_figure(small(), tmp_path, "waits")
    assert b"Software" not in png.read_bytes()
    text = svg.read_text(encoding="utf-8")
    assert "<dc:date>" not in text
    assert "Matplotlib v" not in text
    assert str(tmp_path) not in text


def test_a_long_heading_is_broken_into_lines_and_makes_the_page_higher() -> None:
    """The page grows, so that what follows has the same room."""
    short, long = new_figure("Title", "second", 2.0), new_figure("Title", "second " * 60, 2.0)
    assert long.height_in > short.height_in
    assert long.height_in - long.cursor_in == pytest.approx(short.height_in - short.cursor_in)


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    """Drawn twice, saved twice."""
    run = shipped("609", "seed-before")
    first = [path.read_bytes() for path in save_figure(MAKERS[name](run), tmp_path / "1", name)]
    again = [path.read_bytes() for path in save_figure(MAKERS[name](run), tmp_path / "2", name)]
    assert first == again


_DRAW = """
import sys
from collections.abc import Callable
from pathlib import Path
from lab.plots import pool_against_demand, save_figure, timeline, waits
from sim.scenario import load_scenario
from sim.simulate import simulate
run = simulate(load_scenario(Path("scenarios/cold-start.yaml"), policy="seed-after"))
figures = {"timeline": timeline(run), "demand": pool_against_demand(run), "waits": waits([run])}
for name, figure in figures.items():
    save_figure(figure, Path(sys.argv[1]), name)
"""


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the process hashes strings to."""
    root = Path(__file__).parents[3]
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", _DRAW, str(tmp_path / seed)]
        subprocess.run(command, cwd=root, env=environment, check=True)
    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert len(names) == 6
    assert [name for name in names if _differs(tmp_path, name)] == []


def _differs(folder: Path, name: str) -> bool:
    return (folder / "1" / name).read_bytes() != (folder / "2" / name).read_bytes()
