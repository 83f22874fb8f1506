"""Bounds on how long something good may take. A run that ends before a bound does leaves it undecided.

Lives here: what must be sent, scaled and applied soon, and no flapping. Must not live here: what must hold at
every single entry (`safety`).
"""
