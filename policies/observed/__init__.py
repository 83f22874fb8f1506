"""The observed state: what the control plane knows, which is not what is true.

Lives here: tasks, workspaces, pods, slots and pools as known, their indexes, and the one class that changes
them (`Books`). Policies read pools and workspaces; only `policies.control` writes, through `Books`.
"""
