"""Shingles: the hashes of all runs of a given number of tokens in a record, and the sets of them.

Two records share a passage when they share such a run. A record with fewer tokens than a run is one run. A hash has
`BITS` bits and depends on the tokens alone, so it is the same on every machine. Two different runs have the same hash
about once in 2**56 pairs.

    >>> first, second = shingles([b"to be or not", b"Be, or not"], 3).by_record()
    >>> bool(first[1] == second[0])
    True
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Hashes, Offsets
from zip_pipeline.dedup.tokens import Ragged, compiled, runs, tokens_in_parts

WIDTH = 5
"""Tokens of a run by which near-duplicates are found: one changed word changes five, not all of a short record's."""

PASSAGE = 8
"""Tokens of a passage: so many that two people seldom write the same ones."""

BITS = 56
"""Bits of a hash. The 8 above them number records, so that one sort orders the hashes of `TOGETHER` records."""

TOGETHER = 1 << (64 - BITS)


def shingles(payloads: Sequence[bytes], width: int) -> Ragged:
    """Return the runs of `width` tokens of each payload in their order, repeats included."""
    loops = compiled(sum(map(len, payloads)))
    hashed = run_hashes if loops is None else loops.run_hashes
    found = (hashed(words.hashes, words.offsets, width) for words in tokens_in_parts(payloads))
    return Ragged.of(Ragged(hashes >> np.uint64(64 - BITS), offsets) for hashes, offsets in found)


def distinct(records: Ragged) -> Ragged:
    """Return the set of each record's hashes, in ascending order."""
    return Ragged.of(_distinct(part) for part in _few(records))


class Common:
    """Shingles that so many records have that they say nothing about one of them: templates, notices, lists of tools.

    Args:
        hashes: the shingles, in any order.
    """

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = np.sort(hashes)
        self._marks = np.zeros(1 << 16, np.bool_)  # most hashes are told from common ones by their last bits
        self._marks[self.hashes.astype(np.uint16)] = True

    def leave_out(self, records: Ragged) -> Ragged:
        """Return records without common hashes. A record that has no others keeps all.

        >>> Common(np.array([1, 2], np.uint64)).leave_out(Ragged(np.array([1, 5, 2], np.uint64), np.array([0, 2, 3])))
        Ragged(hashes=array([5, 2], dtype=uint64), offsets=array([0, 1, 2]))
        """
        if not len(self.hashes):
            return records
        own = ~self._marks[records.hashes.astype(np.uint16)]
        doubtful = np.flatnonzero(~own)
        places = np.searchsorted(self.hashes, records.hashes[doubtful])
        own[doubtful] = self.hashes[np.minimum(places, len(self.hashes) - 1)] != records.hashes[doubtful]
        counts = _sums(own, records)
        own |= np.repeat(counts == 0, np.diff(records.offsets))
        return Ragged(records.hashes[own], np.concatenate(([0], np.cumsum(_sums(own, records)))))


def run_hashes(words: Hashes, offsets: Offsets, width: int) -> tuple[Hashes, Offsets]:
    """Return 64 bits for each run of records, and offsets, as in `Ragged`; `kernel.run_hashes` does the same.

    Args:
        words: tokens of the records.
        offsets: of the records in them.
        width: tokens of a run.
    """
    counts = np.maximum(np.diff(offsets) - width + 1, 1)
    ends_of = np.concatenate(([0], np.cumsum(counts)))
    begins = np.arange(ends_of[-1]) + np.repeat(offsets[:-1] - ends_of[:-1], counts)
    ends = np.minimum(begins + width, np.repeat(offsets[1:], counts))
    return runs(words, begins, ends), ends_of


def _few(records: Ragged) -> Iterator[Ragged]:
    """Yield `TOGETHER` records at a time."""
    for begin in range(0, len(records), TOGETHER):
        offsets = records.offsets[begin : begin + TOGETHER + 1]
        yield Ragged(records.hashes[offsets[0] : offsets[-1]], offsets - offsets[0])


def _distinct(records: Ragged) -> Ragged:
    numbered = np.sort(records.hashes | records.records().astype(np.uint64) << np.uint64(BITS))
    first = np.ones(len(numbered), np.bool_)
    np.not_equal(numbered[1:], numbered[:-1], out=first[1:])
    numbered = numbered[first]
    ends = np.searchsorted(numbered, np.arange(1, len(records), dtype=np.uint64) << np.uint64(BITS))
    return Ragged(numbered & np.uint64((1 << BITS) - 1), np.concatenate(([0], ends, [len(numbered)])))


def _sums(flags: npt.NDArray[np.bool_], records: Ragged) -> npt.NDArray[np.int64]:
    """Return how many flags are set in each record."""
    sums = np.concatenate(([0], np.cumsum(flags)))
    return sums[records.offsets[1:]] - sums[records.offsets[:-1]]
