"""Shingles: the hashes of all runs of a given number of words in a record.

Two records share a passage when they share such a run. ASCII white space separates words, and words are compared as
they are. A record with fewer words than a run is one run. A hash has 64 bits and depends on the words alone, so it is
the same on every machine. Two different runs have the same hash about once in 2**64 pairs.

    >>> first, second = shingles([b"to be or not", b"be or not"], 3).by_record()
    >>> bool(first[1] == second[0])
    True
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PASSAGE = 8
"""Words of a passage: so many that two people seldom write the same ones."""

PART = 1000
"""Records that are hashed at once: their arrays stay in the processor's cache, which is four times as fast."""

Hashes = npt.NDArray[np.uint64]

_SPACE = np.isin(np.arange(256), np.frombuffer(b" \t\n\r\x0b\x0c", np.uint8))
_BYTES = np.random.Generator(np.random.PCG64(1)).integers(1, 2**64, 256, dtype=np.uint64)
_BASE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Shingles:
    """The runs of words of several records, record by record.

    Attributes:
        hashes: shape (runs,).
        offsets: shape (records + 1,); record ``i`` has ``hashes[offsets[i]:offsets[i + 1]]``, at least one.
    """

    hashes: Hashes
    offsets: npt.NDArray[np.int64]

    def by_record(self) -> list[Hashes]:
        """Return the hashes of each record."""
        return np.split(self.hashes, self.offsets[1:-1])


def shingles(payloads: Sequence[bytes], width: int) -> Shingles:
    """Return the runs of `width` words of each payload, repeats included."""
    parts = [_shingles(payloads[begin : begin + PART], width) for begin in range(0, len(payloads), PART)]
    hashes = [hashes for hashes, _ in parts] or [np.zeros(0, np.uint64)]
    runs = [runs for _, runs in parts] or [np.zeros(0, np.int64)]
    return Shingles(np.concatenate(hashes), np.concatenate(([0], np.cumsum(np.concatenate(runs)))))


def _shingles(payloads: Sequence[bytes], width: int) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return the hashes of the runs, and the number of runs of each payload."""
    words, ends = _words(payloads)
    counts = np.diff(ends, prepend=0)
    runs = np.maximum(counts - width + 1, 1)
    offsets = np.concatenate(([0], np.cumsum(runs)))
    record = np.repeat(np.arange(len(payloads)), runs)
    first = np.arange(offsets[-1]) - offsets[record] + (ends - counts)[record]
    end = ends[record]
    words = np.append(words, np.zeros(width, np.uint64))  # a record without words reads behind the last word
    hashes = np.zeros(len(first), np.uint64)
    for place in range(width):
        word = np.where(first + place < end, words[first + place], np.uint64(0))
        hashes = _mixed(hashes * _BASE + word)
    return hashes, runs


def _words(payloads: Sequence[bytes]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return the hashes of all words, and the number of words before each payload's end."""
    text = np.frombuffer(b"\n".join([*payloads, b""]), np.uint8)
    space = _SPACE[text]
    starts = np.flatnonzero(~space & np.concatenate(([True], space[:-1])))
    text_ends = np.cumsum(np.fromiter(map(len, payloads), np.int64, len(payloads)) + 1)
    ends = np.searchsorted(starts, text_ends)
    if not len(starts):
        return np.zeros(0, np.uint64), ends
    place = np.arange(starts[0], len(text)) - np.repeat(starts, np.diff(starts, append=len(text)))
    powers = np.cumprod(np.full(int(place.max()) + 1, _BASE))
    weighted = np.where(space, np.uint64(0), _BYTES[text])[starts[0] :] * powers[place]
    return _mixed(np.add.reduceat(weighted, starts - starts[0])), ends


def _mixed(values: Hashes) -> Hashes:
    """Spread every bit over all others: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
