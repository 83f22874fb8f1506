"""The rule families: queue (Q), placement (P), dispatch (D), autoscaling (C), victims, recovery.

A rule is a frozen value with pure methods on a read-only view. The names are those of the platform's
history; a rule that looks wrong names the incident that it reproduces.
"""
