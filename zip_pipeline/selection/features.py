"""Features: the tokens of a payload and its pairs of neighbouring tokens, each with how often it stands there.

The tokens are those of `dedup.tokens`. A feature is known by its bucket, the first bits of its hash. Two features that
share a bucket count as one. Buckets depend on the payload alone, so they are the same on every machine.

    >>> found = features([b"to be or not to be", b"Be"], bits=20)
    >>> sorted(found.counts[:8].tolist()), found.offsets.tolist()
    ([1, 1, 1, 1, 1, 2, 2, 2], [0, 8, 9])
    >>> found.buckets[8] in found.buckets[:8]
    True
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Offsets
from zip_pipeline.dedup.tokens import Ragged, runs, tokens_in_parts

Buckets = npt.NDArray[np.int32]
"""Numbers of features, from 0 up to ``2**bits``."""

Counts = npt.NDArray[np.int64]

SMALL, LARGE = 50 << 20, 1 << 30
"""Bytes up to which a pool is small or of middle size; see `bits_for`."""


@dataclass(frozen=True)
class Features:
    """The features of several records, record by record.

    Attributes:
        buckets: shape (all,), ascending within a record, each once.
        counts: how often the record has it, shape (all,).
        offsets: shape (records + 1,); record ``i`` has those from ``offsets[i]`` up to ``offsets[i + 1]``.
    """

    buckets: Buckets
    counts: Counts
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1


def features(payloads: Sequence[bytes], bits: int) -> Features:
    """Return the features of each payload.

    Args:
        payloads: UTF-8.
        bits: there are ``2**bits`` buckets, at most 2**31.
    """
    found = [_features(words, bits) for words in tokens_in_parts(payloads)]
    ends = np.cumsum(np.concatenate([np.zeros(1, np.int64), *(np.diff(part.offsets) for part in found)]))
    buckets = np.concatenate([np.zeros(0, np.int32), *(part.buckets for part in found)])
    return Features(buckets, np.concatenate([np.zeros(0, np.int64), *(part.counts for part in found)]), ends)


def bits_for(raw_bytes: int) -> int:
    """Return how many bits the buckets of a pool have: few enough for its size, so many that few features share one.

    Args:
        raw_bytes: of the pool.
    """
    if raw_bytes <= SMALL:
        return 20
    return 22 if raw_bytes <= LARGE else 24


def _features(words: Ragged, bits: int) -> Features:
    followed = np.ones(len(words.hashes), np.bool_)
    followed[words.offsets[1:] - 1] = False
    begins = np.flatnonzero(followed)
    pairs = runs(words.hashes, begins, begins + 2)
    shift, record = np.uint64(64 - bits), words.records().astype(np.uint64) << np.uint64(bits)
    numbered = np.concatenate([words.hashes >> shift | record, pairs >> shift | record[begins]])
    different, counts = np.unique(numbered, return_counts=True)
    ends = np.searchsorted(different, np.arange(1, len(words) + 1, dtype=np.uint64) << np.uint64(bits))
    buckets = (different & np.uint64((1 << bits) - 1)).astype(np.int32)
    return Features(buckets, counts.astype(np.int64, copy=False), np.concatenate(([0], ends)))
