"""Standard output and standard error, as they are now (tests replace them)."""

import sys

from lab.text.screen import Screen


def out() -> Screen:
    """Where results go."""
    return Screen(sys.stdout)


def err() -> Screen:
    """Where progress, timings and messages go."""
    return Screen(sys.stderr)
