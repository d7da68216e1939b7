"""Tokens: the words and symbols of texts as hashes, in every script.

A text is normalised first, by NFKC and case folding. Characters that only format drop out (soft hyphens, joiners, marks
of byte order, variation selectors). Then

- letters, numbers and marks make words, one token each;
- in scripts without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) each character is a token;
- a symbol (Unicode's category S) is a token. So is one of ``* / % -`` that stands alone, between spaces or digits or at
  the end of a line: ``3 - 1`` is not ``3 * 1``;
- other punctuation and white space separate tokens, and do not count.

A word of more than `LONGEST` characters, as in base64, is cut at places that the characters before them decide. So text
that is put in front of it moves the cuts along and leaves most pieces as they were.

A text without any token is one token as a whole.

    >>> one, other = tokens(["Grüße, WELT!".encode(), "gru\u0308sse  “welt”".encode()]).by_record()
    >>> bool((one == other).all()), len(one)
    (True, 2)

A hash has 64 bits and depends on the token alone, so it is the same on every machine with the same version of Unicode.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import (
    BASE,
    CONTEXT,
    LONGEST,
    OPERATOR,
    PIECE,
    SEPARATOR,
    SINGLE,
    WORD,
    Hashes,
    Offsets,
    Points,
    hashes_of,
    kinds_of,
    mixed,
    points_of_all,
)

LEAST_COMPILED = 1 << 20
"""Bytes of a call from which the compiled loops are used: they take a second to load."""

PART = 1 << 16
"""Bytes of text that are hashed at once."""


@dataclass(frozen=True)
class Ragged:
    """Hashes of several records, record by record.

    Attributes:
        hashes: shape (all,).
        offsets: shape (records + 1,); record ``i`` has ``hashes[offsets[i]:offsets[i + 1]]``.
    """

    hashes: Hashes
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def by_record(self) -> list[Hashes]:
        """Return the hashes of each record."""
        return np.split(self.hashes, self.offsets[1:-1])

    def records(self) -> Offsets:
        """Return the record of each hash, shape (all,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @classmethod
    def of(cls, parts: Iterable["Ragged"]) -> "Ragged":
        """Return the records of several parts, one after the other."""
        parts = list(parts)
        counts = [np.diff(part.offsets) for part in parts]
        hashes = [part.hashes for part in parts]
        ends = np.cumsum(np.concatenate(counts or [np.zeros(0, np.int64)]))
        return cls(np.concatenate(hashes or [np.zeros(0, np.uint64)]), np.concatenate(([0], ends)))


def tokens(texts: Sequence[bytes]) -> Ragged:
    """Return the tokens of each text, at least one.

    Args:
        texts: UTF-8.
    """
    return Ragged.of(tokens_in_parts(texts))


def tokens_in_parts(texts: Sequence[bytes]) -> Iterator[Ragged]:
    """Yield the same, some texts at a time: their arrays stay in the processor's cache."""
    loops = compiled(sum(map(len, texts)))
    hashed = word_hashes if loops is None else loops.word_hashes
    for part in _parts(texts):
        yield Ragged(*hashed(*points_of_all(part)))


def compiled(work: int) -> ModuleType | None:
    """Return `kernel`, whose loops give the same numbers sooner; None without Numba, or where it would load for little.

    Args:
        work: bytes that the loops would go through.
    """
    if work < LEAST_COMPILED:
        return None
    try:
        from zip_pipeline.dedup import kernel
    except ImportError:
        return None
    return kernel


def runs(values: Hashes, begins: Offsets, ends: Offsets) -> Hashes:
    """Return a hash of each run ``values[begin:end]``: the sum of its values, each times `BASE` to its place, mixed.

    Two runs of equal values have equal hashes wherever they begin.

    Args:
        values: shape (n,).
        begins: first places of the runs.
        ends: places behind the runs, 0 to n.
    """
    powers, inverses = _powers(len(values).bit_length())
    sums = np.empty(len(values) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return mixed((sums[ends] - sums[begins]) * inverses[begins])


def _parts(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the texts in parts of about `PART` bytes."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    cuts = np.flatnonzero(np.diff(ends // PART, prepend=0))
    for begin, end in zip([0, *cuts], [*cuts, len(texts)], strict=True):
        if begin < end:
            yield texts[begin:end]


def word_hashes(points: Points, lengths: Offsets) -> tuple[Hashes, Offsets]:
    """Return the tokens of texts and their offsets, as in `Ragged`; `kernel.word_hashes` does the same.

    Args:
        points: code points of the texts, after normalisation, a line break behind each.
        lengths: code points of each text without the line break, shape (texts,).
    """
    values = hashes_of(points)
    begins, ends = _words(points, kinds_of(points), values)
    text_ends = np.cumsum(lengths + 1)
    offsets = np.concatenate(([0], np.searchsorted(begins, text_ends)))
    empty = np.flatnonzero(offsets[1:] == offsets[:-1])
    if len(empty):  # the whole text is the token
        begins = np.insert(begins, offsets[empty], text_ends[empty] - lengths[empty] - 1)
        ends = np.insert(ends, offsets[empty], text_ends[empty] - 1)
        offsets = np.concatenate(([0], np.cumsum(np.maximum(np.diff(offsets), 1))))
    return runs(values, begins, ends), offsets


def _words(points: Points, kinds: npt.NDArray[np.uint8], values: Hashes) -> tuple[Offsets, Offsets]:
    """Return where tokens begin and end."""
    operators = np.flatnonzero(kinds == OPERATOR)
    if len(operators):
        kinds = kinds.copy()
        neighbours = np.stack([points[operators - 1], points[operators + 1]])
        beside = (neighbours == ord(" ")) | (neighbours >= ord("0")) & (neighbours <= ord("9"))
        beside[1] |= neighbours[1] < ord(" ")  # the end of a line; what begins one is a bullet
        alone = np.logical_and.reduce(beside) & (operators > 0)
        kinds[operators] = np.where(alone, SINGLE, SEPARATOR)
    inside = np.empty(len(kinds) + 1, np.bool_)
    inside[0] = False
    np.equal(kinds, WORD, out=inside[1:])
    begins = np.flatnonzero(inside[1:] & ~inside[:-1])
    ends = np.flatnonzero(inside[:-1] & ~inside[1:])
    cuts = _cuts(begins, ends, values)
    singles = np.flatnonzero(kinds == SINGLE)
    if len(cuts) or len(singles):
        begins = np.sort(np.concatenate([begins, cuts, singles]))
        ends = np.sort(np.concatenate([ends, cuts, singles + 1]))
    return begins, ends


def _cuts(begins: Offsets, ends: Offsets, values: Hashes) -> Offsets:
    """Return the places at which long words are cut."""
    long = ends - begins > LONGEST
    if not long.any():
        return np.zeros(0, np.int64)
    lengths = ends[long] - begins[long] - CONTEXT  # the places behind the first characters
    before = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) + np.repeat(begins[long] + CONTEXT - before, lengths)
    cut = runs(values, places - CONTEXT, places) % np.uint64(PIECE) == 0
    result: Offsets = places[cut]
    return result


@functools.cache
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """Return the powers of `BASE` and those of its inverse, for runs in up to ``2**bits`` values."""
    bases = np.array([[BASE], [pow(BASE, -1, 1 << 64)]], np.uint64)
    factors = np.broadcast_to(bases, (2, (1 << bits) + 1)).copy()
    factors[:, 0] = 1
    powers, inverses = np.cumprod(factors, axis=1, dtype=np.uint64)
    return powers, inverses
