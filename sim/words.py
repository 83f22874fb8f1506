"""Numbers with their nouns, for sentences. Imports nothing."""


def count(things: int, noun: str, plural: str | None = None) -> str:
    """'1 task', '1,200 tasks'."""
    return f"{things:,} {noun if things == 1 else plural or noun + 's'}"
