"""Invariants that must hold at every entry of a log.

Lives here: one room for each thing that they are about (slots, dispatch, pods, tasks). Must not live here:
anything that waits for good things to happen (`liveness`).
"""
