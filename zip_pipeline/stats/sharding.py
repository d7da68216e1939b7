"""How the records of a data set are dealt into shards, by a number that each of them draws.

Every record has a slot, a hash of its payload between 0 and `SLOTS`. Shards are equal ranges of slots; as hashes
are spread evenly, each has about as many bytes as it should, and which records it has depends on nothing but the
records. Cells, which are resampled for the interval, are `CELLS` equal ranges.

A shard is compressed behind its lead, the records of the last slots before it, about as many bytes as the codec's
window. So it sees what it would see in one shot, and cutting costs next to nothing.
"""

from dataclasses import dataclass

SLOT_BITS = 31
SLOTS = 1 << SLOT_BITS

CELLS = 256

LEAST_SHARD = 8 << 20
WINDOWS_IN_SHARD = 4
"""A shard's default size is so many windows, and `LEAST_SHARD` at least: its lead is then a quarter of the work."""

LEAST_LEAD = 256 << 10
"""Bytes of a lead at least: records have lengths, and a short window must be full for sure."""


@dataclass(frozen=True)
class Cuts:
    """The shards of a data set.

    Attributes:
        shards: how many.
        lead: slots of a shard's lead, at most those of a shard.
    """

    shards: int
    lead: int

    @classmethod
    def of(cls, total_bytes: int, shard_bytes: int, window: int) -> "Cuts":
        """Cut a data set.

        >>> Cuts.of(30 << 20, 8 << 20, 32 << 10)
        Cuts(shards=4, lead=17895697)

        Args:
            total_bytes: of the data set.
            shard_bytes: of a shard, as they should be.
            window: of the codec.
        """
        shards = max(1, -(-total_bytes // shard_bytes))
        lead = SLOTS * max(window, LEAST_LEAD) // max(1, total_bytes)
        return cls(shards, min(lead, SLOTS // shards) if shards > 1 else 0)


def default_shard(window: int) -> int:
    """Return the bytes of a shard for a window."""
    return max(LEAST_SHARD, WINDOWS_IN_SHARD * window)
