"""Errors as people see them: whose fault, one message, no traceback, and an exit code."""

import errno
import os
import traceback
from typing import Final

import typer

INTERRUPTED: Final = 130
BUG: Final = 70
"""EX_SOFTWARE of sysexits.h."""
BAD_INPUT: Final = 2
POLICY_FAILED: Final = 3
EXPECTATION_FAILED: Final = 1
SHOW_TRACEBACK: Final = "WINDTUNNEL_TRACEBACK"
"""The environment variable that asks for the traceback of a bug, ours or a policy's."""

_ClickException: Final = typer.BadParameter.__mro__[2]
"""What Typer's own usage errors are; Typer has no public name for it."""

_LINE_MAX: Final = 2000
"""Characters of a line of a message; one that lists names to choose from has fewer than a thousand."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def report(error: BaseException) -> int:
    """Write the message of an error to standard error; the exit code."""
    from lab.cli.streams import err
    from lab.words import visible

    if _is_closed_pipe(error):
        return 0
    lines, code = _explain(error)
    screen = err()
    for line in lines:
        screen.write(f"windtunnel: {_shortened(visible(line))}\n")
    if code in (BUG, POLICY_FAILED) and os.environ.get(SHOW_TRACEBACK):
        screen.write("".join(traceback.format_exception(error)))
    return code


def _shortened(line: str) -> str:
    """A line of a message without its middle, if a file has put a megabyte of itself into it."""
    if len(line) <= _LINE_MAX:
        return line
    half = _LINE_MAX // 2
    return f"{line[:half]} ... {len(line) - 2 * half:,} characters ... {line[-half:]}"


def _is_closed_pipe(error: BaseException) -> bool:
    """Whether the reader of a help text went away: Typer and Rich print it themselves, and exit with 1."""
    causes = (error, error.__context__) if isinstance(error, SystemExit) else (error,)
    return any(isinstance(each, OSError) and each.errno == errno.EPIPE for each in causes)


def _explain(error: BaseException) -> tuple[list[str], int]:
    from sim.errors import WindtunnelError

    if isinstance(error, KeyboardInterrupt | typer.Abort):
        notes = getattr(error, "__notes__", [])
        return ["interrupted", *notes], INTERRUPTED
    if isinstance(error, WindtunnelError):
        return _of_ours(error), error.exit_code
    if isinstance(error, _ClickException):
        return _of_usage(error), BAD_INPUT
    if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:  # a help text
        from lab.cli.streams import out

        out().point_nowhere()
        return [f"the output cannot be written: {error.strerror}"], BAD_INPUT
    return _of_nobody(error)


def _of_ours(error: BaseException) -> list[str]:
    from lab.rules import place_in_users_file

    place = place_in_users_file(error)
    lines = [*str(error).splitlines(), *([f"it failed in {place}"] if place else [])]
    return [*lines, *getattr(error, "__notes__", [])]


def _of_usage(error: BaseException) -> list[str]:
    message = error.format_message()  # type: ignore[attr-defined]  # ClickException has it
    message = message.replace("Value error, ", "")  # how Typer names the origin of what it was told
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "windtunnel"
    text = " ".join(message.split())
    return [f"{text[:1].lower()}{text[1:]}", f"see {command} --help"]


def _of_nobody(error: BaseException) -> tuple[list[str], int]:
    from lab.rules import describe, place_in_users_file

    place = place_in_users_file(error)
    if place is not None:
        return [f"a policy failed: {describe(error)}, in {place}"], POLICY_FAILED
    if isinstance(error, MemoryError):
        return ["there is not enough memory for this run; try a shorter horizon"], BAD_INPUT
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return [
        f"this is a bug in Windtunnel, not in what you gave it: {describe(error)}{where}",
        f"please report it, with what {SHOW_TRACEBACK}=1 in the environment shows",
    ], BUG
