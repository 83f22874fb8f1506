"""The record of a run: its event log, the tables made from it, and how it is saved.

Lives here: what is recorded, and in which columns. Must not live here: judgements about a run (checks), and
anything that shows it to people (`lab`).
"""

from sim.record.columns import TABLES
from sim.record.log import Header, read_log
from sim.record.run import Run
from sim.record.store import save

__all__ = ["TABLES", "Header", "Run", "read_log", "save"]
