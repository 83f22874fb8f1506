"""How many random examples a test has: few and always the same, or as many new ones as asked for.

    make fuzz EXAMPLES=5000
    WINDTUNNEL_FUZZ=5000 .venv/bin/pytest tests/fuzz

What such a run finds is printed as small as Hypothesis could make it, and belongs into `test_found.py`.
"""

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

EXAMPLES: Final = "WINDTUNNEL_FUZZ"
"""The environment variable: how many examples each test has, new ones each time."""


def examples(few: int) -> settings:
    """So many examples, always the same, unless the environment asks for more."""
    asked = int(os.environ.get(EXAMPLES, "0"))
    return settings(
        max_examples=asked or few,
        derandomize=not asked,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if asked else [Phase.generate],  # shrinking takes minutes
        suppress_health_check=[HealthCheck.too_slow],  # an example is a whole run
    )
