"""The command `windtunnel`: what a person types, and how the answer reaches them.

Lives here: options, exit codes, messages about errors, progress, where output goes; one module a command.
Must not live here: anything a notebook could want as well (that is `lab`'s own). Modules import late what is
slow, so that `--help` is quick.

Exit codes: 0 fine, 1 an expectation failed, 2 bad input, 3 a policy failed, 130 interrupted, and 70 for a
bug in Windtunnel.
"""

from lab.cli.app import main

__all__ = ["main"]
