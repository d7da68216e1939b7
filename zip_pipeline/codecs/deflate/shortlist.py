"""A shortlist of candidates that is evaluated again and again while its anchor grows.

The sizes are those of `DeflateAnchor.sizes`. They come several times sooner when the same candidates come back after
little growth, because `match_cache` remembers their matches.

What this module does not do: speed up levels whose chain budget often ends a search. From level 9 down to 4 fewer and
fewer candidates satisfy `match_cache.cache_is_exact`; the others are evaluated without the cache.
"""

import numpy as np

from zip_pipeline.codecs.deflate.anchor import DeflateAnchor, check_candidates
from zip_pipeline.codecs.deflate.match_cache import INSIDE
from zip_pipeline.codecs.deflate.state import Batch, Bytes, DeflateState, Ints, MatchCache

_LONG_AGO = -(1 << 40)
_MOST_ENDS = 1024  # evaluations before all entries are forgotten


class DeflateShortlist:
    """The sizes of an anchor with each of some candidates, while the anchor grows between the calls.

    Args:
        anchor: may grow, be reset, and be used in any other way between the calls.
        payloads: see `DeflateAnchor.sizes`; the candidates are copied.
        offsets: see `DeflateAnchor.sizes`.
        indices: the candidates, see `DeflateAnchor.sizes`.
        suffix: follows each candidate.

    Raises:
        TypeError, IndexError, ValueError: as `DeflateAnchor.sizes`.

    >>> anchor = DeflateAnchor()
    >>> payloads = np.frombuffer(b"the cat sat.a dog ran.", dtype=np.uint8)
    >>> shortlist = DeflateShortlist(anchor, payloads, np.array([0, 12, 22]), np.array([0, 1]))
    >>> anchor.append(b"the cat sat on the mat. ")
    >>> shortlist.sizes(np.array([0, 1])).tolist()
    [33, 39]

    It holds 9 bytes for each byte of the candidates. Two threads must not use one object at once.
    """

    def __init__(
        self, anchor: DeflateAnchor, payloads: Bytes, offsets: Ints, indices: Ints, suffix: bytes = b""
    ) -> None:
        check_candidates(payloads, offsets, indices)
        self._anchor = anchor
        self._places = np.unique(indices)
        tail = np.frombuffer(suffix, dtype=np.uint8)
        pieces = [part for place in self._places for part in (payloads[offsets[place] : offsets[place + 1]], tail)]
        self._payloads = np.concatenate(pieces) if pieces else tail
        self._offsets = np.zeros(self._places.size + 1, dtype=np.int64)
        np.cumsum(offsets[self._places + 1] - offsets[self._places] + tail.size, out=self._offsets[1:])
        self._entries = np.zeros(self._payloads.size, dtype=np.int64)
        self._buckets = np.zeros(self._places.size, dtype=np.int64)
        self._ends = np.full(_MOST_ENDS, _LONG_AGO, dtype=np.int64)
        self._number = 0
        self._generation = anchor.state.generation

    def sizes(self, indices: Ints, threads: int = 1) -> Ints:
        """Return len(zlib.compress(anchor + payload[i] + suffix, level)) for each i of `indices`.

        Args:
            indices: int64; they may repeat and need not be sorted.
            threads: the sizes do not depend on them.

        Raises:
            IndexError: for an index that is not in the shortlist.
        """
        if not self.holds(indices):
            raise IndexError(f"indices must be among the {self._places.size} of the shortlist, found others")
        slots, order = np.unique(np.searchsorted(self._places, indices), return_inverse=True)
        batch = Batch(self._payloads, self._offsets, slots, self._payloads[:0])
        if len(self._anchor) == 0:  # deflate never matches the very first byte
            return self._anchor.evaluate(batch, DeflateState.evaluate, threads)[order]
        self._note_end()
        cache = MatchCache(self._entries, self._buckets, self._ends, self._number, self._anchor.state.largest_bucket())

        def evaluate_again(state: DeflateState, batch: Batch, first: int, last: int, sizes: Ints) -> None:
            state.evaluate_again(batch, cache, first, last, sizes)

        return self._anchor.evaluate(batch, evaluate_again, threads)[order]

    def holds(self, indices: Ints) -> bool:
        """Whether all these candidates are in the shortlist."""
        return bool(np.isin(indices, self._places).all())

    def _note_end(self) -> None:
        """Add the anchor's end to those that entries may refer to; forget the ends of another anchor."""
        state = self._anchor.state
        if state.generation != self._generation or self._number == _MOST_ENDS - 1:
            self._entries &= INSIDE
            self._generation, self._number = state.generation, 0
        if self._number == 0 or self._ends[self._number] != state.memory.total:
            self._number += 1
            self._ends[self._number] = state.memory.total
