"""A policy answered something that no pool can carry out, or raised: whose fault, and all that helps.

The controller stops at once rather than repair the answer: a repaired answer is a run of another policy.
"""

from functools import partial
from typing import Any, Final

FAILURES: Final = (Exception, SystemExit)
"""What a rule may raise, and be named for: `sys.exit()` in a rule must not look like the end of a run."""


class PolicyFault(Exception):
    """A policy of the user's raised or answered nonsense.

    Attributes say which policy (`policy`, its class's name), at what time (`at`, float s), what it was
    `asked`, what it `answered`, and what was `expected`.
    """

    def __init__(self, *, policy: str, at: float, asked: str, answered: str, expected: str) -> None:
        self.policy = policy
        self.at = at
        self.asked = asked
        self.answered = answered
        self.expected = expected
        super().__init__(
            f"policy {policy} failed at {at:g} s: asked {asked}, it answered {answered}; expected {expected}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles with its parts: process pools hand it on."""
        parts = ("policy", "at", "asked", "answered", "expected")
        return partial(type(self), **{name: getattr(self, name) for name in parts}), ()


def fault_of(rule: object, at: float, asked: str, answered: object, expected: str) -> PolicyFault:
    """The fault of this rule, to be raised; `answered` is what it returned or raised."""
    policy = type(rule).__name__
    return PolicyFault(policy=policy, at=at, asked=asked, answered=_shown(answered), expected=expected)


def _shown(answered: object) -> str:
    """The answer as text: a number may have too many digits for one, and a user's class may raise."""
    try:
        return repr(answered)
    except FAILURES:
        return f"<{type(answered).__name__} that cannot be shown>"
