"""The message for an unknown name, which `policies` words."""

from policies.names import nearest

__all__ = ["nearest"]
