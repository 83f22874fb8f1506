"""Faults: what goes wrong, with whom, when and for how long, by where in the world it takes hold.

Lives here: one room for each place of attack. *Starting* faults change how an agent comes up, *dispatch*
faults change a message's way, *timed* faults happen at an instant, or again and again at random, to a pod
or to the control plane. A new fault is one entry in a table of its room and one model in the scenario file.
Must not live here: what a fault leads to; that is for the world to find out.
"""

__all__: list[str] = []
