"""The simulated world: what is true, what the control plane gets to know of it, and the record of both.

Lives here: scenario files, workloads, the SimPy world and its faults, the record of a run. Must not live
here: Kubernetes, and anything about how people look at runs. It imports `policies`; `lab` imports it.
"""

__all__: list[str] = []
