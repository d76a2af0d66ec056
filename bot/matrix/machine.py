"""nio's olm machine: what it does with keys, and where we know better."""

import nio.crypto  # type: ignore[import-untyped]  # nio ships no types


class Machine(nio.crypto.Olm):  # type: ignore[misc]  # nio ships no types
    """Keys, sessions and devices of one device of ours."""
