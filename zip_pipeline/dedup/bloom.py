"""A Bloom filter of 64-bit hashes: tells nearly all that are not in a set, and never one that is (Bloom 1970).

It goes to executors, which ask it about hundreds of millions of hashes, and join the few that it lets through.

    >>> known = BloomFilter(2)
    >>> known.add(np.array([3, 2**63], np.uint64))
    >>> known.may_have(np.array([2**63, 4, 3], np.uint64)).tolist()
    [0, 2]
"""

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Hashes

BITS_EACH, MOST_BITS = 32, 1 << 27
"""Bits of a filter for each hash, and at most: 16 MB, which 4 million hashes fill. Of more, more pass."""

_PROBES = np.array([0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB], np.uint64)
"""Factors that give a hash its bits in the filter."""


class BloomFilter:
    """Knows each hash that was added, and of 10,000 others about 2 as well.

    Args:
        hashes: how many will be added, about.
    """

    def __init__(self, hashes: int) -> None:
        bits = (min(MOST_BITS, 8 + BITS_EACH * hashes) - 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << (bits - 3), np.uint8)

    def add(self, hashes: Hashes) -> None:
        """Add hashes."""
        for factor in _PROBES:
            byte, bit = self._place(hashes, factor)
            np.bitwise_or.at(self._table, byte, bit)

    def may_have(self, hashes: Hashes) -> npt.NDArray[np.int64]:
        """Return the places of the hashes that may have been added."""
        places = np.arange(len(hashes))
        for factor in _PROBES:  # each looks at what the ones before left: hardly one in ten of unknown hashes
            byte, bit = self._place(hashes[places], factor)
            places = places[self._table.take(byte) & bit != 0]
        return places

    def _place(self, hashes: Hashes, factor: np.uint64) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """Return the byte and the bit in it that a probe looks at."""
        place = (hashes * factor) >> self._shift
        return (place >> np.uint64(3)).view(np.int64), np.uint8(1) << (place & np.uint64(7)).astype(np.uint8)
