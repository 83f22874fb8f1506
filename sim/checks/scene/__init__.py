"""The scene that checks look at: truth and the control plane's own account of it, from the log alone.

Lives here: pods, slots, rows and pools at one moment, and the deadlines that a check waits for. Must not live
here: what is wrong with any of it (the invariants), and the control plane, which is what is being checked.
"""
