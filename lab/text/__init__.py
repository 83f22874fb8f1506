"""What a terminal shows: summaries, comparisons, lists, and small pictures made of characters.

Lives here: Rich, and how values become lines. Must not live here: the values themselves (`lab.summary` and
its neighbours), files, and exit codes. Only the command line imports it.
"""
