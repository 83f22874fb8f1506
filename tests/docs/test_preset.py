"""The page of our own preset: the choices that it explains are decided where it says."""

from typing import Final

import pytest

from lab import run
from sim.checks import check, first_broken
from tests.docs.pages import DOCS, plain, tables

CHOICES: Final = [
    (plain(row["in place of ours"]), plain(row["scenario"]), row["what breaks first"])
    for row in tables(DOCS / "preset.md")["Which scenario decides each choice"]
]


@pytest.mark.parametrize(("older", "scenario", "broken"), CHOICES)
def test_an_older_rule_breaks_what_ours_holds(older: str, scenario: str, broken: str) -> None:
    """With one rule of the platform in place of ours it breaks as the page says, and otherwise not at all."""
    code, at_s, unit = broken.replace(" at ", " ").split()
    assert unit == "s"
    assert first_broken(check(run(scenario, policy="windtunnel"))) is None
    found = first_broken(check(run(scenario, policy=f"windtunnel,{older}")))
    assert found is not None
    assert (found.code, found.broken_at) == (code, pytest.approx(float(at_s)))


def test_each_rule_that_differs_from_the_fix_is_explained() -> None:
    """The page has a row for every rule of ours."""
    rows = tables(DOCS / "preset.md")["What it takes from where"]
    assert [plain(row["rule"]) for row in rows][:6] == ["Q9", "P7", "D5", "C10", "longest_idle", "rebuild"]
