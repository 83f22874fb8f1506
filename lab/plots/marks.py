"""What the parts of a timeline look like. Each is told apart by shape or hatching, colour aside."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKUP
from matplotlib.patches import Patch

from lab.plots.style import BLACK, BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILION
from policies.decisions import Reason


@dataclass(frozen=True)
class Bar:
    """An interval that is drawn as a box."""

    label: str
    face: str
    edge: str = "none"
    hatch: str = ""
    ink: str = INK
    """The colour of a text on it."""
    linestyle: Literal["-", ":"] = "-"

    def handle(self) -> Artist:
        """How it looks in a legend."""
        return Patch(
            facecolor=self.face,
            edgecolor=self.edge,
            # Twice as dense, as the key is small. Not dots: more of them make an SVG a megabyte larger.
            hatch=self.hatch if "." in self.hatch else self.hatch * 2,
            label=self.label,
            linewidth=0.6,
            linestyle=self.linestyle,
        )


@dataclass(frozen=True)
class Mark:
    """An instant that is drawn as a sign, and, if it is a fact that holds, the line from there on."""

    label: str
    marker: Any
    color: str
    face: str = ""
    """Of its inside; empty is `color`."""
    size_pt: float = 4.0
    edge_pt: float = 0.9
    is_lasting: bool = False

    def handle(self) -> Artist:
        """How it looks in a legend."""
        return self.line([], [], line_pt=1.3 if self.is_lasting else 0.0, label=self.label)

    def line(self, x: list[float], y: list[float], *, line_pt: float = 0.0, label: str) -> Line2D:
        """The sign at each of these points."""
        return Line2D(
            x,
            y,
            linestyle="-" if line_pt else "none",
            linewidth=line_pt,
            marker=self.marker,
            markersize=self.size_pt,
            markeredgewidth=self.edge_pt,
            markeredgecolor=self.color,
            markerfacecolor=self.face or self.color,
            color=self.color,
            label=label,
        )


STARTING: Final = Bar("pod asked for, not yet Running", "white", GREY, "....")
RUNNING: Final = Bar("pod Running", "#DADADA")
TERMINATING: Final = Bar("pod terminating", "white", GREY, "xxxx")
SILENT: Final = Bar("no heartbeats", "white", VERMILION, "\\\\\\\\\\")
PLAN: Final = Bar("slot running: plan", BLUE, ink="white")
APPLY: Final = Bar("slot running: apply", ORANGE, ink=BLACK)
RESERVED: Final = Bar("slot reserved", "white", INK, "/////")
BOOKED: Final = Bar("slot booked, nothing was executed", "white", INK, linestyle=":")
EXECUTING: Final = Bar("below a slot: really executes", BLACK)
QUEUED: Final = Bar("task waits to be sent", "#C9C9C9")
CONFIRMED: Final = Bar("confirmed, its apply waits", "white", GREY, "----")
UNDELIVERED: Final = Bar("sent, not yet started", "white", INK)
CONTROL_PLANE_DOWN: Final = Bar("control plane down", "#F0F0F0", "#B8B8B8", "||")
BARS: Final = (
    *(QUEUED, UNDELIVERED, CONFIRMED, STARTING, RUNNING, TERMINATING, SILENT),
    *(PLAN, APPLY, RESERVED, BOOKED, EXECUTING, CONTROL_PLANE_DOWN),
)

IS_RUNNING: Final = Mark("pod Running", "D", BLACK, "white", 3.6)
REGISTERED: Final = Mark("row registered", "^", PURPLE, is_lasting=True)
CONNECTED: Final = Mark("C&C connected", "o", GREEN, is_lasting=True)
KNOWN: Final = Mark("known to pod manager (AgentID)", "s", BLUE, size_pt=3.6, is_lasting=True)
DISCONNECTED: Final = Mark("C&C disconnected", "x", VERMILION, size_pt=4.4, edge_pt=1.3)
KILLED: Final = Mark("pod killed", "X", BLACK, size_pt=5.0)
SENT: Final = Mark("task sent (again for its apply)", ">", BLACK, size_pt=4.6)
MARKS: Final = (SENT, IS_RUNNING, REGISTERED, CONNECTED, KNOWN, DISCONNECTED, KILLED)

FACTS: Final = {"registered": REGISTERED, "connected": CONNECTED, "known_to_pod_manager": KNOWN}
"""The lasting facts of an agent by their name in the table `agents`, in the order of its life."""

# One sign for a family of reasons, so that it means the same in two pictures that are compared.
_ABOUT_AGENT: Final = ("refused, agent", VERMILION, "|", 5.6)
_ABOUT_SLOTS: Final = ("refused, slots", BLACK, TICKUP, 3.2)
_NO_PODS: Final = ("refused", BLUE, TICKDOWN, 3.2)
_UNDONE: Final = ("not sent", PURPLE, "x", 3.2)
_FAMILIES: Final = {
    Reason.AGENT_NOT_REGISTERED_YET: _ABOUT_AGENT,
    Reason.HEARTBEAT_STALE: _ABOUT_AGENT,
    Reason.NEVER_HEARD_FROM: _ABOUT_AGENT,
    Reason.NOT_CONNECTED: _ABOUT_AGENT,
    Reason.NO_FREE_SLOT: _ABOUT_SLOTS,
    Reason.SLOT_ZERO_TAKEN: _ABOUT_SLOTS,
    Reason.PLAN_AND_APPLY_RUNNING: _ABOUT_SLOTS,
    Reason.TASK_RUNNING_ON_POD: _ABOUT_SLOTS,
    Reason.PLAN_AND_APPLY_ON_POD: _ABOUT_SLOTS,
    Reason.AGENT_AT_CAPACITY: _ABOUT_SLOTS,
    Reason.NO_PODS: _NO_PODS,
}
"""What is not named here undid a booking."""


def refusal_marks(counts: dict[str, int]) -> dict[str, Mark]:
    """A sign for each reason of a refusal, given how often each occurred.

    Reasons of one family share a sign; its label names the most frequent one, with its count, and how
    many others there are.
    """
    families: dict[tuple[str, str, Any, float], list[str]] = {}
    for reason in sorted(counts, key=lambda each: (-counts[each], each)):
        known = {str(each): family for each, family in _FAMILIES.items()}
        families.setdefault(known.get(reason, _UNDONE), []).append(reason)
    marks: dict[str, Mark] = {}
    for (what, color, marker, size_pt), reasons in families.items():
        label = f"{what}: {reasons[0]} ({counts[reasons[0]]:,})"
        if len(reasons) > 1:
            label += f", {len(reasons) - 1:,} other ({sum(counts[each] for each in reasons[1:]):,})"
        mark = Mark(label, marker, color, size_pt=size_pt, edge_pt=1.1)
        marks |= dict.fromkeys(reasons, mark)
    return marks
