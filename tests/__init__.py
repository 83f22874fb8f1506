"""The tests; README.md says where a new one goes.

This file makes `tests` ours, as Ciw installs a package of that name. The folders below have none.
"""
