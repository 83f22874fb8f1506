"""The controller's rooms: folding observations, trying workspaces, judging capacity, watching silence.

Each room holds one concern and writes the observed state through `Books`; `policies.controller` is the door
that drivers use. Nothing here knows a clock or does I/O.
"""
