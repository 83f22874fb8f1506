"""Random streams: one for each (seed, purpose, entity), whoever else draws whatever else.

So pod 3 has the same start-up delay under every policy, and a difference between two policies is a
difference of policies (common random numbers). The generator is NumPy's Philox, whose key is a hash of the
triple: streams do not depend on the order in which they are opened, nor on the process's hash seed.
"""

import hashlib

import numpy as np


class Streams:
    """Opens the streams of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, purpose: str, entity: str | int = "") -> np.random.Generator:
        """The stream of this purpose and entity, from its beginning."""
        name = f"{self._seed}\x00{purpose}\x00{entity}".encode()
        key = int.from_bytes(hashlib.blake2b(name, digest_size=16).digest(), "little")
        return np.random.Generator(np.random.Philox(key=key))
