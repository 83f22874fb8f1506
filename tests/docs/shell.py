"""Doing what a page tells its reader to do, in a folder of its own, and comparing what comes of it.

A line `$ windtunnel ...` or `$ python ...` is a command, and what follows up to the next one is its output;
`...` alone on a line stands for any lines. A command that fails is followed by `$ echo $?` and its exit code.
In a block without any `$`, lines that begin with `windtunnel ` are commands whose output is not shown. Other
commands (`make`, `git`) are not for a folder without the repository, and are left out. A block whose first
line is a comment with a file's name is that file, and any other Python block is run.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.docs.pages import Block, blocks

PROMPT: Final = "$ "
CODE: Final = "echo $?"
RUNS: Final = ("windtunnel ", "python ", "ls ", "cat ", "grep ", "diff ")
_TIMING: Final = re.compile(r"^(.+: \S+ \S+ simulated in \S+ s|(.+: )?(saving the record|drawing .+))$")
"""What depends on how quick the machine is: how long a run took, and what takes longer than a second."""
_SHOWS_NO_OUTPUT: Final = ("windtunnel ",)
_MAY_FAIL: Final = (0, 1)
"""Exit codes of a command whose output is not shown: that an expectation fails is what it may be about."""


@dataclass(frozen=True)
class Command:
    """A command as a page shows it; `output` is None if the page does not show what it prints."""

    text: str
    output: tuple[str, ...] | None
    line: int

    @property
    def asks_for_code(self) -> bool:
        """Whether it is `echo $?`, which shows how the command before it ended."""
        return self.text == CODE


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block."""
    if not any(line.startswith(PROMPT) for line in block.lines):
        for number, line in enumerate(block.lines, start=block.line + 1):
            if line.startswith(_SHOWS_NO_OUTPUT):
                yield Command(line.partition("  #")[0].strip(), None, number)
        return
    shown: list[str] = []
    text, began = "", 0
    for number, line in enumerate((*block.lines, PROMPT), start=block.line + 1):
        if line.startswith(PROMPT):
            if text == CODE or text.startswith(RUNS):
                yield Command(text, tuple(shown), began)
            text, shown, began = line.removeprefix(PROMPT), [], number
        else:
            shown.append(line)


class Reader:
    """Somebody who follows a page from its first line to its last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._code = 0
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "PYTHONPATH")}
        self._environment = {**kept, "PATH": search, "MPLBACKEND": "Agg", "LC_ALL": "C.UTF-8"}

    def follow(self, page: Path) -> list[str]:
        """Write the page's files, run its commands; a line for everything that is not as shown."""
        wrong: list[str] = []
        for block in blocks(page):
            if block.file is not None:
                path = self._folder / block.file[0]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.file[1], encoding="utf-8")
            elif block.info == "python":
                wrong += self._run_example(page, block)
            else:
                wrong += self._run_block(page, list(commands(block)))
        return wrong

    def run(self, text: str) -> list[str]:
        """The lines that a command prints to both channels, but for timings."""
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        self._code = ran.returncode
        return [line.rstrip() for line in ran.stdout.splitlines() if not _TIMING.match(line)]

    def _run_block(self, page: Path, shown: list[Command]) -> Iterator[str]:
        for index, command in enumerate(shown):
            place = f"{page.name}:{command.line}: {command.text}"
            if command.asks_for_code:
                if command.output != (str(self._code),):
                    yield f"{place}: the exit code is {self._code}, not {command.output}"
                continue
            printed = self.run(command.text)
            is_told = index + 1 < len(shown) and shown[index + 1].asks_for_code
            if self._code not in (_MAY_FAIL if command.output is None else (0,)) and not is_told:
                yield f"{place}: the exit code is {self._code}\n" + "\n".join(printed)
            if command.output is not None and not matches(command.output, printed):
                yield f"{place}: prints\n" + "\n".join(printed)

    def _run_example(self, page: Path, block: Block) -> Iterator[str]:
        (self._folder / "example.py").write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        printed = self.run("python example.py")
        if self._code:
            yield f"{page.name}:{block.line}: the example fails\n" + "\n".join(printed)


def matches(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether what a page shows is what was printed; `...` is any number of lines."""
    wanted = [line.rstrip() for line in shown if not _TIMING.match(line)]
    while wanted and not wanted[-1]:
        wanted.pop()
    while printed and not printed[-1]:
        printed = printed[:-1]
    pattern = "".join("(?:.*\n)*?" if line == "..." else f"{re.escape(line)}\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
