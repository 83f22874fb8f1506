"""Pictures of runs: figures that say what they show, with units, and how they are saved.

Lives here: Matplotlib, and nothing that runs a scenario or writes to a terminal. A picture is made from the
frames of a `Run`, and from its log where they do not have it, so it shows what the record holds. The command
line and notebooks import it.
"""

from lab.plots.demand import pool_against_demand
from lab.plots.files import save_figure
from lab.plots.matrix import matrix_figure
from lab.plots.timeline import timeline
from lab.plots.waits import waits

__all__ = ["matrix_figure", "pool_against_demand", "save_figure", "timeline", "waits"]
