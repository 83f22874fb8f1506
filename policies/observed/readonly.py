"""How observed state is shown to policies: public names that can be read and not written.

The rooms that fold observations write the underscored attributes; a policy that assigns to a public name
gets an `AttributeError`. The reader is a C-level `attrgetter`, as policies read in the hot path.
"""

from operator import attrgetter
from typing import Any


def reads(attribute: str, doc: str) -> Any:  # the class's annotation gives the type
    """A read-only public name for the private `attribute`."""
    return property(attrgetter(attribute), doc=doc)
