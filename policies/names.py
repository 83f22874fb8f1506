"""One message for every name that is none of those known."""

import difflib
from collections.abc import Iterable


def nearest(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown WHAT 'nmae'; expected one of ...; did you mean 'name'?`"""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown {what} {name!r}; expected one of {', '.join(names)}{hint}"
