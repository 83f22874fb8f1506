"""Somebody follows each page in an empty folder, and sees what the page shows."""

from pathlib import Path

import pytest

from tests.docs.pages import Block, name_of, pages
from tests.docs.shell import Reader, commands, matches


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    """Every command and every example runs, in the order of the page, and prints what is shown."""
    wrong = Reader(tmp_path).follow(page)
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)


def test_commands_are_found_with_and_without_their_output() -> None:
    """With a prompt, the output follows; without one, nothing is known of it, and comments are left out."""
    session = Block("console", ("$ windtunnel a", "one", "", "$ make demo", "two", "$ echo $?", "0"), 10)
    assert [(each.text, each.output, each.line) for each in commands(session)] == [
        ("windtunnel a", ("one", ""), 11),
        ("echo $?", ("0",), 16),
    ]
    bare = Block("", ("make demo", "windtunnel run 609   # the incident"), 1)
    assert [(each.text, each.output) for each in commands(bare)] == [("windtunnel run 609", None)]


def test_outputs_are_compared_line_by_line() -> None:
    """Timings do not count, `...` is any lines, and nothing else is overlooked."""
    printed = ["a", "b", "c"]
    assert matches(("a", "seed-before: 15 min simulated in 0.02 s", "b", "c", ""), printed)
    assert matches(("saving the record", "a", "b", "later: drawing waits", "c"), printed)
    assert matches(("...", "c"), printed)
    assert matches(("a", "...", "..."), printed)
    assert not matches(("a", "c"), printed)
    assert not matches(("a", "b"), printed)
    assert not matches((), printed)


def test_a_command_that_fails_must_say_so(tmp_path: Path) -> None:
    """A page that hides an exit code, or shows another, is found."""
    page = tmp_path / "page.md"
    page.write_text("```\n$ ls nothing\n...\n```\n\n```\n$ ls nothing\n...\n$ echo $?\n0\n```\n")
    hidden, other = Reader(tmp_path).follow(page)
    assert "page.md:2: ls nothing: the exit code is" in hidden
    assert "page.md:9: echo $?: the exit code is" in other
