"""What came of each policy, in a sentence that asks for no knowledge of the platform."""

from collections.abc import Mapping

from lab.story import TaskStory
from lab.words import duration
from sim.words import count


def conclusion(policy: str, waits_s: Mapping[int, float], longest: TaskStory | None) -> str:
    """How many tasks waited to be sent, how long at most, and why; `longest` is the one that waited most."""
    waited = sum(wait > 0 for wait in waits_s.values())
    if longest is None or not waited:
        return f"{policy}: no task waited to be sent."
    text = f"{policy}: {count(waited, 'task')} waited to be sent, up to {duration(longest.waited_s)}"
    if longest.sent_at is None:
        text += f" (task {longest.task}, which never was)"
    if longest.beside_idle_s > 0:
        text += f", {duration(longest.beside_idle_s)} of it beside idle slots of connected agents"
    if longest.main_cause is not None:
        text += f", mostly because: {longest.main_cause.text.replace('_', ' ')}"
    return f"{text}."
