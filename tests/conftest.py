"""What holds for every test: the same Hypothesis examples in every run, no window for plots, and Ctrl-C."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: how long an example takes depends on what else the machine does.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Read by Matplotlib when it is first imported, in this process or in one that a test starts.
os.environ["MPLBACKEND"] = "Agg"

# A shell lets its background jobs ignore Ctrl-C, and processes inherit that: those that tests interrupt, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).resolve().parent.parent
