"""What can be wrong with what a person gave us, and whose fault it is.

Every error here is answered with one message and no traceback. The message names the place (file, line
or field), the value found there, what was expected, and what to do about it.
"""


class WindtunnelError(Exception):
    """An error that is shown to a person as one message. Never raised as such; see the subclasses."""

    exit_code = 1


class InputError(WindtunnelError):
    """Something given to us cannot be used: a scenario, a trace, a parameter, a path (exit code 2)."""

    exit_code = 2


class PolicyError(WindtunnelError):
    """A policy raised, or answered something that no pool can carry out (exit code 3)."""

    exit_code = 3
