"""What every answer of a command must be like, whatever it was given."""

from collections.abc import Collection

from tests.lab.commands import Ran

LINE_MAX = 2100
"""Characters of a line of a message, at most."""
BAD_INPUT = 2


def assert_answered(ran: Ran, *, codes: Collection[int]) -> None:
    """The exit code is one of these; messages are lines that can be read; bad input gives nothing else."""
    said = ran.err.splitlines()
    assert ran.code in codes, (ran.code, ran.err[:LINE_MAX])
    assert "Traceback" not in ran.err
    assert all(len(line) <= LINE_MAX for line in said)
    if ran.code == BAD_INPUT:
        assert ran.out == ""
        assert said
        assert all(line.startswith("windtunnel: ") and len(line) > len("windtunnel: ") + 10 for line in said)
