"""How a data set is cut into shards that executors compress in parallel.

Every record has a slot, a hash of its payload from 0 up to `SLOTS`. Shards are equal ranges of slots. Hashes are spread
evenly, so each shard has about as many bytes as it should, and its records depend on nothing but the payloads. Cells,
which the bootstrap draws again for the interval, are `CELLS` equal ranges.

A shard is compressed after its lead: the records of the last slots before it, about as many bytes as the codec's
window. So the codec refers to what it would refer to in one shot, and cutting costs next to nothing.
"""

from dataclasses import dataclass

SLOT_BITS = 31
SLOTS = 1 << SLOT_BITS

CELLS = 256

LEAST_SHARD = 8 << 20
WINDOWS_IN_SHARD = 4
"""Windows in a shard of default size, which has `LEAST_SHARD` at least: the lead is then a quarter of the work."""

LEAST_LEAD = 256 << 10
"""Bytes of a lead at least: hashes are not spread perfectly, and the lead must fill even a short window."""


@dataclass(frozen=True)
class Cuts:
    """The shards of a data set.

    Attributes:
        shards: number of shards.
        lead: slots of a shard's lead, at most those of a shard.
    """

    shards: int
    lead: int

    @classmethod
    def of(cls, total_bytes: int, shard_bytes: int, window: int) -> "Cuts":
        """Return the cuts of a data set.

        >>> Cuts.of(30 << 20, 8 << 20, 32 << 10)
        Cuts(shards=4, lead=17895697)

        Args:
            total_bytes: of the data set.
            shard_bytes: at most, on average, of a shard.
            window: of the codec, in bytes.
        """
        shards = max(1, -(-total_bytes // shard_bytes))
        lead = SLOTS * max(window, LEAST_LEAD) // max(1, total_bytes)
        return cls(shards, min(lead, SLOTS // shards) if shards > 1 else 0)


def default_shard(window: int) -> int:
    """Return the default bytes of a shard for a window in bytes."""
    return max(LEAST_SHARD, WINDOWS_IN_SHARD * window)
