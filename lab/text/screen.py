"""Where text goes: a terminal of some width, a pipe, or nobody who still listens.

A terminal gets bold and colour, unless NO_COLOR is set. Anything else gets plain lines of a fixed width, so
that a file looks the same on every machine. If the reader goes away (`| head -1`), the rest is not written,
and that is nobody's mistake.
"""

import io
import os
import shutil
from typing import Final, TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lab.words import visible
from sim.errors import InputError

WIDTH_ELSEWHERE: Final = 100
"""Characters a line where there is no terminal, unless COLUMNS says otherwise."""
WIDTH_MIN: Final = 40
WIDTH_MAX: Final = 120
"""Wider lines are hard to read."""


class Screen:
    """Standard output or standard error."""

    def __init__(self, stream: TextIO | None) -> None:
        if getattr(stream, "closed", False):  # by somebody's policy
            stream = None
        self._stream = stream
        self.is_terminal = stream is not None and stream.isatty()
        self.width = _width(is_terminal=self.is_terminal)
        self.is_open = stream is not None
        """Whether anybody listens."""

    @property
    def has_blocks(self) -> bool:
        """Whether block characters can be written."""
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        try:
            "█▁│·×–".encode(encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def show(self, *parts: RenderableType) -> None:
        """Write these, one below the other."""
        lines = io.StringIO()
        console = Console(
            file=lines,
            width=self.width,
            force_terminal=self.is_terminal,
            force_jupyter=False,
            force_interactive=False,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        for part in parts:
            console.print(_Harmless(part))
        text = lines.getvalue()
        if not self.is_terminal:
            text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
        self.write(text)

    def write(self, text: str) -> None:
        """Write text as it is. Raises InputError if it cannot be written, but not if nobody listens."""
        if self._stream is None or getattr(self._stream, "closed", False) or not self.is_open:
            return
        try:
            self._stream.write(self._encodable(text))
            self._stream.flush()
        except BrokenPipeError:
            self.is_open = False
            self.point_nowhere()
        except OSError as error:
            self.point_nowhere()
            raise InputError(f"the output cannot be written: {error.strerror or error}") from None

    def _encodable(self, text: str) -> str:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, errors="replace").decode(encoding)

    def point_nowhere(self) -> None:
        """What is still buffered must not fail once more when the interpreter ends."""
        if self._stream is None:
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            return


class _Harmless:
    """A part whose text holds no control characters, whatever names there are in it; its style may."""

    def __init__(self, part: RenderableType) -> None:
        self._part = Text(part) if isinstance(part, str) else part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._part, options):
            yield segment._replace(text=visible(segment.text, keep="\n"))


def _width(*, is_terminal: bool) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        width = int(columns)
    else:
        width = shutil.get_terminal_size((WIDTH_ELSEWHERE, 24)).columns if is_terminal else WIDTH_ELSEWHERE
    return max(WIDTH_MIN, min(width, WIDTH_MAX))
