"""The SimPy world: cluster, agents, people and faults, and the process that drives the real control plane.

Lives here: the truth, and the channels through which the control plane learns of it. Must not live here:
decisions about tasks and pods (`policies`), and how a run is recorded or shown.
"""
